"""The multilayer perceptron."""

from itertools import pairwise
from math import prod

import torch
from torch import nn
from torch.nn.modules.conv import _ConvNd, _ConvTransposeNd

__all__ = ["ACTIVATIONS", "MLP", "choose_activation", "initialise"]

ACTIVATIONS = {
    "elu": nn.ELU,
    "gelu": nn.GELU,
    "identity": nn.Identity,
    "leaky_relu": lambda: nn.LeakyReLU(0.2),
    "relu": nn.ReLU,
    "sigmoid": nn.Sigmoid,
    "silu": nn.SiLU,
    "softplus": nn.Softplus,
    "tanh": nn.Tanh,
}
_BOUNDED = (nn.Identity, nn.Sigmoid, nn.Tanh)


def choose_activation(activation):
    """A name of `ACTIVATIONS`, or anything that makes a layer when it is called.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(activation, str) and activation in ACTIVATIONS:
        return ACTIVATIONS[activation]
    if isinstance(activation, (str, nn.Module)) or not callable(activation):
        known = ", ".join(repr(name) for name in ACTIVATIONS)
        raise ValueError(
            f"activation must be one of {known} or a torch.nn.Module class, got {activation!r}."
        )
    return activation


def initialise(network: nn.Module, activation) -> nn.Module:
    """Draw weights so that signals keep their size: He's for rectifiers, else Glorot's.

    The last layer gets Glorot's in either case; biases start at 0.

    Parameters
    ----------
    network : Module
    activation : str or callable
        What stands between its layers.

    Returns
    -------
    Module
        `network` itself.

    References
    ----------
    Glorot, Bengio. Understanding the difficulty of training deep feedforward networks. 2010.
    He, Zhang, Ren, Sun. Delving deep into rectifiers. 2015.
    """
    layers = [m for m in network.modules() if isinstance(m, (nn.Linear, _ConvNd))]
    bounded = isinstance(choose_activation(activation)(), _BOUNDED)
    for layer in layers:
        n_in, n_out = _connections(layer)
        glorot = bounded or layer is layers[-1]
        variance = 2 / (n_in + n_out) if glorot else 2 / n_in
        nn.init.normal_(layer.weight, std=variance**0.5)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
    return network


def _connections(layer) -> tuple[float, float]:
    """How many inputs an output unit has, and how many outputs an input unit."""
    if isinstance(layer, nn.Linear):
        return layer.in_features, layer.out_features
    n_weights, skipped = layer.weight.numel(), prod(layer.stride)
    n_in, n_out = n_weights / layer.out_channels, n_weights / layer.in_channels
    transposed = isinstance(layer, _ConvTransposeNd)
    return (n_in / skipped, n_out) if transposed else (n_in, n_out / skipped)


class MLP(nn.Sequential):
    r"""Layers :math:`x \mapsto \phi(W x + b)`, the last one without :math:`\phi`.

    Parameters
    ----------
    n_in, n_out : int
        Sizes of input and output.
    hidden_layer_sizes : tuple of int, default=()
        Sizes of the layers between; none makes a linear map.
    activation : str or callable, default="gelu"
        A name of `ACTIVATIONS`, or a `torch.nn.Module` class.

    Examples
    --------
    >>> import torch
    >>> MLP(784, 30, (500, 250))(torch.zeros(2, 784)).shape
    torch.Size([2, 30])
    """

    def __init__(self, n_in: int, n_out: int, hidden_layer_sizes=(), activation="gelu"):
        make = choose_activation(activation)
        sizes = [n_in, *hidden_layer_sizes, n_out]
        layers: list[nn.Module] = []
        for a, b in pairwise(sizes):
            layers += [nn.Linear(a, b), make()]
        super().__init__(*layers[:-1])
        initialise(self, activation)

    @property
    def output_bias(self) -> torch.nn.Parameter:
        """Bias of the last layer, shape (n_out,)."""
        last = self[-1]
        assert isinstance(last, nn.Linear)
        return last.bias
