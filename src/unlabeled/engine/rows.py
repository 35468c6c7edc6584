"""Data as rows that are fetched by index, whatever holds them."""

import hashlib
import mmap
import os
from collections.abc import Iterable

import numpy as np
import scipy.sparse as sp
import torch

__all__ = [
    "Rows",
    "as_rows",
    "fingerprint",
    "first_of",
    "moments",
    "moments_of",
    "rows_at_once",
    "spread_out",
]

_PLACE = 2**21  # bytes of a file that the system may map around anything that is read of it
_PLACES = 32  # of these that are in the process together, where nothing is expected
_SHARE = 4  # a part of so many of the machine's memory is what expected rows may take
_SAMPLE = 2**16  # rows from which moments are taken
_CACHED = 2**18  # values that stay near the processor, and in memory that is used again


class Rows:
    """Base: rows that can be fetched as a float tensor of shape (len(index), n_features).

    Labels travel with them where a model learns from labels: `y` holds the number of each row's
    class, or is None.
    """

    y: torch.Tensor | None = None

    def __init__(self, X, n_rows: int, n_features: int):
        self.X, self.n_rows, self.n_features = X, n_rows, n_features

    def take(self, index: np.ndarray) -> torch.Tensor:
        """The rows with these numbers, in the dtype and on the device that hold them."""
        raise NotImplementedError

    def expect(self, blocks: Iterable[tuple[int, int]]) -> None:
        """Hear that rows start <= i < stop come next, in any order; what was expected is over."""

    def fetch(
        self, index, device: torch.device | str = "cpu", dtype=torch.float32
    ) -> torch.Tensor:
        """The rows with these numbers, flattened, on `device` in `dtype`."""
        index = index.numpy() if isinstance(index, torch.Tensor) else np.asarray(index)
        x = self.take(index)
        if x.dtype == torch.bool:
            x = x.view(torch.uint8)  # which is cast ten times as fast
        if x.ndim > 2:
            x = x.reshape(len(index), self.n_features)
        return x.to(device=device, dtype=dtype)

    def labels(self, index, device: torch.device | str = "cpu") -> torch.Tensor | None:
        """Numbers of the classes of these rows, int64, on `device`; None if there are none."""
        return None if self.y is None else self.y[torch.as_tensor(index)].to(device)


class ArrayRows(Rows):
    """Rows of a NumPy array in memory or on disk; a memory map is read as it is needed.

    Blocks that are expected are read in sequence and ahead by the system, which keeps them at
    hand until others are; all other pages of a map are given back as soon as they were read. So
    a file larger than memory is not slowly pulled into the process. Private (copy-on-write) maps
    are left alone.
    """

    def __init__(self, X):
        super().__init__(X, len(X), int(np.prod(X.shape[1:])))
        self._array = np.asarray(X)
        self._dtype = X.dtype.newbyteorder("=")
        mapped = getattr(X, "_mmap", None) if getattr(X, "mode", "c") in ("r", "r+") else None
        self._map = mapped if hasattr(mmap, "MADV_DONTNEED") else None
        self._expecting = False

    def take(self, index):
        if self._map is None or self._expecting:
            return self._gathered(index)
        x = np.empty((len(index), *self.X.shape[1:]), self._dtype)
        for part in self._neighbours(index):
            x[part] = self._array[index[part]]
            self.release()
        return torch.from_numpy(x)

    def _gathered(self, index):
        # Of anything else `take`, which is the quicker one, would copy the whole first.
        x = self._array.take(index, 0) if self._array.flags.c_contiguous else self._array[index]
        return torch.from_numpy(np.ascontiguousarray(x, self._dtype))

    def _neighbours(self, index):
        """Positions in `index` of rows that lie close enough together to be read at once."""
        order = np.argsort(index)
        place = index[order] * self.X[:1].nbytes // _PLACE
        piece = np.cumsum(np.diff(place, prepend=place[:1]) > 0) // _PLACES
        return np.split(order, np.flatnonzero(np.diff(piece)) + 1)

    def expect(self, blocks):
        if self._map is None or not self._array.flags.c_contiguous:
            return
        self.release()
        width, blocks = self.X[:1].nbytes, list(blocks)
        size = sum(stop - start for start, stop in blocks) * width
        self._expecting = 0 < size <= _memory() // _SHARE
        if self._expecting:
            origin = self._array.ctypes.data - np.frombuffer(self._map, np.uint8).ctypes.data
            for start, stop in blocks:
                _read_ahead(self._map, origin + start * width, origin + stop * width)

    def release(self) -> None:
        """Hand the pages of a memory map that were read back to the system."""
        if self._map is not None:
            self._map.madvise(mmap.MADV_DONTNEED)


