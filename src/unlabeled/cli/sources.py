"""What DATA means on a command line: a data set's name, a file, or a folder of images."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from unlabeled.cli.mistakes import Mistake, did_you_mean
from unlabeled.cli.tables import READERS, read_table

__all__ = ["DATA_HELP", "LABELS_HELP", "Source", "hold_out", "read_source"]

DATA_HELP = (
    "a data set's name (see 'unlabeled datasets'), a .npy, .npz, .csv or .parquet file, or a "
    "folder of images; mnist:test is another part of a data set, file.npz:X one array of several"
)
LABELS_HELP = (
    "where a file has the labels of its rows: a column of a table, an array of an .npz file; data "
    "sets bring their own"
)


@dataclass(frozen=True)
class Source:
    """Rows, and what is known about them.

    Parameters
    ----------
    X : array or DataFrame of shape (n, ...)
    name : str
        Where they come from.
    maximum : int or None
        The value of a fully lit pixel, if they are levels of grey.
    test : str or None
        DATA of the rows that their publisher set apart for tests.
    y : ndarray of shape (n,) or None
        Their labels, where they are known.
    """

    X: Any
    name: str
    maximum: int | None = None
    test: str | None = None
    y: np.ndarray | None = None

    def __str__(self):
        """``digits:train: 1,437 rows of 1x8x8``."""
        shape = "x".join(str(n) for n in self.X.shape[1:])
        return f"{self.name}: {len(self.X):,} rows of {shape}"


def read_source(text: str, *, prefer: str = "train", labels: str | None = None) -> Source:
    """Rows of DATA, and their labels if they are asked for or the data set knows them.

    Parameters
    ----------
    text : str
        As in `DATA_HELP`.
    prefer : str
        The part of a data set to take where `text` names none.
    labels : str or None
        The column of a table, or the array beside others of an ``.npz`` file, that holds them.

    Returns
    -------
    Source
        Its rows are (n, d), or images (n, c, h, w); a file's (n, h, w) are images of one channel.

    Raises
    ------
    Mistake
        If there are no such data or labels, with the nearest name.
    """
    path, part = _path_and_part(text)
    if not path.exists():
        return _from_catalogue(text, prefer, labels)
    X = read_table(path, part)
    return _from_file(X, text, None if labels is None else _labels_beside(X, path, labels))


def hold_out(source: Source, fraction: float) -> tuple[Source, Source]:
    """Split rows at random, always the same way, into rows to learn from and rows to test on."""
    n, n_test = len(source.X), round(fraction * len(source.X))
    if not 0 < n_test < n:
        raise Mistake(f"--holdout {fraction:g} of {n} rows leaves one part empty.")
    order = np.random.default_rng(0).permutation(n)
    rows = getattr(source.X, "iloc", source.X)
    parts = []
    for index, which in ((order[n_test:], ""), (order[:n_test], " (held out)")):
        index = np.sort(index)
        y = None if source.y is None else source.y[index]
        parts.append(Source(rows[index], source.name + which, source.maximum, y=y))
    return parts[0], parts[1]


def _from_file(X, text, y):
    if X.ndim == 3:
        X = X[:, None]
    if X.ndim not in (2, 4) or 0 in X.shape:
        raise Mistake(f"{text} must hold rows of features or of images, got shape {X.shape}.")
    bytes_ = isinstance(X, np.ndarray) and X.dtype == np.uint8 and X.max() > 1
    return Source(X, text, 255 if bytes_ else None, y=y)


def _labels_beside(X, path, name):
    """A label for each row of X, from the same file."""
    if hasattr(X, "columns"):
        if name not in X.columns:
            raise Mistake(f"the table has no column {name!r}{did_you_mean(name, X.columns)}.")
        return X[name].to_numpy()
    if path.suffix.lower() != ".npz":
        raise Mistake(
            f"--labels {name} needs a table with column names (csv, parquet) or an .npz file of "
            f"several arrays, got {path}."
        )
    y = read_table(path, name)
    if y.shape != (len(X),):
        raise Mistake(f"{path}:{name} must be {len(X)} labels, one per row, got shape {y.shape}.")
    return y


def _from_catalogue(text, prefer, labels):
    from unlabeled import datasets

    name, _, part = text.partition(":")
    known = datasets.available()
    if name not in known:
        raise Mistake(_no_such_data(text, name, known))
    facts = datasets.info(name)
    part = part or (prefer if prefer in facts.splits else "train")
    if part not in facts.splits:
        near = did_you_mean(part, facts.splits)
        raise Mistake(f"{name} has no part {part!r}{near}; it has {', '.join(facts.splits)}.")
    if labels is not None:
        raise Mistake(f"--labels is for files; {name} {_has_labels(facts)}.")
    if facts.n_classes:
        X, y = datasets.load(name, part, return_labels=True)
    else:
        X, y = datasets.load(name, part), None
    maximum = facts.maximum if facts.support == "grey" else None
    test = f"{name}:test" if part == "train" and "test" in facts.splits else None
    return Source(X.reshape(-1, *facts.shape), f"{name}:{part}", maximum, test, y)


def _has_labels(facts):
    return f"brings its {facts.n_classes} classes along" if facts.n_classes else "has no labels"


def _path_and_part(text):
    path = Path(text)
    if path.exists() or ":" not in text:
        return path, None
    head, _, part = text.rpartition(":")
    return Path(head), part


def _no_such_data(text, name, known):
    if Path(name).suffix.lower() in READERS or "/" in text or "\\" in text:
        return f"there is no file or folder {text}."
    near = did_you_mean(name, known)
    return f"there is no data set or file {name!r}{near}; data sets are {', '.join(known)}."
