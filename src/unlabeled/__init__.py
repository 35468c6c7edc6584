"""Deep unsupervised learning: every classic model behind one scikit-learn interface.

>>> from unlabeled import RBM
>>> RBM(16, random_state=0)
RBM(n_components=16, random_state=0)
"""

from importlib import import_module

TYPE_CHECKING = False
if TYPE_CHECKING:  # what editors and type checkers see of the lazy names below
    from unlabeled import (
        adversarial,
        autoencoders,
        autoregressive,
        callbacks,
        datasets,
        energy,
        latent,
        metrics,
        networks,
        papers,
        plot,
        schedules,
        sparse,
        variational,
    )
    from unlabeled.adversarial.gan import GAN
    from unlabeled.autoencoders.autoencoder import Autoencoder
    from unlabeled.autoregressive.nade import NADE
    from unlabeled.energy.classes.class_rbm import ClassRBM
    from unlabeled.energy.counts.replicated import ReplicatedSoftmax
    from unlabeled.energy.general.boltzmann import BoltzmannMachine
    from unlabeled.energy.ratings.recommender import RBMRecommender
    from unlabeled.energy.rbm import RBM
    from unlabeled.persistence import load
    from unlabeled.sparse.sparse_coding import SparseCoding
    from unlabeled.tasks.detect import AnomalyDetector
    from unlabeled.variational.vae import VAE

__version__ = "0.1.0"

_HOME = {
    "AnomalyDetector": "unlabeled.tasks.detect",
    "Autoencoder": "unlabeled.autoencoders.autoencoder",
    "BoltzmannMachine": "unlabeled.energy.general.boltzmann",
    "ClassRBM": "unlabeled.energy.classes.class_rbm",
    "GAN": "unlabeled.adversarial.gan",
    "NADE": "unlabeled.autoregressive.nade",
    "RBM": "unlabeled.energy.rbm",
    "RBMRecommender": "unlabeled.energy.ratings.recommender",
    "ReplicatedSoftmax": "unlabeled.energy.counts.replicated",
    "SparseCoding": "unlabeled.sparse.sparse_coding",
    "VAE": "unlabeled.variational.vae",
    "load": "unlabeled.persistence",
}

_ROOMS = (
    "adversarial",
    "autoencoders",
    "autoregressive",
    "callbacks",
    "datasets",
    "energy",
    "latent",
    "metrics",
    "networks",
    "papers",
    "plot",
    "schedules",
    "sparse",
    "variational",
)

__all__ = ["__version__", *_HOME, *_ROOMS]


def __getattr__(name: str):
    """Import a public name on first use (PEP 562), so that `import unlabeled` stays quick."""
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    if name in _ROOMS:
        return import_module(f"unlabeled.{name}")
    raise AttributeError(f"module 'unlabeled' has no attribute {name!r}")


def __dir__():
    return sorted(__all__)
