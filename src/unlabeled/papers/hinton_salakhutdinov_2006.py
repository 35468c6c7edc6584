"""Deep autoencoders of MNIST, 784-1000-500-250-30, in squared error per image."""

TITLE = "Hinton & Salakhutdinov 2006: deep autoencoders of MNIST, a code of 30 numbers"
CITATION = (
    "Hinton, Salakhutdinov. Reducing the dimensionality of data with neural networks. "
    "Science 313, 2006."
)
PROTOCOL = [
    "Data: MNIST as published, grey levels divided by 255; all 60,000 training rows to learn "
    "from, the 10,000 test rows to score.",
    "The error is squared, summed over the 784 pixels of an image, averaged over images.",
    "Nothing was trained beforehand: all layers learn together from a random start. The paper's "
    "autoencoder was a stack of RBMs first, and was then fine-tuned as a whole.",
    "Hyper-parameters were chosen on the last 10,000 training rows (learning from the other "
    "50,000); seeds were fixed beforehand; the test rows were scored once per run, and every run "
    "is reported.",
    "Published figures are those of the paper's figure 2B. The best that we found published for "
    "these layers without pre-training is 2.65, of a network with batch normalisation after 500 "
    "epochs.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile: upper "
    "bounds.",
]
COLUMNS = ["train", "test"]

_PINNED = {
    "n_components": 30,
    "hidden_layer_sizes": (1000, 500, 250),
    "activation": "gelu",
    "output": "sigmoid",
    "loss": "squared_error",
    "tied": False,
    "encoder": None,
    "decoder": None,
    "image_shape": None,
    "weight_decay": 0.2,
    "n_epochs": 300,
    "batch_size": 256,
    "learning_rate": 0.002,
    "schedule": "linear",
    "optimizer": "adamw",
    "max_gradient_norm": None,
    "precision": "bf16",
}

RUNS = {
    "defaults": {
        "label": "Autoencoder(), the constructor's defaults",
        "note": "nothing chosen for the record; float32.",
        "params": {"n_components": 30},
        "seeds": [0, 1],
    },
    "recipe": {
        "label": "784-1000-500-250-30, the recipe",
        "note": "no pre-training; AdamW with weight decay 0.2, 300 epochs, bf16.",
        "published": "3.00 (pre-trained)",
        "params": _PINNED,
        "seeds": [0],
    },
    "logistic": {
        "label": "784-30, logistic PCA",
        "note": "no hidden layers: a linear code, sigmoid outputs, squared error.",
        "published": "8.01",
        "params": {**_PINNED, "hidden_layer_sizes": (), "weight_decay": 0.0, "n_epochs": 50},
        "seeds": [0],
    },
    "linear": {
        "label": "784-30, linear",
        "note": "no hidden layers, linear outputs: what PCA finds.",
        "published": "13.87 (PCA)",
        "params": {
            **_PINNED,
            "hidden_layer_sizes": (),
            "output": "linear",
            "weight_decay": 0.0,
            "n_epochs": 50,
            "precision": "float32",
        },
        "seeds": [0],
    },
}


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import Autoencoder

    return Autoencoder(**RUNS[key]["params"], random_state=seed)


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one autoencoder and measure its error."""
    from unlabeled import datasets

    X, T = (datasets.load("mnist", split=split, scale=True) for split in ("train", "test"))
    ae = model(key, seed).set_params(verbose=int(not quiet))
    ae.fit(X, checkpoint=checkpoint)
    return {
        "train": float(ae.reconstruction_error(X).mean()),
        "test": float(ae.reconstruction_error(T).mean()),
        "epochs": len(ae.history_["epoch"]),
        "seconds": sum(ae.history_["seconds"]),
    }
