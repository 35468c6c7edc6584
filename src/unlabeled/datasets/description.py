"""What is known about a data set before its files are opened."""

from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["DatasetInfo"]


@dataclass(frozen=True)
class DatasetInfo:
    """Facts about a data set.

    Parameters
    ----------
    name : str
        The name that `load` takes.
    description : str
        One or two sentences.
    shape : tuple of int
        (channels, height, width) of one row of `load(name)`, as `image_shape=` takes it.
    splits : mapping of str to int
        Names of the splits and their numbers of rows.
    support : {"binary", "grey"}
        Whether values are 0 and 1, or levels from 0 to `maximum`. Log-likelihoods on
        different supports are not comparable.
    maximum : int
        The value of a fully lit pixel.
    n_classes : int
        Number of classes over all splits; 0 if the set has no labels.
    licence : str
        Terms as the publisher states them.
    citation : str
        What to cite.
    url : str
        The publisher's page.
    """

    name: str
    description: str
    shape: tuple[int, int, int]
    splits: Mapping[str, int]
    support: str
    maximum: int
    n_classes: int
    licence: str
    citation: str
    url: str
