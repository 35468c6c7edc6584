"""Every sampler beside the exact gradient, where the likelihood of each step can be told."""

import time

TITLE = "Fischer & Igel 2010: samplers beside the exact gradient on bars and stripes"
CITATION = (
    "Fischer, Igel. Empirical analysis of the divergence of Gibbs sampling based learning "
    "algorithms for restricted Boltzmann machines. ICANN 2010."
)
PROTOCOL = [
    "3x3, all 16 rows (blank and full counted twice) in every update; 9 hidden units; 6,000 "
    "updates, learning rate 0.2, constant, centred; 16 chains (100 for the runs that say so). "
    "3 seeds fixed beforehand.",
    "Log-likelihoods are exact and added up over the rows; the ceiling, the entropy of the rows, "
    "is -41.589 nats. The best is of every 500th update: where it lies above the last, learning "
    "diverged, which is the paper's point.",
    "The paper's own figures are curves for other settings and are not printed here.",
]
COLUMNS = ["log-likelihood", "best on the way"]
_SAMPLERS = {
    "exact": ("the exact gradient", ("Exact",)),
    "cd1": ("CD-1", ("CD", 1)),
    "cd10": ("CD-10", ("CD", 10)),
    "mean-field": ("mean field, 1 step", ("MeanField", 1)),
    "pcd1": ("PCD-1", ("PCD", 1)),
    "pcd1-100": ("PCD-1, 100 chains", ("PCD", 1, 100)),
    "fpcd1-100": ("fast PCD-1, 100 chains", ("FastPCD", 1, 100)),
    "pt": ("parallel tempering, 10 temperatures", ("ParallelTempering", 1)),
    "pt-100": ("parallel tempering, 100 chains", ("ParallelTempering", 1, 100)),
}
RUNS = {
    key: {
        "label": label,
        "note": "options of the sampler as the library has them.",
        "params": {
            "n_components": 9,
            "sampler": sampler,
            "centered": True,
            "n_epochs": 6_000,
            "batch_size": 16,
            "learning_rate": 0.2,
            "schedule": "constant",
            "backend": "torch",
        },
        "seeds": [0, 1, 2],
    }
    for key, (label, sampler) in _SAMPLERS.items()
}


def run(key, seed, *, checkpoint=None, quiet=False):
    """Train and add up the exact log-likelihoods of the 16 rows, now and then and at the end."""
    from unlabeled import RBM, energy
    from unlabeled.callbacks import Callback
    from unlabeled.datasets import bars_and_stripes

    X, seen, start = bars_and_stripes(3), [], time.perf_counter()

    class Likelihoods(Callback):
        def on_epoch(self, estimator, report):
            if report["epoch"] % 500 == 0:
                seen.append(float(estimator.score_samples(X).sum()))

    params = dict(RUNS[key]["params"])
    kind, *options = params.pop("sampler")
    rbm = RBM(**params, sampler=getattr(energy, kind)(*options), random_state=seed)
    rbm.set_callbacks(Likelihoods()).fit(X)
    return {
        "log-likelihood": seen[-1],
        "best on the way": max(seen),
        "seconds": time.perf_counter() - start,
    }
