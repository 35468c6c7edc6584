"""Binarized MNIST: each pixel drawn once with its grey level as probability, then fixed.

The binarisation of Salakhutdinov and Murray (2008) in the split of Larochelle and Murray (2011):
the data of most published likelihoods. The publisher offers plain text; a gzip of that text
is taken as well.
"""

import gzip

import numpy as np

from .amat import parse_amat
from .description import DatasetInfo
from .fetch import PublishedFile, fetch

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="binarized-mnist",
    description="MNIST in one fixed stochastic binarisation, the data of most published "
    "likelihoods: 28 x 28 pixels, 0 or 1, without labels.",
    shape=(1, 28, 28),
    splits={"train": 50_000, "valid": 10_000, "test": 10_000},
    support="binary",
    maximum=1,
    n_classes=0,
    licence="none stated",
    citation="Salakhutdinov and Murray, On the quantitative analysis of deep belief networks, "
    "ICML 2008; Larochelle and Murray, The neural autoregressive distribution estimator, "
    "AISTATS 2011",
    url="http://www.cs.toronto.edu/~larocheh/public/datasets/binarized_mnist/",
)

# The publisher's page has been away at times: a research repository holds the same names.
_HOSTS = (
    INFO.url,
    "https://github.com/mingzhang-yin/ARM-gradient/raw/bac893cfcec486bbd00b755b12cf8402053b0e84/",
)
_SHA256 = {
    "train": "ad693b29f94c14277b095f5238ddefbbdaaae0939789dd2f4f0205278cee3e4d",
    "valid": "1de3d397c40fe8eeb33dafd4099a1f665ec01e96d9be234aaeeac8a34930e2e2",
    "test": "e6687bfea3f820c174f33b7865140b2a2dd2930ef786f35d45795fc193b5ab2c",
}


def read(split: str) -> tuple[np.ndarray, None]:
    """Images (n, 28, 28) of uint8, 0 or 1, of one split; there are no labels."""
    name, checksum = f"binarized_mnist_{split}.amat", _SHA256[split]
    plain = PublishedFile(name, checksum, tuple(host + name for host in _HOSTS))
    zipped = PublishedFile(f"{name}.gz", checksum, unpack=gzip.decompress)
    return parse_amat(fetch(INFO.name, plain, zipped)[1]).reshape(-1, 28, 28), None
