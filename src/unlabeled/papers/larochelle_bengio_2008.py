"""Classification RBMs on MNIST, by three objectives and with few labels: errors in per cent."""

TITLE = "Larochelle & Bengio 2008: classification RBMs on MNIST"
CITATION = (
    "Larochelle, Bengio. Classification using discriminative restricted Boltzmann machines. ICML "
    "2008."
)
PROTOCOL = [
    "Data: MNIST, grey levels divided by 255 and taken as probabilities, as in the paper. The "
    "first 50,000 rows of the training file to train on, its last 10,000 to validate, the test "
    "file of 10,000 to test; no distortions, nothing else was seen.",
    "Errors are the share of rows whose most probable class, by p(y | v) in closed form, is not "
    "theirs; cross-entropies are means of -log p(y | v) in nats.",
    "Hyper-parameters were chosen on the validation rows, in trainings of 4 to 15 epochs (60 with "
    "1,000 labels alone) of 500 or 1,000 hidden units. Runs with all labels end with the "
    "parameters of the epoch with the smallest validation error, those with 1,000 labels with the "
    "last.",
    "Seeds were fixed beforehand; the test rows were scored once per run, and every run is "
    "reported.",
    "Differences from the paper: batches of 100 with momentum instead of single rows, the centred "
    "gradient, a learning rate that falls to 0, one number of hidden units for all objectives.",
    "With 1,000 labels, those are of the first 1,000 rows; the other 49,000 come without.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile: upper "
    "bounds.",
]
COLUMNS = [
    "validation error",
    "test error",
    "test cross-entropy",
    "best epoch",
]

N_TRAIN = 50_000
FEW = 1_000

_PINNED = {
    "n_components": 1500,
    "objective": "hybrid",
    "generative_weight": 0.2,
    "unlabelled": None,
    "unlabelled_weight": 0.01,
    "visible": "bernoulli",
    "sampler": ("cd", 1),
    "centered": True,
    "momentum": 0.9,
    "weight_decay": 0.0,
    "sparsity": None,
    "n_epochs": 40,
    "batch_size": 100,
    "learning_rate": 0.5,
    "schedule": "linear",
    "optimizer": "sgd",
    "max_gradient_norm": None,
    "precision": "bf16",
    "backend": "torch",
    "sync_every": 1,
}

_FEW = {**_PINNED, "n_components": 500, "generative_weight": 0.01}

RUNS = {
    "hybrid": {
        "label": "ClassRBM(1500), hybrid",
        "note": "CD-1 for the generative term, which counts a fifth.",
        "params": _PINNED,
        "seeds": [0, 1],
    },
    "hybrid-large": {
        "label": "ClassRBM(3000), hybrid",
        "note": "the same with twice the hidden units and a smaller learning rate.",
        "params": {**_PINNED, "n_components": 3000, "learning_rate": 0.3},
        "seeds": [0],
    },
    "hybrid-even": {
        "label": "ClassRBM(1500), hybrid, even",
        "note": "the generative term counts as much as the other; learning rate 0.3.",
        "params": {**_PINNED, "generative_weight": 1.0, "learning_rate": 0.3},
        "seeds": [0],
    },
    "discriminative": {
        "label": "ClassRBM(1500), discriminative",
        "note": "-log p(y | v) alone, by its exact gradient.",
        "params": {**_PINNED, "objective": "discriminative"},
        "seeds": [0],
    },
    "generative": {
        "label": "ClassRBM(1500), generative",
        "note": "-log p(v, y) alone, by CD-1.",
        "params": {**_PINNED, "objective": "generative", "learning_rate": 0.05},
        "seeds": [0],
    },
    "few": {
        "label": "ClassRBM(500), 1,000 labels alone",
        "note": "hybrid, and the rows without a label left out.",
        "params": {**_FEW, "n_epochs": 60, "batch_size": 20, "learning_rate": 0.1},
        "labels": FEW,
        "seeds": [0],
    },
    "semi-supervised": {
        "label": "ClassRBM(500), 1,000 labels and 49,000 rows without",
        "note": "hybrid; a row without a label adds a hundredth of -log p(v).",
        "params": {**_FEW, "n_epochs": 30, "unlabelled": -1},
        "labels": FEW,
        "seeds": [0],
    },
}


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import ClassRBM
    from unlabeled.callbacks import EarlyStopping
    from unlabeled.energy import CD

    run = RUNS[key]
    params = {**run["params"], "sampler": CD(run["params"]["sampler"][1])}
    machine = ClassRBM(**params, random_state=seed)
    if "labels" not in run:
        machine.set_callbacks(EarlyStopping("val_error", patience=params["n_epochs"]))
    return machine


def data(key: str):
    """Rows and labels of a run to train on, and those to validate on."""
    from unlabeled import datasets

    X, y = datasets.load("mnist", split="train", scale=True, return_labels=True)
    held_out, X, y = (X[N_TRAIN:], y[N_TRAIN:]), X[:N_TRAIN], y[:N_TRAIN].astype(int)
    n = RUNS[key].get("labels", N_TRAIN)
    if RUNS[key]["params"]["unlabelled"] is None:
        return (X[:n], y[:n]), held_out
    y[n:] = RUNS[key]["params"]["unlabelled"]
    return (X, y), held_out


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one machine and count its errors."""
    from unlabeled import datasets

    (X, y), (V, y_val) = data(key)
    machine = model(key, seed).set_params(verbose=int(not quiet))
    machine.fit(X, y, X_val=V, y_val=y_val, checkpoint=checkpoint)
    watched = machine.history_["val_error"]
    best = len(watched) - 1 if "labels" in RUNS[key] else watched.index(min(watched))
    T, y_test = datasets.load("mnist", split="test", scale=True, return_labels=True)
    log_p = machine.predict_log_proba(T)
    return {
        "validation error": 100 * (1 - machine.score(V, y_val)),
        "test error": 100 * float((log_p.argmax(1) != y_test).mean()),
        "test cross-entropy": -float(log_p[range(len(T)), y_test].mean()),
        "best epoch": machine.history_["epoch"][best],
        "epochs": len(watched),
        "seconds": sum(machine.history_["seconds"]),
    }
