"""How the gradient's second phase, the expectation under the model, is had.

A sampler turns data into an estimate of the gradient that is to be descended,

    -d log p(v) / d theta = dF(v)/d theta - sum_x p(x) dF(x)/d theta,

by providing the rows x. Each phase is a mean over its own number of rows, so that a ragged last
batch or any number of chains does not change what is learned.
"""

import torch

from unlabeled.energy.enumeration import blocks, smaller_is_hidden
from unlabeled.energy.outer import log_weights
from unlabeled.engine.distributed import gather_rows
from unlabeled.sampling import Noise
from unlabeled.spec import Spec
from unlabeled.validation import check_number

__all__ = ["CD", "PCD", "Chains", "Exact", "MeanField", "Sampler"]


class Chains:
    """Markov chains that live through training: this process's rows of `n_total`."""

    def __init__(self, v: torch.Tensor, n_total: int, noise: Noise):
        self.v, self.n_total, self._noise = v, n_total, noise

    @property
    def particles(self) -> torch.Tensor:
        """Where the chains are now, what the model dreams of: (n, n_visible)."""
        return self.v

    def state_dict(self) -> dict:
        """All chains of all processes."""
        return {"v": gather_rows(self.v)}

    def load_state_dict(self, state: dict) -> None:
        """This process's part of saved chains."""
        self.v = state["v"][self._noise.rows(self.n_total)].to(self.v)


class Sampler(Spec):
    """Base: the negative phase is a mean over sampled rows."""

    def check(self, rbm) -> None:
        """Raise ValueError if this sampler cannot serve such a machine."""

    def start(self, rbm, n_rows: int, noise: Noise) -> Chains | None:
        """Chains for training in batches of `n_rows` (over all processes), if any are kept."""
        return None

    def negative(self, rbm, v, f, n_total: int, chains, noise) -> tuple[torch.Tensor, int]:
        """Rows of the model (this process's), and how many there are over all processes."""
        raise NotImplementedError

    def followed(self, chains, gradient: dict) -> dict[str, torch.Tensor]:
        """Hear along which gradient, of the whole batch, the machine is about to move.

        Returns
        -------
        dict
            Terms to report.
        """
        return {}

    def gradient(self, rbm, v, n_total: int, chains, noise):
        """This process's share of the gradient of mean -log p(v) (shares add up).

        Parameters
        ----------
        rbm : RestrictedBoltzmannMachine
        v : tensor of shape (n, n_visible)
            Data, this process's rows of `n_total`.
        n_total : int
            Rows of the batch over all processes.
        chains : Chains or None
            What :meth:`start` gave.
        noise : Noise
            This step's random numbers.

        Returns
        -------
        gradient : dict
            A tensor for every name in `rbm.named_parameters()`.
        s_mean, t_mean : tensors of shape (n_visible,), (n_hidden,)
            Shares of the means of s(v) and of E[t(h) | v] over the data.
        """
        f = rbm.hidden_field(v)
        x, m_total = self.negative(rbm, v, f, n_total, chains, noise)
        return rbm.contrast(v, f, n_total, x, rbm.hidden_field(x), m_total)


class CD(Sampler):
    """Contrastive divergence: `n_steps` of Gibbs sampling from the data themselves.

    Parameters
    ----------
    n_steps : int, default=1
        Gibbs steps per update.

    References
    ----------
    Hinton. Training products of experts by minimizing contrastive divergence. Neural
    Computation 14(8), 2002.
    """

    def __init__(self, n_steps: int = 1):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps

    def negative(self, rbm, v, f, n_total, chains, noise):
        noise = noise.of(n_total)
        x = rbm.visible.sample(rbm.visible_field(rbm.hidden.sample(f, noise)), noise)
        for _ in range(self.n_steps - 1):
            x = rbm.sweep(x, noise)
        return x, n_total


class MeanField(Sampler):
    """Contrastive divergence with means instead of draws: `n_steps` down and up from the data.

    Deterministic, and biased where units depend on each other.

    Parameters
    ----------
    n_steps : int, default=1
        Mean-field steps per update.

    References
    ----------
    Welling, Hinton. A new learning algorithm for mean field Boltzmann machines. ICANN 2002.
    """

    def __init__(self, n_steps: int = 1):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps

    def negative(self, rbm, v, f, n_total, chains, noise):
        x = rbm.visible.mean(rbm.visible_field(rbm.hidden.mean(f)))
        for _ in range(self.n_steps - 1):
            x = rbm.visible.mean(rbm.visible_field(rbm.hidden.mean(rbm.hidden_field(x))))
        return x, n_total


class PCD(Sampler):
    """Persistent contrastive divergence, or stochastic maximum likelihood.

    Parameters
    ----------
    n_steps : int, default=1
        Gibbs steps per update.
    n_chains : int or None, default=None
        Number of chains; None for as many as rows in a batch.

    References
    ----------
    Tieleman. Training restricted Boltzmann machines using approximations to the likelihood
    gradient. ICML 2008.
    """

    def __init__(self, n_steps: int = 1, n_chains: int | None = None):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps
        if n_chains is not None:
            check_number("n_chains", n_chains, 1, integer=True)
        self.n_chains = n_chains

    def start(self, rbm, n_rows, noise):
        n_total = self.n_chains or n_rows
        noise = noise.of(n_total)
        rows = noise.rows(n_total)
        field = rbm.base.expand(rows.stop - rows.start, -1)
        return Chains(rbm.visible.sample(field, noise), n_total, noise)

    def negative(self, rbm, v, f, n_total, chains, noise):
        noise = noise.of(chains.n_total)
        for _ in range(self.n_steps):
            chains.v = rbm.sweep(chains.v, noise)
        return chains.v, chains.n_total


class Exact(Sampler):
    """The gradient itself, by summing over all states of the visible or of the hidden layer.

    For models with no more than 20 units in one (discrete) layer.
    """

    def check(self, rbm):
        smaller_is_hidden(rbm)

    def gradient(self, rbm, v, n_total, chains, noise):
        data = rbm.gradient(v, rbm.hidden_field(v), v.new_full((len(v),), 1 / n_total))
        model = _log_partition_gradient(rbm)
        share = len(v) / n_total
        gradient = {name: share * model[name] - data[name] for name in data}
        return gradient, data["b"], data["c"]


def _log_partition_gradient(rbm) -> dict[str, torch.Tensor]:
    """d log Z / d theta: an expectation over the states of the smaller layer, in blocks."""
    hidden = smaller_is_hidden(rbm)
    unit = rbm.hidden if hidden else rbm.visible
    p = torch.softmax(log_weights(rbm), 0).to(rbm.W)
    total, done = {}, 0
    for x in blocks(unit, rbm.W):
        weight = p[done : done + len(x)]
        done += len(x)
        part = (
            rbm.hidden_gradient(x, weight)
            if hidden
            else rbm.gradient(x, rbm.hidden_field(x), weight)
        )
        total = {name: part[name] + total.get(name, 0.0) for name in part}
    return total
