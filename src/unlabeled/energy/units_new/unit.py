r"""Units: what one layer of a Boltzmann machine is made of.

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
from torch.nn.functional import softplus

from unlabeled.energy.softplus import bernoulli_annealed
from unlabeled.sampling import Noise, bernoulli_logits, gaussian
from unlabeled.spec import Spec

__all__ = ["UNITS", "Bernoulli", "Gaussian", "Unit"]


class Unit(Spec, nn.Module):
    """Base of all units; an object without :meth:`build` is only a description.

    Tensors of values `x` and fields `f` have shape (n, n_units); sums run over the units.

    Attributes
    ----------
    support : tuple of float or None
        The values that a unit can take; None for a continuum.
    low, high : float
        The range in which data are expected.
    coarse : bool
        Whether values, means and fields may be in bfloat16 while a model learns in it.
    """

    support: tuple[float, ...] | None = None
    n_units: int
    low: float = -math.inf
    high: float = math.inf
    coarse: bool = False

    def build(self, n_units: int) -> "Unit":
        """A new layer of `n_units` such units, with parameters of its own where it has some."""
        layer = type(self)(**self.options())
        layer.n_units = n_units
        return layer

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


class Gaussian(Unit):
    r"""A real unit with variance :math:`\sigma^2`, in the parametrisation of Cho et al. (2011).

    :math:`s(x) = x / \sigma^2`, :math:`R(x) = x^2 / 2\sigma^2`, so that
    :math:`x \mid f \sim N(f, \sigma^2)` and
    :math:`K(f) = f^2 / 2\sigma^2 + \frac12 \log 2\pi\sigma^2`.

    Parameters
    ----------
    learn_variance : bool, default=True
        Whether the log-variances are learned; else they stay at `variance`.
    variance : float or None, default=None
        Where the variances start; None for the variance of each feature in the data
        (1 for a feature that does not vary).

    References
    ----------
    Cho, Ilin, Raiko. Improved learning of Gaussian-Bernoulli restricted Boltzmann machines.
    ICANN 2011.
    """

    log_variance: torch.Tensor

    def __init__(self, learn_variance: bool = True, variance: float | None = None):
        super().__init__()
        self.learn_variance = learn_variance
        self.variance = variance
        if variance is not None and not variance > 0:
            raise ValueError(f"variance must be positive, got {variance!r}.")

    def build(self, n_units):
        layer = super().build(n_units)
        start = math.log(self.variance or 1.0)
        log_variance = torch.full((n_units,), start)
        if self.learn_variance:
            layer.log_variance = nn.Parameter(log_variance)
        else:
            layer.register_buffer("log_variance", log_variance)
        return layer

    def fit_field(self, mean, variance):
        if self.variance is None:
            spread = torch.where(variance > 0, variance, torch.ones_like(variance))
            self.log_variance.data.copy_(spread.log())
        return mean.clone()

    def statistic(self, x):
        return x * torch.exp(-self.log_variance)

    def rest(self, x):
        return 0.5 * x**2 * torch.exp(-self.log_variance)

    def cumulant(self, f):
        s2 = self.log_variance.exp()
        return 0.5 * (f**2 / s2 + torch.log(2 * math.pi * s2)).sum(-1)

    def mean(self, f):
        return f.clone()

    def sample(self, f, noise):
        return gaussian(f, torch.exp(0.5 * self.log_variance), noise)

    def value_gradient(self, x, f, weight):
        if not self.learn_variance:
            return {}
        return {"log_variance": weight @ ((0.5 * x**2 - x * f) * torch.exp(-self.log_variance))}

    def cumulant_gradient(self, f, weight):
        if not self.learn_variance:
            return {}
        return {"log_variance": weight @ (0.5 - 0.5 * f**2 * torch.exp(-self.log_variance))}


UNITS = {"bernoulli": Bernoulli, "gaussian": Gaussian}
