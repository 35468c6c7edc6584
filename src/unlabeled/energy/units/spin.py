"""Bits that are -1 or 1."""

import torch

from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import bernoulli_logits

__all__ = ["Spin"]


class Spin(Unit):
    r"""A unit that is -1 or 1, as in Ising's model: :math:`K(f) = \log(2 \cosh f)`, mean tanh f.

    A machine of spins is one of bits in other words, :math:`s = 2 x - 1`; what it learns with a
    plain gradient is not.
    """

    support = (-1.0, 1.0)
    low, high = -1.0, 1.0
    coarse = True

    def __init__(self):
        super().__init__()

    def fit_field(self, mean, variance):
        return torch.atanh(mean.clamp(-0.98, 0.98))

    def cumulant(self, f):
        return torch.logaddexp(f, -f).sum(-1)

    def mean(self, f):
        return torch.tanh(f)

    def sample(self, f, noise):
        return bernoulli_logits(2 * f, noise).mul_(2).sub_(1)
