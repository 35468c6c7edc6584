"""Digits: the small handwritten digits that scikit-learn ships, so nothing is downloaded."""

import numpy as np

from .description import DatasetInfo

__all__ = ["INFO", "read"]

_N_TRAIN = 1_437

INFO = DatasetInfo(
    name="digits",
    description="Handwritten digits, 8 x 8 pixels with 17 grey levels, shipped with scikit-learn. "
    "It has no official split: test is the last fifth of its rows, in their order.",
    shape=(1, 8, 8),
    splits={"train": _N_TRAIN, "test": 1_797 - _N_TRAIN, "all": 1_797},
    support="grey",
    maximum=16,
    n_classes=10,
    licence="CC BY 4.0",
    citation="Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI Machine "
    "Learning Repository, 1998",
    url="https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits",
)

_ROWS = {"train": slice(_N_TRAIN), "test": slice(_N_TRAIN, None), "all": slice(None)}


def read(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 8, 8) of uint8 from 0 to 16 and labels (n,) of one split."""
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    images = np.asarray(X, dtype=np.uint8).reshape(-1, 8, 8)
    return images[_ROWS[split]], np.asarray(y)[_ROWS[split]]
