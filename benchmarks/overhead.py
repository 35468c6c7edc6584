"""What `fit` adds to the update of a tiny model."""

import numpy as np

from benchmarks.contest import Benchmark, Contestant, Limit

__all__ = ["BENCHMARK", "data"]

CASE = "autoencoder 16-2, batches of 32"
DIFFERENCE = "what `fit` has more"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Uniform numbers, 16 to a row: "X", float32."""
    return {"X": np.random.default_rng(0).random((n_rows, 16), dtype=np.float32)}


def _contestant(name, task, note):
    return Contestant(name, "unlabeled", {"task": task}, note)


BENCHMARK = Benchmark(
    name="overhead",
    title="Updates of a tiny model: `fit` and the bare step",
    rows=16_000,
    data=data,
    options={"n_components": 2, "n_epochs": 6, "batch_size": 32},
    cases={CASE: {}},
    contestants=(
        _contestant("`fit`", "fit", "order, batches, schedule, what is reported, all in."),
        _contestant(
            "the bare step",
            "bare",
            "forwards, backwards and `Adam(fused=True)` of the same network in a loop over "
            "batches that lie ready.",
        ),
        _contestant(DIFFERENCE, "difference", "median of three pairs of such runs."),
    ),
    worth=lambda found, data: float(found["microseconds"]),
    worth_name="µs a step",
    targets=(Limit(CASE, DIFFERENCE, "worth", 15.0, "µs a step"),),
    rate="",
)
