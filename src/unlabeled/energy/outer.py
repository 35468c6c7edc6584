r"""Sums over all states of one layer next to Bernoulli units, without an exponential per state.

Cut the layer in two, x = (x', x''). Its parts add up in the field of unit j of the other layer,
:math:`f_j = a_j(x') + c_j(x'')`, so that with any :math:`s_j`

.. math:: \prod_j (1 + e^{f_j})
          = e^{\sum_j a_j + s_j} \prod_j \left( e^{-a_j - s_j} + e^{c_j - s_j} \right)

needs exponentials of the parts only (:math:`2^{10}` states each for a layer of 20 bits), and a
logarithm only once for as many factors as stay within what float64 holds. Products of 1 + x lose
nothing: the result is as exact as a sum of float64 softplus.
"""

import math

import torch

from unlabeled.energy.enumeration import blocks, parts, smaller_is_hidden
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.units import Bernoulli

__all__ = ["log_weights"]

_LARGEST = 700.0  # |log| of what products may reach: float64 goes from -708 to 709


def log_weights(rbm: RestrictedBoltzmannMachine) -> torch.Tensor:
    """log of the unnormalised probability of every state of the smaller layer.

    Minus the free energy of its states, in the order of
    :func:`~unlabeled.energy.enumeration.states`; by blocks of states where the other layer is not
    of Bernoulli units, or one of its fields is too large for any product.

    Parameters
    ----------
    rbm : RestrictedBoltzmannMachine
        With at most 20 units in one discrete layer.

    Returns
    -------
    tensor of shape (n_states,), float64

    Raises
    ------
    ValueError
        If neither layer can be enumerated.
    """
    if smaller_is_hidden(rbm):
        unit, bias, other, field = rbm.hidden, rbm.c, rbm.visible, rbm.visible_field
    else:
        unit, bias, other, field = rbm.visible, rbm.b, rbm.hidden, rbm.hidden_field

    def own(x):
        return unit.statistic(x) @ bias - unit.rest(x).sum(-1)

    if isinstance(other, Bernoulli):
        both = parts(unit, rbm.W)
        cut = _Cut(*(field(x).double() for x in both))
        if cut.bound.max() < _LARGEST:
            first, second = (own(x).double() for x in both)
            return (cut.log_sums() + (first - second[0])[:, None] + second).flatten()
    return torch.cat([own(x) + other.cumulant(field(x)) for x in blocks(unit, rbm.W)]).double()


class _Cut:
    """Fields of n units in the states of the first part (k, n) and of the second (l, n)."""

    def __init__(self, first, second):
        a, c = first - second[0], second
        highest = torch.maximum(-a.amin(0), c.amax(0))
        lowest = torch.maximum(-a.amax(0), c.amin(0))
        s = (highest + lowest) / 2
        self.bound = (highest - lowest) / 2 + math.log(2)  # of each factor's |log|
        self.front = (a + s).sum(1)
        self.A, self.C = torch.exp(-a - s), torch.exp(c - s).t().contiguous()

    def log_sums(self):
        """Sum over units of log(1 + e^f), shape (k, l)."""
        sums, factors = self.A.new_empty(len(self.A), self.C.shape[1]), torch.empty_like(self.C)
        n_folds = _n_folds(self.bound)
        for row, a in zip(sums, self.A[:, :, None], strict=True):
            products = torch.add(self.C, a, out=factors)
            for _ in range(n_folds):
                products = _folded(products, torch.Tensor.mul_)
            torch.sum(products.log_(), 0, out=row)
        return sums.add_(self.front[:, None])


def _n_folds(bound) -> int:
    """How often factors whose |log| is bounded by `bound` may be multiplied in pairs."""
    n = 0
    while len(bound) > 1 and (bound := _folded(bound.clone(), torch.Tensor.add_)).max() < _LARGEST:
        n += 1
    return n


def _folded(x, combine):
    """The last rows combined into the first, in place; the middle one stays if n is odd."""
    half = len(x) // 2
    combine(x[:half], x[len(x) - half :])
    return x[: len(x) - half]
