"""The swiss roll: a rectangle rolled up in space."""

import numpy as np

from .arrays import generator

__all__ = ["swiss_roll"]


def swiss_roll(
    n: int,
    noise: float = 0.0,
    *,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    r"""Draw points of a rolled-up rectangle and their places on it,

    .. math:: x = (t \cos t, h, t \sin t) + \varepsilon, \qquad
        t \sim U(\tfrac{3\pi}{2}, \tfrac{9\pi}{2}), \quad h \sim U(0, 21), \quad
        \varepsilon \sim N(0, \sigma^2 I).

    Parameters
    ----------
    n : int
        Number of rows.
    noise : float, default=0.0
        Standard deviation :math:`\sigma` along each axis.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.

    Returns
    -------
    X : ndarray of float32 of shape (n, 3)
    t : ndarray of float32 of shape (n,)
        The angle along the roll, in radians, from 1.5 pi to 4.5 pi. (The place across it, h, is
        the second column of `X` but for the noise.)

    Raises
    ------
    ValueError
        If `n` or `noise` is negative.

    References
    ----------
    Tenenbaum, de Silva and Langford, A global geometric framework for nonlinear dimensionality
    reduction, Science 290(5500), 2000.

    Examples
    --------
    >>> X, t = swiss_roll(500, random_state=0)
    >>> bool(np.allclose(np.hypot(X[:, 0], X[:, 2]), t))
    True
    """
    if n < 0 or not noise >= 0:
        raise ValueError(f"n and noise should not be negative, got n={n} and noise={noise}")
    rng = generator(random_state)
    t = rng.uniform(1.5 * np.pi, 4.5 * np.pi, n)
    h = rng.uniform(0, 21, n)
    X = np.stack([t * np.cos(t), h, t * np.sin(t)], axis=1) + noise * rng.standard_normal((n, 3))
    return X.astype(np.float32), t.astype(np.float32)
