"""Every public estimator, found by its base; a table of small settings is all that names one."""

import copy
import inspect
from functools import cache

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from sklearn.utils import get_tags

import unlabeled
from unlabeled.adversarial import R1, LeastSquares
from unlabeled.base import Estimator
from unlabeled.callbacks import Callback
from unlabeled.energy import PCD, Gaussian, ParallelTempering, Spin
from unlabeled.energy.general.posterior import SampledPosterior
from unlabeled.energy.sparsity import Sparsity
from unlabeled.schedules import Linear, Steps
from unlabeled.sparse import FeatureSign, LagrangeDual
from unlabeled.variational import Bernoulli as Bits

# What makes a model small enough to be fitted in a moment; without a row, its defaults are used.
SMALL = {
    "Autoencoder": {"n_components": 12, "hidden_layer_sizes": (32,)},
    "BoltzmannMachine": {"n_hidden": 5, "edges": ("vh", "hh"), "learning_rate": 0.5},
    "ClassRBM": {
        "n_components": 12,
        "generative_weight": 1.0,
        "momentum": 0.0,
        "learning_rate": 0.5,
    },
    "GAN": {"n_components": 12, "hidden_layer_sizes": (32,)},
    "NADE": {"n_components": 12, "learning_rate": 0.01},
    "RBM": {"n_components": 12, "learning_rate": 0.5},
    "RBMRecommender": {"n_components": 12, "kind": "user", "ratings": (0.0, 1.0)},
    "ReplicatedSoftmax": {"n_components": 12, "sampler": "cd", "learning_rate": 0.01},
    "SparseCoding": {"n_components": 12, "alpha": 0.2},
    "VAE": {"n_components": 12, "hidden_layer_sizes": (32,), "score_n_importance": 16},
}

# Parameters that are objects, as many as a model takes.
OBJECTS = {
    "Autoencoder": {
        "activation": torch.nn.ELU,
        "encoder": torch.nn.Linear,
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.AdamW,
    },
    "BoltzmannMachine": {
        "unit": Spin(),
        "sampler": ParallelTempering(n_chains=30, n_temperatures=3),
        "posterior": SampledPosterior(n_steps=2),
        "momentum": Linear(0.5, 0.9),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.SGD,
    },
    "ClassRBM": {
        "learning_rate": 0.01,
        "unlabelled": 9,
        "visible": Gaussian(variance=0.5),
        "sampler": PCD(2, n_chains=30),
        "momentum": Linear(0.5, 0.9),
        "sparsity": Sparsity(0.2),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.SGD,
    },
    "GAN": {
        "activation": torch.nn.ELU,
        "discriminator": torch.nn.Linear,
        "loss": LeastSquares(),
        "penalty": R1(1.0),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.AdamW,
    },
    "NADE": {
        "ordering": tuple(reversed(range(64))),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.AdamW,
    },
    "RBM": {
        "learning_rate": 0.01,
        "visible": Gaussian(variance=0.5),
        "sampler": PCD(2, n_chains=30),
        "momentum": Linear(0.5, 0.9),
        "sparsity": Sparsity(0.2),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.SGD,
    },
    "RBMRecommender": {
        "sampler": "cd",
        "n_steps": Linear(1, 3),
        "momentum": Linear(0.5, 0.9),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.AdamW,
    },
    "ReplicatedSoftmax": {
        "sampler": "pcd",
        "n_steps": Linear(1, 3),
        "vocabulary": tuple(f"word {k}" for k in range(64)),
        "momentum": Linear(0.5, 0.9),
        "sparsity": Sparsity(0.2),
        "schedule": Steps((1.0, 0.1), at=(0.5,)),
        "optimizer": torch.optim.SGD,
    },
    "SparseCoding": {
        "solver": FeatureSign(tol=1e-6),
        "update": LagrangeDual(max_steps=30),
        "positive_code": True,
    },
    "VAE": {
        "activation": torch.nn.ELU,
        "likelihood": Bits(dynamic=True),
        "beta": Linear(0.0, 1.0),
        "encoder": torch.nn.Linear,
        "optimizer": torch.optim.AdamW,
    },
}

# What half a million rows can be learned from in a few seconds.
BIG = {
    "Autoencoder": {"n_components": 2, "hidden_layer_sizes": (), "batch_size": 2000},
    "BoltzmannMachine": {
        "n_hidden": 2,
        "edges": ("vh",),
        "sampler": PCD(n_chains=8),
        "batch_size": 5000,
    },
    "ClassRBM": {"n_components": 2, "sampler": PCD(n_chains=8), "batch_size": 2000},
    "GAN": {"n_components": 2, "hidden_layer_sizes": (), "batch_size": 2000},
    "NADE": {"n_components": 2, "batch_size": 5000},
    "RBM": {"n_components": 2, "sampler": PCD(n_chains=8), "batch_size": 5000},
    "RBMRecommender": {"n_components": 2, "ratings": (1.0,), "batch_size": 2000},
    "ReplicatedSoftmax": {
        "n_components": 2,
        "sampler": "cd",
        "allow_empty": True,
        "batch_size": 1000,
    },
    "SparseCoding": {"n_components": 2, "batch_size": 5000},
    "VAE": {"n_components": 2, "hidden_layer_sizes": (), "batch_size": 2000},
}

