"""Data to learn from: publishers' files, synthetic worlds with known answers, and corruptions.

>>> from unlabeled import datasets
>>> datasets.available()
['binarized-mnist', 'digits', 'fashion-mnist', 'mnist', 'omniglot']
>>> X = datasets.load("digits", binarize=0.5)
>>> X.shape, X.dtype, datasets.info("digits").shape
((1437, 64), dtype('uint8'), (1, 8, 8))
"""

from .catalogue import available, info, load
from .corrupt import corrupt
from .description import DatasetInfo
from .fetch import CorruptedFileError, cache_folder
from .synthetic import bars_and_stripes, entropy_ceiling, shifting_bar

__all__ = [
    "CorruptedFileError",
    "DatasetInfo",
    "available",
    "bars_and_stripes",
    "cache_folder",
    "corrupt",
    "entropy_ceiling",
    "info",
    "load",
    "shifting_bar",
]
