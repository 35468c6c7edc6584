"""Images of one line with known parameters: curves, and the outlines of rectangles."""

import numpy as np

from .arrays import generator

__all__ = ["curves", "rectangles"]

_SEGMENTS = 16  # straight pieces of a curve
_CHUNK = 64  # images that are drawn at a time, so that they stay in the cache
_SHORTEST, _DIFFERENCE = 4, 3  # sides of rectangles, and what tells tall from wide, in pixels


def curves(
    n: int,
    size: int = 28,
    *,
    width: float = 2.0,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    return_points: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    r"""Draw images of smooth curves, each given by three random points, so by six numbers.

    The points :math:`p_0, p_1, p_2` are uniform in the square that leaves a margin of the line's
    width; the curve is

    .. math:: c(t) = (1 - t)^2 p_0 + 2 t (1 - t) p_1 + t^2 p_2, \qquad 0 \le t \le 1,

    in 16 straight pieces (at 28 pixels they are within 0.07 pixels of it), and a pixel at the
    distance d from it is inked by
    :math:`\min(1, \max(0, (w + 1) / 2 - d))`, the share of the pixel that a line
    of width w covers. Hinton and Salakhutdinov do not say how they drew theirs, so errors on these
    images are not comparable with their table.

    Parameters
    ----------
    n : int
        Number of images.
    size : int, default=28
        Side of the images in pixels.
    width : float, default=2.0
        Width of the line in pixels, w; less than a third of `size`.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.
    return_points : bool, default=False
        Whether to return the points too.

    Returns
    -------
    X : ndarray of float32 of shape (n, size * size)
        Ink from 0 to 1, flattened row by row.
    points : ndarray of float32 of shape (n, 3, 2)
        (x, y) in pixels from the upper left corner; only if `return_points`.

    Raises
    ------
    ValueError
        If `n` is negative or `width` not between 0 and a third of `size`.

    References
    ----------
    Hinton and Salakhutdinov, Reducing the dimensionality of data with neural networks, Science
    313(5786), 2006.

    Examples
    --------
    >>> X, points = curves(100, random_state=0, return_points=True)
    >>> X.shape, X.min(), X.max(), points.shape
    ((100, 784), np.float32(0.0), np.float32(1.0), (100, 3, 2))
    """
    if n < 0 or not 0 < width < size / 3:
        raise ValueError(
            "n should not be negative and width between 0 and a third of size, "
            f"got n={n}, width={width} and size={size}"
        )
    rng = generator(random_state)
    points = rng.uniform(width, size - width, (n, 3, 2)).astype(np.float32)
    t = np.linspace(0, 1, _SEGMENTS + 1, dtype=np.float32)[:, None]
    weights = np.hstack([(1 - t) ** 2, 2 * t * (1 - t), t**2])  # (joints, 3)
    joints = weights @ points  # (n, joints, 2)
    X = np.empty((n, size * size), dtype=np.float32)
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        X[rows] = np.clip((width + 1) / 2 - _distance(joints[rows], size), 0, 1)
    return (X, points) if return_points else X


def _distance(joints: np.ndarray, size: int) -> np.ndarray:
    """Distance of the centre of every pixel from a polygonal line: (n, size * size)."""
    y, x = np.indices((size, size), dtype=np.float32).reshape(2, -1) + np.float32(0.5)
    square = np.full((len(joints), size * size), np.inf, dtype=np.float32)
    for a, b in zip(joints.swapaxes(0, 1), joints.swapaxes(0, 1)[1:], strict=False):
        ax, ay = x - a[:, :1], y - a[:, 1:]  # (n, pixels), from the joint to the pixel
        bx, by = (b - a).T[:, :, None]
        length = np.maximum(bx**2 + by**2, np.finfo(np.float32).tiny)
        u = np.clip((ax * bx + ay * by) / length, 0, 1)  # place of the nearest point
        np.minimum(square, (ax - u * bx) ** 2 + (ay - u * by) ** 2, out=square)
    return np.sqrt(square)


def rectangles(
    n: int,
    size: int = 28,
    *,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    return_labels: bool = False,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Draw outlines of rectangles, one pixel wide, that are tall or wide.

    Height and width are uniform from 4 pixels to `size`, drawn again if they differ by less than
    3; the place is uniform among those where the rectangle fits. `load("rectangles")` are the
    images that were published, which this world explains.

    Parameters
    ----------
    n : int
        Number of images.
    size : int, default=28
        Side of the images in pixels, at least 7.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.
    return_labels : bool, default=False
        Whether to return the labels too.

    Returns
    -------
    X : ndarray of uint8 of shape (n, size * size)
        Zeros and ones, flattened row by row.
    y : ndarray of int64 of shape (n,)
        1 for tall, 0 for wide; only if `return_labels`.

    Raises
    ------
    ValueError
        If `n` is negative or `size` less than 7.

    References
    ----------
    Larochelle, Erhan, Courville, Bergstra and Bengio, An empirical evaluation of deep
    architectures on problems with many factors of variation, ICML 2007.

    Examples
    --------
    >>> X, y = rectangles(1, 7, random_state=1, return_labels=True)
    >>> X.reshape(7, 7)
    array([[0, 0, 0, 0, 0, 0, 0],
           [0, 0, 0, 0, 0, 0, 0],
           [1, 1, 1, 1, 1, 1, 1],
           [1, 0, 0, 0, 0, 0, 1],
           [1, 0, 0, 0, 0, 0, 1],
           [1, 1, 1, 1, 1, 1, 1],
           [0, 0, 0, 0, 0, 0, 0]], dtype=uint8)
    >>> y
    array([0])
    """
    if n < 0 or size < _SHORTEST + _DIFFERENCE:
        raise ValueError(
            f"n should not be negative and size at least {_SHORTEST + _DIFFERENCE}, "
            f"got n={n} and size={size}"
        )
    rng = generator(random_state)
    sides = np.arange(_SHORTEST, size + 1)
    h, w = np.meshgrid(sides, sides, indexing="ij")
    shapes = np.stack([h, w], axis=-1)[np.abs(h - w) >= _DIFFERENCE]  # equally likely
    height, width = shapes[rng.integers(len(shapes), size=n)].T[:, :, None]
    top, left = rng.integers(size - height + 1), rng.integers(size - width + 1)  # (n, 1)
    down, across = np.arange(size) - top, np.arange(size) - left  # (n, size)
    rows, row_ends = (down >= 0) & (down < height), (down == 0) | (down == height - 1)
    columns, column_ends = (across >= 0) & (across < width), (across == 0) | (across == width - 1)
    ends = row_ends[:, :, None] | column_ends[:, None]
    X = (rows[:, :, None] & columns[:, None] & ends).reshape(n, size * size).view(np.uint8)
    return (X, (height > width)[:, 0].astype(np.int64)) if return_labels else X
