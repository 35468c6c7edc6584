"""MovieLens: ratings of films by people, from GroupLens (Harper and Konstan, 2015)."""

import io
import zipfile
from functools import partial
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from .fetch import PublishedFile, fetch

__all__ = ["Films", "load_movielens", "movielens_films"]

_FOLDER = "movielens"
_HOST = "https://files.grouplens.org/datasets/movielens"
_SHAPES = {"100k": (943, 1682), "1m": (6040, 3952)}
_SPLITS = {"100k": ("u1", "u2", "u3", "u4", "u5", "ua", "ub"), "1m": ("probe",)}
_MEMBERS = tuple(
    sorted(
        ["u.data", "u.item", "u.genre"]
        + [f"{split}.{part}" for split in _SPLITS["100k"] for part in ("base", "test")]
    )
)


_SHA256 = {  # of 100k: of what `_unpacked` makes of it
    "100k": "a77cabdba7023399be7efdb2306f4fa21d5cb6f5932556a206605eb6813d9ee1",
    "moviedata.mat": "5ca12bb5fc2c08a1a564c5bfe9a1582ee13905139f5ea71eb0a590b1942b80ca",
    "movies.dat": "0140fc2356357c1a851d0f52e893a1e4d3696df632c4141cea8d5bc3d621f0b9",
}


class Films(NamedTuple):
    """What :func:`movielens_films` returns.

    Parameters
    ----------
    titles : list of str
        Of each film, with its year; "" for a number that no film has.
    genres : ndarray of bool of shape (n_films, n_genres)
        Which film is of which genres.
    names : list of str
        The genres.
    """

    titles: list[str]
    genres: np.ndarray
    names: list[str]


def load_movielens(size: str = "100k", split: str | None = None):
    """Load ratings of films, 1 to 5 stars.

    Files are looked for as `load` does, in the folder "movielens". Their licence allows research,
    and neither redistribution nor commercial use.

    Parameters
    ----------
    size : {"100k", "1m"}, default="100k"
        100,000 ratings of 1,682 films by 943 users, or 1,000,209 ratings of 3,706 films (with
        numbers up to 3,952) by 6,040 users; every user has rated at least 20.
    split : str or None, default=None
        "u1" to "u5" of 100k are the publisher's five folds (a fifth of the ratings is for
        testing, each in one fold); "ua" and "ub" test ten ratings of every user. "probe" of 1m
        are the 900,000 and 100,209 ratings of Salakhutdinov and Mnih (2008). None for all
        ratings together.

    Returns
    -------
    X : CSR array of float32 of shape (n_users, n_films)
        What is not stored is not rated. A pair (train, test) of such arrays if there is a split.

    Raises
    ------
    ValueError
        If there is no such size or split.
    CorruptedFileError
        If a file on disk is corrupted or partial.
    OSError
        If no file is on disk and no download succeeds.

    References
    ----------
    Harper and Konstan, The MovieLens datasets: history and context, ACM Transactions on
    Interactive Intelligent Systems 5(4), 2015, https://grouplens.org/datasets/movielens/.
    Salakhutdinov and Mnih, Bayesian probabilistic matrix factorization using Markov chain Monte
    Carlo, ICML 2008.
    """
    _check(size, split)
    if size == "1m":
        train, test = (_matrix(part, size) for part in _probe_split())
        return (train, test) if split else sp.csr_array(train + test)
    read = _archive_100k()
    if split is None:
        return _matrix(_table(read("u.data")), size)
    return tuple(_matrix(_table(read(f"{split}.{part}")), size) for part in ("base", "test"))


def movielens_films(size: str = "100k") -> Films:
    """Titles and genres of the columns of `load_movielens(size)`.

    Parameters
    ----------
    size : {"100k", "1m"}, default="100k"

    Returns
    -------
    Films
        `titles`, `genres` and the `names` of the genres.

    Raises
    ------
    ValueError, CorruptedFileError, OSError
        As `load_movielens`.
    """
    _check(size, None)
    n_films = _SHAPES[size][1]
    if size == "100k":
        read = _archive_100k()
        names = [line.split("|")[0] for line in _lines(read("u.genre"))]
        films = (line.split("|") for line in _lines(read("u.item")))
        found = [(int(f[0]), f[1], np.array(f[-len(names) :]) == "1") for f in films]
    else:
        films = [line.split("::") for line in _lines(_films_1m())]
        names = sorted({name for film in films for name in film[2].split("|")})
        found = [(int(f[0]), f[1], np.isin(names, f[2].split("|"))) for f in films]
    titles, genres = [""] * n_films, np.zeros((n_films, len(names)), bool)
    for number, title, its in found:
        titles[number - 1], genres[number - 1] = title, its
    return Films(titles, genres, names)


def _check(size, split):
    if size not in _SHAPES:
        raise ValueError(f"size should be one of {[*_SHAPES]}, got {size!r}")
    if split is not None and split not in _SPLITS[size]:
        raise ValueError(
            f"split of MovieLens {size} should be one of {[*_SPLITS[size]]} or None, got {split!r}"
        )


def _matrix(triples: np.ndarray, size: str):
    user, film, rating = triples[:, :3].T
    where = user.astype(np.int64) - 1, film.astype(np.int64) - 1
    return sp.csr_array((rating.astype(np.float32), where), shape=_SHAPES[size])


def _table(content: bytes) -> np.ndarray:
    return np.loadtxt(io.BytesIO(content), dtype=np.int64, ndmin=2)


def _lines(content: bytes) -> list[str]:
    return [line for line in content.decode("latin-1").splitlines() if line]


def _archive_100k():
    """A function that reads a member of the archive, whoever packed it."""
    file = PublishedFile("ml-100k.zip", _SHA256["100k"], (f"{_HOST}/ml-100k.zip",), _unpacked)
    content, start = fetch(_FOLDER, file)[1], 8 * len(_MEMBERS)
    ends = start + np.frombuffer(content[:start], "<u8").astype(np.int64).cumsum()
    pieces = zip([start, *ends], ends, strict=False)
    return {m: content[a:b] for m, (a, b) in zip(_MEMBERS, pieces, strict=True)}.__getitem__


def _unpacked(content: bytes) -> bytes:
    """The members that are read, after their lengths."""
    members = [_member(content, f"ml-100k/{name}") for name in _MEMBERS]
    return np.array([len(m) for m in members], "<u8").tobytes() + b"".join(members)


def _probe_split():
    from scipy.io import loadmat

    url = "https://www.cs.toronto.edu/~rsalakhu/code_BPMF/moviedata.mat"
    file = PublishedFile("ml-1m/moviedata.mat", _SHA256["moviedata.mat"], (url,))
    arrays = loadmat(io.BytesIO(fetch(_FOLDER, file)[1]))
    return arrays["train_vec"], arrays["probe_vec"]


def _films_1m() -> bytes:
    on_disk = PublishedFile("ml-1m/movies.dat", _SHA256["movies.dat"])
    member = partial(_member, name="ml-1m/movies.dat")
    archive = PublishedFile("ml-1m.zip", _SHA256["movies.dat"], (f"{_HOST}/ml-1m.zip",), member)
    return fetch(_FOLDER, on_disk, archive)[1]


def _member(content: bytes, name: str) -> bytes:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return archive.read(name)
    except (KeyError, zipfile.BadZipFile) as error:
        raise ValueError(str(error)) from error
