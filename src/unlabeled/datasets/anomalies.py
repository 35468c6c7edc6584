"""Tables with known anomalies, from ADBench (Han et al., 2022)."""

import io
from difflib import get_close_matches

import numpy as np

from .fetch import PublishedFile, fetch

__all__ = ["anomaly_sets", "load_anomalies"]

_HOST = (
    "https://github.com/Minqi824/ADBench/raw/f7fed68dea6901fe9a81ed51b251b1d2456790cd/"
    "adbench/datasets/Classical/"
)
_FILES = {  # the publisher's name, its SHA-256
    "annthyroid": (
        "2_annthyroid",
        "e738f7c58a8740d2c4aac4c71ff49ce5e1d1aa16f44178135fc9c09df05fad1b",
    ),
    "breastw": (
        "4_breastw",
        "4f37ce07dbc25ddad8178fdc6d664ab46d2d0000ee28c2787c3c7ff3c03ef9f6",
    ),
    "cardio": (
        "6_cardio",
        "bc5009bde6930b4d298b594f31b34485a9a17210cff0e8fb00a8c3068b885a2d",
    ),
    "glass": (
        "14_glass",
        "aa7a8db1d475ba01a10488af454bc15220a3d5951b010b03b7020567d8152cdc",
    ),
    "ionosphere": (
        "18_Ionosphere",
        "bca46cb0cfd1bf9ddef6cde5ad2215d54fb0189508d0d4c4eb98e788cad69001",
    ),
    "mammography": (
        "23_mammography",
        "a0308ac9712d78321073b1c2dc98dc37665c0f35c1cc33019416fe8f8d7de7ea",
    ),
    "mnist": (
        "24_mnist",
        "be7706272325fdd3592c1be555ae1a82f916a2f8545f4f8cbaa548ab102cc44c",
    ),
    "optdigits": (
        "26_optdigits",
        "60de17a375a278ba220a7849727d998aa02b5e2f9fd17732a004bba28de4656e",
    ),
    "pendigits": (
        "28_pendigits",
        "c4936b89dcdad59d303020e492f763a0f54170080d787c77497609acbb9c2d79",
    ),
    "pima": (
        "29_Pima",
        "215454bb263a2f040945c9ea7bd7f06f1e89a61a3143bdb6f196e3887e801a7d",
    ),
    "satellite": (
        "30_satellite",
        "1f048f5686f1b8c16a227fdfa3c81a62cd9a92715714a6b24c69b1c5ad96b46e",
    ),
    "shuttle": (
        "32_shuttle",
        "26900b0f6be45d9ddb7a402c9b2f956ceda42d23a8ca4cf4406b8bc1352823d1",
    ),
    "vowels": (
        "40_vowels",
        "4bfc4244d1c882773bbbc50d4a5db5e52276e53506e46b2d45e02d074cfcb1b6",
    ),
    "wdbc": (
        "43_WDBC",
        "78d4606a1ab516f5b60b00c196497f3bbd6bd5e4548fd04cf5f2475209b34b85",
    ),
    "wine": (
        "45_wine",
        "d5ad8965d92cc57122fe1e6572bb301adbaf795b3e166d187ae00a704d8f6e20",
    ),
}


def anomaly_sets() -> list[str]:
    """Names of the tables that `load_anomalies` takes, in alphabetical order.

    Examples
    --------
    >>> anomaly_sets()[:4]
    ['annthyroid', 'breastw', 'cardio', 'glass']
    """
    return sorted(_FILES)


def load_anomalies(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Load a table in which the anomalies are known.

    Files are looked for as `load` does, in the folder "adbench". There is no official split;
    either all rows are fitted without labels, or half of the normal ones.

    Parameters
    ----------
    name : str
        One of `anomaly_sets()`.

    Returns
    -------
    X : ndarray of float64 of shape (n, d)
        As published, not scaled; nothing is missing.
    y : ndarray of int64 of shape (n,)
        1 for an anomaly, 0 for a normal row.

    Raises
    ------
    ValueError
        If there is no table of that name.
    CorruptedFileError
        If the file on disk is corrupted or partial.
    OSError
        If no file is on disk and no download succeeds.

    References
    ----------
    Han, Hu, Huang, Jiang and Zhao, ADBench: anomaly detection benchmark, NeurIPS 2022, code and
    files under BSD-2-Clause at https://github.com/Minqi824/ADBench; the tables were made of sets
    of the UCI repository, most of them by Rayana (ODDS, 2016).
    """
    if name not in _FILES:
        near = get_close_matches(str(name).lower(), _FILES, n=1)
        hint = f": did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"the table should be one of {anomaly_sets()}, got {name!r}{hint}")
    stem, checksum = _FILES[name]
    file = PublishedFile(f"{stem}.npz", checksum, (f"{_HOST}{stem}.npz",))
    with np.load(io.BytesIO(fetch("adbench", file)[1])) as arrays:
        return arrays["X"].astype(np.float64), arrays["y"].astype(np.int64)
