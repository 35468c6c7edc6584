"""In which order rows are visited: a function of (seed, epoch, n) alone."""

from collections.abc import Iterator
from typing import NamedTuple

import torch

from unlabeled.sampling.noise import stream_seed

__all__ = ["Window", "n_batches", "windows"]

BLOCK = 2**16  # rows that lie together on disk
WINDOW = 8  # blocks that are shuffled jointly: a full permutation up to 524 288 rows

_ORDER = 0x0BDE  # keeps this stream apart from the noise of the steps


def n_batches(n_rows: int, batch_size: int) -> int:
    """Batches in one pass, the ragged last one included."""
    return -(-n_rows // batch_size)


class Window(NamedTuple):
    """Rows that are shuffled jointly.

    Attributes
    ----------
    near : list of (int, int)
        Where they lie, and where those of the next window lie: rows start <= i < stop.
    rows : tensor of int64
        In the order of their visits. Batches are full, but for the last one of an epoch: rows
        that would begin another one are the first of the next window.
    """

    near: list[tuple[int, int]]
    rows: torch.Tensor


def windows(n_rows: int, batch_size: int, seed: int, epoch: int) -> Iterator[Window]:
    """One epoch, a window at a time.

    Blocks are visited in random order and the rows of every window of 8 blocks are shuffled
    jointly, so that a file on disk is read nearly in sequence.

    Examples
    --------
    >>> sorted(int(i) for window in windows(5, 2, seed=0, epoch=0) for i in window.rows)
    [0, 1, 2, 3, 4]
    """
    generator = torch.Generator().manual_seed(stream_seed(seed, epoch, _ORDER))
    order = torch.randperm(n_batches(n_rows, BLOCK), generator=generator).tolist()
    blocks = [(k * BLOCK, min((k + 1) * BLOCK, n_rows)) for k in order]
    rest = torch.empty(0, dtype=torch.int64)
    for k in range(0, len(blocks), WINDOW):
        rows = torch.cat([torch.arange(*block) for block in blocks[k : k + WINDOW]])
        rows = torch.cat([rest, rows[torch.randperm(len(rows), generator=generator)]])
        is_last = k + WINDOW >= len(blocks)
        whole = len(rows) if is_last else len(rows) // batch_size * batch_size
        rest = rows[whole:]
        yield Window(blocks[k : k + 2 * WINDOW], rows[:whole])
