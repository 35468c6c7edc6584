"""Drawing rows from a neural autoregressive model beside scoring them."""

import numpy as np

from benchmarks import rbm
from benchmarks.contest import Benchmark, Contestant, Target

__all__ = ["BENCHMARK", "data"]

CASE = "100 rows, ten times"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Binary images with the density and the margins of MNIST, both of which matter here.

    Two of those in `benchmarks.rbm` upon each other, in the middle 20 x 20 pixels.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    dict
        "X" of shape (n_rows, 784), float32.
    """
    X = rbm.data(n_rows)["X"].reshape(-1, rbm.SIDE, rbm.SIDE)
    inside = np.zeros(X.shape[1:], np.float32)
    inside[4:24, 4:24] = 1
    return {"X": (np.maximum(X, X[::-1]) * inside).reshape(n_rows, -1)}


def worth(found, data) -> float:
    """Mean number of ones in a drawn row; NaN where no row was drawn to its end."""
    return float(found["lit"].mean()) if "lit" in found else float("nan")


def _contestant(name, task, backend, note):
    return Contestant(name, "unlabeled", {"task": task, "backend": backend}, note)


BENCHMARK = Benchmark(
    name="nade",
    title="NADE of 784 x 500 units: drawing 100 rows beside scoring them",
    rows=2_000,
    data=data,
    options={"n_components": 500, "n_rows": 100, "n_times": 10},
    cases={CASE: {}},
    contestants=(
        _contestant("scoring", "score", "torch", "`score_samples` of such rows, in float64."),
        _contestant("drawing", "sample", "torch", "`sample` in plain torch."),
        _contestant("drawing, fast", "sample", "fast", "the same rows by the compiled kernel."),
        _contestant(
            "drawing naively, 1 %",
            "naive",
            "torch",
            "a full pass for each value, as without a memory of the one before; every hundredth "
            "value only, so all of them take 98 times as long.",
        ),
    ),
    worth=worth,
    worth_name="ones in a row",
    targets=(
        Target(CASE, "drawing", "scoring", 1.0),
        Target(CASE, "drawing, fast", "scoring", 2.5),
    ),
    rate="",
)
