"""A moving average of a network's weights."""

import torch
from torch import nn

__all__ = ["MovingAverage"]


class MovingAverage:
    r"""Keeps a network at the exponential moving average of another one's parameters.

    .. math:: \bar\theta \leftarrow a_t\,\bar\theta + (1 - a_t)\,\theta, \qquad
              a_t = \min\Big(a, \frac{1 + t}{10 + t}\Big)

    after update t = 1, 2, ...: young averages forget the random weights that learning began with.
    Buffers, such as the statistics of batch normalisation, are copied.

    Parameters
    ----------
    average, network : Module
        Of the same shape; the first one is written to.
    decay : float
        a, in [0, 1).
    n_updates : int, default=0
        How many have been averaged already.

    References
    ----------
    Yazıcı et al. The unusual effectiveness of averaging in GAN training. 2019.

    Examples
    --------
    >>> slow, quick = nn.Linear(1, 1), nn.Linear(1, 1)
    >>> average = MovingAverage(slow, quick, 0.5, n_updates=100)
    >>> before = slow.weight.item()
    >>> average.update()
    >>> round(slow.weight.item() - (before + quick.weight.item()) / 2, 6)
    0.0
    """

    def __init__(self, average: nn.Module, network: nn.Module, decay: float, n_updates: int = 0):
        self.decay = decay
        self.n_updates = n_updates
        self.weights = list(zip(average.parameters(), network.parameters(), strict=True))
        self.buffers = list(zip(average.buffers(), network.buffers(), strict=True))

    @torch.no_grad()
    def update(self) -> None:
        """Take one more set of weights in."""
        self.n_updates += 1
        a = min(self.decay, (1 + self.n_updates) / (10 + self.n_updates))
        for slow, quick in self.weights:
            slow.lerp_(quick, 1 - a)
        for slow, quick in self.buffers:
            slow.copy_(quick)

    def state_dict(self) -> dict:
        """How many were averaged; the average itself is a network, and saved as such."""
        return {"n_updates": self.n_updates}

    def load_state_dict(self, state: dict) -> None:
        """Go on from there."""
        self.n_updates = state["n_updates"]
