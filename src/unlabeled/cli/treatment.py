"""What is done to the values between a file and a model; always said aloud, and remembered."""

from dataclasses import dataclass, field

import numpy as np

from unlabeled.cli.mistakes import Mistake, UsageMistake, did_you_mean
from unlabeled.cli.sources import Source

__all__ = ["Treatment", "choose_treatment"]

_WORDS = ("auto", "none", "minmax", "standard")


@dataclass(frozen=True)
class Treatment:
    """Columns dropped, values shifted and divided, bits made by a threshold; in this order.

    Parameters
    ----------
    drop : list of str
        Columns of a table that the model does not see.
    scale : float or list of float
        What values are divided by: one number, or one per feature.
    offset : list of float
        What is taken from them before, where `scale` has one number per feature.
    binarize : float or None
        Values above it become 1 and the others 0.
    """

    drop: list[str] = field(default_factory=list)
    scale: float | list[float] = 1.0
    offset: list[float] = field(default_factory=list)
    binarize: float | None = None

    def __call__(self, X):
        """The rows that the model sees; `X` itself where nothing is to be done."""
        present = [name for name in self.drop if name in getattr(X, "columns", ())]
        X = self._scaled(_numeric(X.drop(columns=present) if present else X))
        return X if self.binarize is None else (X > self.binarize).astype(np.uint8)

    def undo(self, X: np.ndarray) -> np.ndarray:
        """Rows of a model in the units of the data; bits stay bits."""
        if self.binarize is not None or self.scale == 1.0:
            return X
        if isinstance(self.scale, float):
            return X * np.float32(self.scale)
        offset, scale = self._columns(X.shape[1:])
        return X * scale + offset

    def __str__(self):
        """In words: ``values divided by 255; above 0.5 is 1, the rest 0``."""
        words = [f"without {', '.join(self.drop)}"] if self.drop else []
        if isinstance(self.scale, list):
            words.append("columns shifted and scaled as in training")
        elif self.scale != 1.0:
            words.append(f"values divided by {self.scale:g}")
        if self.binarize is not None:
            words.append(f"above {self.binarize:g} is 1, the rest 0")
        return "; ".join(words) or "values as they are"

    def _scaled(self, X):
        if self.scale == 1.0:
            return X
        if isinstance(self.scale, float):
            return (X / np.float32(self.scale)).astype(np.float32)
        offset, scale = self._columns(X.shape[1:])
        return ((X - offset) / scale).astype(np.float32)

    def _columns(self, shape):
        n, n_seen = int(np.prod(shape)), len(self.offset)
        if n != n_seen:
            raise Mistake(f"rows must have {n_seen} features as in training, got {n}.")
        return np.reshape(self.offset, shape), np.reshape(self.scale, shape)


def choose_treatment(source: Source, scale="auto", binarize=None, drop=()) -> Treatment:
    """The treatment that the options ask for, fitted on the rows to learn from.

    Parameters
    ----------
    source : Source
    scale : str
        "auto" divides levels of grey by their maximum and leaves all else; "none" leaves all;
        "minmax" takes each column to [0, 1], "standard" to mean 0 and standard deviation 1; a
        number divides.
    binarize : float or None
        Threshold, after scaling.
    drop : sequence of str
        Columns to leave out.

    Raises
    ------
    Mistake, UsageMistake
        If an option does not fit the table or cannot be understood.
    """
    drop = list(drop)
    _check_columns(source.X, drop)
    if scale not in ("minmax", "standard"):
        return Treatment(drop, _factor(source, scale), binarize=binarize)
    X = Treatment(drop)(source.X)
    flat = np.asarray(X, dtype=np.float64).reshape(len(X), -1)
    offset = flat.min(0) if scale == "minmax" else flat.mean(0)
    spread = np.ptp(flat, 0) if scale == "minmax" else flat.std(0)
    spread[spread == 0] = 1.0
    return Treatment(drop, spread.tolist(), offset.tolist(), binarize)


def _check_columns(X, drop):
    columns = list(getattr(X, "columns", ()))
    if drop and not columns:
        raise Mistake(f"--drop {','.join(drop)} needs a table with column names (csv, parquet).")
    for name in drop:
        if name not in columns:
            raise Mistake(f"the table has no column {name!r}{did_you_mean(name, columns)}.")


def _numeric(X):
    """The table itself if it holds numbers only; else a refusal that says what to leave out."""
    if not hasattr(X, "columns"):
        if X.dtype.kind not in "buif":
            raise Mistake(f"the data must be numbers, got an array of dtype {X.dtype}.")
        return X
    words = [str(c) for c in X.columns if getattr(X[c].dtype, "kind", "O") not in "buif"]
    if words:
        raise Mistake(
            f"columns must be numbers, got text in {', '.join(words)}; "
            f"leave them out with --drop {','.join(words)}"
        )
    return X


def _factor(source, scale):
    if scale == "auto":
        return float(source.maximum or 1)
    if scale == "none":
        return 1.0
    try:
        factor = float(scale)
    except ValueError:
        near = did_you_mean(scale, _WORDS)
        raise UsageMistake(
            f"--scale expects a number or one of {', '.join(_WORDS)}, got {scale!r}{near}."
        ) from None
    if not 0 < factor < np.inf:
        raise UsageMistake(f"--scale expects a positive number, got {scale}.")
    return factor
