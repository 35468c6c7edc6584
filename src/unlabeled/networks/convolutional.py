"""Convolutional networks from images to vectors and back, of any size of image.

Strides and transposed strides of 2 as in DCGAN (Radford, Metz, Chintala 2016), with group
normalisation in place of batch normalisation: an answer for one row must not depend on the rows
beside it, and a batch of one row must be learned from.

Between the stages the channels of a pixel lie together (`torch.channels_last`), forwards and
backwards: convolutions are faster for it, and what works on single values is ten times slower
where a value and its gradient lie differently.
"""

import torch
from torch import nn

from unlabeled.networks.mlp import choose_activation, initialise

__all__ = ["ConvolutionalDecoder", "ConvolutionalEncoder"]

_LAYOUT = torch.channels_last
_GROUP = 16  # channels that are normalised together


class ConvolutionalEncoder(nn.Module):
    """Images to vectors: each stage halves height and width.

    Parameters
    ----------
    image_shape : tuple of int
        (c, h, w) of the input.
    n_out : int
        Size of the output.
    channels : tuple of int, default=(32, 64)
        Of each stage.
    activation : str or callable, default="gelu"
        As in :class:`MLP`.
    normalise : bool, default=True
        Group normalisation after every stage but the first.

    Examples
    --------
    >>> import torch
    >>> ConvolutionalEncoder((1, 28, 28), 30)(torch.zeros(2, 1, 28, 28)).shape
    torch.Size([2, 30])
    """

    def __init__(
        self, image_shape, n_out: int, channels=(32, 64), activation="gelu", normalise=True
    ):
        super().__init__()
        make = choose_activation(activation)
        stages, before = [], image_shape[0]
        for k, c in enumerate(channels):
            norm = [_norm(c)] if normalise and k > 0 else []
            stages += [nn.Conv2d(before, c, 4, stride=2, padding=1), *norm, make()]
            before = c
        self.stages = nn.Sequential(*stages)
        h, w = _small(image_shape, len(channels))
        self.head = nn.Linear(before * h * w, n_out)
        _lay_out(initialise(self, activation))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Images (n, c, h, w) to vectors (n, n_out)."""
        h, w = x.shape[2:]
        x = self.stages(_padded(x, h, w, self.stages))
        if x.requires_grad:
            x.register_hook(_laid_out)
        return self.head(x.flatten(1))


class ConvolutionalDecoder(nn.Module):
    """Vectors to images: each stage doubles height and width.

    Parameters
    ----------
    n_in : int
        Size of the input.
    image_shape : tuple of int
        (c, h, w) of the output.
    channels : tuple of int, default=(32, 64)
        As of the encoder that it mirrors: the last one is that of the smallest images.
    activation : str or callable, default="gelu"
        As in :class:`MLP`.
    normalise : bool, default=True
        Group normalisation before every activation.

    Examples
    --------
    >>> import torch
    >>> ConvolutionalDecoder(30, (1, 28, 28))(torch.zeros(2, 30)).shape
    torch.Size([2, 1, 28, 28])
    """

    def __init__(
        self, n_in: int, image_shape, channels=(32, 64), activation="gelu", normalise=True
    ):
        super().__init__()
        make = choose_activation(activation)
        self.image_shape = tuple(image_shape)
        self.small = (channels[-1], *_small(image_shape, len(channels)))
        self.foot = nn.Linear(n_in, self.small[0] * self.small[1] * self.small[2])
        stages, before = [], channels[-1]
        for c in [*channels[-2::-1], image_shape[0]]:
            norm = [_norm(before)] if normalise else []
            stages += [*norm, make(), nn.ConvTranspose2d(before, c, 4, stride=2, padding=1)]
            before = c
        self.stages = nn.Sequential(*stages)
        _lay_out(initialise(self, activation))

    def forward(self, z: torch.Tensor) -> torch.Tensor:
        """Vectors (n, n_in) to images (n, c, h, w)."""
        x = self.stages(_laid_out(self.foot(z).view(-1, *self.small)))
        _, h, w = self.image_shape
        top, left = (x.shape[2] - h) // 2, (x.shape[3] - w) // 2
        return x[:, :, top : top + h, left : left + w]


def _lay_out(network: nn.Module) -> None:
    network.to(memory_format=_LAYOUT)  # pyright: ignore[reportCallIssue]


def _laid_out(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=_LAYOUT)


def _norm(channels: int) -> nn.GroupNorm:
    groups = max(1, channels // _GROUP)
    while channels % groups:
        groups -= 1
    return nn.GroupNorm(groups, channels)


def _small(image_shape, n_stages: int) -> tuple[int, int]:
    """Height and width after all halvings, of images padded so that they divide."""
    _, h, w = image_shape
    return -(-h // 2**n_stages), -(-w // 2**n_stages)


def _padded(x, h, w, stages):
    """Zeros around images whose sides are no multiples of all strides together."""
    n_stages = sum(isinstance(layer, nn.Conv2d) for layer in stages)
    high, wide = (-h) % 2**n_stages, (-w) % 2**n_stages
    edges = (wide // 2, wide - wide // 2, high // 2, high - high // 2)
    return nn.functional.pad(x, edges) if high or wide else x
