r"""Likelihoods: what a decoder's outputs say about a row.

The features of a row are independent given the outputs :math:`f` of a decoder,

.. math:: \log p(x \mid f) = \sum_i \log p(x_i \mid f_i),

where :math:`f_i` holds `n_outputs` numbers. Whoever writes this sum, the mean and the sampler of
a new likelihood gets every bound, completion and sample of the family for it.
"""

import math

import torch
from torch import nn
from torch.nn.functional import softplus

from unlabeled.sampling import Noise, bernoulli, bernoulli_logits, gaussian
from unlabeled.spec import Spec

__all__ = ["LIKELIHOODS", "Bernoulli", "Gaussian", "Likelihood"]

_LEAST_VARIANCE = 1e-6  # keeps the density of a feature that never varies finite
_LEAST_AT_START = 1e-2  # of the mean variance: a decoder has yet to learn which feature stays


class Likelihood(Spec, nn.Module):
    """Base of all likelihoods; an object without :meth:`build` is only a description.

    Rows `x` have shape (..., n_features), outputs `f` (..., n_outputs * n_features), the outputs
    of one kind together; the dimensions before the last are broadcast.

    Attributes
    ----------
    n_outputs : int
        Outputs of the decoder for each feature.
    low, high : float
        The range in which data are expected.
    """

    n_outputs: int = 1
    low: float = -math.inf
    high: float = math.inf

    def build(self, n_features: int) -> "Likelihood":
        """A new one for `n_features`, with parameters of its own where it has some."""
        return type(self)(**self.options())

    def base(self, mean: torch.Tensor, variance: torch.Tensor) -> torch.Tensor:
        """Outputs, shape (n_outputs * n_features,), that describe independent features.

        Parameters of the likelihood's own (a variance) are set from the data here.
        """
        raise NotImplementedError

    def observe(self, x: torch.Tensor, noise: Noise) -> torch.Tensor:
        """What is seen of rows that are learned from: themselves, unless they stand for more."""
        return x

    def log_prob(self, x: torch.Tensor, f: torch.Tensor) -> torch.Tensor:
        """log p(x | f) in nats, summed over the features; shape (...)."""
        raise NotImplementedError

    def mean(self, f: torch.Tensor) -> torch.Tensor:
        """E[x | f]."""
        raise NotImplementedError

    def sample(self, f: torch.Tensor, noise: Noise) -> torch.Tensor:
        """One draw from p(x | f)."""
        raise NotImplementedError


class Bernoulli(Likelihood):
    r"""Bits with log-odds f: :math:`\log p(x \mid f) = x f - \log(1 + e^f)`.

    Parameters
    ----------
    dynamic : bool, default=False
        Read values in [0, 1] as probabilities of a 1, and draw the bits of a row anew whenever it
        is learned from (Burda et al. 2016). Rows to be encoded or scored are taken as they are:
        draw their bits once with :func:`unlabeled.datasets.binarize`.

    References
    ----------
    Burda, Grosse, Salakhutdinov. Importance weighted autoencoders. ICLR 2016.
    """

    low, high = 0.0, 1.0

    def __init__(self, dynamic: bool = False):
        super().__init__()
        self.dynamic = dynamic

    def base(self, mean, variance):
        return torch.logit(mean.clamp(0.01, 0.99))

    def observe(self, x, noise):
        return bernoulli(x, noise) if self.dynamic else x

    def log_prob(self, x, f):
        return (x * f - softplus(f)).sum(-1)

    def mean(self, f):
        return torch.sigmoid(f)

    def sample(self, f, noise):
        return bernoulli_logits(f, noise)


class Gaussian(Likelihood):
    r"""Real values :math:`x_i \sim N(f_i, \sigma_i^2)`.

    Parameters
    ----------
    variance : "learned" or float, default="learned"
        One variance per feature that is learned with the rest, or a number for all of them that
        stays. A learned one starts at that of the data, or at a hundredth of the mean over the
        features if that is more, and is never below 1e-6.
    """

    excess: torch.Tensor

    def __init__(self, variance: str | float = "learned"):
        super().__init__()
        self.variance = variance
        if variance != "learned" and not (isinstance(variance, (int, float)) and variance > 0):
            raise ValueError(f"variance must be 'learned' or a positive number, got {variance!r}.")

    def build(self, n_features):
        built = super().build(n_features)
        if self.variance == "learned":
            built.excess = nn.Parameter(torch.zeros(n_features))  # its logarithm
        return built

    @property
    def sigma2(self) -> torch.Tensor | float:
        """The variances, shape (n_features,), or the one that is fixed."""
        fixed = self.variance != "learned"
        return float(self.variance) if fixed else self.excess.exp() + _LEAST_VARIANCE

    def base(self, mean, variance):
        if self.variance == "learned":
            least = _LEAST_AT_START * variance.mean()
            self.excess.data.copy_(variance.clamp(min=least).clamp(min=_LEAST_VARIANCE).log())
        return mean.clone()

    def log_prob(self, x, f):
        s2 = self._sigma2_like(f)
        return -0.5 * ((x - f).square() / s2 + torch.log(2 * math.pi * s2)).sum(-1)

    def mean(self, f):
        return f.clone()

    def sample(self, f, noise):
        return gaussian(f, self._sigma2_like(f).sqrt(), noise)

    def _sigma2_like(self, f):
        return torch.as_tensor(self.sigma2, dtype=f.dtype, device=f.device)


LIKELIHOODS = {"bernoulli": Bernoulli, "gaussian": Gaussian}
