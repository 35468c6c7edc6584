"""Models that learn by a game of two networks, and what the game is made of."""

from unlabeled.adversarial.average import MovingAverage
from unlabeled.adversarial.losses import (
    Hinge,
    LeastSquares,
    Loss,
    Minimax,
    NonSaturating,
    Wasserstein,
)
from unlabeled.adversarial.penalties import R1, GradientPenalty, Penalty
from unlabeled.adversarial.players import AdversarialNetworks, Discriminator, Generator
from unlabeled.adversarial.spectral import SpectralNorm

__all__ = [
    "R1",
    "AdversarialNetworks",
    "Discriminator",
    "Generator",
    "GradientPenalty",
    "Hinge",
    "LeastSquares",
    "Loss",
    "Minimax",
    "MovingAverage",
    "NonSaturating",
    "Penalty",
    "SpectralNorm",
    "Wasserstein",
]