# With what a model takes any numbers of the kind that scikit-learn's checks feed it.
REALS = {
    "ClassRBM": {"n_epochs": 20},
    "RBMRecommender": {"ratings": None},
    "ReplicatedSoftmax": {"allow_empty": True},
}

ROW_BY_ROW = (
    "transform",
    "reconstruct",
    "reconstruction_error",
    "score_samples",
    "free_energy",
    "pseudo_log_likelihood",
    "predict",
    "predict_proba",
    "discriminate",
    "expected_ratings",
)


def public() -> list[type]:
    """All classes of estimators among the public names."""
    named = [getattr(unlabeled, name) for name in unlabeled.__all__]
    return [c for c in named if isinstance(c, type) and issubclass(c, Estimator)]


def each(*methods):
    """Run a test for every public estimator that has all these methods, as `cls`."""
    able = [c for c in public() if all(hasattr(c, name) for name in methods)]
    return pytest.mark.parametrize("cls", able, ids=[c.__name__ for c in able])


def each_with(*parameters):
    """Run a test for every public estimator that has all these parameters, as `cls`."""
    named = [c for c in public() if {*parameters} <= {*inspect.signature(c.__init__).parameters}]
    return pytest.mark.parametrize("cls", named, ids=[c.__name__ for c in named])


def each_conditional():
    """Run a test for every public estimator that is conditional on labels if it is told to be."""
    named = [c for c in public() if "conditional" in inspect.signature(c.__init__).parameters]
    able = [c for c in named if make(c, conditional=True)._is_conditional]
    return pytest.mark.parametrize("cls", able, ids=[c.__name__ for c in able])


def make(cls, **params):
    """A small, new, repeatable instance."""
    common = {"n_epochs": 2, "batch_size": 50, "random_state": 0}
    return cls(**{**common, **SMALL.get(cls.__name__, {}), **params})


def steady(cls, **params):
    """As `make`, with nothing that depends on how many epochs are planned."""
    return make(
        cls, **({"schedule": "constant"} if "schedule" in make(cls).get_params() else {}) | params
    )


@cache
def digits() -> np.ndarray:
    """333 binarised 8 x 8 digits: six batches of 50 and a ragged one."""
    X = (load_digits().data[:333] > 7).astype(np.float32)
    X.flags.writeable = False
    return X


@cache
def _labels() -> np.ndarray:
    return load_digits().target[:333]


def told(cls, X=None, start=0) -> tuple:
    """X, `digits()` by default, and labels of its rows if the model needs them in `fit`.

    They are those of `digits()` from row `start` on.
    """
    X = digits() if X is None else X
    if not get_tags(make(cls)).target_tags.required:
        return (X,)
    n = X.shape[0] if hasattr(X, "shape") else len(X) if hasattr(X, "__len__") else 0
    return X, np.resize(_labels()[start:], n)


@cache
def _fitted(cls):
    return make(cls).fit(*told(cls))


def fitted(cls):
    """A model fitted on `digits()`; a copy, so that a test may change it."""
    return copy.deepcopy(_fitted(cls))


def answers(model, X, methods=ROW_BY_ROW) -> dict:
    """What every deterministic method that the model has says of X."""
    return {name: getattr(model, name)(X) for name in methods if hasattr(model, name)}


def weights(model) -> dict:
    """A copy of everything in the module."""
    return {name: value.clone() for name, value in model.module_.state_dict().items()}


def assert_same_model(a, b):
    """Bit for bit, the history (but for the seconds) included."""
    ours, theirs = weights(a), weights(b)
    assert ours.keys() == theirs.keys()
    for name in ours:
        assert torch.equal(ours[name], theirs[name]), name
    assert timeless(a.history_) == timeless(b.history_)


def differ(a, b) -> bool:
    """Whether any weight differs."""
    theirs = weights(b)
    return any(not torch.equal(value, theirs[name]) for name, value in weights(a).items())


class Interrupt(Callback):
    """Ctrl-C at the end of an epoch."""

    def __init__(self, epoch):
        self.epoch = epoch

    def on_epoch(self, estimator, report):
        if report["epoch"] == self.epoch:
            raise KeyboardInterrupt


def timeless(history: dict) -> dict:
    """A history without the seconds, comparable although NaN is in it."""
    return {
        name: [repr(x) for x in column] for name, column in history.items() if name != "seconds"
    }
