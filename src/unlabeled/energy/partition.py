r"""Partition functions: exact, and by annealed importance sampling in both directions.

Annealing walks from a base model whose :math:`Z_0` is known to the model itself, along
:math:`p^*_\beta, 0 = \beta_0 < \dots < \beta_K = 1`. Each chain carries the weight

.. math:: \log w = \log Z_0 + \sum_k \log p^*_{\beta_{k+1}}(x_k) - \log p^*_{\beta_k}(x_k),
          \qquad E[w] = Z.

By Jensen the mean of log w lies below log Z. Walked backwards from samples of the model, the
same sum has its mean above log Z: together they are a bracket.
"""

import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Protocol

import torch

from unlabeled.energy.outer import log_weights
from unlabeled.sampling import Noise

__all__ = [
    "LogPartition",
    "Path",
    "annealed",
    "bracket",
    "exact",
    "reverse_annealed",
    "temperatures",
]


class Path(Protocol):
    """What a model must offer to be annealed; a state is whatever the path wants it to be."""

    log_base: float
    """log Z_0 of the model at beta = 0."""

    def start(self, n_chains: int, noise: Noise) -> Any:
        """Exact samples of the base model."""

    def step(
        self, state: Any, here: float, there: float, noise: Noise
    ) -> tuple[torch.Tensor, Any]:
        """log p*_there - log p*_here of the state, shape (n_chains,), float64; and a next state.

        The transition leaves p_there invariant and is reversible.
        """
        ...

    def pick(self, state: Any, index: torch.Tensor) -> Any:
        """The chains of `state` with these indices."""


@dataclass(frozen=True)
class LogPartition:
    """log Z in nats.

    Parameters
    ----------
    value : float
        The estimate.
    standard_error : float
        Of `value`; 0 if exact.
    lower, upper : float
        An interval for log Z. Exact: the value twice. "ais": `value` -+ 3 standard errors on the
        scale of Z, as in Salakhutdinov & Murray (2008), or below 3 standard errors of the mean
        log-weight where the former reach 0; a run that misses a mode errs low.
        "bracket": 3 standard errors below the mean forward and above the mean reverse log-weight.
    kind : str
        "exact", "ais" or "bracket".
    """

    value: float
    standard_error: float
    lower: float
    upper: float
    kind: str


def exact(rbm) -> LogPartition:
    """log Z by summing over all states of the smaller layer, in float64.

    Parameters
    ----------
    rbm : RestrictedBoltzmannMachine
        With at most 20 units in one discrete layer.

    Raises
    ------
    ValueError
        If neither layer can be enumerated.
    """
    value = float(torch.logsumexp(log_weights(rbm), 0))
    return LogPartition(value, 0.0, value, value, "exact")


def temperatures(n: int) -> torch.Tensor:
    r"""`n` + 1 inverse temperatures from 0 to 1, denser towards 1.

    .. math:: \beta_k = 1 - (1 - k / n)^{1.5}

    On trained machines the log-weights spread less than with equal steps, and half as much as with
    the three pieces of Salakhutdinov & Murray (2008).

    Examples
    --------
    >>> temperatures(4)
    tensor([0.0000, 0.3505, 0.6464, 0.8750, 1.0000], dtype=torch.float64)
    """
    return 1 - (1 - torch.linspace(0, 1, n + 1, dtype=torch.float64)) ** 1.5


def annealed(path: Path, betas, n_chains: int, noise: Noise):
    """Forward AIS.

    Parameters
    ----------
    path : Path
    betas : sequence of float
        Inverse temperatures from 0 to 1.
    n_chains : int
    noise : Noise

    Returns
    -------
    log_w : tensor of shape (n_chains,), float64
        Log-weights in nats; E[exp(log_w)] = Z.
    state
        Where the chains ended; weighted by exp(log_w) they are samples of the model.

    References
    ----------
    Neal. Annealed importance sampling. Statistics and Computing 11, 2001.
    Salakhutdinov, Murray. On the quantitative analysis of deep belief networks. ICML 2008.
    """
    rise, state = _walk(path, betas, path.start(n_chains, noise), noise)
    return path.log_base + rise, state


def reverse_annealed(path: Path, betas, state, noise: Noise) -> torch.Tensor:
    """Reverse AIS from samples of the model down to the base model.

    Returns
    -------
    log_w : tensor of shape (n_chains,), float64
        The weights that forward runs over the same states would have had: E[exp(-log_w)] = 1/Z
        and, for exact samples, E[log_w] >= log Z.

    References
    ----------
    Grosse, Ghahramani, Adams. Sandwiching the marginal likelihood using bidirectional Monte
    Carlo. 2015. Burda, Grosse, Salakhutdinov. Accurate and conservative estimates of MRF
    log-likelihood using reverse annealing. AISTATS 2015.
    """
    fall, _ = _walk(path, reversed(betas), state, noise)
    return path.log_base - fall


def _walk(path: Path, betas, state, noise: Noise):
    """Sum of the steps' log-ratios over all pairs of neighbouring temperatures, and the end."""
    total = torch.zeros((), dtype=torch.float64)
    for here, there in pairwise(float(beta) for beta in betas):
        rise, state = path.step(state, here, there, noise)
        total = total + rise
    return total.cpu(), state


def estimate(log_w: torch.Tensor) -> LogPartition:
    """log Z from forward log-weights (n_chains,), as log mean exp, with 3 standard errors."""
    n = len(log_w)
    value = float(torch.logsumexp(log_w, 0)) - math.log(n)
    relative = torch.exp(log_w - value)
    error = float(relative.std()) / math.sqrt(n) if n > 1 else math.inf
    low = value + math.log1p(-3 * error) if 3 * error < 1 else _beyond(log_w, -3)
    return LogPartition(value, error, low, value + math.log1p(3 * error), "ais")


def bracket(path: Path, betas, n_chains: int, noise: Noise, n_burn_in: int = 100) -> LogPartition:
    """Forward and reverse AIS: the mean log-weights of both directions, and what lies between.

    The reverse runs start from the forward runs' last states, drawn again by their weights and
    moved `n_burn_in` times at beta = 1. So a mode that no forward run has found is seen by
    neither: the bracket bounds the error of annealing, not that of never arriving.
    """
    log_w, state = annealed(path, betas, n_chains, noise)
    chosen = torch.softmax(log_w, 0).cumsum(0)
    u = (torch.arange(n_chains) + noise.uniform((1, 1)).item()).double() / n_chains
    state = path.pick(state, torch.searchsorted(chosen, u).clamp_(max=n_chains - 1))
    for _ in range(n_burn_in):
        _, state = path.step(state, 1.0, 1.0, noise)
    log_r = reverse_annealed(path, betas, state, noise)
    forward = estimate(log_w)

    return LogPartition(
        forward.value,
        forward.standard_error,
        _beyond(log_w, -3),
        _beyond(log_r, 3),
        "bracket",
    )


def _beyond(log_w, n_errors: float) -> float:
    """The mean log-weight and some of its standard errors."""
    return float(log_w.mean()) + n_errors * float(log_w.std()) / math.sqrt(len(log_w))
