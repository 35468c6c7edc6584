"""The exact partition function of a machine with few hidden units."""

import numpy as np

from benchmarks import rbm
from benchmarks.ais import learned, worth
from benchmarks.contest import Benchmark, Contestant, Limit, Target

__all__ = ["BENCHMARK", "data"]

CASE = "all states of the hidden layer"
OURS, RBMS = "Unlabeled", "rbms"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """What 20 hidden units learned of the images in `benchmarks.rbm`.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    dict
        "W" of shape (20, 784), "b" and "c", float32.
    """
    return learned(rbm.data(n_rows)["X"], n_components=20, n_epochs=5)


BENCHMARK = Benchmark(
    name="log_z",
    title="Exact log Z: 784 visible and 20 hidden units, 2^20 states",
    rows=20_000,
    data=data,
    options={"n_hidden": 20},
    cases={CASE: {}},
    contestants=(
        Contestant(
            OURS,
            "unlabeled",
            {},
            "`RBM.log_partition('exact')`: float64, products of exponentials of two parts of the "
            "layer. There is no kernel for it: plain torch is what `fast` takes as well.",
        ),
        Contestant(
            "plain torch",
            "plain_torch",
            {},
            "8 192 states at a time: a matrix product, softplus, the sum; float32.",
        ),
        Contestant(
            RBMS,
            "rbms",
            {},
            "`compute_partition_function`: float32, all fields in memory at once. The array of "
            "states that it wants is not timed.",
        ),
    ),
    worth=worth,
    worth_name="log Z",
    worth_format=".4f",
    targets=(
        Target(CASE, OURS, RBMS, 15.0),
        Limit(CASE, OURS, "median", 1.0, "s"),
        Limit(CASE, OURS, "megabytes", 200.0, "MB"),
    ),
    rate="",
    quick_rows=5_000,
    quick_options={"n_hidden": 17},
)
