"""NADE of 500 hidden units on statically binarised MNIST, in nats."""

import time

TITLE = "Larochelle & Murray 2011: NADE with 500 hidden units on binarised MNIST"
CITATION = (
    "Larochelle, Murray. The neural autoregressive distribution estimator. AISTATS 2011; "
    "the published figure is of Uria, Côté, Gregor, Murray, Larochelle. JMLR 17(205), 2016."
)
PROTOCOL = [
    "Data: MNIST in the fixed (static) binarisation of Salakhutdinov & Murray (Larochelle's .amat "
    "files): 50,000 rows to train on, 10,000 to validate, 10,000 to test; nothing else was seen.",
    "log p of a row is exact, in nats and float64; pixels are predicted in raster order.",
    "Hyper-parameters were chosen on the validation rows; the recipe ends with the parameters of "
    "the epoch that was best on them. Seeds were fixed beforehand; the test rows were scored once "
    "per run, and every run is reported.",
    "The standard error is that of the mean over the test rows, not over trainings.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile: upper "
    "bounds.",
    "Published -88.33 is the figure as other work quotes it; the paper of 2011 had -88.86.",
]
COLUMNS = ["train", "validation", "test", "standard error", "best epoch", "ms to sample 100 rows"]

RUNS = {
    "defaults": {
        "label": "NADE(500), the constructor's defaults",
        "note": "nothing chosen for this data set; the parameters of the last epoch.",
        "params": {"n_components": 500},
        "seeds": [0],
    },
    "recipe": {
        "label": "NADE, the recipe",
        "note": "Adam, learning rate from 0.005 to 0 in 12 epochs, best epoch on validation.",
        "published": "-88.33",
        "params": {
            "n_components": 500,
            "ordering": None,
            "weight_decay": 0.0,
            "n_epochs": 12,
            "batch_size": 100,
            "learning_rate": 0.005,
            "schedule": "linear",
            "optimizer": "adam",
            "max_gradient_norm": None,
            "precision": "float32",
            "backend": "torch",
        },
        "seeds": [0],
        "patience": 4,
    },
}


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import NADE
    from unlabeled.callbacks import EarlyStopping

    run = RUNS[key]
    nade = NADE(**run["params"], random_state=seed)
    if "patience" in run:
        nade.set_callbacks(EarlyStopping("val_nats", patience=run["patience"]))
    return nade


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one model and measure its likelihoods."""
    from unlabeled import datasets

    X, V, T = (
        datasets.load("binarized-mnist", split=split) for split in ("train", "valid", "test")
    )
    nade = model(key, seed).set_params(verbose=int(not quiet))
    nade.fit(X, X_val=V, checkpoint=checkpoint)
    watched = nade.history_["val_nats"]
    test = nade.score_samples(T)
    began = time.perf_counter()
    nade.sample(100, random_state=seed)
    sampling = time.perf_counter() - began
    best = watched.index(min(watched)) if "patience" in RUNS[key] else len(watched) - 1
    return {
        "train": nade.score(X),
        "validation": nade.score(V),
        "test": float(test.mean()),
        "standard error": float(test.std(ddof=1) / len(test) ** 0.5),
        "best epoch": nade.history_["epoch"][best],
        "ms to sample 100 rows": 1000 * sampling,
        "epochs": len(nade.history_["epoch"]),
        "seconds": sum(nade.history_["seconds"]),
    }
