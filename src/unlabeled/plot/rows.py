"""Rows of whatever holds the data, and the shape of a picture in a row."""

__all__ = ["count", "dense", "feature_names", "picture_shape", "take"]

import re
from math import isqrt
from typing import Any

import numpy as np

Shape = tuple[int, int, int]


def count(X: Any) -> int:
    """Return the number of rows of ``X`` (array, sparse matrix, frame, tensor or dataset)."""
    shape = getattr(X, "shape", None)
    return len(X) if shape is None else int(shape[0])


def take(X: Any, index: Any) -> Any:
    """Return the rows ``index`` of ``X``, in the kind of container that ``X`` is.

    Parameters
    ----------
    X : array, sparse matrix, pandas or polars frame, tensor or map-style dataset
        The data. Items of a dataset may be ``(x, y)``: ``x`` is taken.
    index : array-like of int, shape (n,)
        Row numbers.

    Returns
    -------
    rows
        The chosen rows; a stacked array if ``X`` is a dataset.
    """
    index = np.asarray(index)
    if isinstance(X, list | tuple):
        X = np.asarray(X)
    if hasattr(X, "iloc"):
        return X.iloc[index]
    if hasattr(X, "toarray"):
        return X.tocsr()[index]
    if hasattr(X, "shape"):
        return X[index]
    items = (X[int(i)] for i in index)
    return np.stack([dense([x[0] if isinstance(x, tuple | list) else x])[0] for x in items])


def dense(X: Any) -> np.ndarray:
    """Return ``X`` as a 2-D array of floats, shape (n, d), whatever it was.

    Images of shape (n, c, h, w) are flattened; integers and booleans become float32.
    """
    if hasattr(X, "toarray"):
        X = X.toarray()
    elif hasattr(X, "detach"):
        X = X.detach().cpu()
        X = (X.float() if X.dtype.itemsize < 4 else X).numpy()
    elif hasattr(X, "to_numpy"):
        X = X.to_numpy()
    elif isinstance(X, list):
        X = np.stack([np.asarray(x) for x in X])
    array = np.asarray(X)
    if array.dtype.kind != "f" or array.dtype.itemsize < 4:
        array = array.astype(np.float32)
    return array.reshape(array.shape[0], -1)


def feature_names(model: Any = None, X: Any = None) -> list[str] | None:
    """Return the names of the columns, from the model or the frame, or None."""
    names = getattr(model, "feature_names_in_", None)
    if names is None and hasattr(X, "columns"):
        names = X.columns
    return None if names is None else [str(name) for name in names]


def picture_shape(given: Any = None, *, d: int, model: Any = None, X: Any = None) -> Shape | None:
    """Return the (channels, height, width) of a row, or None if rows are not pictures.

    The first that knows is believed: the shape ``given``, images in ``X``, ``model.image_shape_``,
    and last the square root of ``d``. Columns that have names of their own ("age", "income")
    are a table whatever their number; "pixel_0", "pixel_1" may be a picture.

    Parameters
    ----------
    given : tuple of int or False, optional
        (height, width) or (channels, height, width). False: the rows are not pictures.
    d : int
        Number of features in a row.
    model : object, optional
        Asked for ``image_shape_`` and ``feature_names_in_``.
    X : array-like, optional
        Asked for its shape and its column names.

    Returns
    -------
    shape : tuple of 3 int, or None

    Raises
    ------
    ValueError
        If the shape given does not hold ``d`` features.

    Examples
    --------
    >>> picture_shape(d=64)
    (1, 8, 8)
    >>> picture_shape((2, 5), d=10)
    (1, 2, 5)
    >>> picture_shape(d=10) is None
    True
    """
    if given is False:
        return None
    if given is not None:
        return _checked(given, d)
    for known in (getattr(X, "shape", ())[1:], getattr(model, "image_shape_", None) or ()):
        if len(known) >= 2:
            return _checked(known, d)
    k = isqrt(d)
    if k * k != d or k < 3 or not _alike(feature_names(model, X)):
        return None
    return (1, k, k)


def _checked(shape: Any, d: int) -> Shape:
    shape = tuple(int(s) for s in shape)
    full = (1, *shape) if len(shape) == 2 else shape
    if len(full) != 3 or np.prod(full) != d:
        raise ValueError(
            f"image_shape must be (height, width) or (channels, height, width) with {d} values in "
            f"all, got {shape}; pass image_shape=False if the rows are not pictures."
        )
    return full


def _alike(names: list[str] | None) -> bool:
    return names is None or len({re.sub(r"[\d_\W]+", "", name) for name in names}) == 1
