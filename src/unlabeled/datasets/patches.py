"""Random patches of photographs, as sparse codes are learned from."""

from collections.abc import Sequence

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import ArrayLike

from .arrays import generator
from .photographs import natural_images

__all__ = ["natural_patches"]

_CUTOFF = 0.4  # cycles per pixel: 200 per picture of 512 pixels
_MARGIN = 4  # pixels of a whitened picture that know of the opposite edge
_FEWEST = 1_000  # places that are looked at before all are called flat
_FLAT = 0.1  # standard deviation of a patch, as a share of that of its picture


def natural_patches(
    n_patches: int,
    size: int = 12,
    *,
    images: str | Sequence[ArrayLike] = "sample",
    whiten: bool = False,
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
) -> np.ndarray:
    r"""Cut random patches, free of their means, out of photographs.

    Every place in every picture is equally likely; flat patches, with less than a tenth of the
    standard deviation of their picture, are drawn again. Whitening multiplies the amplitude of
    each picture at the spatial frequency f by

    .. math:: R(f) = f \exp(-(f / f_0)^4), \qquad f_0 = 0.4 \text{ cycles per pixel},

    which undoes the fall of natural amplitudes as 1/f and the noise at the highest frequencies,
    scales the picture to unit variance, and leaves out 4 pixels along its edges.

    Parameters
    ----------
    n_patches : int
        Number of patches.
    size : int, default=12
        Side of the patches in pixels.
    images : str or sequence of array-like of shape (height, width), default="sample"
        Grey pictures, or which of `natural_images`: "sample", "train" or "test".
    whiten : bool, default=False
        Whether to whiten the pictures.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; the global generators are not used.

    Returns
    -------
    ndarray of float32 of shape (n_patches, size * size)
        In the units of the pictures, or, whitened, of their standard deviations. The mean of
        each row is zero.

    Raises
    ------
    ValueError
        If a picture is not a matrix of finite numbers, is smaller than a patch, or is flat.
    ImportError
        If pictures are read from files without Pillow.

    References
    ----------
    Olshausen and Field, Emergence of simple-cell receptive field properties by learning a sparse
    code for natural images, Nature 381, 1996, whose filter and 12 x 12 patches these are.

    Examples
    --------
    >>> X = natural_patches(100, whiten=True, random_state=0)
    >>> X.shape, bool(np.abs(X.mean(axis=1)).max() < 1e-6)
    ((100, 144), True)
    """
    if n_patches < 0 or size < 2:
        raise ValueError(f"n_patches >= 0 and size >= 2 are needed, got {n_patches} and {size}")
    given = natural_images(images) if isinstance(images, str) else images
    pictures = [_checked(picture, size + 2 * _MARGIN * whiten) for picture in given]
    if whiten:
        pictures = [_whiten(picture) for picture in pictures]
    rng = generator(random_state)
    X = np.empty((n_patches, size * size), dtype=np.float32)
    n = 0
    while n < n_patches:
        patches = _draw(max(n_patches - n, _FEWEST), size, pictures, rng)
        if not len(patches):
            raise ValueError(f"images should vary within {size} x {size} pixels, all were flat")
        patches = patches[: n_patches - n]
        X[n : n + len(patches)] = patches
        n += len(patches)
    return X


def _checked(picture: ArrayLike, least: int) -> np.ndarray:
    picture = np.asarray(picture, dtype=np.float32)
    if picture.ndim != 2 or min(picture.shape) < least:
        raise ValueError(
            f"images should be grey, (height, width), of at least {least} x {least} pixels, "
            f"got shape {picture.shape}"
        )
    if not picture.std() > 0:  # NaN is not
        raise ValueError(
            "images should hold finite numbers that differ, "
            f"got values from {picture.min()} to {picture.max()}"
        )
    return picture


def _whiten(picture: np.ndarray) -> np.ndarray:
    height, width = picture.shape
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))  # cycles per pixel
    R = f * np.exp(-((f / _CUTOFF) ** 4))
    white = np.fft.irfft2(R * np.fft.rfft2(picture), s=picture.shape)
    inner = white[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return (inner / inner.std()).astype(np.float32)


def _draw(n: int, size: int, pictures: list[np.ndarray], rng: np.random.Generator) -> np.ndarray:
    """Those of n random patches, without their means, that are not flat: (<= n, size * size)."""
    windows = [sliding_window_view(picture, (size, size)) for picture in pictures]
    places = np.array([window.shape[0] * window.shape[1] for window in windows])
    end = np.cumsum(places)
    place = rng.integers(end[-1], size=n)
    source = np.searchsorted(end, place, side="right")
    patches = np.empty((n, size * size), dtype=np.float32)
    for i, window in enumerate(windows):
        rows = source == i
        top, left = np.divmod(place[rows] - (end[i] - places[i]), window.shape[1])
        patches[rows] = window[top, left].reshape(-1, size * size)
    patches -= patches.mean(axis=1, keepdims=True)
    scale = np.array([picture.std() for picture in pictures])
    return patches[patches.std(axis=1) >= _FLAT * scale[source]]
