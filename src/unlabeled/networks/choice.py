"""Which network a model gets, and what it is fed: rows or images, and labels beside them."""

from collections.abc import Callable
from math import prod

import torch
from torch import nn

from unlabeled.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from unlabeled.networks.mlp import MLP

__all__ = ["Decoder", "Encoder", "check_network"]


def check_network(name: str, network) -> None:
    """Raise unless a parameter is None, "convolutional" or a factory of networks.

    Raises
    ------
    ValueError, TypeError
        A network itself is refused too: clones of the model would share its weights.
    """
    if isinstance(network, nn.Module):
        raise TypeError(
            f"{name} must be a factory (a class or function of input and output size), got a "
            f"{type(network).__name__} that is built already; give its class."
        )
    if network is None or network == "convolutional":
        return
    if not callable(network):
        raise ValueError(f"{name} must be None, 'convolutional' or a factory, got {network!r}.")


class Encoder(nn.Module):
    """Rows, and labels beside them, to vectors.

    A network on images gets labels as further channels, any other one as further features.

    Parameters
    ----------
    network : None, "convolutional" or callable
        None for an MLP; a factory is called as `network(n_in, n_out)`, where images of a known
        shape make `n_in` that shape (c, h, w).
    shape : int or tuple of int
        Features of a row, or (c, h, w) of an image.
    n_out : int
    n_classes : int, default=0
        Labels that come along.
    hidden_layer_sizes, activation
        Of the MLP; a convolutional network has the same activation.

    Raises
    ------
    ValueError
        If a convolutional network is asked for without the shape of images.
    """

    def __init__(
        self,
        network: str | Callable | None,
        shape,
        n_out: int,
        *,
        n_classes: int = 0,
        hidden_layer_sizes=(),
        activation="gelu",
    ):
        super().__init__()
        self.n_classes, self.n_out = n_classes, n_out
        self.image_shape = shape if isinstance(shape, tuple) and network is not None else None
        if network is None:
            n_in = (prod(shape) if isinstance(shape, tuple) else shape) + n_classes
            self.network = MLP(n_in, n_out, hidden_layer_sizes, activation)
            return
        if isinstance(network, str):
            _require_images(shape)
            given = _with_channels(shape, n_classes)
            self.network = ConvolutionalEncoder(given, n_out, activation=activation)
        else:
            self.network = network(_with_channels(shape, n_classes), n_out)

    def forward(self, x: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Rows (n, n_features) and numbers of labels (n,) to vectors (n, n_out)."""
        if self.image_shape is not None:
            x = x.view(-1, *self.image_shape)
        if self.n_classes:
            x = torch.cat([x, _planes(y, self.n_classes, x)], 1)
        return _checked(self.network(x), self.n_out)


class Decoder(nn.Module):
    """Vectors, and labels beside them, to rows.

    Parameters
    ----------
    network : None, "convolutional" or callable
        As in :class:`Encoder`, called as `network(n_in, n_out)`, where images of a known shape
        make `n_out` that shape.
    n_in : int
    shape : int or tuple of int
        As in :class:`Encoder`.
    n_classes, hidden_layer_sizes, activation
        As in :class:`Encoder`.

    Raises
    ------
    ValueError
        As :class:`Encoder`.
    """

    def __init__(
        self,
        network: str | Callable | None,
        n_in: int,
        shape,
        *,
        n_classes: int = 0,
        hidden_layer_sizes=(),
        activation="gelu",
    ):
        super().__init__()
        self.n_classes = n_classes
        self.n_out = prod(shape) if isinstance(shape, tuple) else shape
        n_in = n_in + n_classes
        if network is None:
            self.network = MLP(n_in, self.n_out, hidden_layer_sizes, activation)
        elif isinstance(network, str):
            _require_images(shape)
            self.network = ConvolutionalDecoder(n_in, shape, activation=activation)
        else:
            self.network = network(n_in, shape)

    def forward(self, z: torch.Tensor, y: torch.Tensor | None = None) -> torch.Tensor:
        """Vectors (n, n_in) and numbers of labels (n,) to rows (n, n_features)."""
        if self.n_classes:
            z = torch.cat([z, _planes(y, self.n_classes, z)], 1)
        return _checked(self.network(z), self.n_out)


def _checked(out, n_out):
    """What a network gave as rows, if it gave what it was made for."""
    if out.numel() != len(out) * n_out:
        raise ValueError(
            f"a network of your own must return {n_out} numbers per row, got shape "
            f"{tuple(out.shape)}."
        )
    return out.flatten(1)


def _planes(y, n_classes, x):
    """One-hot labels, as wide and high as images where `x` are images."""
    hot = nn.functional.one_hot(y, n_classes).to(x.dtype)
    return hot if x.ndim == 2 else hot[:, :, None, None].expand(-1, -1, *x.shape[2:])


def _with_channels(shape, n_classes):
    """The shape with one more channel, or feature, for every class."""
    if isinstance(shape, tuple):
        return (shape[0] + n_classes, *shape[1:])
    return shape + n_classes


def _require_images(shape):
    if not isinstance(shape, tuple):
        raise ValueError(
            "a convolutional network needs the shape of images: give image_shape=(c, h, w), or X "
            "of shape (n, c, h, w)."
        )
