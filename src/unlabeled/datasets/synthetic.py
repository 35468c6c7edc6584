"""Synthetic worlds of binary images, small enough that the best likelihood is known."""

from itertools import product

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

__all__ = ["bars_and_stripes", "entropy_ceiling", "shifting_bar"]


def bars_and_stripes(n: int, *, dtype: DTypeLike = np.uint8) -> np.ndarray:
    """All images of vertical bars and all images of horizontal stripes.

    The world draws a direction, then lights each line of that direction with probability 1/2.
    Its 2^(n+1) outcomes are equally likely; the blank and the full image come in both
    directions and are listed twice, so the rows are the whole distribution.

    Parameters
    ----------
    n : int
        Side of the images.
    dtype : dtype, default=uint8

    Returns
    -------
    ndarray of shape (2 ** (n + 1), n * n)
        Zeros and ones; the bars first.

    Raises
    ------
    ValueError
        If `n` is not between 1 and 12 (8,192 rows).

    References
    ----------
    MacKay, Information Theory, Inference, and Learning Algorithms, 2003, section 43.

    Examples
    --------
    >>> X = bars_and_stripes(3)
    >>> X.shape, X[1].reshape(3, 3).tolist()
    ((16, 9), [[0, 0, 1], [0, 0, 1], [0, 0, 1]])
    >>> entropy_ceiling(X)
    -41.589
    """
    if not 1 <= n <= 12:
        raise ValueError(f"n should be between 1 and 12, got {n}")
    lines = np.array(list(product((0, 1), repeat=n)), dtype=dtype)  # (2^n, n)
    bars = np.tile(lines, n)
    stripes = np.repeat(lines, n, axis=1)
    return np.concatenate([bars, stripes])


def shifting_bar(length: int, width: int = 1, *, dtype: DTypeLike = np.uint8) -> np.ndarray:
    """All positions of a bar on a ring: `width` neighbouring ones among `length` pixels.

    Parameters
    ----------
    length : int
        Number of pixels, and of rows.
    width : int, default=1
        Number of lit pixels, less than `length`.
    dtype : dtype, default=uint8

    Returns
    -------
    ndarray of shape (length, length)
        Row i is lit at pixels i to i + width - 1, counted round the ring.

    Raises
    ------
    ValueError
        If `width` is not between 1 and `length` - 1.

    References
    ----------
    Melchior, Fischer and Wiskott, How to center deep Boltzmann machines, JMLR 17, 2016.

    Examples
    --------
    >>> shifting_bar(4, 2)
    array([[1, 1, 0, 0],
           [0, 1, 1, 0],
           [0, 0, 1, 1],
           [1, 0, 0, 1]], dtype=uint8)
    >>> entropy_ceiling(shifting_bar(9))
    -19.775
    """
    if not 1 <= width < length:
        raise ValueError(f"width should be between 1 and length - 1, got {width} of {length}")
    start, pixel = np.arange(length)[:, None], np.arange(length)
    return ((pixel - start) % length < width).astype(dtype)


def entropy_ceiling(X: ArrayLike) -> float:
    r"""The largest log-likelihood that any distribution can give to the rows of `X`, in nats.

    By Gibbs' inequality it is that of the empirical distribution,

    .. math:: \sum_u n_u \log \frac{n_u}{n},

    where row u comes :math:`n_u` times among the n rows. Divide by n for the best mean.

    Parameters
    ----------
    X : array-like of shape (n, d)

    Returns
    -------
    float
        Summed over the rows.

    Raises
    ------
    ValueError
        If `X` is not a matrix with at least one row.

    Examples
    --------
    >>> entropy_ceiling([[0, 0], [0, 0], [1, 1]])
    -1.910
    """
    X = np.asarray(X)
    if X.ndim != 2 or not len(X):
        raise ValueError(f"X should have shape (n, d) with n >= 1, got {X.shape}")
    counts = np.unique(X, axis=0, return_counts=True)[1]
    return float(np.sum(counts * np.log(counts / len(X))))
