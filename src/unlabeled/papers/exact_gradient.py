"""The exact gradient on bars and stripes, whose best likelihood is known in closed form."""

import time

TITLE = "The exact gradient on bars and stripes"
CITATION = "Data of Hinton & Sejnowski (1986), in the form of MacKay (2003), 3x3"
PROTOCOL = [
    "All 16 rows (blank and full counted twice); their log-likelihoods, exact, are added up.",
    "Full-batch exact gradient, centred, 3 seeds fixed beforehand.",
    "The ceiling, the entropy of the 16 rows, is -41.589 nats. Nothing is held out: the point is "
    "that the gradient climbs as high as the model can.",
]
COLUMNS = ["log-likelihood"]
RUNS = {
    f"h{n}": {
        "label": f"{n} hidden units",
        "note": "15,000 steps, learning rate 0.1, constant.",
        "params": {
            "n_components": n,
            "sampler": "exact",
            "centered": True,
            "n_epochs": 15_000,
            "batch_size": 16,
            "learning_rate": 0.1,
            "schedule": "constant",
        },
        "seeds": [0, 1, 2],
    }
    for n in (4, 6, 9)
}


def run(key, seed, *, checkpoint=None, quiet=False):
    """Train and add up the exact log-likelihoods of the 16 rows."""
    from unlabeled import RBM
    from unlabeled.datasets import bars_and_stripes

    X, start = bars_and_stripes(3), time.perf_counter()
    rbm = RBM(**RUNS[key]["params"], backend="torch", random_state=seed).fit(X)
    return {
        "log-likelihood": float(rbm.score_samples(X).sum()),
        "seconds": time.perf_counter() - start,
    }
