"""Density and coverage: precision and recall that outliers of the model do not deceive."""

from typing import NamedTuple

import numpy as np

from ._distances import radii, squared_distances
from ._features import check_pair, in_proportion
from .estimate import Estimate
from .precision import check_k

__all__ = ["DensityCoverage", "density_coverage"]


class DensityCoverage(NamedTuple):
    """What :func:`density_coverage` returns.

    Parameters
    ----------
    density : Estimate
        Balls around real rows that a row of the model lies in, on average, over k; may exceed 1.
    coverage : Estimate
        Share of the balls around real rows that hold a row of the model.
    """

    density: Estimate
    coverage: Estimate


def density_coverage(X_real, X_model, *, k: int = 5, random_state=0) -> DensityCoverage:
    r"""Density and coverage of a generative model by nearest neighbours among real rows.

    With balls B_i around the real rows, each reaching to the k-th nearest other real row,

    .. math::
        \text{density} = \frac{1}{k\,n_m} \sum_j \sum_i 1[y_j \in B_i], \qquad
        \text{coverage} = \frac{1}{n_r} \sum_i 1[\exists j: y_j \in B_i].

    Coverage grows with n_model / n_real: for equal sets drawn from one distribution it is about
    1 - 2^-k. Density is above 1 for a model that draws only the most typical rows.

    Parameters
    ----------
    X_real : array-like or tensor of shape (n_real, d)
        Features of real rows.
    X_model : array-like or tensor of shape (n_model, d)
        Features of the model's rows.
    k : int, default=5
        Which neighbour a ball reaches to.
    random_state : int or Generator, default=0
        Which real rows play the model's part in the floor, in the proportion of the two sets
        as far as either part keeps k + 1 rows.

    Returns
    -------
    DensityCoverage
        `density` and `coverage`, each an :class:`Estimate`.

    Raises
    ------
    ValueError
        If the features are not finite matrices of the same width with at least k + 1
        rows (real ones, 2 k + 2, so that half of them can play the model's part).

    References
    ----------
    Naeem et al., Reliable fidelity and diversity metrics for generative models, ICML 2020.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, model = rng.normal(size=(2000, 3)), rng.normal(size=(2000, 3))
    >>> density, coverage = density_coverage(real, model)
    >>> print(f"{float(density):.1f} {float(coverage):.2f}")  # 1 - 2^-5 = 0.97
    1.0 0.97
    """
    real, model = check_pair(X_real, X_model, check_k(k) + 1)
    kept, played = in_proportion(real, len(model), k + 1, random_state)
    sizes = len(real), len(model), (len(kept), len(played))
    values, floors = _measure(real, model, k), _measure(kept, played, k)
    return DensityCoverage(*(Estimate(v, f, *sizes) for v, f in zip(values, floors, strict=True)))


def _measure(real: np.ndarray, model: np.ndarray, k: int) -> tuple[float, float]:
    reach, hits, covered = radii(real, k), 0, np.zeros(len(real), bool)
    for _, D in squared_distances(model, real):
        inside = D <= reach
        hits += int(inside.sum())
        covered |= inside.any(0)
    return hits / (k * len(model)), float(covered.mean())