def _read_ahead(map, start, stop):
    start -= start % mmap.PAGESIZE
    map.madvise(mmap.MADV_WILLNEED, start, stop - start)


def _memory() -> int:
    """Bytes of memory that this machine has."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")


class SparseRows(Rows):
    """Rows of a scipy CSR matrix, made dense a batch at a time."""

    def __init__(self, X):
        super().__init__(X, *X.shape)

    def take(self, index):
        return torch.from_numpy(self.X[index].toarray())


class TensorRows(Rows):
    """Rows of a tensor, on the device where it is."""

    def __init__(self, X):
        super().__init__(X, len(X), X[0].numel())

    def take(self, index):
        return self.X.index_select(0, torch.from_numpy(index).to(self.X.device))


class DatasetRows(Rows):
    """Rows of a map-style torch `Dataset`, whose items are rows or tuples that begin with one.

    They are seen only as they are fetched, and checked then.
    """

    def __init__(self, X, allow_nan: bool = False):
        super().__init__(X, len(X), first_of(X[0]).numel())
        self._bad = torch.isinf if allow_nan else lambda x: ~torch.isfinite(x)

    def take(self, index):
        if len(index) == 0:
            return torch.empty(0, self.n_features)
        x = torch.stack([first_of(self.X[int(i)]) for i in index])
        if x.is_floating_point() and bool(self._bad(x).any()):
            raise ValueError("Dataset X contains NaN or infinity; fill or drop such rows first.")
        return x


def first_of(item) -> torch.Tensor:
    """The row of an item, which may be a tuple that begins with it."""
    if isinstance(item, (tuple, list)):
        item = item[0]
    return torch.as_tensor(item)


def as_rows(X) -> Rows:
    """Wrap an array, memmap, CSR matrix, tensor or map-style dataset."""
    if isinstance(X, torch.Tensor):
        return TensorRows(X)
    if sp.issparse(X):
        return SparseRows(X)
    if isinstance(X, np.ndarray):
        return ArrayRows(X)
    return DatasetRows(X)


def spread_out(n: int, most: int) -> np.ndarray:
    """At most `most` row numbers, evenly spread over 0 .. n - 1."""
    return np.arange(n) if n <= most else np.linspace(0, n - 1, most).astype(np.int64)


def rows_at_once(n_features: int, most: int = 4096) -> int:
    """How many rows of this width may be dense together: at most 2**24 values."""
    return max(1, min(most, 2**24 // n_features))


def moments(rows: Rows, index: np.ndarray, chunk: int | None = None):
    """Mean and variance of each feature over (at most 65 536, evenly spread) rows of `index`.

    Returns
    -------
    mean, variance : tensors of shape (n_features,), float32, on the CPU
    """
    index = index[spread_out(len(index), _SAMPLE)]
    chunk = chunk or max(1, _CACHED // rows.n_features)
    starts = range(0, len(index), chunk)
    parts = (rows.fetch(index[i : i + chunk], dtype=torch.float64) for i in starts)
    mean, variance = moments_of(parts)
    return mean.float(), variance.float()


def moments_of(parts) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and variance of each column of rows that come in parts; NaN is passed over.

    Parameters
    ----------
    parts : iterable of tensors of shape (n, n_features), float64
        They are overwritten.

    Returns
    -------
    mean, variance : tensors of shape (n_features,), float64
        0 of a column without any value.
    """
    n, mean, m2 = torch.zeros(3, dtype=torch.float64)
    for x in parts:
        m, own = len(x), x.mean(0)
        if own.isnan().any():
            m, own = x.isnan().logical_not_().sum(0), x.nanmean(0).nan_to_num_(0)
            x = torch.where(x.isnan(), own, x)
        delta, total = own - mean, (n + m).clamp(min=1)
        m2 = m2 + x.sub_(own).square_().sum(0) + delta**2 * (n * m / total)
        mean, n = mean + delta * (m / total), n + m
    return mean, m2 / n.clamp(min=1)


def fingerprint(rows: Rows) -> str:
    """A short name for the data: their shape and the content of 16 rows."""
    x = rows.fetch(spread_out(rows.n_rows, 16)).cpu().numpy()
    shape = f"{rows.n_rows}x{rows.n_features}"
    return f"{shape}:{hashlib.sha256(x.tobytes()).hexdigest()[:16]}"
