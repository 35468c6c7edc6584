"""Kernel distance: the maximum mean discrepancy of two sets of features."""

import numpy as np

from ._distances import blocks
from ._features import check_pair, stand_in
from .estimate import Estimate

__all__ = ["kernel_distance"]


def kernel_distance(
    X_real, X_model, *, block_size: int = 1000, normalise: bool = True, random_state=0
) -> Estimate:
    r"""Squared maximum mean discrepancy with the cubic kernel, unbiased.

    .. math::
        \operatorname{MMD}^2
        = \mathbb{E}\,k(x, x') + \mathbb{E}\,k(y, y') - 2\,\mathbb{E}\,k(x, y),
        \qquad k(x, y) = (x^\top y / d + 1)^3

    with x, x' different real rows and y, y' different model rows. Both sets are cut into as many
    disjoint blocks; the value is the mean of the blocks' estimates and has their standard error.
    Its expectation does not depend on n, and is 0 where the distributions agree, so estimates
    can be negative.

    Parameters
    ----------
    X_real : array-like or tensor of shape (n_real, d)
        Features of real rows.
    X_model : array-like or tensor of shape (n_model, d)
        Features of the model's rows.
    block_size : int, default=1000
        About how many rows of the smaller set a block has; there are always two blocks or more.
    normalise : bool, default=True
        Whether to move the mean of the real features to 0 and their mean square to 1. Otherwise
        the distance grows with the sixth power of the features' scale, and numbers from different
        features cannot be compared; the published kernel inception distance is of raw features.
    random_state : int or Generator, default=0
        Which rows share a block, and which real rows play the model's part in the floor.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If the features are not finite matrices of the same width, with 4 rows or more of the
        model and 8 real ones, or `block_size` is less than 2.

    References
    ----------
    Gretton et al., A kernel two-sample test, JMLR 13, 2012.
    Bińkowski et al., Demystifying MMD GANs, ICLR 2018.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, model = rng.normal(size=(2000, 4)), rng.normal(0.5, size=(2000, 4))
    >>> distance = kernel_distance(real, model)
    >>> distance.value > 10 * distance.standard_error > abs(distance.floor)
    True
    """
    if block_size < 2:
        raise ValueError(f"block_size should be at least 2, got {block_size}")
    real, model = check_pair(X_real, X_model, 4)
    if normalise:
        shift, scale = real.mean(0), np.sqrt(real.var(0).mean())
        if scale == 0:
            raise ValueError("X_real should vary to be normalised, got rows that are all the same")
        real, model = (real - shift) / scale, (model - shift) / scale
    kept, played = stand_in(real, len(model), random_state)
    value, error = _mean_of_blocks(real, model, block_size, random_state)
    floor, _ = _mean_of_blocks(kept, played, block_size, random_state)
    return Estimate(value, floor, len(real), len(model), (len(kept), len(played)), error)


def _mean_of_blocks(A, B, block_size, random_state) -> tuple[float, float]:
    n_blocks = max(2, min(len(A), len(B)) // block_size)
    rng = np.random.default_rng(random_state)
    parts = [np.array_split(X[rng.permutation(len(X))], n_blocks) for X in (A, B)]
    found = np.array([_discrepancy(a, b) for a, b in zip(*parts, strict=True)])
    return float(found.mean()), float(found.std(ddof=1) / np.sqrt(n_blocks))


def _discrepancy(A: np.ndarray, B: np.ndarray) -> float:
    return _within(A) + _within(B) - 2 * _sum(A, B) / (len(A) * len(B))


def _within(A: np.ndarray) -> float:
    """Mean of k over pairs of different rows."""
    diagonal = (((A**2).sum(1) / A.shape[1] + 1) ** 3).sum()
    return float(_sum(A, A) - diagonal) / (len(A) * (len(A) - 1))


def _sum(A: np.ndarray, B: np.ndarray) -> float:
    d = A.shape[1]
    return sum(float(((A[rows] @ B.T / d + 1) ** 3).sum()) for rows in blocks(len(A), len(B)))
