"""Run by torchrun in two processes: train all cases and leave what each process got."""

import json
import sys
from pathlib import Path

import torch
from estimators import OBJECTS, Interrupt, digits, make, public, told
from safetensors.torch import save_file
from torch.utils.data import TensorDataset

from unlabeled import RBM
from unlabeled.callbacks import History
from unlabeled.energy import CD, ParallelTempering
from unlabeled.engine import distributed

# Thirty updates and more; 333 rows are 6 * 50 + 33 and 4 * 83 + 1, of which one process gets none.
COMMON = {
    "plain": {"n_epochs": 5},
    "one row left": {"n_epochs": 6, "batch_size": 83, "validation_fraction": 0.0},
    "validation": {"n_epochs": 5, "validation_fraction": 0.1},
    "clipped": {"n_epochs": 5, "max_gradient_norm": 0.05},
}
MORE = {
    "BoltzmannMachine": {
        "pseudo-likelihood": {
            "n_epochs": 5,
            "n_hidden": 0,
            "edges": None,
            "sampler": "pseudo-likelihood",
        },
        "exact": {"n_epochs": 5, "sampler": "exact"},
        "objects": {"n_epochs": 5, **OBJECTS["BoltzmannMachine"]},
    },
    "RBM": {
        "cd": {"n_epochs": 5, "sampler": CD(2)},
        "exact": {"n_epochs": 5, "sampler": "exact"},
        "fpcd": {"n_epochs": 5, "sampler": "fpcd"},
        "pt": {"n_epochs": 5, "sampler": ParallelTempering(n_temperatures=3)},
        "objects": {"n_epochs": 5, **OBJECTS["RBM"]},
    },
    "ClassRBM": {
        "semi-supervised": {"n_epochs": 5, **OBJECTS["ClassRBM"]},
        "discriminative": {"n_epochs": 5, "objective": "discriminative"},
        "generative": {"n_epochs": 5, "objective": "generative"},
    },
    "ReplicatedSoftmax": {"pcd": {"n_epochs": 5, "sampler": "pcd"}},
    "VAE": {
        "importance": {"n_epochs": 5, "n_importance": 3, "likelihood": "gaussian"},
        "objects": {"n_epochs": 5, **OBJECTS["VAE"]},
    },
}


# Where a word never comes, the gradient is rounding, and Adam makes whole steps of it.
CALM = {"ReplicatedSoftmax": {"optimizer": "sgd", "learning_rate": 1.0}}


def calm(cls, **params):
    """As `make`, with nothing that makes much of rounding errors."""
    return make(cls, **{**CALM.get(cls.__name__, {}), **params})


def cases() -> dict:
    """What is trained: (class, parameters) by name."""
    return {
        f"{cls.__name__} {name}": (cls, params)
        for cls in public()
        for name, params in {**COMMON, **MORE.get(cls.__name__, {})}.items()
        if params.keys() <= calm(cls).get_params().keys()
    }


def leave(folder, name, model):
    """Weights and history, under the name and this process's number."""
    whole = {"memory_format": torch.contiguous_format}
    state = {key: value.clone(**whole) for key, value in model.module_.state_dict().items()}
    stem = f"{name} {distributed.rank()}"
    save_file(state, folder / f"{stem}.safetensors")
    (folder / f"{stem}.json").write_text(json.dumps(model.history_))


def main(folder):
    for name, (cls, params) in cases().items():
        leave(folder, name, calm(cls, **params).fit(*told(cls)))
    for k in (1, 5):
        apart = RBM(8, n_epochs=20, batch_size=20, learning_rate=0.5, sync_every=k, random_state=0)
        leave(folder, f"every {k}", apart.fit(digits()))
    for cls in public():
        name = cls.__name__
        data = TensorDataset(torch.tensor(digits()))
        model = calm(cls, batch_size=83, verbose=1, random_state=None)
        leave(
            folder,
            f"{name} dataset",
            model.set_callbacks(History(folder / name)).fit(*told(cls, data)),
        )
        leave(folder, f"{name} goes on", calm(cls).fit(*told(cls)).partial_fit(*told(cls)))
        half = calm(cls, n_epochs=6).set_callbacks(Interrupt(4))
        try:
            half.fit(*told(cls), checkpoint=folder / f"{name} two to one")
        except KeyboardInterrupt:
            pass
        whole = calm(cls, n_epochs=6)
        leave(
            folder, f"{name} one to two", whole.fit(*told(cls), checkpoint=folder / f"{name} mid")
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
