"""Layers and networks that families share; each a plain `nn.Module`."""

from unlabeled.networks.choice import Decoder, Encoder
from unlabeled.networks.convolutional import ConvolutionalDecoder, ConvolutionalEncoder
from unlabeled.networks.mlp import ACTIVATIONS, MLP

__all__ = [
    "ACTIVATIONS",
    "MLP",
    "ConvolutionalDecoder",
    "ConvolutionalEncoder",
    "Decoder",
    "Encoder",
]
