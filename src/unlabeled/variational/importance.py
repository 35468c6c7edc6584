r"""The importance-weighted bound, of as many samples as are wanted.

.. math:: L_K = \log \frac{1}{K} \sum_{k=1}^K w_k \le \log p(x) \quad \text{on average}
"""

import math
from collections.abc import Iterable

import torch
from torch.quasirandom import SobolEngine

from unlabeled.variational.autoencoder import VariationalAutoencoder

__all__ = ["bound", "even", "split"]

_AT_ONCE = 2**21  # values of decoded rows that are made together


def bound(
    vae: VariationalAutoencoder, x: torch.Tensor, draws: Iterable[torch.Tensor], y=None
) -> torch.Tensor:
    """L_K of rows in nats, shape (n,), float64, with a running sum of the weights.

    Parameters
    ----------
    vae : VariationalAutoencoder
    x : tensor of shape (n, n_features)
    draws : iterable of tensor
        Standard normal numbers, of shape (n, k, n_components) with any k; K is the sum of all k.
    y : tensor of int64, shape (n,), optional

    References
    ----------
    Burda, Grosse, Salakhutdinov. Importance weighted autoencoders. ICLR 2016.
    """
    mean, log_std = vae.posterior(x, y)
    total, n = torch.full((len(x),), -math.inf, dtype=torch.float64, device=x.device), 0
    for e in draws:
        log_p, log_ratio = vae.log_weights(x, mean, log_std, e, y)
        log_w = log_p.double() + log_ratio.double()
        total, n = torch.logaddexp(total, log_w.logsumexp(1)), n + e.shape[1]
    return total - math.log(n)


def split(n_samples: int, x: torch.Tensor) -> list[int]:
    """`n_samples` in parts that leave, for all rows `x` together, a modest number of values."""
    most = max(1, _AT_ONCE // max(1, x.numel()))
    return [min(most, n_samples - done) for done in range(0, n_samples, most)]


def even(n_samples: int, n_components: int, seed: int) -> torch.Tensor:
    """Standard normal points that lie more evenly than independent ones would, float64.

    Each is standard normal over the seeds, so that a bound made of them is one on average (a
    scrambled Sobol sequence). Rows that meet the same points err together, and evenly spread
    points leave little to err by.

    Parameters
    ----------
    n_samples, n_components : int
    seed : int

    Returns
    -------
    tensor of shape (n_samples, n_components)

    References
    ----------
    Buchholz, Wenzel, Mandt. Quasi-Monte Carlo variational inference. ICML 2018.
    """
    points = SobolEngine(n_components, scramble=True, seed=seed).draw(
        n_samples, dtype=torch.float64
    )
    return torch.special.ndtri(points.clamp(2**-32, 1 - 2**-32))
