"""The variational autoencoder as a module: posterior, divergence, weights."""

import math

import torch
from torch import nn

from unlabeled.networks import Decoder, Encoder
from unlabeled.variational.likelihoods import Likelihood

__all__ = ["VariationalAutoencoder"]


class VariationalAutoencoder(nn.Module):
    r"""A Gaussian posterior, a standard normal prior, and a decoder.

    .. math:: q(z \mid x) = N(z;\, \mu(x), \operatorname{diag} \sigma^2(x)), \qquad
              p(x, z) = N(z;\, 0, I)\; p(x \mid f(z))

    Labels `y`, where the networks take any, stand on the right of every bar. Shapes: rows `x`
    (n, n_features), codes `z` (..., n_components), numbers of labels `y` (n,).

    Parameters
    ----------
    encoder : Encoder
        To 2 * n_components numbers, for means and standard deviations.
    decoder : Decoder
        To the outputs f that `likelihood` reads, counted from those of independent features.
    likelihood : Likelihood
        One that has been built.
    n_outputs : int
        Length of f.

    Attributes
    ----------
    n_components : int
        Length of a code.
    """

    base: torch.Tensor

    def __init__(self, encoder: Encoder, decoder: Decoder, likelihood: Likelihood, n_outputs: int):
        super().__init__()
        self.encoder, self.decoder, self.likelihood = encoder, decoder, likelihood
        self.n_components = encoder.n_out // 2
        self.register_buffer("base", torch.zeros(n_outputs))

    def posterior(self, x: torch.Tensor, y: torch.Tensor | None = None):
        r"""Means and logarithms of the standard deviations of q(z | x), each (n, n_components).

        The second half :math:`s` of what the encoder says makes :math:`\sigma = e^s` below 1, the
        prior's, and :math:`1 + s` above it, so that no row can make it overflow.
        """
        mean, s = self.encoder(x, y).to(x.dtype).chunk(2, 1)
        return mean, s.clamp(max=0) + s.clamp(min=0).log1p()

    def outputs(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """f(z) of codes (n, n_components), or (n, k, n_components): k for each row and label."""
        if y is not None and z.ndim > 2:
            y = y[:, None].expand(z.shape[:-1]).flatten()
        return self.base + self.decoder(z.flatten(0, -2), y).unflatten(0, z.shape[:-1])

    def log_weights(self, x, mean, log_std, e, y=None):
        r"""Importance weights of :math:`z = \mu + \sigma e`, in two parts.

        .. math:: \log w = \log p(x \mid z) + (\log p(z) - \log q(z \mid x))

        Parameters
        ----------
        x : tensor of shape (n, n_features)
        mean, log_std : tensors of shape (n, n_components)
            The posterior's.
        e : tensor of shape (n, k, n_components)
            Standard normal numbers.
        y : tensor of int64, shape (n,), optional

        Returns
        -------
        log_p, log_ratio : tensors of shape (n, k)
        """
        mean, log_std = mean[:, None], log_std[:, None]
        z = mean + log_std.exp() * e
        log_ratio = (0.5 * (e.square() - z.square()) + log_std).sum(-1)
        return self.likelihood.log_prob(x[:, None], self.outputs(z, y)), log_ratio

    @staticmethod
    def divergence(mean: torch.Tensor, log_std: torch.Tensor) -> torch.Tensor:
        r"""KL(q(z | x) || p(z)) in nats, shape (n,), in closed form.

        .. math:: \sum_j \tfrac12 (\mu_j^2 + \sigma_j^2 - 1) - \log \sigma_j
        """
        return (0.5 * (mean.square() + torch.exp(2 * log_std) - 1) - log_std).sum(1)

    def objective(self, x, e, *, beta: float = 1.0, y=None):
        r"""What learning makes large, and the terms that are reported, each of shape (n,).

        .. math:: L_\beta = \log \frac1K \sum_{k=1}^K p(x \mid z_k)
                  \left(\frac{p(z_k)}{q(z_k \mid x)}\right)^\beta

        with the mean of the second factor's logarithm, minus the divergence, in its place if K is
        1: then :math:`L_\beta = \log p(x \mid z) - \beta\, \mathrm{KL}`.

        Parameters
        ----------
        x : tensor of shape (n, n_features)
        e : tensor of shape (n, K, n_components)
            Standard normal numbers.
        beta : float, default=1.0
        y : tensor of int64, shape (n,), optional

        Returns
        -------
        objective : tensor of shape (n,)
        terms : dict of tensor
            "bound" (:math:`L_1`), "reconstruction" (mean of :math:`\log p(x \mid z_k)`) and "kl".
        """
        mean, log_std = self.posterior(x, y)
        if e.shape[1] == 1:
            z = mean + log_std.exp() * e[:, 0]
            log_p = self.likelihood.log_prob(x, self.outputs(z, y))
            kl = self.divergence(mean, log_std)
            bound = log_p - kl
            objective = bound if beta == 1 else log_p - beta * kl
            return objective, {"bound": bound, "reconstruction": log_p, "kl": kl}
        log_p, log_ratio = self.log_weights(x, mean, log_std, e, y)
        kl = self.divergence(mean, log_std)
        bound = _log_mean_exp(log_p + log_ratio)
        objective = bound if beta == 1 else _log_mean_exp(log_p + beta * log_ratio)
        return objective, {"bound": bound, "reconstruction": log_p.mean(1), "kl": kl}


def _log_mean_exp(log_w):
    return log_w.logsumexp(1) - math.log(log_w.shape[1])
