"""The data sets by name."""

from difflib import get_close_matches
from typing import Literal, overload

import numpy as np

from . import (
    binarized_mnist,
    digits,
    fashion_mnist,
    frey,
    icml_rectangles,
    mnist,
    olivetti,
    omniglot,
    photographs,
)
from .description import DatasetInfo
from .resize import shrink

__all__ = ["available", "info", "load"]

_SETS = {
    member.INFO.name: member
    for member in (
        binarized_mnist,
        digits,
        fashion_mnist,
        frey,
        icml_rectangles,
        mnist,
        olivetti,
        omniglot,
        photographs,
    )
}


def available() -> list[str]:
    """Names of the data sets, in alphabetical order."""
    return sorted(_SETS)


def info(name: str) -> DatasetInfo:
    """Facts about a data set: shape, splits, support, licence, citation.

    Parameters
    ----------
    name : str
        One of `available()`.

    Returns
    -------
    DatasetInfo

    Raises
    ------
    ValueError
        If there is no set of that name.

    Examples
    --------
    >>> info("mnist").shape, info("mnist").splits
    ((1, 28, 28), {'train': 60000, 'test': 10000})
    """
    return _find(name).INFO


@overload
def load(
    name: str,
    split: str = ...,
    *,
    return_labels: Literal[False] = ...,
    binarize: float | None = ...,
    scale: bool = ...,
    size: int | tuple[int, int] | None = ...,
) -> np.ndarray: ...


@overload
def load(
    name: str,
    split: str = ...,
    *,
    return_labels: Literal[True],
    binarize: float | None = ...,
    scale: bool = ...,
    size: int | tuple[int, int] | None = ...,
) -> tuple[np.ndarray, np.ndarray]: ...


def load(
    name: str,
    split: str = "train",
    *,
    return_labels: bool = False,
    binarize: float | None = None,
    scale: bool = False,
    size: int | tuple[int, int] | None = None,
) -> np.ndarray | tuple[np.ndarray, np.ndarray]:
    """Load one split of a data set, a flattened image in each row.

    Files are looked for in the folder that the environment variable `UNLABELED_DATA` names (in
    it a folder per set), then in `cache_folder()`, and downloaded there otherwise. Each is
    checked against its SHA-256 every time it is read.

    Parameters
    ----------
    name : str
        One of `available()`.
    split : str, default="train"
        One of `info(name).splits`. Every set has "train" and "test".
    return_labels : bool, default=False
        Whether to return the labels too.
    binarize : float or None, default=None
        A threshold from 0 to 1, as a share of a fully lit pixel: values above it become 1, the
        others 0. None keeps the levels.
    scale : bool, default=False
        Whether to divide by the largest value, to float32 in [0, 1].
    size : int, (height, width) or None, default=None
        Size of the images in pixels, made by averaging over areas; at most that of the
        publisher (that of `info(name).shape`, for omniglot 105). An integer is the side of
        square images. None for that of `info(name).shape`.

    Returns
    -------
    X : ndarray of shape (n, height * width)
        uint8 from 0 to `info(name).maximum`, or 0 and 1 if binarized; float32 if `scale`.
    y : ndarray of int64 of shape (n,)
        The labels; only if `return_labels`.

    Raises
    ------
    ValueError
        If the set, the split, the threshold or the size does not exist, or labels are asked of
        a set that has none.
    CorruptedFileError
        If a file on disk is corrupted or partial; it names the path, the expected and the found
        SHA-256. The file is deleted from the cache, never from `UNLABELED_DATA`.
    OSError
        If no file is on disk and no download succeeds; it says why for each address.
    ImportError
        If PNG files are read (natural-patches, the publisher's omniglot) without Pillow.

    Examples
    --------
    >>> X, y = load("digits", "test", return_labels=True)
    >>> X.shape, X.max(), y[:3]
    ((360, 64), np.uint8(16), array([2, 3, 4]))
    >>> load("digits", scale=True).dtype
    dtype('float32')
    """
    member = _find(name)
    height_width = _size(member.INFO, size)
    _check_request(member.INFO, split, return_labels, binarize, height_width)
    images, labels = member.read(split)
    if height_width != images.shape[1:]:
        images = shrink(images, height_width)
    X = _levels(images.reshape(len(images), -1), member.INFO.maximum, binarize, scale)
    return (X, labels.astype(np.int64)) if return_labels else X


def _find(name: str):
    if name in _SETS:
        return _SETS[name]
    near = get_close_matches(str(name).lower().replace("_", "-"), _SETS, n=1)
    hint = f": did you mean {near[0]!r}?" if near else ""
    raise ValueError(f"the data set should be one of {available()}, got {name!r}{hint}")


def _size(facts, size: int | tuple[int, int] | None) -> tuple[int, int]:
    height, width = facts.shape[1:]
    if size is None:
        return height, width
    if isinstance(size, tuple) and len(size) == 2:
        return size
    if isinstance(size, tuple) or height != width:
        raise ValueError(
            f"size of {facts.name} should be (height, width), at most {height, width}, "
            f"or None, got {size!r}"
        )
    return size, size


def _check_request(facts, split, return_labels, binarize, size) -> None:
    if split not in facts.splits:
        raise ValueError(
            f"split of {facts.name} should be one of {[*facts.splits]}, got {split!r}"
        )
    if return_labels and not facts.n_classes:
        raise ValueError(f"{facts.name} has no labels: load it with return_labels=False")
    if binarize is not None and (isinstance(binarize, bool) or not 0 <= binarize < 1):
        raise ValueError(
            f"binarize should be a threshold in [0, 1) such as 0.5, or None, got {binarize!r}"
        )
    if facts.support == "binary" and size != facts.shape[1:]:
        raise ValueError(
            f"size of {facts.name} should be {facts.shape[1:]} or None, got {size}: "
            "averages of its bits would not be binary"
        )


def _levels(X: np.ndarray, maximum: int, binarize: float | None, scale: bool) -> np.ndarray:
    if binarize is not None:
        X, maximum = (X > int(binarize * maximum)).view(np.uint8), 1
    if scale:
        return X / np.float32(maximum)
    return X if X.flags.writeable else X.copy()
