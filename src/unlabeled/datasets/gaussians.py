"""Mixtures of small Gaussians in the plane, whose modes a generator should not lose."""

import numpy as np

from .arrays import generator

__all__ = ["grid_centres", "grid_of_gaussians", "ring_centres", "ring_of_gaussians"]


def ring_centres(n_modes: int = 8, *, radius: float = 1.0) -> np.ndarray:
    r"""Points at equal distances on a circle, :math:`r (\cos 2\pi k / K, \sin 2\pi k / K)`.

    Parameters
    ----------
    n_modes : int, default=8
        How many, K.
    radius : float, default=1.0
        Of the circle, r.

    Returns
    -------
    ndarray of float64 of shape (n_modes, 2)
        Anticlockwise from (r, 0), which comes once.

    Raises
    ------
    ValueError
        If `n_modes` is less than 1.

    Examples
    --------
    >>> ring_centres(4).round(3) + 0
    array([[ 1.,  0.],
           [ 0.,  1.],
           [-1.,  0.],
           [ 0., -1.]])
    """
    if n_modes < 1:
        raise ValueError(f"n_modes should be at least 1, got {n_modes}")
    angle = 2 * np.pi * np.arange(n_modes) / n_modes
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def grid_centres(side: int = 5, *, spacing: float = 2.0) -> np.ndarray:
    """Points of a square grid around the origin, row by row.

    Parameters
    ----------
    side : int, default=5
        Points in a row, and rows.
    spacing : float, default=2.0
        Distance of neighbours.

    Returns
    -------
    ndarray of float64 of shape (side * side, 2)

    Raises
    ------
    ValueError
        If `side` is less than 1.

    Examples
    --------
    >>> grid_centres(2)
    array([[-1., -1.],
           [ 1., -1.],
           [-1.,  1.],
           [ 1.,  1.]])
    """
    if side < 1:
        raise ValueError(f"side should be at least 1, got {side}")
    ticks = spacing * (np.arange(side) - (side - 1) / 2)
    y, x = np.meshgrid(ticks, ticks, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)


def ring_of_gaussians(
    n: int,
    n_modes: int = 8,
    *,
    radius: float = 1.0,
    std: float = 0.01,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    return_labels: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Draw from equally likely round Gaussians on a circle.

    Parameters
    ----------
    n : int
        Number of rows.
    n_modes : int, default=8
        Number of Gaussians.
    radius : float, default=1.0
        Of the circle of their centres, `ring_centres(n_modes, radius=radius)`.
    std : float, default=0.01
        Standard deviation of each along each axis.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.
    return_labels : bool, default=False
        Whether to return the mode of every row too.

    Returns
    -------
    X : ndarray of float32 of shape (n, 2)
    y : ndarray of int64 of shape (n,)
        Rows of `ring_centres`; only if `return_labels`.

    Raises
    ------
    ValueError
        If `n` or `std` is negative, or `n_modes` less than 1.

    References
    ----------
    Lin, Khetan, Fanti and Oh, PacGAN: the power of two samples in generative adversarial
    networks, NeurIPS 2018, whose settings are the defaults.

    Examples
    --------
    >>> X, y = ring_of_gaussians(1000, random_state=0, return_labels=True)
    >>> X.shape, bool(np.abs(X - ring_centres()[y]).max() < 0.05)
    ((1000, 2), True)
    """
    X, y = _draw(n, ring_centres(n_modes, radius=radius), std, random_state)
    return (X, y) if return_labels else X


def grid_of_gaussians(
    n: int,
    side: int = 5,
    *,
    spacing: float = 2.0,
    std: float = 0.05,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    return_labels: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Draw from equally likely round Gaussians on a square grid.

    Parameters
    ----------
    n : int
        Number of rows.
    side : int, default=5
        Gaussians in a row of the grid, and rows.
    spacing : float, default=2.0
        Distance of neighbouring centres; they are `grid_centres(side, spacing=spacing)`.
    std : float, default=0.05
        Standard deviation of each along each axis.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.
    return_labels : bool, default=False
        Whether to return the mode of every row too.

    Returns
    -------
    X : ndarray of float32 of shape (n, 2)
    y : ndarray of int64 of shape (n,)
        Rows of `grid_centres`; only if `return_labels`.

    Raises
    ------
    ValueError
        If `n` or `std` is negative, or `side` less than 1.

    References
    ----------
    Lin, Khetan, Fanti and Oh, PacGAN: the power of two samples in generative adversarial
    networks, NeurIPS 2018, whose settings are the defaults.

    Examples
    --------
    >>> grid_of_gaussians(1000, std=0.0, random_state=0).max()
    np.float32(4.0)
    """
    X, y = _draw(n, grid_centres(side, spacing=spacing), std, random_state)
    return (X, y) if return_labels else X


def _draw(n: int, centres: np.ndarray, std: float, random_state) -> tuple[np.ndarray, np.ndarray]:
    if n < 0 or not std >= 0:
        raise ValueError(f"n and std should not be negative, got n={n} and std={std}")
    rng = generator(random_state)
    y = rng.integers(len(centres), size=n)
    X = centres[y] + std * rng.standard_normal((n, 2))
    return X.astype(np.float32), y
