"""Sparse codes of natural images: do edges come out, and is the objective as low as a peer's?"""

import time

TITLE = "Olshausen & Field 1996: sparse codes of natural images"
CITATION = (
    "Olshausen, Field. Emergence of simple-cell receptive field properties by learning a sparse "
    "code for natural images. Nature 381, 1996."
)
PROTOCOL = [
    "Data: 20,000 whitened patches of 12x12 pixels, without their means, from eleven photographs "
    "of Set14 to learn from; 2,000 from the five of Set5 to score (`natural_patches`, with the "
    "filter of the paper).",
    "256 atoms, alpha 1.5 (a fifth of the usual norm of a patch, chosen by eye on the atoms of "
    "training patches; a first pilot at this alpha also scored 1,000 patches of the test "
    "photographs), 5 passes in batches of 256. Seeds were fixed beforehand.",
    "The objective, 1/2 |x - D'h|^2 + alpha |h|_1 per patch, is that of the test patches, every "
    "dictionary coded exactly (feature-sign search in float64).",
    "An atom is oriented when its power spectrum lies along a line: |l1 - l2| / (l1 + l2) > 0.5 "
    "for the eigenvalues of the spectrum's second moments; it is localised when its energy lies "
    "within 3 pixels (root mean square) of its centre; a flat atom would have 4.9.",
    "The paper shows its atoms and gives no number; scikit-learn has a learner of the same "
    "objective.",
    "Times are of learning alone, on one thread of a machine that did other work meanwhile: upper "
    "bounds.",
]
COLUMNS = ["objective", "sparsity", "oriented", "localised", "both"]

_PINNED = {"n_components": 256, "alpha": 1.5, "batch_size": 256}
_OURS = {**_PINNED, "solver": "fista", "update": "bcd", "forgetting": 5.0, "n_epochs": 5}

RUNS = {
    "patches": {
        "label": "patches themselves",
        "note": "256 training patches as atoms, before any learning.",
        "params": {**_OURS, "n_epochs": 0},
        "seeds": [0],
    },
    "bcd": {
        "label": "block coordinate descent",
        "note": "FISTA to a duality gap of 1e-4.",
        "params": _OURS,
        "seeds": [0, 1, 2],
    },
    "lagrange-dual": {
        "label": "Lagrange dual",
        "note": "the same, all atoms at once.",
        "params": {**_OURS, "update": "lagrange_dual"},
        "seeds": [0],
    },
    "scikit-learn": {
        "label": "scikit-learn",
        "note": "MiniBatchDictionaryLearning, coordinate descent, 5 passes.",
        "params": {**_PINNED, "max_iter": 5, "fit_algorithm": "cd"},
        "seeds": [0],
    },
}


def patches():
    """Patches to learn from and to score."""
    from unlabeled.datasets import natural_patches

    return (
        natural_patches(20_000, 12, images="train", whiten=True, random_state=0),
        natural_patches(2_000, 12, images="test", whiten=True, random_state=1),
    )


def model(key: str, seed: int):
    """The estimator of a run."""
    from sklearn.decomposition import MiniBatchDictionaryLearning

    from unlabeled import SparseCoding

    params = {**RUNS[key]["params"], "random_state": seed}
    if key == "scikit-learn":
        return MiniBatchDictionaryLearning(**params, tol=0, max_no_improvement=None)
    return SparseCoding(**params, backend="torch")


def shapes(D):
    """Orientation in [0, 1] and spread in pixels of atoms.

    Parameters
    ----------
    D : ndarray of shape (k, side * side)

    Returns
    -------
    oriented, spread : ndarrays of shape (k,)
    """
    import numpy as np

    side = round(D.shape[1] ** 0.5)
    atoms = D.reshape(-1, side, side)
    f = np.fft.fftfreq(32)
    power = np.abs(np.fft.fft2(atoms, (32, 32))) ** 2
    xx, yy, xy = ((power * m).sum((1, 2)) for m in (f**2, f[:, None] ** 2, f * f[:, None]))
    oriented = np.hypot(xx - yy, 2 * xy) / (xx + yy)
    energy = atoms**2 / (atoms**2).sum((1, 2), keepdims=True)
    place = np.arange(side)
    variance = 0.0
    for axis in (1, 2):
        marginal = energy.sum(axis)
        variance = variance + marginal @ place**2 - (marginal @ place) ** 2
    return oriented, np.sqrt(variance)


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Learn one dictionary and look at its atoms."""
    from unlabeled import SparseCoding

    X, T = patches()
    learner = model(key, seed)
    start = time.perf_counter()
    learner.fit(X)
    seconds = time.perf_counter() - start
    D = learner.components_
    oriented, spread = shapes(D)
    judge = SparseCoding(
        **{**RUNS["patches"]["params"], "solver": "feature_sign"}, backend="torch"
    ).fit(X)
    judge.module_.D.data = judge.module_.D.new_tensor(D)
    return {
        "objective": float(judge.objective(T).mean()),
        "sparsity": float((judge.transform(T) != 0).mean()),
        "oriented": float((oriented > 0.5).mean()),
        "localised": float((spread < 3).mean()),
        "both": float(((oriented > 0.5) & (spread < 3)).mean()),
        "seconds": seconds,
    }
