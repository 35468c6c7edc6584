"""Kernel distance: the maximum mean discrepancy of two sets of features."""

import numpy as np

from ._distances import blocks
from ._features import check_pair, stand_in
from .estimate import Estimate

__all__ = ["kernel_distance"]


def kernel_distance(X_real, X_model, *, normalise: bool = True, random_state=0) -> Estimate:
    r"""Squared maximum mean discrepancy with the cubic kernel, unbiased.

    .. math::
        \operatorname{MMD}^2
        = \mathbb{E}\,k(x, x') + \mathbb{E}\,k(y, y') - 2\,\mathbb{E}\,k(x, y),
        \qquad k(x, y) = (x^\top y / d + 1)^3

    over all pairs of different real rows x, x' and different model rows y, y'. Its expectation
    does not depend on n and is 0 where the distributions agree, so estimates can be negative.
    The standard error is the jackknife's: every row is left out once.

    Parameters
    ----------
    X_real : array-like or tensor of shape (n_real, d)
        Features of real rows.
    X_model : array-like or tensor of shape (n_model, d)
        Features of the model's rows.
    normalise : bool, default=True
        Whether to move the mean of the real features to 0 and their mean square to 1. Otherwise
        the distance grows with the sixth power of the features' scale, and numbers from different
        features cannot be compared; the published kernel inception distance is of raw features.
    random_state : int or Generator, default=0
        Which real rows play the model's part in the floor: n_model of them, at most half.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the features are not finite matrices of the same width, with 3 rows or more of the
        model and 6 real ones, or do not vary.

    References
    ----------
    Gretton et al., A kernel two-sample test, JMLR 13, 2012.
    Bińkowski et al., Demystifying MMD GANs, ICLR 2018; there as a mean over random subsets.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, model = rng.normal(size=(2000, 4)), rng.normal(0.5, size=(2000, 4))
    >>> distance = kernel_distance(real, model)
    >>> distance.value > 10 * distance.standard_error > abs(distance.floor)
    True
    """
    real, model = check_pair(X_real, X_model, 3)
    if normalise:
        shift, scale = real.mean(0), np.sqrt(real.var(0).mean())
        if scale == 0:
            raise ValueError("X_real must vary to be normalised, got rows that are all the same.")
        real, model = (real - shift) / scale, (model - shift) / scale
    kept, played = stand_in(real, len(model), random_state)
    value, error = _discrepancy(real, model)
    floor, _ = _discrepancy(kept, played)
    return Estimate(value, floor, len(real), len(model), (len(kept), len(played)), error)


def _discrepancy(A: np.ndarray, B: np.ndarray) -> tuple[float, float]:
    """The estimate from all pairs, and its jackknife standard error."""
    (a, _), (b, _), (ab, ba) = _sums(A, A), _sums(B, B), _sums(A, B)
    a, b = a - _k(A), b - _k(B)  # a row is no pair with itself
    value = _mean(a.sum(), len(A)) + _mean(b.sum(), len(B)) - 2 * ab.mean() / len(B)
    without = (
        _mean(a.sum() - 2 * a, len(A) - 1) - 2 * (ab.sum() - ab) / ((len(A) - 1) * len(B)),
        _mean(b.sum() - 2 * b, len(B) - 1) - 2 * (ba.sum() - ba) / ((len(B) - 1) * len(A)),
    )
    variance = sum((len(left) - 1) * left.var() for left in without)
    return float(value), float(np.sqrt(variance))


def _mean(total, n: int):
    """Mean over ordered pairs of n rows."""
    return total / (n * (n - 1))


def _k(A: np.ndarray) -> np.ndarray:
    return ((A**2).sum(1) / A.shape[1] + 1) ** 3


def _sums(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sums of k over the rows of B for each row of A, and over those of A for each of B."""
    of_a, of_b = np.empty(len(A)), np.zeros(len(B))
    for rows in blocks(len(A), len(B)):
        K = A[rows] @ B.T
        K /= A.shape[1]
        K += 1
        K *= K * K
        of_a[rows] = K.sum(1)
        of_b += K.sum(0)
    return of_a, of_b
