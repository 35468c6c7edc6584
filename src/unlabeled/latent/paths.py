"""From one code to another: along the straight line, or along the arc."""

__all__ = ["interpolate", "linear", "slerp"]

from typing import Any

import numpy as np

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
    a, b, t = _ends(start, end, t)
    return (1 - t) * a + t * b


def slerp(start: Any, end: Any, t: Any) -> np.ndarray:
    r"""Points of the arc between codes: the angle and the length both go linearly.

    .. math:: \big((1 - t)\,|a| + t\,|b|\big)\,\big(\cos(t\omega)\,u + \sin(t\omega)\,v\big),
        \qquad \omega = \angle(a, b)

    with u the direction of a, and v the direction at right angles to it in the plane of a and b.
    Codes that are drawn from a normal distribution in many dimensions k all have about the
    length √k; a straight line between two of them passes where there are none, the arc does
    not (White 2016, after Shoemake 1985).

    Parallel codes, and a code of length zero, have the straight line for an arc. Between opposite
    ones the arc passes by the axis to which they are most at right angles.

    Parameters
    ----------
    start, end : array-like of shape (..., k)
        The codes a and b.
    t : array-like of shape (m,)
        Where: 0 is the start, 1 the end.

    Returns
    -------
    H : ndarray of shape (..., m, k), float64

    References
    ----------
    K. Shoemake. Animating rotation with quaternion curves. SIGGRAPH 1985.
    T. White. Sampling generative networks. 2016.

    Examples
    --------
    >>> from unlabeled.latent import slerp
    >>> slerp([1, 0], [0, 3], [0, 0.5, 1]).round(3).tolist()
    [[1.0, 0.0], [1.414, 1.414], [0.0, 3.0]]
    """
    a, b, t = _ends(start, end, t)
    r, s = _length(a), _length(b)
    u, w = _unit(np.where(r > 0, a, b)), _unit(np.where(s > 0, b, a))
    omega = 2 * np.arctan2(_length(w - u), _length(w + u))
    aside = w - (u * w).sum(-1, keepdims=True) * u
    v = _unit(np.where(_length(w + u) > 1e-8, aside, _right_angle(u)))
    return ((1 - t) * r + t * s) * (np.cos(t * omega) * u + np.sin(t * omega) * v)


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
    path = KINDS[kind](a, b, np.linspace(0, 1, n_steps))
    return decode(model, path, y, like=start)


def _ends(start: Any, end: Any, t: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends of shape (..., 1, k) and times of shape (m, 1)."""
    a, b, t = (np.asarray(value, np.float64) for value in (start, end, t))
    if a.shape != b.shape or a.ndim < 1 or t.ndim != 1:
        raise ValueError(
            "start and end must be codes of one shape (..., k), and t of shape (m,); got "
            f"{a.shape}, {b.shape} and {t.shape}."
        )
    return a[..., None, :], b[..., None, :], t[:, None]


def _length(a: np.ndarray) -> np.ndarray:
    return np.linalg.norm(a, axis=-1, keepdims=True)


def _unit(a: np.ndarray) -> np.ndarray:
    """The direction of a; zero stays zero."""
    length = _length(a)
    return a / np.where(length > 0, length, 1)


def _right_angle(u: np.ndarray) -> np.ndarray:
    """The axis that u points along least, less its part along u."""
    axis = np.eye(u.shape[-1])[np.abs(u).argmin(-1)]
    return axis - (axis * u).sum(-1, keepdims=True) * u
