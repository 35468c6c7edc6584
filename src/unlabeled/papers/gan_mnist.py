"""Samples of a convolutional GAN on MNIST, seen with the features of a small classifier."""

import time

TITLE = "A convolutional GAN on MNIST: distance, precision and recall"
CITATION = (
    "Model: Radford, Metz, Chintala. Unsupervised representation learning with deep convolutional "
    "generative adversarial networks. ICLR 2016. Measures: Heusel et al. 2017, Kynkäänniemi et "
    "al. 2019, Naeem et al. 2020."
)
PROTOCOL = [
    "Data: MNIST, grey levels divided by 255; all 60,000 training rows to learn from.",
    "10,000 samples against the 10,000 test rows, in 64 features of a small convolutional "
    "classifier that was trained on the training rows (`fit_features`, seed 0). No Inception "
    "network is involved: nothing here can be compared with published Inception distances.",
    "Real rows in the place of the samples: for the distance, 10,000 training rows against the "
    "10,000 test rows. For recall, one half of the test rows against the other, 5,000 against "
    "5,000: a ceiling of another n than the number beside it, which is of 10,000 against 10,000, "
    "and so a guide and no bound. The record holds such halves for every number (`floors`).",
    "The snapshot is the moving average after the last update; seeds were fixed beforehand, "
    "nothing was chosen on the test rows, and every run is reported.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile.",
]
COLUMNS = [
    "Fréchet distance",
    "real against real",
    "precision",
    "recall",
    "density",
    "coverage",
    "recall of real rows",
]

_DCGAN = {
    "n_components": 64,
    "output": "sigmoid",
    "generator": "convolutional",
    "discriminator": "convolutional",
    "image_shape": (1, 28, 28),
    "loss": "nonsaturating",
    "ema": 0.999,
    "n_epochs": 20,
    "batch_size": 128,
    "learning_rate": 5e-4,
    "betas": (0.5, 0.999),
    "schedule": "linear",
    "optimizer": "adam",
    "precision": "bf16",
}

RUNS = {
    "dcgan": {
        "label": "DCGAN, 32 and 64 channels, 20 epochs",
        "note": "`generator` and `discriminator` convolutional, non-saturating loss; bf16.",
        "params": _DCGAN,
        "seeds": [0],
    },
}


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import GAN

    return GAN(**RUNS[key]["params"], random_state=seed)


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one pair of players and compare its samples with the test rows."""
    from unlabeled import datasets, metrics

    X, y = datasets.load("mnist", split="train", scale=True, return_labels=True)
    T = datasets.load("mnist", split="test", scale=True)
    gan = model(key, seed).set_params(verbose=int(not quiet)).fit(X, checkpoint=checkpoint)
    start = time.perf_counter()
    space = metrics.fit_features(X, y, image_shape=(1, 28, 28), random_state=0)
    real, other, drawn = (
        space.transform(rows) for rows in (T, X[:10_000], gan.sample(10_000, random_state=seed))
    )
    distance = metrics.frechet_distance(real, drawn)
    precision, recall = metrics.precision_recall(real, drawn)
    density, coverage = metrics.density_coverage(real, drawn)
    return {
        "Fréchet distance": distance.value,
        "real against real": metrics.frechet_distance(real, other).value,
        "precision": precision.value,
        "recall": recall.value,
        "density": density.value,
        "coverage": coverage.value,
        "recall of real rows": recall.floor,
        "floors": [distance.floor, precision.floor, recall.floor, density.floor, coverage.floor],
        "classifier": space.accuracy,
        "epochs": len(gan.history_["epoch"]),
        "seconds": sum(gan.history_["seconds"]),
        "seconds of measuring": time.perf_counter() - start,
    }
