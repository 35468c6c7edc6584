"""Variational autoencoders on MNIST whose bits are drawn anew at every look, in nats."""

import time

TITLE = "Burda, Grosse & Salakhutdinov 2016: one stochastic layer on dynamically binarised MNIST"
CITATION = "Burda, Grosse, Salakhutdinov. Importance weighted autoencoders. ICLR 2016."
PROTOCOL = [
    "Data: MNIST, grey levels as probabilities of a 1. Training bits are drawn anew whenever a "
    "row is seen; those of the validation and test rows once, with seeds 1 and 2, the same for "
    "every run. The first 50,000 training rows are learned from, the last 10,000 are to validate.",
    "One layer of 50 latent variables; the bound of one sample (k = 1) is learned from.",
    "validation and test: log p of a row by importance sampling from the encoder, 5,000 fresh "
    "samples for each row, on average a lower bound; all 10,000 test rows, the first 1,000 "
    "validation rows. Networks in float32, weights summed in float64.",
    "Bounds are those of one sample, with the divergence in closed form, after the last epoch; "
    "that of the training rows is the mean over it.",
    "Hyper-parameters were chosen on the validation rows; seeds were fixed beforehand; the test "
    "rows were scored once per run, and every run is reported.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile.",
    "Published -86.76 is of the network 784-200-200-50 with tanh, batches of 20 and 3,280 epochs.",
]
COLUMNS = ["train bound", "validation bound", "kl", "validation", "test", "test standard error"]

_PINNED = {
    "n_components": 50,
    "beta": 1.0,
    "n_importance": 1,
    "n_epochs": 400,
    "batch_size": 200,
    "learning_rate": 0.0015,
    "schedule": "linear",
    "optimizer": "adam",
    "max_gradient_norm": None,
    "precision": "bf16",
}

RUNS = {
    "recipe": {
        "label": "784-500-500-50, GELU, the recipe",
        "note": "wider layers in place of more epochs; Adam, learning rate from 0.0015 to 0.",
        "published": "-86.76",
        "params": {**_PINNED, "hidden_layer_sizes": (500, 500), "activation": "gelu"},
        "seeds": [0],
    },
    "vae-200": {
        "label": "784-200-200-50, tanh, the paper's network",
        "note": "the recipe's settings: an eighth of the paper's epochs.",
        "published": "-86.76",
        "params": {**_PINNED, "hidden_layer_sizes": (200, 200), "activation": "tanh"},
        "seeds": [0],
    },
}
_SAMPLES = 5000


def data():
    """Grey levels to learn from; bits to validate and to test on."""
    from unlabeled import datasets

    X = datasets.load("mnist", split="train", scale=True)
    T = datasets.load("mnist", split="test", scale=True)
    return (
        X[:50_000],
        datasets.binarize(X[50_000:], random_state=1),
        datasets.binarize(T, random_state=2),
    )


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import VAE
    from unlabeled.variational import Bernoulli

    params = {**RUNS[key]["params"], "likelihood": Bernoulli(dynamic=True)}
    return VAE(**params, backend="torch", random_state=seed)


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one model and measure its likelihoods."""
    X, V, T = data()
    vae = model(key, seed).set_params(verbose=int(not quiet))
    vae.fit(X, X_val=V, checkpoint=checkpoint)
    history = {name: column[-1] for name, column in vae.history_.items()}
    start = time.perf_counter()
    valid, test = (
        vae.log_likelihood(rows, n_importance=_SAMPLES, random_state=seed)
        for rows in (V[:1000], T)
    )
    return {
        "train bound": history["bound"],
        "validation bound": history["val_bound"],
        "kl": history["val_kl"],
        "validation": float(valid.mean()),
        "test": float(test.mean()),
        "test standard error": float(test.std() / len(test) ** 0.5),
        "epochs": len(vae.history_["epoch"]),
        "seconds": sum(vae.history_["seconds"]),
        "seconds of importance sampling": time.perf_counter() - start,
    }
