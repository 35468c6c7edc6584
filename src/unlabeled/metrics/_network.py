"""A small network trained on the spot: a classifier, or an autoencoder where labels lack."""

import torch
from torch import nn
from torch.nn import functional as F

from unlabeled.sampling.lent import lent_generator

__all__ = ["FeatureNetwork", "train"]

_BATCH = 128
_RATE = 2e-3
_HIDDEN = 256


class FeatureNetwork(nn.Module):
    """Rows to features (`body`), features to class scores or back to rows (`head`).

    Images pass up to three layers of 5 x 5 convolutions and 2 x 2 maxima, as in LeNet; other
    rows a layer of 256 units. Rows are standardised first: images with one mean and deviation,
    others feature by feature.

    Parameters
    ----------
    shape : tuple of int
        Shape of a row: (d,) or (c, h, w).
    n_components : int
        Number of features.
    n_classes : int or None
        None for an autoencoder.
    """

    shift: torch.Tensor
    scale: torch.Tensor

    def __init__(self, shape, n_components, n_classes=None):
        super().__init__()
        self.shape, self.n_components = tuple(shape), n_components
        width = 1 if len(shape) == 3 else shape[0]
        self.register_buffer("shift", torch.zeros(width))
        self.register_buffer("scale", torch.ones(width))
        layers, seen = _convolutions(*shape) if len(shape) == 3 else (_hidden(*shape), _HIDDEN)
        if n_classes is None:
            d = torch.Size(shape).numel()
            self.body = nn.Sequential(*layers, nn.Linear(seen, n_components))
            self.head = nn.Sequential(*_hidden(n_components), nn.Linear(_HIDDEN, d))
        else:
            self.body = nn.Sequential(*layers, nn.Linear(seen, n_components), nn.ReLU())
            self.head = nn.Linear(n_components, n_classes)

    def standardise(self, x):
        """Rows of shape (n, d) in units of their deviation."""
        return (x - self.shift) / self.scale

    def features(self, x):
        """Features of rows of shape (n, d), shape (n, n_components)."""
        return self.body(self.standardise(x).unflatten(1, self.shape))

    def forward(self, x):
        """Class scores, or standardised reconstructions, of rows of shape (n, d)."""
        return self.head(self.features(x))


def _convolutions(c, h, w):
    """Layers, and how many numbers leave the last of them."""
    layers = []
    for width in (8, 16, 32):
        if min(h, w) < 4:
            break
        layers += [nn.Conv2d(c, width, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)]
        c, h, w = width, h // 2, w // 2
    return [*layers, nn.Flatten()], c * h * w


def _hidden(d):
    return [nn.Linear(d, _HIDDEN), nn.ReLU()]


def train(x, y, shape, n_components, n_classes, n_steps, seed) -> FeatureNetwork:
    """Adam on cross-entropy, or on the squared error where `y` is None; the rate falls to 0."""
    with lent_generator(seed):
        network = FeatureNetwork(shape, n_components, n_classes)
    network = network.to(x.device)
    dims = None if len(shape) == 3 else 0
    network.shift, network.scale = x.mean(dims).view(-1), _spread(x, dims).view(-1)
    optimizer = torch.optim.Adam(network.parameters(), lr=_RATE)
    generator = torch.Generator().manual_seed(seed)
    batches = _batches(len(x), generator)
    for step in range(n_steps):
        index = next(batches).to(x.device)
        optimizer.param_groups[0]["lr"] = _RATE * (1 - step / n_steps)
        optimizer.zero_grad()
        if y is None:
            loss = F.mse_loss(network(x[index]), network.standardise(x[index]))
        else:
            loss = F.cross_entropy(network(x[index]), y[index])
        loss.backward()
        optimizer.step()
    return network.eval()


def _spread(x, dims):
    spread = x.std(dims, correction=0)
    return torch.where(spread > 0, spread, 1.0)


def _batches(n, generator):
    while True:
        yield from torch.randperm(n, generator=generator).split(_BATCH)
