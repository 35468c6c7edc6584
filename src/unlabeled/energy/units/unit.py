r"""What a unit is: a family of distributions on its values, one for every field.

A unit with value :math:`x` in a field :math:`f` (its bias plus all that its neighbours send) has

.. math:: p(x \mid f) = \exp(s(x) f - R(x) - K(f)), \qquad
          K(f) = \log \sum_x \exp(s(x) f - R(x)),

with a statistic :math:`s`, an energy at rest :math:`R` and a cumulant function :math:`K`. Whoever
writes these, the mean and the sampler of a new unit gets every sampler, partition function and
test of the library for it.
"""

import math

import torch
from torch import nn

from unlabeled.sampling import Noise
from unlabeled.spec import Spec

__all__ = ["Unit"]


class Unit(Spec, nn.Module):
    """Base of all units; an object without :meth:`build` is only a description.

    Tensors of values `x` and fields `f` have shape (n, n_units); sums run over the units.

    Attributes
    ----------
    support : tuple of float, tuple of tuple of float, or None
        The values that a unit can take; where some columns take their values together (a class
        in one column for each), the values of such a cell of columns. None for a continuum.
    low, high : float
        The range in which data are expected.
    coarse : bool
        Whether values, means and fields may be in bfloat16 while a model learns in it.
    """

    support: tuple | None = None
    n_units: int
    low: float = -math.inf
    high: float = math.inf
    coarse: bool = False

    def build(self, n_units: int) -> "Unit":
        """A new layer of `n_units` such units, with parameters of its own where it has some."""
        layer = type(self)(**self.options())
        layer.n_units = n_units
        return layer

    def kinds(self) -> list[tuple[slice, "Unit"]]:
        """The columns of each kind of unit in this layer, and the unit."""
        return [(slice(0, self.n_units), self)]

    def fit_field(self, mean, variance) -> torch.Tensor:
        """The field (n_units,) in which independent units have this mean.

        Parameters of the unit's own (a variance) are set from the data here.
        """
        raise NotImplementedError

    def statistic(self, x: torch.Tensor) -> torch.Tensor:
        """s(x), the form in which a value reaches the neighbours; linear in x."""
        return x

    def rest(self, x: torch.Tensor) -> torch.Tensor:
        """R(x), the energy without any field, of each unit; shape (n, n_units)."""
        return torch.zeros_like(x)

    def cumulant(self, f: torch.Tensor) -> torch.Tensor:
        """Sum of K(f); shape (n,)."""
        raise NotImplementedError

    def mean(self, f: torch.Tensor) -> torch.Tensor:
        """E[x | f], a new tensor."""
        raise NotImplementedError

    def sample(self, f: torch.Tensor, noise: Noise) -> torch.Tensor:
        """One draw from p(x | f)."""
        raise NotImplementedError

    def anneal(self, f: torch.Tensor, here: float, there: float, noise: Noise):
        """Sum of K(there f) - K(here f), shape (n,), and one draw from p(x | there f)."""
        wide = f.double()  # which the small difference of two large sums needs
        rise = self.cumulant(there * wide) - self.cumulant(here * wide)
        return rise, self.sample(there * f, noise)

    def value_gradient(self, x, f, weight) -> dict[str, torch.Tensor]:
        """Weighted mean over rows of d[s(x) f - R(x)] / d(own parameter), by name."""
        return {}

    def cumulant_gradient(self, f, weight) -> dict[str, torch.Tensor]:
        """Weighted mean over rows of dK(f) / d(own parameter), by name."""
        return {}
