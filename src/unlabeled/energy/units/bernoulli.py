"""Bits."""

import torch
from torch.nn.functional import softplus

from unlabeled.energy.softplus import bernoulli_annealed
from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import bernoulli_logits

__all__ = ["Bernoulli"]


class Bernoulli(Unit):
    r"""A unit that is 0 or 1: :math:`K(f) = \log(1 + e^f)`, mean :math:`\sigma(f)`."""

    support = (0.0, 1.0)
    low, high = 0.0, 1.0
    coarse = True

    def __init__(self):
        super().__init__()

    def fit_field(self, mean, variance):
        return torch.logit(mean.clamp(0.01, 0.99))

    def cumulant(self, f):
        return softplus(f).sum(-1)

    def mean(self, f):
        return torch.sigmoid(f)

    def sample(self, f, noise):
        return bernoulli_logits(f, noise)

    def anneal(self, f, here, there, noise):
        return bernoulli_annealed(f, here, there, noise)
