"""Does the bracket of forward and reverse annealing cover the true log Z?"""

import time

TITLE = "Forward and reverse annealing against the exact log Z"
CITATION = "The method of Neal (2001), Salakhutdinov & Murray (2008), Burda et al. (2015)"
PROTOCOL = [
    "Each run trains 25 machines with 20 hidden units, seeds 0 to 24, whose log Z is summed over "
    "all states of a layer, and counts those whose bracket (100 chains, 1,000 temperatures) "
    "holds it.",
    "Errors are those of forward AIS in nats, with 1,000 temperatures on all machines and with "
    "10,000 on the first 5.",
    "Aimed at: brackets that hold log Z in at least 95 of 100 machines; errors below 0.05 with "
    "1,000 and below 0.005 with 10,000 temperatures. The first is met, the second on machines "
    "whose modes lie close (digits), not on those with modes far apart: there 100 chains have a "
    "standard error above it.",
    "Bars and stripes, two digit classes and noisy prototypes make machines with well separated "
    "modes.",
]
COLUMNS = [
    "covered",
    "machines",
    "mean width",
    "median error",
    "largest error",
    "median error (10,000)",
    "largest error (10,000)",
]
RUNS = {
    "digits": {
        "label": "scikit-learn's digits, 8x8, pixel > 7.5",
        "note": "PCD-1, 50 epochs.",
        "params": {"n_components": 20, "n_epochs": 50},
        "seeds": [0],
    },
    "bars": {
        "label": "bars and stripes 4x4",
        "note": "PCD-5 with 500 chains, 2,000 epochs of one batch, learning rate 0.2.",
        "params": {
            "n_components": 20,
            "n_epochs": 2000,
            "learning_rate": 0.2,
            "sampler": (5, 500),
        },
        "seeds": [0],
    },
    "zero-one": {
        "label": "digits 0 and 1 only",
        "note": "PCD-1, 200 epochs: two clouds far apart.",
        "params": {"n_components": 20, "n_epochs": 200},
        "seeds": [0],
    },
    "prototypes": {
        "label": "8 random prototypes of 64 bits, 5 % noise",
        "note": "PCD-1, 100 epochs: eight clouds about 32 bits apart.",
        "params": {"n_components": 20, "n_epochs": 100},
        "seeds": [0],
    },
}
_MACHINES = 25
_FINE = 5  # of them are annealed with 10,000 temperatures too


def data(key: str, seed: int):
    """Rows of 0 and 1 for one machine."""
    import numpy as np

    from unlabeled import datasets

    if key == "bars":
        return datasets.bars_and_stripes(4)
    if key == "prototypes":
        rng = np.random.default_rng(seed)
        prototypes = rng.integers(0, 2, (8, 64))
        X = prototypes[rng.integers(0, 8, 1000)]
        return np.where(rng.random(X.shape) < 0.05, 1 - X, X).astype(np.uint8)
    X, y = datasets.load("digits", split="all", return_labels=True)
    X = (X > 7.5).astype(np.uint8)
    return X[y < 2] if key == "zero-one" else X


def run(key, seed, *, checkpoint=None, quiet=False):
    """Train the machines, bracket and sum each log Z."""
    from unlabeled import RBM
    from unlabeled.energy import PCD

    params = dict(RUNS[key]["params"])
    if "sampler" in params:
        params["sampler"] = PCD(*params["sampler"])
    start = time.perf_counter()
    covered, widths, errors, fine_errors = [], [], [], []
    for k in range(_MACHINES):
        rbm = RBM(**params, backend="torch", random_state=k).fit(data(key, k))
        truth = rbm.log_partition("exact").value
        found = rbm.log_partition("bracket", n_temperatures=1000, random_state=k)
        covered.append(found.lower <= truth <= found.upper)
        widths.append(found.upper - found.lower)
        errors.append(abs(found.value - truth))
        if k < _FINE:
            fine = rbm.log_partition("ais", n_temperatures=10_000, random_state=k)
            fine_errors.append(abs(fine.value - truth))
        if not quiet:
            print(f"machine {k}: log Z {truth:.3f} in [{found.lower:.3f}, {found.upper:.3f}]")
    return {
        "covered": sum(covered),
        "machines": len(covered),
        "mean width": sum(widths) / len(widths),
        "median error": sorted(errors)[len(errors) // 2],
        "largest error": max(errors),
        "median error (10,000)": sorted(fine_errors)[len(fine_errors) // 2],
        "largest error (10,000)": max(fine_errors),
        "seconds": time.perf_counter() - start,
    }
