"""Smaller images by averaging over areas."""

import numpy as np

__all__ = ["shrink"]

_CHUNK = 512  # images that are float32 at a time


def shrink(images: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Average images over areas, `A @ image @ B.T`.

    Row i of `A` holds the shares of the old rows of pixels in the new row i, `B` those of the
    columns. They sum to 1, so the mean of an image stays what it was, up to rounding.

    Parameters
    ----------
    images : ndarray of uint8 of shape (n, height, width)
    size : (int, int)
        The new height and width, at most the old ones.

    Returns
    -------
    ndarray of uint8 of shape (n, *size)

    Raises
    ------
    ValueError
        If the new height or width is not between 1 and the old one.

    Examples
    --------
    >>> images = np.array([[[0, 4, 1, 1], [4, 8, 1, 1], [2, 2, 0, 0], [2, 2, 0, 0]]], np.uint8)
    >>> shrink(images, (2, 2))
    array([[[4, 1],
            [2, 0]]], dtype=uint8)
    """
    n, *old = images.shape
    if not all(1 <= new <= side for new, side in zip(size, old, strict=True)):
        raise ValueError(
            f"size should be between 1 and that of the images, got size={size} "
            f"for images of {old[0]} x {old[1]}"
        )
    A, B = map(_shares, old, size)
    small = np.empty((n, *size), dtype=np.uint8)
    for start in range(0, n, _CHUNK):
        rows = slice(start, start + _CHUNK)
        small[rows] = np.rint(A @ images[rows].astype(np.float32) @ B.T)
    return small


def _shares(side: int, size: int) -> np.ndarray:
    edges = np.linspace(0, side, size + 1)
    pixels = np.arange(side)
    overlap = np.minimum(edges[1:, None], pixels + 1) - np.maximum(edges[:-1, None], pixels)
    return (np.clip(overlap, 0, None) * size / side).astype(np.float32)  # (size, side)
