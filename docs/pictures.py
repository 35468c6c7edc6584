"""The pictures of the documentation.

Those of small machines on digits are drawn anew in every build. Those that take minutes, or data
that are not shipped, are kept in `docs/pictures`: `python docs/pictures.py edges dreams` makes
them.
"""

import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits

from unlabeled import RBM, ClassRBM, ReplicatedSoftmax, plot
from unlabeled.callbacks import Snapshot
from unlabeled.datasets import load, natural_patches, newsgroups
from unlabeled.energy import Gaussian, Sparsity

FOLDER = Path(__file__).parent / "generated" / "pictures"
KEPT = Path(__file__).parent / "pictures"


def draw(folder: Path = FOLDER) -> None:
    """Write the pictures that every build of the pages draws anew as PNG files into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    dreamer(folder)
    classes(folder)


def dreamer(folder: Path = FOLDER) -> None:
    """Write what an RBM looks for, draws, completes and dreams."""
    X = (load_digits().data > 7).astype("float32")
    rbm = RBM(64, n_epochs=200, random_state=0).fit(X[:1500])
    trace = rbm.sample_chain(6, n_steps=300, every=1, random_state=0)
    means = rbm.sample_chain(6, n_steps=2000, every=5, mean=True, random_state=0)
    sheets = {
        "rbm_filters": plot.filters(rbm, n_columns=16),
        "rbm_samples": plot.image_grid(rbm.sample(64, random_state=0, mean=True), n_columns=16),
        "rbm_completions": plot.completions(rbm, X[1500:1516]),
        "latent_interpolations": plot.interpolations(rbm, X[1500:1506], X[1506:1512]),
        "dreams_chains": plot.chains(means, every=5),
        "dreams_mixing": plot.mixing(rbm, trace, X[1500:]).figure,
    }
    for name, sheet in sheets.items():
        sheet.savefig(folder / f"{name}.png")


def classes(folder: Path = FOLDER) -> None:
    """Write what a machine that was told the digits' names draws when it is told one."""
    X, y = load_digits(return_X_y=True)
    params = {"objective": "generative", "momentum": 0.0, "n_epochs": 200, "random_state": 0}
    machine = ClassRBM(64, **params).fit((X > 7).astype("float32"), y)
    names = np.repeat(np.arange(10), 16)
    dreams = machine.sample(len(names), y=names, mean=True, random_state=0)
    sheets = {
        "filters": plot.filters(machine, n_columns=16),
        "samples": plot.image_grid(dreams, n_columns=16, max_images=len(names)),
    }
    for name, sheet in sheets.items():
        sheet.savefig(folder / f"class_rbm_{name}.png")


def edges(folder: Path = KEPT, n_epochs: int = 100) -> None:
    """Filters of Gaussian visible units on whitened patches of two photographs (minutes)."""
    X = whitened(natural_patches(40_000, 8, whiten=True, random_state=0))
    rbm = RBM(
        64,
        visible=Gaussian(learn_variance=False, variance=1.0),
        sampler="cd",
        sparsity=Sparsity(0.05, weight=0.5),
        n_epochs=n_epochs,
        learning_rate=0.1,
        momentum=0.5,
        max_gradient_norm=20.0,
        random_state=0,
    ).fit(X)
    plot.filters(rbm, n_columns=16).savefig(folder / "rbm_edges.png", dpi=220)


def whitened(X: np.ndarray, least: float = 0.1) -> np.ndarray:
    """Directions of at least this share of the largest variance, all with the same variance."""
    variance, axes = np.linalg.eigh(np.cov(X.T))
    strong = variance > least * variance[-1]
    axes = axes[:, strong]
    X = X @ axes / np.sqrt(variance[strong]) @ axes.T
    return (X / X.std()).astype("float32")


def dreams(folder: Path = KEPT) -> None:
    """The film of filters and particles while 100 hidden units learn MNIST (minutes)."""
    X = load("mnist", binarize=0.5)[:10_000]
    films = [Snapshot(), Snapshot(take="particles")]
    RBM(100, n_epochs=40, random_state=0).set_callbacks(*films).fit(X)
    plot.time_lapse(
        films, folder / "dreams.gif", (28, 28), max_frames=40, max_images=36, seconds=8
    )


def topics(folder: Path = KEPT, model: ReplicatedSoftmax | None = None) -> None:
    """Words of posts to newsgroups that only several topics together make likely (minutes)."""
    X, _, words = newsgroups()
    if model is None:
        model = ReplicatedSoftmax(backend="torch", random_state=0).fit(X)
    on = model.transform(X) > 0.5
    figure, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
    for word in ("simm", "algorithm", "orbit", "helmet"):
        k = int(np.flatnonzero(words == word)[0])
        row = int(np.argmax(np.where(X[:, [k]].toarray()[:, 0] > 1, p_of(model, on)[:, k], 0)))
        order = np.flatnonzero(on[row])[np.argsort(-model.components_[on[row], k])]
        steps = np.cumsum(np.eye(model.n_components)[order], 0)
        steps = np.vstack([np.zeros(model.n_components), steps])
        ax.semilogy(p_of(model, steps)[:, k], marker=".", label=word)
    ax.set(xlabel="topics that are on", ylabel="probability of the word")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.legend(frameon=False)
    figure.savefig(folder / "replicated_softmax_multiply.png", dpi=200)


def p_of(model, topics) -> np.ndarray:
    """Probabilities of all words under topics that are on or off."""
    return model.inverse_transform(np.asarray(topics, np.float32))


if __name__ == "__main__":
    for make in [globals()[name] for name in sys.argv[1:]] or [draw]:
        make()
