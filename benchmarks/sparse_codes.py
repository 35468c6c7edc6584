"""Sparse codes of patches of two photographs, 16 x 16 pixels and 256 atoms, to the optimum."""

from collections.abc import Mapping

import numpy as np

from benchmarks.contest import Benchmark, Contestant, Target

__all__ = ["ALPHA", "BENCHMARK", "data", "patches", "worth"]

ALPHA = 0.15
SIDE = 16
N_ATOMS = 256
LEARN = 8_192  # rows from which the atoms are learned
FLAT = 0.02  # least contrast of a patch: standard deviation of grey in [0, 1]


def patches(side: int, n_rows: int) -> np.ndarray:
    """Patches of scikit-learn's two photographs, without their means and of norm 1.

    Parameters
    ----------
    side : int
        In pixels.
    n_rows : int

    Returns
    -------
    array of shape (n_rows, side * side), float32
        Of different places, in random order; flat ones are left out.
    """
    from sklearn.datasets import load_sample_images

    rng = np.random.default_rng(0)
    found = []
    for image in load_sample_images().images:
        grey = image.astype(np.float32).mean(2) / 255
        windows = np.lib.stride_tricks.sliding_window_view(grey, (side, side))
        windows = windows.reshape(-1, side, side)
        chosen = rng.choice(len(windows), n_rows, replace=False)
        found.append(windows[chosen].reshape(n_rows, -1))
    x = np.concatenate(found)
    x = x[x.std(1) > FLAT]
    x -= x.mean(1, keepdims=True)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x[rng.permutation(len(x))[:n_rows]]


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Patches, and atoms learned from others.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    dict
        "X" of shape (n_rows, 256) and "D" of shape (256, 256), float32.
    """
    from unlabeled import SparseCoding

    x = patches(SIDE, n_rows + LEARN)
    model = SparseCoding(N_ATOMS, alpha=ALPHA, n_epochs=1, batch_size=512, random_state=0)
    return {"X": x[:n_rows], "D": model.fit(x[n_rows:]).components_}


def worth(found: Mapping, data: Mapping) -> float:
    """Mean objective, in float64."""
    x, D, h = (a.astype(np.float64) for a in (data["X"], data["D"], found["h"]))
    return float((np.square(x - h @ D).sum(1) / 2 + ALPHA * np.abs(h).sum(1)).mean())


BENCHMARK = Benchmark(
    name="sparse_codes",
    title="Sparse codes of 16 x 16 patches, 256 atoms",
    rows=4_000,
    quick_rows=2_000,
    data=data,
    options={"alpha": ALPHA},
    cases={"codes": {}},
    contestants=(
        Contestant(
            "Unlabeled, fast",
            "unlabeled",
            {"solver": "CoordinateDescent"},
            "`Dictionary.code` by `CoordinateDescent()`: the kernels, in float32.",
        ),
        Contestant(
            "Unlabeled, transform",
            "unlabeled",
            {"solver": None},
            "`SparseCoding.transform` with `backend='fast'`, which is in float64.",
        ),
        Contestant(
            "Unlabeled, torch",
            "unlabeled",
            {"solver": "FISTA"},
            "`Dictionary.code` by `FISTA()`: plain torch, in float32.",
        ),
        Contestant(
            "scikit-learn",
            "scikit_learn",
            {},
            "`sparse_encode(algorithm='lasso_cd')` in float64, the faster of the two types: its "
            "tolerance of 1e-8 is fixed, and float32 cannot reach it.",
        ),
        Contestant(
            "SPAMS",
            "spams",
            {},
            "`lasso` in float32 on all threads: exact, by the homotopy.",
        ),
    ),
    worth=worth,
    worth_name="mean objective",
    worth_format=".6f",
    targets=(
        Target("codes", "Unlabeled, fast", "scikit-learn", 40),
        Target("codes", "Unlabeled, fast", "SPAMS", 0.8),
    ),
)
