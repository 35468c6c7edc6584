"""Real numbers."""

import math

import torch
from torch import nn

from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import gaussian

__all__ = ["Gaussian"]


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
