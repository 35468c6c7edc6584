"""IDX, the file format of MNIST and of the sets made in its image."""

import gzip
from collections.abc import Iterable, Mapping

import numpy as np

from .fetch import PublishedFile, fetch

__all__ = ["fetch_idx", "parse_idx"]

_UNSIGNED_BYTE = 0x08
_PREFIX = {"train": "train", "test": "t10k"}
_SUFFIXES = ("images-idx3-ubyte.gz", "labels-idx1-ubyte.gz")


def fetch_idx(
    folder: str, split: str, sha256: Mapping[str, Iterable[str]], hosts: Iterable[str]
) -> list[np.ndarray]:
    """Images and labels of one split, from the four file names that MNIST has given its kind.

    Parameters
    ----------
    folder : str
        Name of the data set's folder.
    split : {"train", "test"}
    sha256 : mapping of split to checksums
        Of the file of images and of the file of labels.
    hosts : iterable of str
        Addresses that end just before the file name, tried in order.

    Returns
    -------
    images : ndarray of uint8 of shape (n, height, width)
    labels : ndarray of uint8 of shape (n,)
    """
    arrays = []
    for suffix, checksum in zip(_SUFFIXES, sha256[split], strict=True):
        name = f"{_PREFIX[split]}-{suffix}"
        file = PublishedFile(name, checksum, tuple(host + name for host in hosts))
        arrays.append(parse_idx(fetch(folder, file)[1]))
    return arrays


def parse_idx(content: bytes) -> np.ndarray:
    """The array in a gzipped IDX file of unsigned bytes.

    The header is two zero bytes, the element type, the number of axes and the length of each
    axis as a big-endian 32-bit integer; the elements follow in C order.

    Parameters
    ----------
    content : bytes
        The gzipped file.

    Returns
    -------
    ndarray of uint8
        Read-only, with the shape that the header says.

    Raises
    ------
    ValueError
        If the header is another one, or the elements are not as many as it says.

    Examples
    --------
    >>> header = bytes([0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3])
    >>> parse_idx(gzip.compress(header + bytes(range(6))))
    array([[0, 1, 2],
           [3, 4, 5]], dtype=uint8)
    """
    content = gzip.decompress(content)
    if content[:3] != bytes([0, 0, _UNSIGNED_BYTE]):
        raise ValueError(
            f"an IDX file of unsigned bytes should begin with 00 00 08, got {content[:3].hex(' ')}"
        )
    n_axes = content[3]
    shape = tuple(np.frombuffer(content, dtype=">u4", count=n_axes, offset=4).tolist())
    elements = np.frombuffer(content, dtype=np.uint8, offset=4 + 4 * n_axes)
    if elements.size != np.prod(shape):
        raise ValueError(
            f"an IDX file of shape {shape} should hold {np.prod(shape):,} elements, "
            f"got {elements.size:,}"
        )
    return elements.reshape(shape)
