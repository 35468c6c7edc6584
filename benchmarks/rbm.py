"""One pass over binary images by a restricted Boltzmann machine of 784 x 500 units."""

from collections.abc import Mapping

import numpy as np

from benchmarks.contest import Benchmark, Contestant, Target

__all__ = ["BENCHMARK", "blobs", "data", "worth"]

SIDE = 28
DENSITY = 0.1307  # of the ones in MNIST, drawn with the grey values as probabilities
FLIPPED = 0.02
HELD_OUT = 500

HUNDRED, THOUSAND = "batches of 100", "batches of 1 024"


def blobs(rng: np.random.Generator, n: int) -> np.ndarray:
    """Smooth random shapes that cover the same part of every image, shape (n, 784), bool."""
    from scipy.ndimage import gaussian_filter

    noise = rng.standard_normal((n, SIDE, SIDE))
    smooth = gaussian_filter(noise, (0, 2, 2), mode="wrap").reshape(n, -1)
    lit = (DENSITY - FLIPPED) / (1 - 2 * FLIPPED)
    return smooth > np.quantile(smooth, 1 - lit, axis=1, keepdims=True)


def data(n_rows: int) -> dict[str, np.ndarray]:
    """Binary images with the density of MNIST: one of 60 shapes each, 2 % of the pixels flipped.

    Parameters
    ----------
    n_rows : int

    Returns
    -------
    dict
        "X" of shape (n_rows, 784) and "X_test", float32.
    """
    rng = np.random.default_rng(0)
    n = n_rows + HELD_OUT
    clean = blobs(rng, 60)[rng.integers(60, size=n)]
    X = (clean ^ (rng.random(clean.shape, np.float32) < FLIPPED)).astype(np.float32)
    return {"X": X[:n_rows], "X_test": X[n_rows:]}


def worth(found: Mapping, data: Mapping) -> float:
    """Mean exact pseudo-log-likelihood of held-out rows, in nats."""
    import torch

    from unlabeled.energy.pseudo import pseudo_log_likelihood
    from unlabeled.energy.restricted import RestrictedBoltzmannMachine

    machine = RestrictedBoltzmannMachine(*found["W"].shape[::-1])
    with torch.no_grad():
        for name in ("W", "b", "c"):
            getattr(machine, name).copy_(torch.from_numpy(found[name]))
        return float(pseudo_log_likelihood(machine, torch.from_numpy(data["X_test"])).mean())


BENCHMARK = Benchmark(
    name="rbm",
    title="Restricted Boltzmann machine: one pass of CD-1, 784 x 500 units",
    rows=51_200,  # whole batches of 100 and of 1 024
    data=data,
    options={"n_components": 500, "n_epochs": 1, "learning_rate": 0.05},
    cases={
        HUNDRED: {"batch_size": 100},
        THOUSAND: {"batch_size": 1024},
    },
    contestants=(
        Contestant(
            "Unlabeled",
            "unlabeled",
            {"precision": "float32", "backend": "torch", "centered": False},
            "`RBM.fit` in plain torch with `sampler='cd', centered=False`: the plain gradient, as "
            "the others.",
        ),
        Contestant(
            "Unlabeled, centred",
            "unlabeled",
            {"precision": "float32", "backend": "torch", "centered": True},
            "as above with the centred gradient, which is our default.",
        ),
        Contestant(
            "Unlabeled, bf16",
            "unlabeled",
            {"precision": "bf16", "backend": "torch", "centered": False},
            "as the first, with `precision='bf16'`.",
        ),
        Contestant(
            "Unlabeled, fast",
            "unlabeled",
            {"precision": "float32", "backend": "fast", "centered": False},
            "as the first, with `backend='fast'`: compiled kernels draw.",
        ),
        Contestant(
            "Unlabeled, fast bf16",
            "unlabeled",
            {"precision": "bf16", "backend": "fast", "centered": False},
            "both.",
        ),
        Contestant(
            "scikit-learn",
            "scikit_learn",
            {},
            "`BernoulliRBM.fit` on float32. PCD-1, the same products; it does not shuffle.",
        ),
        Contestant(
            "learnergy",
            "learnergy",
            {},
            "`RBM.fit` on a `TensorDataset`. CD-1; it also estimates the pseudo-likelihood of "
            "every batch, which cannot be turned off.",
        ),
        Contestant(
            "rbms",
            "rbms",
            {"archive": True},
            "`rbms.training.pcd.train`. PCD-1, its default, not centred; it writes to an HDF5 "
            "archive after every update and divides each gradient by its norm, so its learning "
            "rate means something else.",
        ),
        Contestant(
            "rbms, updates only",
            "rbms",
            {"archive": False},
            "the same updates (`fit_batch_pcd`) in a loop without the archive.",
        ),
    ),
    worth=worth,
    worth_name="pseudo-log-likelihood",
    targets=(
        Target(HUNDRED, "Unlabeled", "scikit-learn", 2.0),
        Target(HUNDRED, "Unlabeled, bf16", "scikit-learn", 3.0),
        Target(HUNDRED, "Unlabeled, fast bf16", "scikit-learn", 4.5),
        Target(HUNDRED, "Unlabeled, fast bf16", "learnergy", 8.0),
        Target(HUNDRED, "Unlabeled, fast bf16", "rbms, updates only", 8.0),
        Target(THOUSAND, "Unlabeled", "scikit-learn", 1.8),
        Target(THOUSAND, "Unlabeled, bf16", "scikit-learn", 4.0),
        Target(THOUSAND, "Unlabeled, fast bf16", "scikit-learn", 6.0),
    ),
    quick_rows=10_240,
)
