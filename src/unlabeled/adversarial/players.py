"""Generator and discriminator as plain networks of rows."""

import copy
from functools import partial
from math import prod

import torch
from torch import nn
from torch.nn.functional import one_hot

from unlabeled.adversarial.losses import mean
from unlabeled.adversarial.penalties import Penalty
from unlabeled.adversarial.spectral import SpectralNorm
from unlabeled.networks import ConvolutionalEncoder, Decoder, Encoder

__all__ = ["OUTPUTS", "AdversarialNetworks", "Discriminator", "Generator", "packed"]

OUTPUTS = {"sigmoid": nn.Sigmoid, "tanh": nn.Tanh, "linear": nn.Identity}


def packed(x: torch.Tensor, m: int) -> torch.Tensor:
    """Groups of m rows side by side; where they do not divide, the first rows come once more.

    Parameters
    ----------
    x : tensor of shape (n, n_features)
    m : int

    Returns
    -------
    tensor of shape (ceil(n / m), m * n_features)

    Examples
    --------
    >>> packed(torch.tensor([[1], [2], [3]]), 2)
    tensor([[1, 2],
            [3, 1]])
    """
    n, groups = len(x), -(-len(x) // m)
    if n % m:
        x = x[torch.arange(groups * m, device=x.device) % n]
    return x.reshape(groups, m * x.shape[1])


class Generator(nn.Module):
    """Noise, and labels beside it, to rows.

    Parameters
    ----------
    network : None, "convolutional" or callable
        As in :class:`unlabeled.networks.Decoder`.
    n_components : int
        Size of the noise.
    shape : int or tuple of int
        Features of a row, or (c, h, w) of an image.
    output : {"sigmoid", "tanh", "linear"}, default="linear"
        What is made of the network's output.
    n_classes : int, default=0
        Labels that come along.
    hidden_layer_sizes, activation
        As in :class:`unlabeled.networks.Decoder`.
    """

    def __init__(
        self,
        network,
        n_components: int,
        shape,
        *,
        output: str = "linear",
        n_classes: int = 0,
        hidden_layer_sizes=(),
        activation="leaky_relu",
    ):
        super().__init__()
        self.network = Decoder(
            network,
            n_components,
            shape,
            n_classes=n_classes,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
        )
        self.output = OUTPUTS[output]()

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Noise (n, n_components) and numbers of labels (n,) to rows (n, n_features)."""
        return self.output(self.network(z, y))


class Discriminator(nn.Module):
    """Packs of rows, and their labels, to one logit each: large for data, small for samples.

    Labels are further features of a row, or further channels of an image.

    Parameters
    ----------
    network : None, "convolutional" or callable
        As in :class:`unlabeled.networks.Encoder`, called as `network(n_in, 1)`.
    shape : int or tuple of int
        Of a row.
    pack : int, default=1
        Rows that are judged together, as features or channels side by side.
    n_classes : int, default=0
        Labels that come along.
    spectral_norm : bool, default=False
        Hold every layer's largest singular value at 1; a convolutional network then has no group
        normalisation, which would undo it.
    hidden_layer_sizes, activation
        As in :class:`unlabeled.networks.Encoder`.
    """

    def __init__(
        self,
        network,
        shape,
        *,
        pack: int = 1,
        n_classes: int = 0,
        spectral_norm: bool = False,
        hidden_layer_sizes=(),
        activation="leaky_relu",
    ):
        super().__init__()
        self.pack, self.n_classes = pack, n_classes
        if network is None or isinstance(shape, int):
            shape = (shape if isinstance(shape, int) else prod(shape),)
        elif network == "convolutional" and spectral_norm:
            network = partial(ConvolutionalEncoder, activation=activation, normalise=False)
        self.pixels = prod(shape[1:])
        size = (pack * (shape[0] + n_classes), *shape[1:])
        encoder = Encoder(
            network,
            size if len(size) > 1 else size[0],
            1,
            hidden_layer_sizes=hidden_layer_sizes,
            activation=activation,
        )
        self.network = SpectralNorm(encoder) if spectral_norm else encoder

    def packs(self, x: torch.Tensor, y: torch.Tensor | None = None):
        """Rows (n, n_features) in packs, and their labels one-hot in packs, or None."""
        hot = None if y is None else packed(one_hot(y, self.n_classes).to(x.dtype), self.pack)
        return packed(x, self.pack), hot

    def forward(self, x: torch.Tensor, hot: torch.Tensor | None = None) -> torch.Tensor:
        """What :meth:`packs` returns, to logits of shape (n_packs,), float32."""
        if hot is not None:
            x = torch.cat([x, hot.repeat_interleave(self.pixels, 1)], 1)
        return self.network(x).squeeze(1).float()


class AdversarialNetworks(nn.Module):
    """Two players, and the generator that samples are drawn from.

    Parameters
    ----------
    generator : Generator
    discriminator : Discriminator
    averaged : bool, default=True
        Keep a copy of the generator for the moving average of its weights.

    Attributes
    ----------
    average : Generator
        The copy, or the generator itself without one.
    """

    def __init__(self, generator: Generator, discriminator: Discriminator, averaged: bool = True):
        super().__init__()
        self.generator = generator
        self.discriminator = discriminator
        self.averaged = copy.deepcopy(generator).requires_grad_(False) if averaged else None

    @property
    def average(self) -> Generator:
        """What is sampled from."""
        return self.generator if self.averaged is None else self.averaged

    def judge(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Logits of packs of rows, shape (n_packs,)."""
        return self.discriminator(*self.discriminator.packs(x, y))

    def penalise(self, penalty: Penalty, real, fake, u, y=None) -> torch.Tensor:
        """The mean penalty over packs of rows, u (n, 1) uniform for the packs."""
        real, hot = self.discriminator.packs(real, y)
        fake, _ = self.discriminator.packs(fake)
        return mean(penalty(lambda x: self.discriminator(x, hot), real, fake, u[: len(real)]))
