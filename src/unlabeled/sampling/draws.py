"""Draws from the distributions that units have."""

import torch

from unlabeled.sampling.noise import Noise

__all__ = ["bernoulli", "gaussian"]


def bernoulli(p: torch.Tensor, noise: Noise) -> torch.Tensor:
    """x = 1 with probability p, else 0.

    Exact for p = 0 and p = 1; between them p counts to a multiple of 2**-24.

    Parameters
    ----------
    p : tensor
        Probabilities, rows first.
    noise : Noise
        Source of random numbers.

    Returns
    -------
    tensor
        Zeros and ones of the shape and dtype of `p`.
    """
    u = noise.uniform(p.shape)
    return (u < p).to(p.dtype) if p.dtype != u.dtype else torch.lt(u, p, out=u)


def gaussian(mean: torch.Tensor, std: torch.Tensor, noise: Noise):
    """x = mean + std * e with e ~ N(0, 1); `std` is broadcast against `mean`."""
    return noise.normal(mean.shape).to(mean.dtype).mul_(std).add_(mean)
