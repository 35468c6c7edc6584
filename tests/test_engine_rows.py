"""Rows by number, whatever holds them, and what is said of them in passing."""

import mmap
import tracemalloc

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from torch.utils.data import TensorDataset

from unlabeled.engine import rows as module
from unlabeled.engine.rows import (
    ArrayRows,
    as_rows,
    fingerprint,
    moments,
    moments_of,
    spread_out,
)

X = np.random.default_rng(0).random((50, 6)).round(2).astype(np.float32)
HOLDERS = {
    "array": lambda: X.copy(),
    "CSR": lambda: sp.csr_array(X),
    "tensor": lambda: torch.tensor(X),
    "Dataset": lambda: TensorDataset(torch.tensor(X)),
    "images": lambda: torch.tensor(X).view(50, 1, 2, 3),
}


@pytest.mark.parametrize("holder", HOLDERS)
@pytest.mark.parametrize("index", [[3], [7, 7, 0], list(range(50)), []])
def test_fetch(holder, index):
    rows = as_rows(HOLDERS[holder]())
    assert (rows.n_rows, rows.n_features) == (50, 6)
    for dtype in (torch.float32, torch.float64):
        for numbers in (np.array(index, np.int64), torch.tensor(index, dtype=torch.int64)):
            x = rows.fetch(numbers, dtype=dtype)
            assert x.dtype == dtype
            np.testing.assert_array_equal(x.numpy(), X[index].astype(x.numpy().dtype))


@pytest.mark.parametrize("holder", HOLDERS)
def test_what_was_fetched_may_be_written_on(holder):
    data = HOLDERS[holder]()
    as_rows(data).fetch(np.arange(50)).zero_()
    np.testing.assert_array_equal(as_rows(data).fetch(np.arange(50)).numpy(), X)


@pytest.mark.parametrize(
    "dtype", [bool, np.uint8, np.int16, np.uint16, np.int64, np.float16, ">f4", ">i4", "<f8"]
)
def test_any_numeric_dtype_is_cast_a_batch_at_a_time(dtype):
    data = (X > 0.5).astype(dtype)
    np.testing.assert_array_equal(as_rows(data).fetch([1, 4]).numpy(), (X > 0.5)[[1, 4]])


class CountedMap:
    """Stands in for the map of a file and counts how often its pages are handed back."""

    def __init__(self):
        self.calls = 0

    def madvise(self, advice):
        assert advice == mmap.MADV_DONTNEED
        self.calls += 1


@pytest.mark.skipif(not hasattr(mmap, "MADV_DONTNEED"), reason="no madvise on this system")
def test_a_memory_map_is_read_in_neighbourhoods_and_released(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.arange(4000.0).reshape(1000, 4))
    data = np.load(tmp_path / "x.npy", mmap_mode="r")
    monkeypatch.setattr(module, "_PLACE", 32 * 10)  # ten rows
    monkeypatch.setattr(module, "_PLACES", 5)
    rows = ArrayRows(data)
    rows._map = CountedMap()
    index = np.random.default_rng(0).permutation(1000)
    np.testing.assert_array_equal(rows.fetch(index, dtype=torch.float64).numpy(), data[index])
    assert rows._map.calls == 20
    for part in rows._neighbours(index):
        assert np.ptp(index[part]) < 50
    assert len(rows._neighbours(np.array([999, 0, 500]))) == 1


@pytest.mark.skipif(not hasattr(mmap, "MADV_WILLNEED"), reason="no madvise on this system")
def test_blocks_of_a_map_are_read_ahead_and_kept_until_others_are_expected(tmp_path, monkeypatch):
    np.save(tmp_path / "x.npy", np.arange(400_000).reshape(1000, 400))
    data = np.load(tmp_path / "x.npy", mmap_mode="r")[100:]
    rows = ArrayRows(data)
    said = []
    monkeypatch.setattr(module, "_read_ahead", lambda map, *place: said.append(place))
    rows.expect([(100, 200), (10, 20)])
    start = (tmp_path / "x.npy").stat().st_size - data.nbytes
    assert said == [(start + 3200 * a, start + 3200 * b) for a, b in [(100, 200), (10, 20)]]
    monkeypatch.undo()
    released = []
    monkeypatch.setattr(rows, "release", lambda: released.append(True))
    rows.expect([(100, 200), (10, 20)])
    index = np.random.default_rng(0).permutation(900)  # others are there, too
    np.testing.assert_array_equal(rows.fetch(index, dtype=torch.float64).numpy(), data[index])
    assert len(released) == 1
    rows.expect([])
    rows.fetch(index)
    assert len(released) > 2
    monkeypatch.setattr(module, "_memory", lambda: 4 * 3200 * 99)
    rows.expect([(0, 100)])
    assert not rows._expecting
    rows.expect([(0, 99)])
    assert rows._expecting


def test_a_private_map_is_left_alone(tmp_path):
    np.save(tmp_path / "x.npy", X)
    data = np.load(tmp_path / "x.npy", mmap_mode="c")
    data[0] = 9
    rows = as_rows(data)
    assert rows._map is None
    assert (rows.fetch([0]) == 9).all()
    assert (rows.fetch([0]) == 9).all()


def test_spread_out():
    np.testing.assert_array_equal(spread_out(5, 9), np.arange(5))
    index = spread_out(1000, 10)
    assert len(set(index)) == 10 and index[0] == 0 and index[-1] == 999
    assert np.ptp(np.diff(index)) <= 1


@pytest.mark.parametrize("offset", [0, 1e4])
def test_moments_are_those_of_the_rows_asked_for(offset):
    data = np.random.default_rng(0).normal(offset, 2, (500, 3))
    index = np.arange(17, 411)
    mean, variance = moments(as_rows(data), index, chunk=50)
    np.testing.assert_allclose(mean, data[index].mean(0), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(variance, data[index].var(0), rtol=1e-5)


def test_moments_pass_over_gaps():
    data = np.random.default_rng(0).normal(50, 2, (90, 3))
    data[np.random.default_rng(1).random((90, 3)) < 0.4] = np.nan
    data[:30, 1] = np.nan  # a part without any value
    mean, variance = moments_of(torch.tensor(data).split(30))
    np.testing.assert_allclose(mean, np.nanmean(data, 0), rtol=1e-12)
    np.testing.assert_allclose(variance, np.nanvar(data, 0), rtol=1e-12)
    nothing = moments_of([torch.full((4, 2), torch.nan, dtype=torch.float64)])
    assert [m.tolist() for m in nothing] == [[0, 0], [0, 0]]


def test_a_fingerprint_is_of_the_data_not_of_their_holder():
    prints = {fingerprint(as_rows(make())) for make in HOLDERS.values()}
    assert len(prints) == 1 and prints.pop().startswith("50x6:")
    other = X.copy()
    other[-1, -1] += 1
    assert fingerprint(as_rows(other)) != fingerprint(as_rows(X))
    assert fingerprint(as_rows(X[:-1])) != fingerprint(as_rows(X))


@pytest.mark.parametrize("view", ["columns", "windows", "fortran"])
def test_a_view_is_not_copied_for_a_few_of_its_rows(view):
    whole = np.arange(10**6, dtype=np.float32).reshape(1000, 1000)
    X = {
        "columns": whole[:, ::2],
        "windows": np.lib.stride_tricks.sliding_window_view(whole.ravel(), 500)[:900_000],
        "fortran": np.asfortranarray(whole),
    }[view]
    rows, index = as_rows(X), np.array([5, 3, 899])
    tracemalloc.start()
    x = rows.fetch(index)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert np.array_equal(x.numpy(), X[index]) and peak < 100_000
