"""Rows in a file that nobody has read yet, beside the same rows in memory."""

import numpy as np

from benchmarks import rbm
from benchmarks.contest import Benchmark, Contestant, Target
from unlabeled.engine.order import BLOCK

__all__ = ["BENCHMARK", "data"]

CASES = {"float32": 0.9, "bf16": 0.8}
MEMORY, FILE = "in memory", "memory map, cold"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """The same 65 536 rows of bytes as many times as it takes; no more of them is in memory.

    Parameters
    ----------
    n_rows : int
        12 800 000 make 10 GB.

    Returns
    -------
    dict
        "X" of shape (n, 65 536, 784), uint8.
    """
    block = rbm.data(BLOCK)["X"].astype(np.uint8)
    return {"X": np.broadcast_to(block, (max(1, n_rows // BLOCK), *block.shape))}


def worth(found, data) -> float:
    """As in `benchmarks.rbm`, of 1 000 training rows."""
    return rbm.worth(found, {"X_test": data["X"][0, :1000].astype(np.float32)})


BENCHMARK = Benchmark(
    name="memmap",
    title="A file beside memory: one pass of CD-1, 784 x 500 units, batches of 1 024",
    rows=4 * BLOCK,
    data=data,
    options={
        "n_components": 500,
        "n_epochs": 1,
        "batch_size": 1024,
        "learning_rate": 0.05,
        "centered": False,
    },
    cases={precision: {"precision": precision} for precision in CASES},
    contestants=(
        Contestant(MEMORY, "unlabeled", {"held": "memory"}, "`RBM.fit` on bytes in memory."),
        Contestant(
            FILE,
            "unlabeled",
            {"held": "file"},
            "`RBM.fit` on `np.load(..., mmap_mode='r')`, after the system was told to forget "
            "the file.",
        ),
    ),
    worth=worth,
    worth_name="pseudo-log-likelihood",
    targets=tuple(Target(case, FILE, MEMORY, ratio) for case, ratio in CASES.items()),
    quick_rows=BLOCK,
)
