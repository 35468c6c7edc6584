r"""What a change of temperature does to a layer of Bernoulli units, without a cancellation.

.. math:: \log\frac{1 + e^{tf}}{1 + e^{sf}} = (t - s) f^+ \pm
          \log\left(1 + \sigma(-r |f|) (e^{-|t - s| |f|} - 1)\right), \qquad r = \min(s, t)

with + for t > s. Ten thousand small differences of softplus would lose their digits.
"""

import torch

from unlabeled.sampling import Noise, bernoulli_logits

__all__ = ["bernoulli_annealed", "softplus_rise"]


def softplus_rise(f: torch.Tensor, here: float, there: float) -> torch.Tensor:
    """Sum over the last axis of softplus(there * f) - softplus(here * f).

    Each term is right to a few roundings of its own size.

    Parameters
    ----------
    f : tensor of shape (n, n_units)
    here, there : float
        Not negative.

    Examples
    --------
    >>> softplus_rise(torch.tensor([[1e-3]]), 0.5, 0.5 + 1e-6)
    tensor([5.0013e-10])
    """
    size, step = f.abs(), there - here
    share = torch.sigmoid(size * -min(here, there))
    fall = size.mul_(-abs(step)).expm1_().mul_(share).log1p_().sum(-1)
    return f.clamp(min=0).sum(-1).mul_(step).add_(fall, alpha=1 if step > 0 else -1)


def bernoulli_annealed(f: torch.Tensor, here: float, there: float, noise: Noise):
    """The :func:`softplus_rise` of each row, and a draw with log-odds `there` * f.

    Parameters
    ----------
    f : tensor of shape (n, n_units)
        Log-odds at temperature 1.
    here, there : float
        Inverse temperatures.
    noise : Noise
        One compiled pass where it draws with kernels.

    Returns
    -------
    rise : tensor of shape (n,)
    x : tensor like `f`
    """
    if noise.backend == "fast" and f.dtype == torch.float32:
        from unlabeled.kernels import annealing

        edges, key = noise.edges(len(f)), noise.next_key()
        return annealing.anneal(f, here, there, edges, noise.blocks[0], key)
    return softplus_rise(f, here, there), bernoulli_logits(there * f, noise)
