"""Autoencoders beside other trainers of the same networks."""

from collections.abc import Mapping

from benchmarks.contest import Benchmark, Contestant, Target
from benchmarks.rbm import data

__all__ = ["BENCHMARK", "worth"]

DEEP, VARIATIONAL = "Autoencoder 784-1000-500-250-30", "VAE 784-400-20"
OURS, BF16 = "Unlabeled", "Unlabeled, bf16"


def worth(found: Mapping, data: Mapping) -> float:
    """Squared error of the first rows, rebuilt from their codes (a VAE's: the means)."""
    rebuilt = found["rebuilt"]
    return float(((rebuilt - data["X"][: len(rebuilt)]) ** 2).sum(1).mean())


BENCHMARK = Benchmark(
    name="autoencoders",
    title="Autoencoders in batches of 128, by Adam",
    rows=12_800,
    data=data,
    options={"n_epochs": 1, "batch_size": 128, "learning_rate": 1e-3, "n_seen": 1_000},
    cases={
        DEEP: {"model": "AE", "n_components": 30, "hidden_layer_sizes": (1000, 500, 250)},
        VARIATIONAL: {"model": "VAE", "n_components": 20, "hidden_layer_sizes": (400,)},
    },
    contestants=(
        Contestant(OURS, "unlabeled", {"precision": "float32"}, "`fit`, layers rectified."),
        Contestant(BF16, "unlabeled", {"precision": "bf16"}, "the same with `precision='bf16'`."),
        Contestant(
            "plain PyTorch",
            "plain_torch",
            {},
            "a `DataLoader` on a `TensorDataset`, autograd, `torch.optim.Adam` as it comes.",
        ),
        Contestant(
            "pythae",
            "pythae",
            {},
            "`BaseTrainer.train` with networks of these sizes; it also keeps the best model of "
            "all epochs and saves it at the end.",
        ),
        Contestant(
            "PyOD",
            "pyod",
            {},
            "`train` of its detectors, without the scores that `fit` computes at the end. Its "
            "outputs are linear, the code of its autoencoder is rectified, and its VAE has the "
            "squared error for a likelihood, averaged over features.",
        ),
    ),
    worth=worth,
    worth_name="squared error",
    targets=tuple(
        Target(case, ours, peer, at_least)
        for case in (DEEP, VARIATIONAL)
        for ours, peer, at_least in (
            (OURS, "pythae", 1.6),
            (BF16, "pythae", 2.3),
            (OURS, "PyOD", 1.6),
            (OURS, "plain PyTorch", 1.3),
        )
    ),
    quick_rows=6_400,
)
