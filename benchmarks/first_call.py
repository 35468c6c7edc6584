"""What a user waits for who fits one machine in a new process."""

import numpy as np

from benchmarks import rbm
from benchmarks.contest import Benchmark, Contestant, Target

__all__ = ["BENCHMARK", "data"]

CASES = {
    "digits, batches of 100": {"array": "digits", "n_epochs": 10, "batch_size": 100},
    "MNIST's shape, batches of 100": {"array": "X", "n_epochs": 1, "batch_size": 100},
}
SIZES = {"digits": 100, "X": 500}
OURS = "Unlabeled", "Unlabeled, fast"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Images as in `benchmarks.rbm`, and scikit-learn's digits of 8 x 8, binary.

    Parameters
    ----------
    n_rows : int
        Of the former.

    Returns
    -------
    dict
        "X" of shape (n_rows, 784), "digits" of shape (1797, 64), float32.
    """
    from sklearn.datasets import load_digits

    return {"X": rbm.data(n_rows)["X"], "digits": (load_digits().data > 7).astype(np.float32)}


def worth(found, data) -> float:
    """Mean exact pseudo-log-likelihood of 500 training rows, in nats."""
    rows = next(X for X in data.values() if X.shape[1] == found["W"].shape[1])
    return rbm.worth(found, {"X_test": rows[:500]})


BENCHMARK = Benchmark(
    name="first_call",
    title="The first `fit` of a process: a restricted Boltzmann machine, imports apart",
    rows=60_000,
    data=data,
    options={"learning_rate": 0.05},
    cases={name: {"n_components": SIZES[c["array"]], **c} for name, c in CASES.items()},
    contestants=(
        Contestant(
            OURS[0],
            "unlabeled",
            {"centered": False, "backend": "torch"},
            "`RBM.fit(sampler='cd', centered=False)` in plain torch, which is what "
            "`backend='auto'` takes until `unlabeled compile` has run. What torch imports when "
            "the first optimizer is made (`torch._dynamo`) is imported before.",
        ),
        Contestant(
            OURS[1],
            "unlabeled",
            {"centered": False, "backend": "fast"},
            "the same with kernels that an earlier process has compiled; they are loaded inside "
            "of the call, numba is imported before.",
        ),
        Contestant("scikit-learn", "scikit_learn", {}, "`BernoulliRBM.fit` on float32."),
    ),
    worth=worth,
    worth_name="pseudo-log-likelihood",
    targets=tuple(Target(case, ours, "scikit-learn", 1.0) for case in CASES for ours in OURS),
    rate="",
    fresh=True,
    quick_rows=10_000,
)
