"""Columns of several kinds beside each other in one layer."""

from typing import Any

import torch
from torch import nn

from unlabeled.energy.units.unit import Unit

__all__ = ["Mixed"]


class Mixed(Unit):
    """A layer of units of several kinds: bits and a class, a table with reals and categories.

    Units of different kinds are independent given their fields, so all sums are over kinds.

    Parameters
    ----------
    layers : tuple of (Unit, int)
        The kinds, each with the number of its columns, in the order of the columns.

    Raises
    ------
    ValueError
        If a layer has another number of columns than the kinds together.

    Examples
    --------
    >>> from unlabeled.energy import Bernoulli, Gaussian, Softmax
    >>> row = Mixed(((Bernoulli(), 5), (Gaussian(), 2), (Softmax(3), 3)))
    >>> [type(unit).__name__ for _, unit in row.build(10).kinds()]
    ['Bernoulli', 'Gaussian', 'Softmax']
    """

    built: Any  # a ModuleList of units

    def __init__(self, layers: tuple[tuple[Unit, int], ...]):
        super().__init__()
        self.layers = layers

    def build(self, n_units):
        total = sum(n for _, n in self.layers)
        if total != n_units:
            kinds = " + ".join(f"{n} {type(unit).__name__}" for unit, n in self.layers)
            raise ValueError(f"a layer of {kinds} has {total} columns, got {n_units}.")
        layer = super().build(n_units)
        layer.built = nn.ModuleList([unit.build(n) for unit, n in self.layers])
        layer.coarse = all(unit.coarse for unit in layer.built)
        return layer

    def kinds(self):
        units, start = [], 0
        for unit in self.built:
            units.append((slice(start, start + unit.n_units), unit))
            start += unit.n_units
        return units

    def fit_field(self, mean, variance):
        return torch.cat([unit.fit_field(mean[at], variance[at]) for at, unit in self.kinds()])

    def statistic(self, x):
        return torch.cat([unit.statistic(x[..., at]) for at, unit in self.kinds()], -1)

    def rest(self, x):
        return torch.cat([unit.rest(x[..., at]) for at, unit in self.kinds()], -1)

    def cumulant(self, f):
        return torch.stack([unit.cumulant(f[..., at]) for at, unit in self.kinds()]).sum(0)

    def mean(self, f):
        return torch.cat([unit.mean(f[..., at]) for at, unit in self.kinds()], -1)

    def sample(self, f, noise):
        return torch.cat([unit.sample(f[..., at], noise) for at, unit in self.kinds()], -1)

    def anneal(self, f, here, there, noise):
        each = [unit.anneal(f[..., at], here, there, noise) for at, unit in self.kinds()]
        rises, draws = zip(*each, strict=True)
        return torch.stack([rise.double() for rise in rises]).sum(0), torch.cat(draws, -1)

    def value_gradient(self, x, f, weight):
        each = [u.value_gradient(x[..., at], f[..., at], weight) for at, u in self.kinds()]
        return _named(each)

    def cumulant_gradient(self, f, weight):
        return _named([u.cumulant_gradient(f[..., at], weight) for at, u in self.kinds()])


def _named(gradients):
    """Gradients of each kind under the names that `named_parameters` gives them."""
    return {f"built.{k}.{name}": g for k, own in enumerate(gradients) for name, g in own.items()}
