"""Draws from the distributions that units have."""

import torch

from unlabeled.sampling.noise import Noise

__all__ = ["bernoulli", "bernoulli_logits", "categorical", "gaussian"]


def bernoulli(p: torch.Tensor, noise: Noise) -> torch.Tensor:
    """x = 1 with probability p, else 0.

    Exact for p = 0 and p = 1; on a CPU, p between them counts to a multiple of 2**-24, and the
    draw costs a sixth of `torch.bernoulli`, which is taken on a GPU.

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
    if _is_for_kernels(p, noise):
        return _compiled(p, False, noise)
    if p.device.type != "cpu":
        return noise.bernoulli(p)
    u = noise.uniform(p.shape)
    if p.dtype == torch.float64:
        return (u.double() < p).double()
    return torch.lt(u, p.to(u.dtype), out=u).to(p.dtype)  # comparing two dtypes is slow


def bernoulli_logits(f: torch.Tensor, noise: Noise) -> torch.Tensor:
    """x = 1 with probability sigmoid(f), else 0; one pass where kernels are compiled.

    Parameters
    ----------
    f : tensor
        Log-odds, rows first.
    noise : Noise
        Source of random numbers.

    Returns
    -------
    tensor
        Zeros and ones of the shape and dtype of `f`.
    """
    if _is_for_kernels(f, noise):
        return _compiled(f, True, noise)
    return bernoulli(torch.sigmoid(f), noise)


def categorical(p: torch.Tensor, noise: Noise) -> torch.Tensor:
    """One class of each group, as a one-hot row; a class of probability 0 never comes.

    Parameters
    ----------
    p : tensor of shape (..., K)
        Probabilities, rows first; of each group they need not add up to 1.
    noise : Noise
        Source of random numbers.

    Returns
    -------
    tensor
        Of the shape and dtype of `p`.
    """
    edges = p.cumsum(-1)
    u = noise.uniform((*p.shape[:-1], 1)).to(p.dtype) * edges[..., -1:]
    drawn = (edges <= u).sum(-1, keepdim=True)
    return torch.zeros_like(p).scatter_(-1, drawn, 1.0)


def gaussian(mean: torch.Tensor, std: torch.Tensor, noise: Noise):
    """x = mean + std * e with e ~ N(0, 1); `std` is broadcast against `mean`."""
    return noise.normal(mean.shape).to(mean.dtype).mul_(std).add_(mean)


def _is_for_kernels(given: torch.Tensor, noise: Noise) -> bool:
    return noise.backend == "fast" and given.dtype in (torch.float32, torch.bfloat16)


def _compiled(given: torch.Tensor, are_logits: bool, noise: Noise) -> torch.Tensor:
    from unlabeled.kernels.draws import draw

    return draw(given, are_logits, noise.edges(len(given)), noise.blocks[0], noise.next_key())
