"""The Olivetti faces: ten photographs of each of forty people (Samaria and Harter, 1994)."""

import numpy as np

from .description import DatasetInfo
from .matlab import fetch_columns

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="olivetti",
    description="Faces, ten photographs of each of 40 people: 64 x 64 pixels. It has no official "
    "split: train holds the first eight photographs of everybody, test the other two; "
    "first_30_people and last_10_people (Hinton and Salakhutdinov, 2006) have nobody in common.",
    shape=(1, 64, 64),
    splits={
        "train": 320,
        "test": 80,
        "all": 400,
        "first_30_people": 300,
        "last_10_people": 100,
    },
    support="grey",
    maximum=255,
    n_classes=40,
    licence="none stated; AT&T Laboratories Cambridge are to be credited",
    citation="Samaria and Harter, Parameterisation of a stochastic model for human face "
    "identification, IEEE Workshop on Applications of Computer Vision, 1994",
    url="https://cs.nyu.edu/~roweis/data.html",
)

_SHA256 = "b119468c2f13775df12d3950e7c96644811647a6e10d30617777f245bf9b2f8b"  # of the matrix
_PERSON, _PHOTOGRAPH = np.divmod(np.arange(400), 10)
_CHOSEN = {
    "train": _PHOTOGRAPH < 8,
    "test": _PHOTOGRAPH >= 8,
    "all": slice(None),
    "first_30_people": _PERSON < 30,
    "last_10_people": _PERSON >= 30,
}


def read(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 64, 64) of uint8 and people (n,) from 0 to 39 of one split."""
    name = "olivettifaces.mat"
    url = f"https://cs.nyu.edu/~roweis/data/{name}"
    rows = fetch_columns(INFO.name, name, "faces", _SHA256, url, 64 * 64)
    images = rows.reshape(-1, 64, 64).transpose(0, 2, 1)  # Matlab's order
    return images[_CHOSEN[split]], _PERSON[_CHOSEN[split]]
