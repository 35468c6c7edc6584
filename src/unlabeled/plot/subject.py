"""What a report is about: a model, its data, and the few things that every section asks."""

__all__ = ["Data", "Subject", "describe"]

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from zlib import crc32

import numpy as np

from .compare import told
from .pixels import span
from .rows import Shape, count, dense, feature_names, picture_shape, take

BLOCK = 4096


@dataclass(frozen=True)
class Data:
    """What one pass over the training data finds; NaN is a missing value and counts as none."""

    n_rows: int
    n_features: int
    dtype: str
    low: float
    high: float
    mean: float
    zeros: float  # share of zeros among the values
    missing: float  # share of what could be a value and is NaN
    binary: bool  # every value is 0 or 1
    column_counts: np.ndarray = field(repr=False)
    column_sums: np.ndarray = field(repr=False)


def blocks(X: Any, size: int = BLOCK) -> Iterator[np.ndarray]:
    """Yield the rows of ``X`` as dense float arrays, a block at a time."""
    for start in range(0, count(X), size):
        yield dense(take(X, np.arange(start, min(start + size, count(X)))))


def describe(X: Any) -> Data:
    """Return the shape, range, mean and kind of ``X`` in one pass that holds one block."""
    zeros, low, high, binary = 0, np.inf, -np.inf, True
    counts = sums = np.zeros(0)
    for block in blocks(X):
        seen = ~np.isnan(block)
        zeros += np.count_nonzero(block == 0)
        low = min(low, float(block.min(where=seen, initial=np.inf)))
        high = max(high, float(block.max(where=seen, initial=-np.inf)))
        binary = binary and bool(((block == 0) | (block == 1) | ~seen).all())
        counts = _added(counts, seen.sum(axis=0))
        sums = _added(sums, block.sum(axis=0, dtype=np.float64, where=seen))
    values, n, d = int(counts.sum()), count(X), len(counts)
    if values == 0:
        raise ValueError(
            f"report needs at least one value of training data, got none in {n} rows."
        )
    return Data(
        n_rows=n,
        n_features=d,
        dtype=_dtype(X),
        low=low,
        high=high,
        mean=float(sums.sum() / values),
        zeros=zeros / values,
        missing=1 - values / (n * d),
        binary=binary,
        column_counts=counts,
        column_sums=sums,
    )


def _added(total: np.ndarray, part: np.ndarray) -> np.ndarray:
    return total + part if total.size else part


def _dtype(X: Any) -> str:
    if hasattr(X, "dtypes"):
        return ", ".join(sorted({str(t) for t in X.dtypes}))
    kind = getattr(X, "dtype", None)
    return str(take(X, [0]).dtype if kind is None else kind).removeprefix("torch.")


@dataclass(frozen=True)
class Subject:
    """A fitted model and the data to look at it with; sections ask nothing else.

    Parameters
    ----------
    model : object
        Asked for its capabilities by ``hasattr`` alone.
    X, X_val, X_test : array-like
        Training data and, where there are some, rows that were not trained on.
    y, y_val, y_test : array-like, optional
        Their labels: what a conditional model has to be told, and the colours of codes.
    given_shape : tuple of int, False or None
        The shape of a picture, if the user knows it.
    seed : int
        Seed of the whole page.
    snapshots, model_path, title, chain_steps
        As :func:`unlabeled.plot.report` got them.
    """

    model: Any
    X: Any
    X_val: Any = None
    X_test: Any = None
    given_shape: Any = None
    seed: int = 0
    snapshots: Any = None
    model_path: Any = None
    title: str | None = None
    y: Any = None
    y_val: Any = None
    y_test: Any = None
    chain_steps: int = 0
    memory: dict = field(default_factory=dict, repr=False, compare=False)

    def recall(self, measure: Callable[["Subject"], Any]) -> Any:
        """Return ``measure(self)``, computed once however many sections ask."""
        if measure not in self.memory:
            self.memory[measure] = measure(self)
        return self.memory[measure]

    @cached_property
    def data(self) -> Data:
        """Facts about the training data."""
        return describe(self.X)

    @cached_property
    def shape(self) -> Shape | None:
        """(channels, height, width) of a row that is a picture."""
        d = self.data.n_features
        return picture_shape(self.given_shape, d=d, model=self.model, X=self.X)

    @property
    def limits(self) -> tuple[float, float]:
        """The values of black and white: those of the data."""
        return span(np.array([self.data.low, self.data.high]))

    @cached_property
    def names(self) -> list[str] | None:
        """Names of the columns."""
        return feature_names(self.model, self.X)

    @property
    def parts(self) -> dict[str, Any]:
        """The data by name: training, and validation and test where given."""
        named = {"training": self.X, "validation": self.X_val, "test": self.X_test}
        return {name: X for name, X in named.items() if X is not None}

    @property
    def labels(self) -> dict[str, Any]:
        """The labels by name of the part, where given."""
        named = {"training": self.y, "validation": self.y_val, "test": self.y_test}
        return {name: y for name, y in named.items() if y is not None}

    @property
    def shown(self) -> str:
        """Name of the part to look at: the one farthest from training."""
        return list(self.parts)[-1]

    @property
    def unit(self) -> str:
        """What a value of a row is called."""
        return "feature" if self.shape is None else "pixel"

    def seed_of(self, name: str) -> int:
        """Return a seed for one section: sections that come and go do not move the others."""
        words = np.random.SeedSequence([self.seed, crc32(name.encode())]).generate_state(1)
        return int(words[0] >> 1)

    def choose(self, n: int, name: str, part: str | None = None) -> Any:
        """Return up to ``n`` random rows of a part, by default the one :attr:`shown`."""
        return take(self.parts[part or self.shown], self._numbers(n, name, part))

    def labels_of(self, n: int, name: str, part: str | None = None) -> Any:
        """Return the labels of the rows that :meth:`choose` returns, or None."""
        y = self.labels.get(part or self.shown)
        return None if y is None else take(y, self._numbers(n, name, part))

    def told(self, n: int, name: str, part: str | None = None) -> dict[str, Any]:
        """Return what the model has to be told of the rows that :meth:`choose` returns."""
        return told(self.model, self.labels_of(n, name, part))

    def _numbers(self, n: int, name: str, part: str | None = None) -> np.ndarray:
        rows = count(self.parts[part or self.shown])
        order = np.random.default_rng(self.seed_of(name)).permutation(rows)
        return np.sort(order[:n])

    def images(self, rows: Any) -> np.ndarray:
        """Return rows as pictures, shape (n, c, h, w); large ones averaged down."""
        images = dense(rows).reshape(-1, *(self.shape or (1, 1, -1)))
        k = -(-max(images.shape[2:]) // 112)
        if k == 1:
            return images
        n, c, h, w = images.shape
        images = images[:, :, : h // k * k, : w // k * k]
        return images.reshape(n, c, h // k, k, w // k, k).mean(axis=(3, 5))

    def fits(self, most: int) -> int:
        """Return how many pictures to show: ``most``, fewer if they are large."""
        values = np.prod(self.shape) if self.shape else self.data.n_features
        return int(np.clip(250_000 // values, min(12, most), most))
