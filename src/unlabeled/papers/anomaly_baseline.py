"""Models of unlabelled tables as detectors of anomalies, beside the baseline of two lines."""

import time

TITLE = "Anomalies in tables: three models, the two-line baseline, isolation forest"
CITATION = (
    "Data: Han et al. ADBench: anomaly detection benchmark. NeurIPS 2022. Published figures: "
    "Livernoche et al. On diffusion modeling for anomaly detection. ICLR 2024."
)
PROTOCOL = [
    "Novelty setting: half of the normal rows, drawn by the seed, are learned; the other half and "
    "all anomalies are scored. Features are standardised with the moments of the learned rows.",
    "Numbers are AUROC in per cent. No label is seen before the scores are made; every model has "
    "the same settings on every table, fixed before any was scored, and nothing was chosen since.",
    "The baseline is -||(x - mean) / deviation||^2 with the moments of the learned rows "
    "(`AnomalyDetector.baseline_score_samples`).",
    "Isolation forest is scikit-learn's, with its defaults.",
    "Published: isolation forest and variational autoencoder (PyOD's) in the same setting, "
    "on splits of their own. That autoencoder's figures agree with the baseline's.",
    "All seeds, fixed beforehand, are shown.",
]
COLUMNS = ["baseline", "autoencoder", "VAE", "RBM", "isolation forest"]
_MODELS = {
    "autoencoder": {
        "n_components": 8,
        "hidden_layer_sizes": (64,),
        "output": "linear",
        "n_epochs": 100,
        "batch_size": 64,
        "learning_rate": 1e-3,
    },
    "VAE": {
        "n_components": 8,
        "hidden_layer_sizes": (64,),
        "likelihood": "gaussian",
        "n_epochs": 100,
        "batch_size": 64,
        "learning_rate": 1e-3,
    },
    "RBM": {
        "n_components": 64,
        "visible": "gaussian",
        "n_epochs": 100,
        "batch_size": 64,
        "learning_rate": 0.01,
    },
}
_PUBLISHED = {
    "annthyroid": "IForest 90.3, VAE 85.4",
    "cardio": "IForest 93.3, VAE 96.6",
    "mammography": None,
    "optdigits": "IForest 81.1, VAE 58.2",
    "pendigits": "IForest 97.2, VAE 94.5",
    "satellite": "IForest 77.5, VAE 74.1",
}
RUNS = {
    name: {
        "label": name,
        "note": "the same three models as on every table.",
        "params": _MODELS,
        "seeds": [0, 1, 2],
        **({"published": published} if published else {}),
    }
    for name, published in _PUBLISHED.items()
}


def data(key: str, seed: int):
    """Rows to learn from, rows to score and which of these are anomalies; standardised."""
    import numpy as np

    from unlabeled.datasets import load_anomalies

    X, y = load_anomalies(key)
    normal = np.random.default_rng(seed).permutation(np.flatnonzero(y == 0))
    learned, rest = np.split(normal, [len(normal) // 2])
    tested = np.concatenate([rest, np.flatnonzero(y)])
    mean, scale = X[learned].mean(0), X[learned].std(0)
    X = (X - mean) / np.where(scale > 0, scale, 1)
    return X[learned], X[tested], y[tested]


def run(key, seed, *, checkpoint=None, quiet=False):
    """Fit the detectors on normal rows and rank the others."""
    from sklearn.ensemble import IsolationForest
    from sklearn.metrics import roc_auc_score

    from unlabeled import RBM, VAE, Autoencoder
    from unlabeled.tasks import AnomalyDetector

    X, T, y = data(key, seed)
    start, found = time.perf_counter(), {}
    for name, cls in (("autoencoder", Autoencoder), ("VAE", VAE), ("RBM", RBM)):
        detector = AnomalyDetector(cls(**_MODELS[name], device="cpu", random_state=seed)).fit(X)
        found[name] = detector.score_samples(T)
        found["baseline"] = detector.baseline_score_samples(T)
    found["isolation forest"] = IsolationForest(random_state=seed).fit(X).score_samples(T)
    measured = {name: 100 * float(roc_auc_score(y, -scores)) for name, scores in found.items()}
    if not quiet:
        print(", ".join(f"{name} {value:.1f}" for name, value in measured.items()), flush=True)
    return {**measured, "seconds": time.perf_counter() - start}
