"""In which order rows are visited: a function of (seed, epoch, n) alone."""

from collections.abc import Iterator

import torch

from unlabeled.sampling.noise import stream_seed

__all__ = ["batch_indices", "n_batches"]

BLOCK = 2**16  # rows that lie together on disk
WINDOW = 8  # blocks that are shuffled jointly: a full permutation up to 524 288 rows

_ORDER = 0x0BDE  # keeps this stream apart from the noise of the steps


def n_batches(n_rows: int, batch_size: int) -> int:
    """Batches in one pass, the ragged last one included."""
    return -(-n_rows // batch_size)


def batch_indices(n_rows: int, batch_size: int, seed: int, epoch: int) -> Iterator[torch.Tensor]:
    """The rows of each batch of one epoch.

    Blocks are visited in random order and the rows of every window of 8 blocks are shuffled
    jointly, so that a file on disk is read nearly in sequence.

    Yields
    ------
    tensor of int64, shape (batch_size,) (the last one may be shorter)

    Examples
    --------
    >>> sorted(int(i) for batch in batch_indices(5, 2, seed=0, epoch=0) for i in batch)
    [0, 1, 2, 3, 4]
    """
    generator = torch.Generator().manual_seed(stream_seed(seed, epoch, _ORDER))
    blocks = torch.randperm(n_batches(n_rows, BLOCK), generator=generator)
    waiting = torch.empty(0, dtype=torch.int64)
    for window in blocks.split(WINDOW):
        rows = torch.cat(
            [torch.arange(int(k) * BLOCK, min((int(k) + 1) * BLOCK, n_rows)) for k in window]
        )
        rows = torch.cat([waiting, rows[torch.randperm(len(rows), generator=generator)]])
        whole = len(rows) // batch_size * batch_size
        yield from rows[:whole].split(batch_size) if whole else ()
        waiting = rows[whole:]
    if len(waiting):
        yield waiting
