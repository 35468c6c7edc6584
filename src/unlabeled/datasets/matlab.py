"""MAT, the file format of Matlab, in which a matrix holds an image in every column."""

import io
from functools import partial

import numpy as np

from .fetch import PublishedFile, fetch

__all__ = ["fetch_columns"]


def fetch_columns(folder: str, name: str, key: str, sha256: str, url: str, d: int) -> np.ndarray:
    """The columns of a matrix of bytes, as rows.

    A file that was saved again begins with another date, so the matrix is what is compared with
    the publisher's.

    Parameters
    ----------
    folder : str
        Name of the data set's folder.
    name : str
        File name.
    key : str
        Name of the matrix in it.
    sha256 : str
        Hexadecimal SHA-256 of the matrix, column after column.
    url : str
        Where the file is offered.
    d : int
        Length of the columns.

    Returns
    -------
    ndarray of uint8 of shape (n, d)
    """
    file = PublishedFile(name, sha256, (url,), unpack=partial(_columns, key=key))
    return np.frombuffer(fetch(folder, file)[1], dtype=np.uint8).reshape(-1, d)


def _columns(content: bytes, key: str) -> bytes:
    from scipy.io import loadmat

    try:
        matrix = loadmat(io.BytesIO(content), variable_names=[key])[key]
    except Exception as error:  # of any kind: what is read may be anything
        raise ValueError(f"no MAT file with a matrix {key!r}: {error}") from error
    return matrix.tobytes(order="F")
