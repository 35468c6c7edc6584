"""Omniglot: 1,623 characters of 50 alphabets, each drawn by 20 people (Lake et al., 2015).

The publisher offers zips of PNG files, for which Pillow is needed; an `.npz` of the same images,
`images` of shape (characters, 20, 105, 105) with True for paper, is taken without it.
"""

import io
import zipfile

import numpy as np

from .description import DatasetInfo
from .fetch import PublishedFile, fetch
from .png import png_reader

__all__ = ["INFO", "read"]

INFO = DatasetInfo(
    name="omniglot",
    description="Handwritten characters of 50 alphabets, white ink on black, 105 x 105 pixels "
    "averaged over areas to 28 x 28 (not the 28 x 28 files of Burda et al., so likelihoods "
    "are not comparable with theirs). Train and test are the publisher's background and "
    "evaluation alphabets.",
    shape=(1, 28, 28),
    splits={
        "train": 19_280,
        "test": 13_180,
        "background": 19_280,
        "evaluation": 13_180,
        "background_small1": 2_720,
        "background_small2": 3_120,
    },
    support="grey",
    maximum=255,
    n_classes=1_623,
    licence="MIT",
    citation="Lake, Salakhutdinov and Tenenbaum, Human-level concept learning through "
    "probabilistic program induction, Science 350(6266), 2015",
    url="https://github.com/brendenlake/omniglot",
)

_SIDE = 105
_DRAWERS = 20
_ALIASES = {"train": "background", "test": "evaluation"}
_ZIPS = {
    "background": "ad41ab679c8b5d90b271ef46be6987cc81211774a695c29dcc5367b2b26ee640",
    "evaluation": "1f61a8f3366785b057fc117d9228e78a16e3d976c8953b2a10fcc74cf0609cee",
    "background_small1": "f38eb80f801274ac2b4dff5b24289016bfaba4a7d5bb50deebf27104ad6cb8a4",
    "background_small2": "3ccaa407515a8778e5d0861875af38b17e418f301ad5bb3b5a6b65d901a41c7f",
}
_ARRAYS = {
    "background": "8bf84167413cd00beacdce3fe582f780ab538d8dbef043a6d688f2527bbce199",
    "evaluation": "0b84c7ffd94c4841c0040e529c86a82eaaccb986d8eadad5673f7991b7475276",
}
_FIRST_CHARACTER = {"background": 0, "evaluation": 964}


def read(split: str) -> tuple[np.ndarray, np.ndarray]:
    """Images (n, 105, 105) of uint8, 255 for ink, and characters (n,) from 0 to 1,622."""
    part = _ALIASES.get(split, split)
    name = f"images_{part}.zip"
    files = [PublishedFile(name, _ZIPS[part], (f"{INFO.url}/raw/master/python/{name}",))]
    if part in _ARRAYS:
        files.insert(0, PublishedFile(f"images_{part}.npz", _ARRAYS[part]))
    file, content = fetch(INFO.name, *files)
    if file.name.endswith(".zip"):
        return _parse_zip(content)
    return _parse_npz(content, _FIRST_CHARACTER[part])


def _parse_npz(content: bytes, first_character: int) -> tuple[np.ndarray, np.ndarray]:
    with np.load(io.BytesIO(content)) as arrays:
        paper = arrays["images"].reshape(-1, _SIDE, _SIDE)
    return _ink(paper), first_character + np.arange(len(paper)) // _DRAWERS


def _parse_zip(content: bytes) -> tuple[np.ndarray, np.ndarray]:
    read = png_reader("omniglot's publisher offers PNG files")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [name for name in archive.namelist() if name.endswith(".png")]
        members.sort(key=_file_name)
        paper = np.empty((len(members), _SIDE, _SIDE), dtype=bool)
        for row, member in zip(paper, members, strict=True):
            row[:] = read(archive.read(member))
    return _ink(paper), np.array([int(_file_name(name)[:4]) - 1 for name in members])


def _file_name(member: str) -> str:
    """`0108_01.png`, character and drawer, of `.../Balinese/character01/0108_01.png`."""
    return member.rpartition("/")[2]


def _ink(paper: np.ndarray) -> np.ndarray:
    return np.where(paper, np.uint8(0), np.uint8(INFO.maximum))
