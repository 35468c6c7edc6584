"""PNG files, for which Pillow is needed."""

import io
from collections.abc import Callable

import numpy as np

__all__ = ["png_reader"]


def png_reader(who: str) -> Callable[[bytes], np.ndarray]:
    """A function from the content of a PNG file to its pixels, (height, width[, 3]).

    Parameters
    ----------
    who : str
        Who needs it, to begin the error with.

    Returns
    -------
    function of bytes to ndarray of uint8 or bool

    Raises
    ------
    ImportError
        If Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError as error:
        raise ImportError(f"{who}, which need Pillow: pip install 'unlabeled[plot]'") from error

    def read(content: bytes) -> np.ndarray:
        with Image.open(io.BytesIO(content)) as png:
            return np.asarray(png)

    return read
