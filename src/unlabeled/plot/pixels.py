"""Numbers to colours to one sheet of small pictures, in numpy alone.

Values are painted as RGBA. Signed values (weights) have two colours of about one lightness that
colour-blind readers tell apart, and zero is *transparent*: the same picture is right on a white
page and on a black one.
"""

__all__ = ["BLUE", "FRAME", "RED", "paint", "span", "tile", "tint"]

import numpy as np

BLUE, RED = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)  # Okabe and Ito's blue and vermilion
FRAME = (0x8D, 0x92, 0x9B, 0xFF)  # grey between pictures that may be black or white at their edge
DRAWN = (0x8C, 0xD3, 0xFF)  # white, of what a model drew


def span(X: np.ndarray, *, signed: bool = False) -> tuple[float, float]:
    """Return the limits of the colour scale for ``X``.

    Signed: plus and minus the 99.5th percentile of absolute values. Otherwise (0, 1) if the data
    lie there, else their own range.

    Examples
    --------
    >>> span(np.array([0.2, 0.7]))
    (0.0, 1.0)
    >>> span(np.array([-2.0, 1.0]), signed=True)[0] < -1.9
    True
    """
    X = X[np.isfinite(X)]
    if signed:
        top = float(np.quantile(np.abs(X), 0.995)) if X.size else 0.0
        return (-top or -1.0, top or 1.0)
    low, high = (float(X.min()), float(X.max())) if X.size else (0.0, 1.0)
    if low >= 0 and high <= 1:
        return (0.0, 1.0)
    return (low, high if high > low else low + 1.0)


def paint(
    images: np.ndarray, limits: tuple[float, float] | None = None, *, signed: bool = False
) -> np.ndarray:
    """Paint pictures: black to white, in colour if they have three channels.

    Parameters
    ----------
    images : ndarray, shape (n, c, h, w)
        One channel is grey, three are red, green and blue, any other number is averaged.
        NaN is transparent.
    limits : (float, float), optional
        The values of black and white; those of :func:`span` by default.
    signed : bool
        Paint weights instead: blue below zero, transparent at zero, vermilion above.
        Three channels become red, green and blue around a mid grey.

    Returns
    -------
    pixels : ndarray of uint8, shape (n, h, w, 4)
    """
    low, high = span(images, signed=signed) if limits is None else limits
    if images.shape[1] not in (1, 3):
        images = images.mean(axis=1, keepdims=True)
    seen = np.isfinite(images).all(axis=1)
    t = np.clip((np.nan_to_num(images) - low) / (high - low), 0, 1)
    if signed and images.shape[1] == 1:
        return _two_colours(2 * t[:, 0] - 1)
    pixels = np.empty((*seen.shape, 4), np.uint8)
    pixels[..., :3] = np.rint(255 * t.transpose(0, 2, 3, 1))
    pixels[..., 3] = 255 * seen
    return pixels


def _two_colours(t: np.ndarray) -> np.ndarray:
    pixels = np.empty((*t.shape, 4), np.uint8)
    pixels[..., :3] = np.where(t[..., None] < 0, BLUE, RED)
    pixels[..., 3] = np.rint(255 * np.abs(t))
    return pixels


def tint(pixels: np.ndarray, where: np.ndarray) -> np.ndarray:
    """Turn white to light blue in the pixels ``where``, shape (n, h, w): what a model drew."""
    out = pixels.copy()
    out[where, :3] = np.rint(out[where, :3] * (np.array(DRAWN) / 255))
    return out


def tile(
    pixels: np.ndarray,
    n_columns: int | None = None,
    *,
    side: int = 28,
    gap: tuple[int, ...] = FRAME,
) -> np.ndarray:
    """Lay pictures on one sheet with hairline gaps, row by row.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, h, w, 4)
    n_columns : int, optional
        Pictures in a row; by default the sheet is about as wide as high.
    side : int
        Pictures smaller than this many pixels are enlarged by a whole factor, so that
        the gap of one pixel stays a hairline.
    gap : tuple of 4 int
        Its colour.

    Returns
    -------
    sheet : ndarray of uint8, shape (H, W, 4)

    Examples
    --------
    >>> tile(np.zeros((6, 28, 28, 4), np.uint8), 3).shape
    (57, 86, 4)
    """
    n, h, w, _ = pixels.shape
    k = max(1, round(side / max(h, w)))
    pixels = pixels.repeat(k, axis=1).repeat(k, axis=2)
    h, w = k * h, k * w
    columns = n_columns or max(1, min(n, round((n * h / w) ** 0.5)))
    sheet = np.zeros((-(-n // columns) * (h + 1) - 1, columns * (w + 1) - 1, 4), np.uint8)
    for i, picture in enumerate(pixels):
        y, x = i // columns * (h + 1), i % columns * (w + 1)
        sheet[y : y + h + 1, x : x + w + 1] = gap
        sheet[y : y + h, x : x + w] = picture
    return sheet
