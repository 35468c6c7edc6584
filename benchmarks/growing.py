"""The process in which growth is measured: steps of an RBM's `fit`, and the products in them.

Started by :mod:`benchmarks.growth` as `python -m benchmarks.growing FILE`, under torchrun for more
than one process; FILE says what to measure, and the answer takes its place.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

import numpy as np
import torch

from unlabeled import RBM
from unlabeled.engine import distributed
from unlabeled.schedules import Schedule

__all__ = ["Clock", "floor", "simulated", "speed"]

N_VISIBLE = 784
STRIDE = 16  # values between the beginnings of two rows
WORK = 2_500_000  # rows times hidden units, in the steps of one number
STEPS = range(4, 101)  # but no fewer and no more than these


class Enough(Exception):
    """All steps that are wanted have been made."""


class Clock(Schedule):
    """A constant learning rate that notes when it is asked for, once a step, and ends the fit.

    Parameters
    ----------
    n_steps : int
        After which it ends.

    Raises
    ------
    Enough
        From the last step.
    """

    def __init__(self, n_steps: int):
        self.n_steps = n_steps
        self.times: list[float] = []

    def __call__(self, progress):
        self.times.append(time.perf_counter())
        if len(self.times) > self.n_steps:
            raise Enough
        return 1.0

    def seconds(self) -> float:
        """Mean of a step, without the first."""
        return (self.times[-1] - self.times[1]) / (len(self.times) - 2)


def simulated(n_rows: int) -> np.ndarray:
    """Rows of 784 bits as dense as MNIST's: windows of one long strip, 16 values apart, uint8.

    So 10^7 rows, of 7.8 GB, lie in 160 MB: more than a processor keeps near it, as theirs.
    """
    rng = np.random.default_rng(0)
    strip = rng.integers(256, size=(n_rows - 1) * STRIDE + N_VISIBLE, dtype=np.uint8) < 33
    return np.lib.stride_tricks.as_strided(
        strip.view(np.uint8), (n_rows, N_VISIBLE), (STRIDE, 1), writeable=False
    )


def speed(X, n_components: int, batch_size: int, options: dict) -> float:
    """Rows per second in the steps of `RBM.fit`, by CD-1 with the plain gradient."""
    every = options["sync_every"]
    n_steps = min(max(WORK // (n_components * batch_size), STEPS[0]), STEPS[-1])
    clock = Clock(1 + -(-n_steps // every) * every)
    model = RBM(
        n_components,
        sampler="cd",
        centered=False,
        n_epochs=10**6,
        batch_size=batch_size,
        schedule=clock,
        device="cpu",
        random_state=0,
        **options,
    )
    try:
        model.fit(X)
    except Enough:
        return batch_size / clock.seconds()
    raise AssertionError("an RBM should ask its schedule once a step")


def floor(n_components: int, batch_size: int, precision: str) -> float:
    """Rows per second if a step were nothing but its five products, at their measured rates."""
    dtype = {"float32": torch.float32, "bf16": torch.bfloat16}[precision]
    v, h, W = (
        torch.rand(shape).to(dtype)
        for shape in (
            (batch_size, N_VISIBLE),
            (batch_size, n_components),
            (N_VISIBLE, n_components),
        )
    )
    up, down, statistics = (v, W), (h, W.t()), (v.t(), h)
    products = (up, down, up, statistics, statistics)
    return batch_size / sum(_seconds(*pair) for pair in products)


def _seconds(a, b) -> float:
    out, spent = a @ b, []
    while len(spent) < 5 or sum(spent) < 0.05:
        began = time.perf_counter()
        torch.mm(a, b, out=out)
        spent.append(time.perf_counter() - began)
    return median(spent)


def measured(point: dict, variants: dict[str, dict], rounds: int) -> dict[str, float]:
    """Median rows per second of every variant at one point, interleaved, and of the floors."""
    sizes = point["n_components"], point["batch_size"]
    X, found = simulated(point["rows"]), {}
    for _ in range(rounds):
        for name, options in variants.items():
            options = {**options, "sync_every": point["sync_every"]}
            found.setdefault(name, []).append(speed(X, *sizes, options))
        for precision in ("float32", "bf16") if distributed.world() == 1 else ():
            found.setdefault(f"floor {precision}", []).append(floor(*sizes, precision))
    return {name: round(median(values), 1) for name, values in found.items()}


def main(path: Path) -> None:
    """Measure what a file asks for and write it there."""
    asked = json.loads(path.read_text())
    distributed.join(torch.device("cpu"))
    answer = [measured(point, asked["variants"], asked["rounds"]) for point in asked["points"]]
    if distributed.rank() == 0:
        path.write_text(json.dumps(answer))
    if distributed.world() > 1:
        torch.distributed.barrier()
        torch.distributed.destroy_process_group()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
