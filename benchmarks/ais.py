"""Annealed importance sampling of the partition function of a machine that has learned."""

from collections.abc import Mapping

import numpy as np

from benchmarks import rbm
from benchmarks.contest import Benchmark, Contestant, Target

__all__ = ["BENCHMARK", "data", "learned", "worth"]

CASE = "100 chains, 1 000 temperatures"
OURS, FAST, RBMS, FLOOR = "Unlabeled", "Unlabeled, fast", "rbms", "products only"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Images as in `benchmarks.rbm`, and what 500 hidden units learned of them.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    dict
        "X" of shape (n_rows, 784), "W" of shape (500, 784), "b" and "c", float32.
    """
    X = rbm.data(n_rows)["X"]
    return {"X": X, **learned(X, n_components=500, n_epochs=5)}


def learned(X: np.ndarray, *, n_components: int, n_epochs: int) -> dict[str, np.ndarray]:
    """W, b and c of a machine fitted to X by PCD."""
    from unlabeled import RBM

    options = {"n_epochs": n_epochs, "learning_rate": 0.05, "backend": "torch", "random_state": 0}
    model = RBM(n_components, **options).fit(X)
    b, c = model.intercept_visible_, model.intercept_hidden_
    return {"W": model.components_, "b": b, "c": c}


def worth(found: Mapping, data: Mapping) -> float:
    """log Z in nats; NaN for who finds none."""
    return float(found["log_z"]) if "log_z" in found else float("nan")


BENCHMARK = Benchmark(
    name="ais",
    title="Annealed importance sampling: log Z of 784 x 500 units",
    rows=20_000,
    data=data,
    options={"n_chains": 100, "n_temperatures": 1000},
    cases={CASE: {}},
    contestants=(
        Contestant(
            OURS,
            "unlabeled",
            {"backend": "torch"},
            "`RBM.log_partition('ais')` in plain torch: chains in float32, log-weights in "
            "float64, from the base rates of the data. Its default is 10 000 temperatures.",
        ),
        Contestant(
            FAST,
            "unlabeled",
            {"backend": "fast"},
            "as above by compiled kernels: log-weight and draw of the hidden units in one pass.",
        ),
        Contestant(
            "plain torch",
            "plain_torch",
            {"products_only": False},
            "the textbook's loop on the same path: two free energies and a Gibbs step.",
        ),
        Contestant(
            FLOOR,
            "plain_torch",
            {"products_only": True},
            "the two matrix products of each Gibbs step and nothing else, into buffers.",
        ),
        Contestant(
            RBMS,
            "rbms",
            {},
            "`compute_partition_function_ais`: float32, temperatures in equal steps, from the "
            "machine's own visible biases without weights.",
        ),
    ),
    worth=worth,
    worth_name="log Z",
    worth_format=".2f",
    targets=(
        Target(CASE, OURS, RBMS, 4.0),
        Target(CASE, FAST, RBMS, 5.0),
        Target(CASE, OURS, FLOOR, 0.45),
        Target(CASE, FAST, FLOOR, 0.70),
    ),
    rate="",
    quick_rows=5_000,
    quick_options={"n_temperatures": 300},
)
