"""The order of rows: every row once, and a function of (seed, epoch, n) alone."""

import numpy as np
import pytest
import torch
from estimators import digits, make
from visits import batch_indices

from unlabeled import RBM
from unlabeled.engine import order
from unlabeled.engine.order import n_batches, windows
from unlabeled.engine.rows import ArrayRows
from unlabeled.engine.training import Training


def visited(n, batch_size=10, seed=0, epoch=0):
    return torch.cat(list(batch_indices(n, batch_size, seed, epoch)))


@pytest.mark.parametrize("n", [1, 9, 10, 11, 333, 70_000])
@pytest.mark.parametrize("batch_size", [1, 10, 64, 100_000])
def test_every_row_once_in_batches_of_one_size_but_the_last(n, batch_size):
    sizes = [len(batch) for batch in batch_indices(n, batch_size, 0, 0)]
    assert len(sizes) == n_batches(n, batch_size)
    assert sizes[:-1] == [batch_size] * (len(sizes) - 1) and sum(sizes) == n
    rows = visited(n, batch_size)
    assert rows.dtype == torch.int64
    assert torch.equal(rows.sort().values, torch.arange(n))


def test_it_depends_on_seed_epoch_and_n_only():
    one = visited(1000)
    assert torch.equal(visited(1000, batch_size=37), one)
    for other in (visited(1000, seed=1), visited(1000, epoch=1), visited(999)):
        assert not torch.equal(other[:900], one[:900])
    state = torch.get_rng_state()
    visited(1000)
    assert torch.equal(torch.get_rng_state(), state)


def test_up_to_half_a_million_rows_it_is_a_full_permutation():
    n = order.BLOCK * order.WINDOW
    rows = visited(n, 4096).double()
    place = torch.arange(n, dtype=torch.float64)
    assert abs(torch.corrcoef(torch.stack([rows, place]))[0, 1]) < 4 / n**0.5
    for part in rows.split(n // 8):
        assert abs(part.mean() - n / 2) < 4 * n / (12 * n / 8) ** 0.5


def test_a_single_permutation_has_no_favourites():
    counts = np.zeros((5, 5))
    for seed in range(2000):
        for place, row in enumerate(visited(5, seed=seed).tolist()):
            counts[place, row] += 1
    assert abs(((counts - 400) ** 2 / 400).sum() - 16) < 4 * 32**0.5


def test_beyond_that_only_a_window_is_open(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 10)
    monkeypatch.setattr(order, "WINDOW", 3)
    n, windows = 95, []
    rows = visited(n, batch_size=7)
    assert torch.equal(rows.sort().values, torch.arange(n))
    blocks = rows // 10
    rest = rows.tolist()
    while rest:
        sizes = {k: min(10, n - 10 * k) for k in range(10)}
        seen = []
        for row in rest:
            if row // 10 not in seen:
                seen.append(row // 10)
            if len(seen) == 3:
                break
        length = sum(sizes[k] for k in seen)
        window, rest = rest[:length], rest[length:]
        windows.append(seen)
        assert {row // 10 for row in window} == set(seen)
    assert len(windows) == 4
    visits = [k for window in windows for k in window]
    assert sorted(visits) == list(range(10)) != visits
    assert any(blocks[k] != blocks[k + 1] for k in range(9))


def test_rows_are_expected_before_they_are_asked_for_but_none_that_were_done(monkeypatch):
    monkeypatch.setattr(order, "BLOCK", 10)
    monkeypatch.setattr(order, "WINDOW", 3)
    near, index = [], torch.arange(0, 190, 2)

    class Watched(ArrayRows):
        def expect(self, blocks):
            blocks = list(blocks)
            near.append([i for start, stop in blocks for i in range(start, stop)])

        def take(self, numbers):
            if len(near) > 1 or training.position == 0:
                assert set(numbers) <= {*near[-1], *near[-2:][0]}  # some wait for a whole batch
            return super().take(numbers)

    rows = Watched(np.zeros((190, 2), np.float32))
    ends = np.cumsum([-(-len(window.rows) // 7) for window in windows(95, 7, 0, 0)])
    assert len(ends) == 4 and ends[-1] == 14
    for done in range(15):
        near.clear()
        training = Training(0, 7, None, torch.device("cpu"), position=done)
        batches = [batch.index for batch in training.batches(rows, index)]
        assert len(near) == sum(done < ends) + 1 and near[-1] == []
        whole = list(batch_indices(95, 7, 0, 0))[done:]
        assert all(torch.equal(a, index[b]) for a, b in zip(batches, whole, strict=True))


def test_the_order_does_not_depend_on_what_holds_the_rows():
    seen = []

    class Watched(RBM):
        def _step(self, batch):
            seen.append(batch.index)
            return super()._step(batch)

    for n_components in (2, 5):
        Watched(**make(RBM, n_components=n_components).get_params()).fit(digits())
    assert all(torch.equal(a, b) for a, b in zip(seen[:14], seen[14:], strict=True))
    assert torch.equal(torch.cat(seen[:7]), visited(333))
    assert torch.equal(torch.cat(seen[7:14]), visited(333, epoch=1))
