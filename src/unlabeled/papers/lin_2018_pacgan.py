"""Modes of a ring and of a grid of Gaussians that a GAN finds, with and without packing."""

import torch
from torch import nn

TITLE = "Lin et al. 2018 (PacGAN): modes found on a ring and on a grid of Gaussians"
CITATION = (
    "Lin, Khetan, Fanti, Oh. PacGAN: the power of two samples in generative adversarial networks. "
    "NeurIPS 2018."
)

_N = 100_000
_PACKS = 100


class BatchNormGenerator(nn.Sequential):
    """Four layers of 400 rectifiers, each behind batch normalisation.

    Parameters
    ----------
    n_in, n_out : int
        Sizes of noise and rows.
    """

    def __init__(self, n_in: int, n_out: int):
        layers, before = [], n_in
        for _ in range(4):
            layers += [nn.Linear(before, 400, bias=False), nn.BatchNorm1d(400), nn.ReLU()]
            before = 400
        super().__init__(*layers, nn.Linear(before, n_out))
        _initialise(self)


class Maxout(nn.Module):
    """The largest of 5 linear functions, for each of 200 units.

    Parameters
    ----------
    n_in : int
        Size of the input.
    """

    def __init__(self, n_in: int):
        super().__init__()
        self.linear = nn.Linear(n_in, 200 * 5)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Shape (n, n_in) to (n, 200)."""
        return self.linear(x).view(-1, 5, 200).amax(1)


class MaxoutDiscriminator(nn.Sequential):
    """Three layers of maxout and a logit.

    Parameters
    ----------
    n_in, n_out : int
        Sizes of a pack and of the output.
    """

    def __init__(self, n_in: int, n_out: int):
        super().__init__(Maxout(n_in), Maxout(200), Maxout(200), nn.Linear(200, n_out))
        _initialise(self)


def _initialise(network):
    for layer in network.modules():
        if isinstance(layer, nn.Linear):
            nn.init.normal_(layer.weight, std=0.02)
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
