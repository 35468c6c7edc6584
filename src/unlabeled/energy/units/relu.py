r"""Units that are never negative and keep how strongly they are on.

With Mills' ratio :math:`m(f) = \Phi(f) / \varphi(f)` of the normal distribution,

.. math:: K(f) = \log \int_0^\infty e^{x f - x^2 / 2} dx = \log m(f), \qquad
          \mathbb{E}[x \mid f] = f + 1 / m(f).
"""

import math

import torch

from unlabeled.energy.units.unit import Unit

__all__ = ["NoisyReLU"]

_FAR = -30.0  # below it a normal tail is exponential to three digits, and soon no float64


class NoisyReLU(Unit):
    r"""A noisy rectified linear unit: a Gaussian of variance 1 around its field, above zero.

    :math:`x \mid f \sim N(f, 1)` given :math:`x \ge 0`, that is :math:`s(x) = x` and
    :math:`R(x) = x^2 / 2`: the most likely value is :math:`\max(0, f)`. Nair and Hinton's
    :math:`\max(0, f + \epsilon \sqrt{\sigma(f)})` is a quick draw from (nearly) a stack of binary
    units and has no energy of its own; this unit behaves alike and does, so that likelihoods are
    exact. As visible units they want data on a scale of about 1.

    References
    ----------
    Nair, Hinton. Rectified linear units improve restricted Boltzmann machines. ICML 2010.
    Su, Liao, Chen, Carin. Nonlinear statistical learning with truncated Gaussian graphical models.
    ICML 2016.
    """

    low = 0.0

    def __init__(self):
        super().__init__()

    def fit_field(self, mean, variance):
        """By bisection: the mean rises with the field."""
        goal = mean.double().clamp(min=1e-2)
        low, high = torch.full_like(goal, -200.0), goal.clone()
        for _ in range(60):
            middle = (low + high) / 2
            is_low = self.mean(middle) < goal
            low, high = torch.where(is_low, middle, low), torch.where(is_low, high, middle)
        return low.to(mean)

    def rest(self, x):
        return 0.5 * x**2

    def cumulant(self, f):
        return _log_mills(f).sum(-1)

    def mean(self, f):
        wide = f.double()
        return (wide + torch.exp(-_log_mills(wide))).to(f.dtype)

    def sample(self, f, noise):
        """The upper tail beyond -f of a normal number has P(z > x - f) = u Phi(f)."""
        u = noise.uniform(f.shape).double().add_(2.0**-25)
        wide = f.double()
        near = wide - torch.special.ndtri(u * torch.special.log_ndtr(wide.clamp(min=_FAR)).exp())
        far = u.log() / wide.clamp(max=_FAR)
        return torch.where(wide < _FAR, far, near).clamp_(min=0).to(f.dtype)


def _log_mills(f):
    """log m(f): by erfcx below zero, where Phi vanishes, by log Phi above."""
    below = 0.5 * math.log(math.pi / 2) + torch.special.erfcx(-f.clamp(max=0) / math.sqrt(2)).log()
    log_phi = torch.special.log_ndtr(f.clamp(min=0))
    above = 0.5 * (f.clamp(min=0) ** 2 + math.log(2 * math.pi)) + log_phi
    return torch.where(f < 0, below, above)
