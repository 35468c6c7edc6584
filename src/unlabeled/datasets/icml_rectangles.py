"""Rectangles: outlines that are tall or wide (Larochelle et al., 2007).

The publisher's zip is unpacked as a stream, for its texts are 643 MB long. `outlines.rectangles`
draws more of the same kind.
"""

import io
import zipfile

import numpy as np

from .amat import stream_amat
from .description import DatasetInfo
from .fetch import PublishedFile, fetch

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="rectangles",
    description="Outlines of rectangles, tall (1) or wide (0): 28 x 28 pixels, 0 or 1. The "
    "publisher's 1,200 images for learning are 1,000 to train and 200 to validate.",
    shape=(1, 28, 28),
    splits={"train": 1_000, "valid": 200, "test": 50_000},
    support="binary",
    maximum=1,
    n_classes=2,
    licence="none stated",
    citation="Larochelle, Erhan, Courville, Bergstra and Bengio, An empirical evaluation of deep "
    "architectures on problems with many factors of variation, ICML 2007",
    url="http://www.iro.umontreal.ca/~lisa/icml2007data/",
)

_FOLDER = "larochelle2007"
_FILE = PublishedFile(
    "rectangles.zip",
    "72952122784584f7a1aab68f74d8a06047a972596575a3a5a68cf32cc39daf8d",
    (f"{INFO.url}rectangles.zip",),
)
_ROWS = {"train": slice(1_000), "valid": slice(1_000, None), "test": slice(None)}


def read(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 28, 28) of uint8, 0 or 1, and labels (n,), 1 for tall, of one split."""
    part, n = ("test", 50_000) if split == "test" else ("train", 1_200)
    with zipfile.ZipFile(io.BytesIO(fetch(_FOLDER, _FILE)[1])) as archive:
        with archive.open(f"rectangles_{part}.amat") as text:
            bits = stream_amat(text, (n, 28 * 28 + 1))[_ROWS[split]]
    return np.ascontiguousarray(bits[:, :-1]).reshape(-1, 28, 28), bits[:, -1]
