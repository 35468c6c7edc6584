"""Every member of the library beside the plain PyTorch loop of the same model."""

from collections.abc import Mapping

import numpy as np

from benchmarks.contest import Benchmark, Contestant
from benchmarks.rbm import data

__all__ = ["BENCHMARK", "worth"]

_DEEP = {"n_components": 30, "hidden_layer_sizes": (1000, 500, 250)}


def worth(found: Mapping, data: Mapping) -> float:
    """What each reports of its own: ours the mean of the epoch, a plain loop its last batch."""
    return float(np.asarray(found["loss"]))


BENCHMARK = Benchmark(
    name="members",
    title="The members beside plain PyTorch loops of the same models, one pass over 784 bits",
    rows=6_400,
    data=data,
    options={"n_epochs": 1},
    cases={
        "Autoencoder 784-1000-500-250-30, batches of 128": {
            "member": "Autoencoder",
            "learning_rate": 1e-3,
            "batch_size": 128,
            **_DEEP,
        },
        "VAE 784-200-200-50, batches of 100": {
            "member": "VAE",
            "learning_rate": 1e-3,
            "batch_size": 100,
            "n_components": 50,
            "hidden_layer_sizes": (200, 200),
        },
        "NADE 784-500, batches of 100": {
            "member": "NADE",
            "learning_rate": 1e-3,
            "batch_size": 100,
            "n_components": 500,
        },
        "GAN 100-256-256-784, batches of 128": {
            "member": "GAN",
            "learning_rate": 1e-3,
            "batch_size": 128,
            "n_components": 100,
            "hidden_layer_sizes": (256, 256),
            "activation": "gelu",
        },
        "SparseCoding 784-128, batches of 256": {
            "member": "SparseCoding",
            "batch_size": 256,
            "n_components": 128,
            "alpha": 0.5,
        },
    },
    contestants=(
        Contestant("Unlabeled", "unlabeled", {}, "`fit`; what is not named here is the default."),
        Contestant(
            "plain PyTorch",
            "plain_torch",
            {},
            "a `DataLoader` on a `TensorDataset`, `torch.optim.Adam` as it comes, autograd; for "
            "sparse coding 100 steps of FISTA per batch and a gradient step on the atoms. Same "
            "models, sizes, batches and rates; what the two report is not the same number, so "
            "only time and memory compare.",
        ),
    ),
    worth=worth,
    worth_name="own report",
)
