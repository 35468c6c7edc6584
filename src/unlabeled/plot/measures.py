"""Numbers of a report that more than one section shows."""

__all__ = [
    "Codes",
    "Errors",
    "Score",
    "codes",
    "errors",
    "independent",
    "likelihood",
    "partition",
    "seconds",
]

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from .curves import history_of
from .rows import count, dense
from .subject import Data, Subject

MOST_SCORED, MOST_LOOKED_AT = 10_000, 1000


@dataclass(frozen=True)
class Score:
    """Log-likelihood of one part of the data in nats per row, beside independent units."""

    part: str
    n_rows: int
    of_rows: int
    model: np.ndarray = field(repr=False)
    independent: np.ndarray | None = field(repr=False)

    @property
    def mean(self) -> float:
        """Mean log-likelihood of a row under the model."""
        return float(self.model.mean())

    @property
    def baseline(self) -> float | None:
        """Mean log-likelihood of a row under independent units."""
        return None if self.independent is None else float(self.independent.mean())

    @property
    def error(self) -> float:
        """Standard error of the mean, the rows being a sample."""
        return standard_error(self.model)


def standard_error(x: np.ndarray) -> float:
    """Return the standard error of the mean of ``x``; nan for one value."""
    return float(x.std(ddof=1) / len(x) ** 0.5) if len(x) > 1 else float("nan")


def likelihood(s: Subject) -> list[Score] | None:
    """Score up to 10,000 random rows of every part, or None if the model has no score."""
    if not hasattr(s.model, "score_samples"):
        return None
    scores = []
    for part, X in s.parts.items():
        rows = s.choose(MOST_SCORED, f"likelihood {part}", part)
        known = s.told(MOST_SCORED, f"likelihood {part}", part)
        own = dense(s.model.score_samples(rows, **known)).ravel().astype(np.float64)
        other = independent(s.data, dense(rows))
        scores.append(Score(part, len(own), count(X), own, other))
    return scores


def independent(data: Data, rows: np.ndarray) -> np.ndarray | None:
    """Return the log-likelihood of binary rows under independent units, in nats per row.

    .. math:: p_j = (1 + \\sum_i x_{ij}) / (n_j + 2)

    Each unit's rate is fitted to its ``n_j`` training values with one pseudo-count a side, so
    that no value is impossible. None unless all values, of training and of ``rows``, are 0 or 1.
    """
    if not data.binary or not ((rows == 0) | (rows == 1)).all():
        return None
    p = (data.column_sums + 1) / (data.column_counts + 2)
    return rows.astype(np.float64) @ np.log(p) + (1 - rows.astype(np.float64)) @ np.log1p(-p)


def partition(s: Subject) -> Any:
    """Return the model's log partition function with its interval, or None."""
    return s.model.log_partition() if hasattr(s.model, "log_partition") else None


@dataclass(frozen=True)
class Errors:
    """Rows, what the model makes of them, and the squared difference."""

    rows: Any
    again: np.ndarray = field(repr=False)
    squared: np.ndarray = field(repr=False)  # (n, d); of a missing value, zero

    @property
    def of_rows(self) -> np.ndarray:
        """Squared error of each row."""
        return self.squared.sum(axis=1)

    @property
    def of_features(self) -> np.ndarray:
        """Mean squared error of each feature."""
        return self.squared.mean(axis=0)


def errors(s: Subject) -> Errors | None:
    """Return up to 1,000 random rows and their reconstructions, or None."""
    if not hasattr(s.model, "reconstruct"):
        return None
    rows = s.choose(MOST_LOOKED_AT, "reconstructions")
    known = s.told(MOST_LOOKED_AT, "reconstructions")
    again = dense(s.model.reconstruct(rows, **known))
    return Errors(rows, again, np.nan_to_num(np.square(dense(rows) - again, dtype=np.float64)))


@dataclass(frozen=True)
class Codes:
    """Codes, shape (n, k), of rows, and the labels of these; of draws where rows are None."""

    rows: Any
    H: np.ndarray = field(repr=False)
    y: Any = field(repr=False)


def codes(s: Subject) -> Codes | None:
    """Return codes of up to 1,000 random rows.

    Of a model that decodes but cannot encode: draws from the standard normal distribution, the
    prior of generators. None of a model that can do neither.
    """
    name = "codes"
    if hasattr(s.model, "transform"):
        rows = s.choose(MOST_LOOKED_AT, name)
        H = dense(s.model.transform(rows, **s.told(MOST_LOOKED_AT, name)))
        return Codes(rows, H.astype(np.float64), s.labels_of(MOST_LOOKED_AT, name))
    k = getattr(s.model, "n_components", None)
    if k is None or not hasattr(s.model, "inverse_transform"):
        return None
    rng = np.random.default_rng(s.seed_of(name))
    H, y = rng.standard_normal((MOST_LOOKED_AT, int(k))), s.labels.get(s.shown)
    return Codes(None, H, None if y is None else rng.choice(np.asarray(y), MOST_LOOKED_AT))


def seconds(s: Subject) -> float | None:
    """Return how long training took, from the history's clock, or None."""
    clock = history_of(getattr(s.model, "history_", {})).get("seconds")
    return float(np.nansum(clock)) if clock else None
