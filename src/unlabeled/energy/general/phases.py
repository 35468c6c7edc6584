r"""The two phases of a general Boltzmann machine's gradient.

.. math:: \frac{\partial \log p(v)}{\partial U_{ij}} =
          \mathbb{E}[x_i x_j \mid v] - \mathbb{E}[x_i x_j], \qquad
          \frac{\partial \log p(v)}{\partial b_i} = \mathbb{E}[x_i \mid v] - \mathbb{E}[x_i]

(for a pair i, j, which counts once). A phase is rows with weights, whose moments these are: data
with their hidden units in the first, states of the model in the second.
"""

from collections.abc import Iterator

import torch

from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.energy.general.posterior import Posterior
from unlabeled.energy.gibbs import PCD, Exact, Sampler
from unlabeled.energy.tempering import ParallelTempering
from unlabeled.sampling import Noise

__all__ = ["SAMPLERS", "PseudoLikelihood", "gradient"]


class PseudoLikelihood(Sampler):
    r"""Every unit predicted from all others, for machines without hidden units.

    .. math:: \mathrm{PL}(v) = \sum_i \log p(v_i \mid v_{-i}) = \sum_i v_i f_i - K(f_i)

    Its gradient needs no sample of the model and no sum over states; where the model is right, it
    finds the same parameters as the likelihood, from more data.

    References
    ----------
    Besag. Statistical analysis of non-lattice data. The Statistician 24(3), 1975.
    Hyvärinen. Consistency of pseudolikelihood estimation of fully visible Boltzmann machines.
    Neural Computation 18(10), 2006.
    """


SAMPLERS = {
    "pcd": PCD,
    "pt": ParallelTempering,
    "exact": Exact,
    "pseudo-likelihood": PseudoLikelihood,
}


def gradient(
    sampler: PCD | ParallelTempering | Exact | PseudoLikelihood,
    posterior: Posterior,
    machine: GeneralBoltzmannMachine,
    v: torch.Tensor,
    n_total: int,
    chains,
    noise: Noise,
) -> tuple[dict[str, torch.Tensor], torch.Tensor]:
    """This process's share of the gradient of mean -log p(v), and of the means of x over data.

    Parameters
    ----------
    sampler : PCD, ParallelTempering, Exact or PseudoLikelihood
        How the second phase is had.
    posterior : Posterior
        How the hidden units of the first are had; `Exact` sums over them instead.
    machine : GeneralBoltzmannMachine
    v : tensor of shape (n_rows, n_visible)
        Data, this process's rows of `n_total`.
    n_total : int
        Rows of the batch over all processes.
    chains : object or None
        What :func:`~unlabeled.energy.general.joint.begin` gave.
    noise : Noise
        This step's random numbers.

    Returns
    -------
    gradient : dict
        "U" and "b".
    x_mean : tensor of shape (n,)
    """
    if isinstance(sampler, PseudoLikelihood):
        return _pseudo_gradient(machine, v, n_total), v.sum(0) / n_total
    if isinstance(sampler, Exact):
        data = _expected(machine, machine.hidden.states(v), 1 / n_total)
        nothing = v.new_empty(1, 0)
        model = _expected(machine, machine.everything.states(nothing), len(v) / n_total)
    else:
        data = machine.moments(posterior.fill(machine, v, noise.of(n_total)), 1 / n_total)
        scan = machine.scan()
        for _ in range(sampler.n_steps):
            chains.move(machine, noise, scan)
        x = chains.states
        if not machine.joins_hidden:  # their means are known, and vary less
            x = machine.settle(x[:, : machine.n_visible])
        model = machine.moments(x, 1 / chains.n_total)
    return {name: model[name] - data[name] for name in data}, data["b"]


def _expected(machine, states: Iterator, scale: float) -> dict[str, torch.Tensor]:
    """Moments of weighted states, times `scale`."""
    total = {"U": torch.zeros_like(machine.U), "b": torch.zeros_like(machine.b)}
    for x, p in states:
        for name, value in machine.moments(x, p).items():
            total[name].add_(value, alpha=scale)
    return total


def _pseudo_gradient(machine, v, n_total):
    """Of minus the pseudo-likelihood: a pair is in the predictions of both its units."""
    rest = v - machine.unit.mean(machine.field(v))
    U = (v.t() @ rest).div_(-n_total)
    return {"U": machine.on_edges(U + U.t()), "b": rest.sum(0) / -n_total}
