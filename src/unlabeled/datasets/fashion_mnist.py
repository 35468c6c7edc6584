"""Fashion-MNIST: articles of clothing in the format of MNIST (Xiao, Rasul and Vollgraf, 2017)."""

import numpy as np

from .description import DatasetInfo
from .idx import fetch_idx

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="fashion-mnist",
    description="Articles of Zalando in ten classes: 28 x 28 pixels, white on black.",
    shape=(1, 28, 28),
    splits={"train": 60_000, "test": 10_000},
    support="grey",
    maximum=255,
    n_classes=10,
    licence="MIT",
    citation="Xiao, Rasul and Vollgraf, Fashion-MNIST: a novel image dataset for benchmarking "
    "machine learning algorithms, arXiv:1708.07747, 2017",
    url="https://github.com/zalandoresearch/fashion-mnist",
)

_HOSTS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_SHA256 = {  # of images, of labels
    "train": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ),
    "test": (
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}


def read(split: str) -> list[np.ndarray]:
    """Images (n, 28, 28) and labels (n,) of one split, both of uint8."""
    return fetch_idx(INFO.name, split, _SHA256, _HOSTS)
