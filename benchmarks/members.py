"""Every member of the library beside the plain PyTorch loop of the same model."""

from collections.abc import Mapping

import numpy as np

from benchmarks.contest import Benchmark, Contestant
from benchmarks.rbm import data

__all__ = ["BENCHMARK", "worth"]

_DEEP = {"n_components": 30, "hidden_layer_sizes": (1000, 500, 250)}


def worth(found: Mapping, data: Mapping) -> float:
    """The loss that the last epoch (of a plain loop: the last batch) reported."""
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
            "batch_size": 128,
            **_DEEP,
        },
        "VAE 784-200-200-50, batches of 100": {
            "member": "VAE",
            "batch_size": 100,
            "n_components": 50,
            "hidden_layer_sizes": (200, 200),
        },
        "NADE 784-500, batches of 100": {"member": "NADE", "batch_size": 100, "n_components": 500},
        "GAN 100-256-256-784, batches of 128": {
            "member": "GAN",
            "batch_size": 128,
            "n_components": 100,
            "hidden_layer_sizes": (256, 256),
        },
        "SparseCoding 784-128, batches of 256": {
            "member": "SparseCoding",
            "batch_size": 256,
            "n_components": 128,
            "alpha": 0.5,
        },
    },
    contestants=(
        Contestant("Unlabeled", "unlabeled", {}, "`fit` with the defaults of each member."),
        Contestant(
            "plain PyTorch",
            "plain_torch",
            {},
            "a `DataLoader` on a `TensorDataset`, `torch.optim.Adam` as it comes, autograd; for "
            "sparse coding 100 steps of FISTA per batch and a gradient step on the atoms.",
        ),
    ),
    worth=worth,
    worth_name="loss",
)
