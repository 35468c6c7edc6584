"""From one code to another: along the straight line, or along the arc."""

__all__ = ["interpolate", "linear", "slerp"]

from typing import Any

import numpy as np

from unlabeled.sampling.slerp import slerp

from .codes import decode, encode


def linear(start: Any, end: Any, t: Any) -> np.ndarray:
    r"""Points of the straight line between codes, :math:`(1 - t)\, a + t\, b`.

    Parameters
    ----------
    start, end : array-like of shape (..., k)
        The codes a and b.
    t : array-like of shape (m,)
        Where: 0 is the start, 1 the end.

    Returns
    -------
    H : ndarray of shape (..., m, k), float64

    Examples
    --------
    >>> from unlabeled.latent import linear
    >>> linear([1, 0], [0, 1], [0, 0.5, 1]).tolist()
    [[1.0, 0.0], [0.5, 0.5], [0.0, 1.0]]
    """
    a, b = (np.asarray(code, np.float64)[..., None, :] for code in (start, end))
    t = np.asarray(t, np.float64)[:, None]
    return (1 - t) * a + t * b


KINDS = {"linear": linear, "slerp": slerp}


def interpolate(
    model: Any, start: Any, end: Any, n_steps: int = 8, *, kind: str = "linear", y: Any = None
) -> Any:
    """What lies between two rows, for the model: the decoded path between their codes.

    Parameters
    ----------
    model : object with `inverse_transform(H)`, and `transform(X)` if it encodes
    start, end : array-like or tensor of n rows each
        Codes, where the model has no `transform`.
    n_steps : int, default=8
        Points of each path, both ends included (as the model decodes them).
    kind : {"linear", "slerp"}, default="linear"
        Straight line, or arc (for codes that are normally distributed).
    y : array-like of shape (n,), optional
        Labels of the pairs, for a conditional model.

    Returns
    -------
    X : array or tensor of shape (n, n_steps, d)

    Raises
    ------
    TypeError
        If the model cannot decode.
    ValueError
        If there is no such kind of path, fewer than two steps, or a start without an end.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from unlabeled.latent import interpolate
    >>> X = np.random.default_rng(0).normal(size=(20, 5))
    >>> pca = PCA(2).fit(X)
    >>> interpolate(pca, X[:3], X[3:6], n_steps=9).shape
    (3, 9, 5)
    """
    if kind not in KINDS:
        raise ValueError(f"kind must be one of {sorted(KINDS)}, got {kind!r}.")
    if n_steps < 2:
        raise ValueError(f"n_steps must be at least 2, the two ends, got {n_steps}.")
    a, b = encode(model, start, y), encode(model, end, y)
    if a.shape != b.shape:
        raise ValueError(f"start and end must be of one shape, got {a.shape} and {b.shape}.")
    path = KINDS[kind](a, b, np.linspace(0, 1, n_steps))
    return decode(model, path, y, like=start)
