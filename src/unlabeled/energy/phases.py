r"""The two phases of a general Boltzmann machine's gradient.

.. math:: \frac{\partial \log p(v)}{\partial U_{ij}} =
          \mathbb{E}[x_i x_j \mid v] - \mathbb{E}[x_i x_j], \qquad
          \frac{\partial \log p(v)}{\partial b_i} = \mathbb{E}[x_i \mid v] - \mathbb{E}[x_i]

(for a pair i, j, which counts once). A phase is rows with weights, whose moments these are: data
with their hidden units in the first, states of the model in the second.
"""

from collections.abc import Iterator

import torch

from unlabeled.energy.general import GeneralBoltzmannMachine
from unlabeled.energy.gibbs import PCD, Chains, Exact, Sampler
from unlabeled.energy.tempering import ParallelTempering, TemperedChains
from unlabeled.sampling import Noise
from unlabeled.spec import Spec
from unlabeled.validation import check_number

__all__ = [
    "POSTERIORS",
    "SAMPLERS",
    "Posterior",
    "PseudoLikelihood",
    "SampledPosterior",
    "VariationalPosterior",
    "begin",
    "gradient",
]


class Posterior(Spec):
    """Base: hidden units for rows of data."""

    def fill(
        self, machine: GeneralBoltzmannMachine, v: torch.Tensor, noise: Noise
    ) -> torch.Tensor:
        """The rows v with states, or means, of the hidden units beside them, (n_rows, n)."""
        raise NotImplementedError


class VariationalPosterior(Posterior):
    """Means of independent hidden units that fit best: what is followed is a lower bound.

    Exact where no hidden units are joined.

    Parameters
    ----------
    tol : float, default=1e-4
        A row stops when none of its means moves by more.
    max_sweeps : int, default=30
        Sweeps at most.
    """

    def __init__(self, tol: float = 1e-4, max_sweeps: int = 30):
        check_number("tol", tol, 0)
        check_number("max_sweeps", max_sweeps, 1, integer=True)
        self.tol, self.max_sweeps = tol, max_sweeps

    def fill(self, machine, v, noise):
        return machine.settle(v, tol=self.tol, max_sweeps=self.max_sweeps)


class SampledPosterior(Posterior):
    """Hidden units drawn with the data clamped; the more sweeps, the less biased.

    Parameters
    ----------
    n_steps : int, default=10
        Sweeps of Gibbs sampling, from independent units.
    """

    def __init__(self, n_steps: int = 10):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps

    def fill(self, machine, v, noise):
        k, scan = machine.n_visible, machine.scan()
        x = torch.cat([v, machine.start(len(v), noise)[:, k:]], 1)
        free = (torch.arange(x.shape[1], device=x.device) >= k).expand_as(x)
        for _ in range(self.n_steps):
            x = machine.sweep(x, noise, free=free, scan=scan)
        return x


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


class JointChains(Chains):
    """Chains of all units of a machine."""

    def __init__(self, v, n_total, noise, n_visible):
        super().__init__(v, n_total, noise)
        self.n_visible = n_visible

    @property
    def particles(self):
        return self.v[:, : self.n_visible]

    @property
    def states(self) -> torch.Tensor:
        """Where the chains are now, hidden units included."""
        return self.v

    def move(self, machine, noise, scan):
        """A sweep of every chain."""
        self.v = machine.sweep(self.v, noise.of(self.n_total), scan=scan)


class JointTemperedChains(TemperedChains):
    """Chains of all units at several temperatures, (n, n_temperatures, n_units)."""

    def __init__(self, v, n_total, noise, n_visible):
        super().__init__(v, n_total, noise)
        self.n_visible = n_visible

    @property
    def particles(self):
        return self.v[:, -1, : self.n_visible]

    @property
    def states(self) -> torch.Tensor:
        """The chains at temperature 1, hidden units included."""
        return self.v[:, -1]

    def move(self, machine, noise, scan):
        """A sweep of every chain, and exchanges."""
        n, T, _ = self.v.shape
        noise, beta = noise.of(self.n_total * T), self.beta.to(self.v.dtype).repeat(n)
        x = self.v.flatten(0, 1)
        field = torch.lerp(machine.base.expand_as(x), machine.b.expand_as(x), beta[:, None])
        x = machine.sweep(x, noise, scan=scan, field=field, beta=beta)
        U = -machine.energy(x) - x @ machine.base
        self.v = x.unflatten(0, (n, T))
        self._exchange(U.view(n, T), noise.uniform((n * T, 1)).view(n, T))


SAMPLERS = {
    "pcd": PCD,
    "pt": ParallelTempering,
    "exact": Exact,
    "pseudo-likelihood": PseudoLikelihood,
}
POSTERIORS = {"mean-field": VariationalPosterior, "gibbs": SampledPosterior}


def begin(sampler, machine: GeneralBoltzmannMachine, n_rows: int, noise: Noise) -> Chains | None:
    """The chains of a sampler that keeps some, for training in batches of `n_rows`."""
    if not isinstance(sampler, (PCD, ParallelTempering)):
        return None
    n_total = sampler.n_chains or n_rows
    if isinstance(sampler, PCD):
        rows = noise.rows(n_total)
        x = machine.start(rows.stop - rows.start, noise.of(n_total))
        return JointChains(x, n_total, noise.of(n_total), machine.n_visible)
    n_total = -(-n_total // noise.n_blocks) * noise.n_blocks
    rows, T = noise.rows(n_total), sampler.n_temperatures
    x = machine.start((rows.stop - rows.start) * T, noise.of(n_total * T)).unflatten(0, (-1, T))
    return JointTemperedChains(x, n_total, noise, machine.n_visible)


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
        What :func:`begin` gave.
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
