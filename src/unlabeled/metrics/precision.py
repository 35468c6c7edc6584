"""Precision and recall: how many samples are plausible, how much of the data they reach."""

from typing import NamedTuple

import numpy as np

from ._distances import radii, squared_distances
from ._features import check_pair, in_proportion
from .estimate import Estimate

__all__ = ["PrecisionRecall", "precision_recall"]


class PrecisionRecall(NamedTuple):
    """What :func:`precision_recall` returns.

    Parameters
    ----------
    precision : Estimate
        Share of the model's rows within the real support.
    recall : Estimate
        Share of the real rows within the model's support.
    """

    precision: Estimate
    recall: Estimate


def precision_recall(X_real, X_model, *, k: int = 3, random_state=0) -> PrecisionRecall:
    """Precision and recall of a generative model by nearest neighbours.

    The support of a set is taken to be the union of balls around its rows, each reaching to the
    k-th nearest other row. A model that repeats a few real rows has perfect precision and a
    recall of 0. One far outlier makes a ball that holds too much; :func:`density_coverage` is
    less sensitive to it.

    Parameters
    ----------
    X_real : array-like or tensor of shape (n_real, d)
        Features of real rows.
    X_model : array-like or tensor of shape (n_model, d)
        Features of the model's rows.
    k : int, default=3
        Which neighbour a ball reaches to.
    random_state : int or Generator, default=0
        Which real rows play the model's part in the floor, in the proportion of the two sets
        as far as either part keeps k + 1 rows.

    Returns
    -------
    PrecisionRecall
        `precision` and `recall`, each an :class:`Estimate`.

    Raises
    ------
    ValueError
        If the features are not finite matrices of the same width with at least k + 1
        rows (real ones, 2 k + 2, so that half of them can play the model's part).

    References
    ----------
    Kynkäänniemi et al., Improved precision and recall metric for assessing generative models,
    NeurIPS 2019.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, model = rng.random((2000, 1)), rng.random((2000, 1)) / 2  # half of the support
    >>> precision, recall = precision_recall(real, model)
    >>> print(f"{float(precision):.1f} {float(recall):.1f}")
    1.0 0.5
    """
    real, model = check_pair(X_real, X_model, check_k(k) + 1)
    kept, played = in_proportion(real, len(model), k + 1, random_state)
    sizes = len(real), len(model), (len(kept), len(played))
    values = _within(real, model, k), _within(model, real, k)
    floors = _within(kept, played, k), _within(played, kept, k)
    return PrecisionRecall(*(Estimate(v, f, *sizes) for v, f in zip(values, floors, strict=True)))


def check_k(k: int) -> int:
    """`k` itself, if it is the number of a neighbour."""
    if k < 1:
        raise ValueError(f"k must be at least 1, got {k}.")
    return k


def _within(A: np.ndarray, B: np.ndarray, k: int) -> float:
    """Share of the rows of `B` in the balls around the rows of `A`."""
    reach = radii(A, k)
    inside = sum(int((D <= reach).any(1).sum()) for _, D in squared_distances(B, A))
    return inside / len(B)
