"""AMAT, a text file of numbers, a row in each line: here of zeros and ones in two notations."""

from typing import IO

import numpy as np

__all__ = ["parse_amat", "stream_amat"]

_ZERO, _ONE = b"   0.0000000e+00", b"   1.0000000e+00"
_LINES = 500  # that are read at a time


def parse_amat(text: bytes) -> np.ndarray:
    r"""The matrix in a text of zeros and ones, one row a line, "0 1 0\n".

    The text is looked at as bytes, of which every other one is a number: 78 MB take a tenth of
    a second.

    Parameters
    ----------
    text : bytes
        The text, every line as long as the first.

    Returns
    -------
    ndarray of uint8 of shape (n_lines, n_numbers)

    Raises
    ------
    ValueError
        If a line is longer or shorter than the first, or anything but 0 and 1 is in it.

    Examples
    --------
    >>> parse_amat(b"0 1 0\n1 1 0\n")
    array([[0, 1, 0],
           [1, 1, 0]], dtype=uint8)
    """
    line = text.find(b"\n") + 1
    if line == 0 or line % 2 or len(text) % line:
        raise ValueError(
            "an AMAT text should be lines of equal length of digits and blanks, "
            f"got {len(text):,} bytes with a first line of {line}"
        )
    pairs = np.frombuffer(text, dtype=np.uint8).reshape(-1, line // 2, 2)
    bits = pairs[..., 0] - np.uint8(ord("0"))
    separators = pairs[..., 1]
    if (bits > 1).any() or (separators[:, :-1] != 32).any() or (separators[:, -1] != 10).any():
        raise ValueError("an AMAT text of bits should look like '0 1 0', got other signs")
    return bits


def stream_amat(file: IO[bytes], shape: tuple[int, int]) -> np.ndarray:
    r"""The matrix in a text of zeros and ones of 16 signs each, "   0.0000000e+00".

    The text is read a few lines at a time, for it is 16 times as long as the matrix.

    Parameters
    ----------
    file : binary file
        The text, open at its beginning.
    shape : (int, int)
        Lines of the text, and numbers in each.

    Returns
    -------
    ndarray of uint8 of shape `shape`

    Raises
    ------
    ValueError
        If the text has other lines, or anything but 0 and 1 is in it.
    """
    n, d = shape
    line = d * len(_ONE) + 1
    bits = np.empty(shape, dtype=np.uint8)
    for start in range(0, n, _LINES):
        rows = bits[start : start + _LINES]
        text = file.read(len(rows) * line)
        if len(text) != len(rows) * line:
            raise ValueError(f"an AMAT text of shape {shape} should be longer")
        signs = np.frombuffer(text, dtype=np.uint8).reshape(-1, line)
        numbers = np.ascontiguousarray(signs[:, :-1]).view(f"S{len(_ONE)}")  # (lines, d)
        np.equal(numbers, _ONE, out=rows.view(bool))
        if not ((numbers == _ZERO) | rows.view(bool)).all() or (signs[:, -1] != 10).any():
            raise ValueError(f"an AMAT text of bits should hold {_ZERO!r} and {_ONE!r} only")
    if file.read(1):
        raise ValueError(f"an AMAT text of shape {shape} should be shorter")
    return bits
