"""Data to learn from: publishers' files, synthetic worlds with known answers, and corruptions.

>>> from unlabeled import datasets
>>> datasets.available()
['binarized-mnist', 'digits', 'fashion-mnist', 'frey', 'mnist', 'natural-patches', 'olivetti',
'omniglot', 'rectangles']
>>> X = datasets.load("digits", binarize=0.5)
>>> X.shape, X.dtype, datasets.info("digits").shape
((1437, 64), dtype('uint8'), (1, 8, 8))
"""

from unlabeled.folders import cache_folder

from .anomalies import anomaly_sets, load_anomalies
from .binarize import binarize
from .catalogue import available, info, load
from .corrupt import corrupt
from .description import DatasetInfo
from .fetch import CorruptedFileError
from .gaussians import grid_centres, grid_of_gaussians, ring_centres, ring_of_gaussians
from .movielens import load_movielens, movielens_films
from .newsgroups import newsgroups
from .outlines import curves, rectangles
from .patches import natural_patches
from .photographs import natural_images
from .swiss_roll import swiss_roll
from .synthetic import bars_and_stripes, entropy_ceiling, shifting_bar

__all__ = [
    "CorruptedFileError",
    "DatasetInfo",
    "anomaly_sets",
    "available",
    "bars_and_stripes",
    "binarize",
    "cache_folder",
    "corrupt",
    "curves",
    "entropy_ceiling",
    "grid_centres",
    "grid_of_gaussians",
    "info",
    "load",
    "load_anomalies",
    "load_movielens",
    "movielens_films",
    "natural_images",
    "natural_patches",
    "newsgroups",
    "rectangles",
    "ring_centres",
    "ring_of_gaussians",
    "shifting_bar",
    "swiss_roll",
]
