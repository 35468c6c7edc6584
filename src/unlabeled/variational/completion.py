"""Missing features of a row, drawn by Metropolis within Gibbs."""

import torch

from unlabeled.sampling import Noise
from unlabeled.variational.autoencoder import VariationalAutoencoder

__all__ = ["complete"]

_PSEUDO = 10  # one part of so many, at the beginning, takes every proposal


def complete(
    vae: VariationalAutoencoder,
    x: torch.Tensor,
    missing: torch.Tensor,
    noise: Noise,
    n_steps: int,
    y: torch.Tensor | None = None,
) -> torch.Tensor:
    r"""Draw `x[missing]` from p(x_missing | x_seen), as the end of a Markov chain.

    A step proposes :math:`z' \sim q(z \mid x)` for the row as it stands, which replaces z with
    probability :math:`\min(1, w(z') / w(z))`, where :math:`w(z) = p(x, z) / q(z \mid x)`; then the
    missing features are drawn from p(x | z). This leaves p(z, x_missing | x_seen) as it is. In the
    first tenth of the steps (one at least) every proposal is taken (pseudo-Gibbs), which finds the
    right region sooner.

    Parameters
    ----------
    vae : VariationalAutoencoder
    x : tensor of shape (n, n_features)
    missing : tensor of bool, shape (n, n_features)
    noise : Noise
    n_steps : int
        0 draws from the prior.
    y : tensor of int64, shape (n,), optional

    References
    ----------
    Rezende, Mohamed, Wierstra. Stochastic backpropagation and approximate inference in deep
    generative models. ICML 2014 (pseudo-Gibbs).
    Mattei, Frellsen. Leveraging the exact likelihood of deep latent variable models. NeurIPS 2018.
    """
    z = noise.normal((len(x), vae.n_components))
    x = _filled(vae, x, missing, z, noise, y)
    n_pseudo = max(1, n_steps // _PSEUDO)
    for step in range(n_steps):
        mean, log_std = vae.posterior(x, y)
        e = torch.stack([(z - mean) * torch.exp(-log_std), noise.normal(z.shape)], 1)
        proposed = mean + log_std.exp() * e[:, 1]
        log_p, log_ratio = vae.log_weights(x, mean, log_std, e, y)
        now, then = (log_p + log_ratio).unbind(1)
        u = noise.uniform((len(x), 1))[:, 0]
        taken = (u.log() < then - now) | (step < n_pseudo)
        z = torch.where(taken[:, None], proposed, z)
        x = _filled(vae, x, missing, z, noise, y)
    return x


def _filled(vae, x, missing, z, noise, y):
    return torch.where(missing, vae.likelihood.sample(vae.outputs(z, y), noise), x)
