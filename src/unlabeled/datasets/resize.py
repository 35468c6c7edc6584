"""Smaller images by averaging over areas."""

import numpy as np

__all__ = ["shrink"]

_CHUNK = 512  # images that are float32 at a time


def shrink(images: np.ndarray, size: int) -> np.ndarray:
    """Average square images over areas, `A @ image @ A.T`.

    Row i of `A` holds the shares of the old pixels in the new pixel i. They sum to 1, so the mean
    of an image stays what it was, up to rounding.

    Parameters
    ----------
    images : ndarray of uint8 of shape (n, side, side)
    size : int
        The new side, at most the old one.

    Returns
    -------
    ndarray of uint8 of shape (n, size, size)

    Raises
    ------
    ValueError
        If the images are not square or `size` is not between 1 and their side.

    Examples
    --------
    >>> shrink(np.array([[[0, 4, 1, 1], [4, 8, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]]], np.uint8), 2)
    array([[[4, 1],
            [2, 0]]], dtype=uint8)
    """
    n, side, width = images.shape
    if side != width or not 1 <= size <= side:
        raise ValueError(
            f"size should be between 1 and the side of square images, got size={size} "
            f"for images of {side} x {width}"
        )
    A = _shares(side, size)
    small = np.empty((n, size, size), dtype=np.uint8)
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        small[rows] = np.rint(A @ images[rows].astype(np.float32) @ A.T)
    return small


def _shares(side: int, size: int) -> np.ndarray:
    edges = np.linspace(0, side, size + 1)
    pixels = np.arange(side)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.clip(overlap, 0, None) * size / side).astype(np.float32)  # (size, side)
