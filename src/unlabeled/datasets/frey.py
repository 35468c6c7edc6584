"""The Frey faces: frames of a video of Brendan Frey's face."""

import numpy as np

from .description import DatasetInfo
from .matlab import fetch_columns

__all__ = ["INFO", "read"]

_N_TRAIN = 1_572

INFO = DatasetInfo(
    name="frey",
    description="A face that moves, 1,965 frames of a video: 28 x 20 pixels, without labels. It "
    "has no official split: test is the last fifth, in their order. Neighbouring frames are "
    "alike, so a random split would test on what was trained on.",
    shape=(1, 28, 20),
    splits={"train": _N_TRAIN, "test": 1_965 - _N_TRAIN, "all": 1_965},
    support="grey",
    maximum=255,
    n_classes=0,
    licence="none stated",
    citation="Roweis, Saul and Hinton, Global coordination of local linear models, NIPS 2001; "
    "the video is Brendan Frey's",
    url="https://cs.nyu.edu/~roweis/data.html",
)

_SHA256 = "2438ba4f0d2a6bd8bac43de756141eaa33c8d248dd613d464bdb1210d9b7af78"  # of the matrix
_ROWS = {"train": slice(_N_TRAIN), "test": slice(_N_TRAIN, None), "all": slice(None)}


def read(split: str) -> tuple[np.ndarray, None]:
    """Images (n, 28, 20) of uint8 of one split; there are no labels."""
    name = "frey_rawface.mat"
    url = f"https://cs.nyu.edu/~roweis/data/{name}"
    rows = fetch_columns(INFO.name, name, "ff", _SHA256, url, 28 * 20)
    return rows.reshape(-1, 28, 20)[_ROWS[split]], None
