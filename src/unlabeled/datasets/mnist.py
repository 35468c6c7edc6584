"""MNIST: handwritten digits (LeCun, Bottou, Bengio and Haffner, 1998)."""

import numpy as np

from .description import DatasetInfo
from .idx import fetch_idx

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="mnist",
    description="Handwritten digits, size-normalised and centred: 28 x 28 pixels, white on black.",
    shape=(1, 28, 28),
    splits={"train": 60_000, "test": 10_000},
    support="grey",
    maximum=255,
    n_classes=10,
    licence="none in the files; usually given as CC BY-SA 3.0",
    citation="LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document "
    "recognition, Proceedings of the IEEE 86(11), 1998",
    url="http://yann.lecun.com/exdb/mnist/",
)

# The author's page is empty now; CVDF hosts the files with his consent, PyTorch mirrors them.
_HOSTS = (
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
)
_SHA256 = {  # of images, of labels
    "train": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ),
    "test": (
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
}


def read(split: str) -> list[np.ndarray]:
    """Images (n, 28, 28) and labels (n,) of one split, both of uint8."""
    return fetch_idx(INFO.name, split, _SHA256, _HOSTS)
