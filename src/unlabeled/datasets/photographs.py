"""Photographs in grey: those of Set14 and Set5, and two that need no file.

Pillow is needed to read them.
"""

import numpy as np

from .description import DatasetInfo
from .fetch import PublishedFile, fetch
from .png import png_reader

__all__ = ["INFO", "natural_images", "read"]

_SIDE = 12

INFO = DatasetInfo(
    name="natural-patches",
    description="Photographs in grey, cut into 12 x 12 pixels without overlap, flat ones too: "
    "eleven of Set14 to train, the five of Set5 to test. (Set14 also holds a drawing, a slide and "
    "a face that is in Set5.) `natural_images` are the whole photographs, `natural_patches` "
    "random ones of any size, free of their means.",
    shape=(1, _SIDE, _SIDE),
    splits={"train": 18_422, "test": 3_842},
    support="grey",
    maximum=255,
    n_classes=0,
    licence="none stated",
    citation="Zeyde, Elad and Protter, On single image scale-up using sparse-representations, "
    "Curves and Surfaces, 2010; Bevilacqua, Roumy, Guillemot and Alberi-Morel, Low-complexity "
    "single-image super-resolution, BMVC 2012",
    url="https://github.com/majedelhelou/denoising_datasets",
)

_HOST = f"{INFO.url}/raw/d3636716c8e3fb806f4395bbb3f2e4c0fde50700/"
_FOLDERS = {"train": "Set14", "test": "Set5"}
_SHA256 = {
    "train": {
        "baboon": "bf6fb300762bcbe1340098b4309c179b2007c3bb81b7afde18c38a3ae70ac8a9",
        "barbara": "1ea77fe82564b55230d7c2439bef5738d18a4624280e263be48484c002b6280b",
        "bridge": "c0eb089ad3dacfa96ee79d9c112216265b36aaba205e06f80846b03b21884a53",
        "coastguard": "fc6c2acd5ca2116f37b1b38c0c2908ce64e2e414086fb43349c246d410669da6",
        "flowers": "609e9fc9ffd6c9689c6200a11e057c19e6e4ec5d385fe0d6eb59a7b24f327894",
        "foreman": "af4ad4771fd2def0a09ba0011e67225f10ad1590e85b48aab4f6820fa932b1ed",
        "lenna": "72d70a7a5051c6193f02b03decb6c7b1d336abe2d024f441a2384acaee84af55",
        "man": "ba7a7e45f690a542fc32fdefe1e04e0128d1cdf8c3817c1ee7b0300961636bfe",
        "monarch": "ed96187293a37c931250d137553928e1a9a63e31296b82a4968dde63683bb101",
        "pepper": "46339a09e2ae31d2f0513642607586a00d82feaf48dc3cc770e42be5684a11a9",
        "zebra": "af146347f19b1ab9f1da26113a88505d600e2dcb84bf91bb8e2013691e79bcc7",
    },
    "test": {
        "baby": "cb85956d68f708a1030c790d143cbcd108f5ac5988d3349180cdcb54dd80597d",
        "bird": "5dcf863f7c3802e68fbb0fca2ec351052a1f97a4db613e510dbd105cee9a6a32",
        "butterfly": "487d841c9dbc46c7ab496c319ec1f13268de7ea7e02f94ae18781ca86a5abd0d",
        "head": "f524c1ce41641c1cf269a20c4dfbe965e07e471d609abc19dfadfb71037cc873",
        "woman": "f276625a222b9ce18d18d86e1ec603fea50427b7c0a2927b3750b1bb86a07b83",
    },
}
_LUMINANCE = np.array([0.299, 0.587, 0.114])  # of red, green and blue, ITU-R BT.601


def natural_images(split: str = "sample") -> list[np.ndarray]:
    """Photographs in grey.

    Parameters
    ----------
    split : {"sample", "train", "test"}, default="sample"
        "sample": a Chinese temple and a flower, which scikit-learn ships, so that nothing is
        downloaded; "train": eleven photographs of Set14; "test": the five of Set5.

    Returns
    -------
    list of ndarray of float32 of shape (height, width)
        Luminance in [0, 1]; the sizes differ.

    Raises
    ------
    ValueError
        If there is no such split.
    CorruptedFileError, OSError
        As `load` says.
    ImportError
        If Pillow is not installed.

    Examples
    --------
    >>> [image.shape for image in natural_images()]
    [(427, 640), (427, 640)]
    """
    if split == "sample":
        from sklearn.datasets import load_sample_images

        return [_grey(image) for image in load_sample_images().images]
    if split not in _SHA256:
        raise ValueError(f"split should be 'sample', 'train' or 'test', got {split!r}")
    read_png = png_reader("natural images are PNG files")
    return [_grey(read_png(content)) for content in _contents(split)]


def read(split: str) -> tuple[np.ndarray, None]:
    """Patches (n, 12, 12) of uint8 of one split, row by row of each photograph; no labels."""
    tiles = [_tiles(np.rint(255 * image).astype(np.uint8)) for image in natural_images(split)]
    return np.concatenate(tiles), None


def _contents(split: str):
    folder = _FOLDERS[split]
    for name, checksum in _SHA256[split].items():
        url = f"{_HOST}{folder}/{name}.png"
        file = PublishedFile(f"{name}.png", checksum, (url,))
        yield fetch(f"natural-images/{folder}", file)[1]


def _grey(pixels: np.ndarray) -> np.ndarray:
    luminance = pixels @ _LUMINANCE if pixels.ndim == 3 else pixels
    return (luminance / 255).astype(np.float32)


def _tiles(image: np.ndarray) -> np.ndarray:
    rows, columns = (side // _SIDE for side in image.shape)
    whole = image[: rows * _SIDE, : columns * _SIDE]
    return whole.reshape(rows, _SIDE, columns, _SIDE).swapaxes(1, 2).reshape(-1, _SIDE, _SIDE)
