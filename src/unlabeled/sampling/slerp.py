"""From one normally distributed code to another, along the arc."""

from typing import Any

import numpy as np

__all__ = ["slerp"]


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
    >>> slerp([1, 0], [0, 3], [0, 0.5, 1]).round(3).tolist()
    [[1.0, 0.0], [1.414, 1.414], [0.0, 3.0]]
    """
    a, b = (np.asarray(code, np.float64)[..., None, :] for code in (start, end))
    t = np.asarray(t, np.float64)[:, None]
    r, s = _length(a), _length(b)
    u, w = _unit(np.where(r > 0, a, b)), _unit(np.where(s > 0, b, a))
    omega = 2 * np.arctan2(_length(w - u), _length(w + u))
    aside = w - (u * w).sum(-1, keepdims=True) * u
    v = _unit(np.where(_length(w + u) > 1e-8, aside, _right_angle(u)))
    return ((1 - t) * r + t * s) * (np.cos(t * omega) * u + np.sin(t * omega) * v)


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
