"""Modes of a ring and of a grid of Gaussians that a GAN finds, with and without packing."""

from torch import nn

TITLE = "Lin et al. 2018 (PacGAN): modes found on a ring and on a grid of Gaussians"
CITATION = (
    "Lin, Khetan, Fanti, Oh. PacGAN: the power of two samples in generative adversarial networks. "
    "NeurIPS 2018."
)
PROTOCOL = [
    "Ring: 8 Gaussians of standard deviation 0.01 on a circle of radius 1. Grid: 5 x 5 Gaussians "
    "of standard deviation 0.05, 2 apart. 100,000 points to learn from, drawn with the seed of "
    "the run; 100 packs per update, so that a discriminator of pairs sees 200 points.",
    "Not the paper's networks nor its schedule: three layers of 128 units in both players (the "
    "paper: four of 400, against three of 200 with maxout over 5), batch normalisation in the "
    "generator as there; 14,000 updates (the paper: 400,000) with larger rates, Adam with 0.001 "
    "for the generator, 0.004 for the discriminator, falling to 0, beta1 0, beta2 0.99; no "
    "averaging of weights. The paper's networks take some hours of a CPU core for each run.",
    "14,000 updates suffice for the number of modes, which in the pilots stood still from 10,000 "
    "on, but not for the samples: far fewer of them are good than the paper's.",
    "Settings were chosen with seed 100, which none of these runs has, on the grid with pairs; "
    "about fifteen were tried. Seeds 0 to 4 were fixed beforehand, and every run is reported.",
    "2,500 samples: a good one lies within 3 standard deviations of the nearest mode (of true "
    "points 98.9 %), a mode is found if it has a good sample; reverse KL in nats.",
    "Published figures are means of 10 runs with their standard errors.",
]
COLUMNS = ["modes", "good", "reverse KL"]

_EPOCHS = 14  # of 1,000 updates
_SEEDS = [0, 1, 2, 3, 4]


class BatchNormGenerator(nn.Sequential):
    """Three layers of 128 rectifiers, each behind batch normalisation.

    Parameters
    ----------
    n_in, n_out : int
        Sizes of noise and rows.
    """

    def __init__(self, n_in: int, n_out: int):
        layers, before = [], n_in
        for _ in range(3):
            layers += [nn.Linear(before, 128, bias=False), nn.BatchNorm1d(128), nn.ReLU()]
            before = 128
        super().__init__(*layers, nn.Linear(before, n_out))


def _pinned(pack):
    return {
        "n_components": 2,
        "output": "linear",
        "generator": BatchNormGenerator,
        "hidden_layer_sizes": (128, 128, 128),
        "activation": "leaky_relu",
        "loss": "nonsaturating",
        "pack": pack,
        "ema": None,
        "n_epochs": _EPOCHS * pack,
        "batch_size": 100 * pack,
        "learning_rate": 1e-3,
        "learning_rate_d": 4e-3,
        "betas": (0.0, 0.99),
        "schedule": "linear",
        "optimizer": "adam",
    }


RUNS = {
    "ring-pack1": {
        "label": "Ring, a point at a time",
        "note": "a plain GAN.",
        "published": "6.3 ± 0.5; 98.2 %; 0.45",
        "params": _pinned(1),
        "seeds": _SEEDS,
    },
    "ring-pack2": {
        "label": "Ring, points in pairs",
        "note": "the same with `pack=2`.",
        "published": "7.9 ± 0.1; 95.6 %; 0.07",
        "params": _pinned(2),
        "seeds": _SEEDS,
    },
    "grid-pack1": {
        "label": "Grid, a point at a time",
        "note": "a plain GAN.",
        "published": "17.3 ± 0.8; 94.8 %; 0.70",
        "params": _pinned(1),
        "seeds": _SEEDS,
    },
    "grid-pack2": {
        "label": "Grid, points in pairs",
        "note": "the same with `pack=2`.",
        "published": "23.8 ± 0.7; 91.3 %; 0.13",
        "params": _pinned(2),
        "seeds": _SEEDS,
    },
}


def world(key: str, seed: int):
    """Points to learn from, centres of the modes and their standard deviation."""
    from unlabeled import datasets

    if key.startswith("ring"):
        X = datasets.ring_of_gaussians(100_000, random_state=seed)
        return X, datasets.ring_centres(), 0.01
    X = datasets.grid_of_gaussians(100_000, random_state=seed)
    return X, datasets.grid_centres(), 0.05


def model(key: str, seed: int):
    """The estimator of a run."""
    from unlabeled import GAN

    return GAN(**RUNS[key]["params"], random_state=seed)


def run(key: str, seed: int, *, checkpoint=None, quiet=False) -> dict:
    """Train one pair of players and look for the modes in its samples."""
    from unlabeled.metrics import mode_coverage

    X, centres, scale = world(key, seed)
    gan = model(key, seed).set_params(verbose=int(not quiet)).fit(X, checkpoint=checkpoint)
    found = mode_coverage(gan.sample(2500, random_state=seed), centres, scale)
    return {
        "modes": float(found.found),
        "good": found.good,
        "reverse KL": found.reverse_kl,
        "steps": gan._training.step,
        "seconds": sum(gan.history_["seconds"]),
    }
