"""How far a reconstruction is from the data."""

import numpy as np
from scipy.special import xlog1py, xlogy

from ._arrays import to_numpy

__all__ = ["reconstruction_error"]

_CHUNK = 4096  # rows that are float64 at a time


def reconstruction_error(
    X, X_reconstructed, *, per_feature: bool = False, kind: str = "squared"
) -> np.ndarray:
    r"""Error of each reconstructed row.

    .. math::
        \text{squared:} \quad \sum_i (x_i - r_i)^2 \qquad
        \text{cross\_entropy:} \quad -\sum_i x_i \log r_i + (1 - x_i) \log(1 - r_i)

    Parameters
    ----------
    X : array-like or tensor of shape (n, ...)
        The data.
    X_reconstructed : array-like or tensor of the same shape
        The reconstructions; probabilities for the cross-entropy.
    per_feature : bool, default=False
        Whether to return the term of each entry in place of the sums.
    kind : {"squared", "cross_entropy"}, default="squared"
        The cross-entropy is in nats, and infinite where a reconstruction of exactly 0 or 1 rules
        out what is in the data.

    Returns
    -------
    ndarray of float64 of shape (n,), or that of `X` if `per_feature`

    Raises
    ------
    ValueError
        If the shapes differ, the kind is unknown, there is a NaN, or values leave [0, 1] for
        the cross-entropy.

    Examples
    --------
    >>> reconstruction_error([[0, 1], [1, 1]], [[0.5, 1], [0, 0]])
    array([0.25, 2.  ])
    >>> reconstruction_error([[0, 1]], [[0.5, 0.5]], kind="cross_entropy")
    array([1.386])
    """
    if kind not in _KINDS:
        raise ValueError(f"kind must be one of {[*_KINDS]}, got {kind!r}.")
    data, reconstructed = to_numpy(X), to_numpy(X_reconstructed)
    if data.shape != reconstructed.shape or data.ndim == 0:
        raise ValueError(
            "X and X_reconstructed must have the same shape (n, ...), got "
            f"{data.shape} and {reconstructed.shape}."
        )
    error = np.empty(data.shape if per_feature else data.shape[:1])
    for start in range(0, len(data), _CHUNK):
        rows = slice(start, start + _CHUNK)
        terms = _KINDS[kind](data[rows].astype(float), reconstructed[rows].astype(float))
        error[rows] = terms if per_feature else terms.reshape(len(terms), -1).sum(axis=1)
    return error


def _squared(x: np.ndarray, r: np.ndarray) -> np.ndarray:
    _check(x, r)
    return (x - r) ** 2


def _cross_entropy(x: np.ndarray, r: np.ndarray) -> np.ndarray:
    _check(x, r, low=0.0, high=1.0)
    return -xlogy(x, r) - xlog1py(1 - x, -r)


_KINDS = {"squared": _squared, "cross_entropy": _cross_entropy}


def _check(x: np.ndarray, r: np.ndarray, low: float = -np.inf, high: float = np.inf) -> None:
    for name, values in (("X", x), ("X_reconstructed", r)):
        if np.isnan(values).any():
            raise ValueError(f"{name} must have no NaN, got {np.isnan(values).sum():,} of them.")
        if values.size and not low <= values.min() <= values.max() <= high:
            raise ValueError(
                f"{name} must lie in [0, 1] for the cross-entropy, got values from "
                f"{values.min():g} to {values.max():g}: scale it, or use kind='squared'."
            )
