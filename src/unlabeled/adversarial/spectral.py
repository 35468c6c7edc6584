"""Spectral normalisation: every layer's largest singular value is 1."""

import torch
from torch import nn
from torch.func import functional_call

__all__ = ["SpectralNorm"]

_LAYERS = (nn.Linear, nn.modules.conv._ConvNd)
_ITERATIONS = 15  # to begin with; one more at every step of learning


class SpectralNorm(nn.Module):
    r"""A network whose linear and convolutional layers use :math:`W / \sigma(W)` in place of W.

    :math:`\sigma(W) = \max_{|v| = 1} |W v| = u^\top W v`, with the singular vectors u and v
    followed by power iteration as W moves: :math:`v \propto W^\top u`, :math:`u \propto W v`. The
    kernel of a convolution is flattened to (channels out, everything else).

    Parameters
    ----------
    network : Module

    References
    ----------
    Miyato, Kataoka, Koyama, Yoshida. Spectral normalization for generative adversarial networks.
    2018.

    Examples
    --------
    >>> layer = nn.Linear(3, 1)
    >>> round(SpectralNorm(layer).weights()["weight"].norm().item(), 4)
    1.0
    """

    def __init__(self, network: nn.Module):
        super().__init__()
        self.network = network
        self.names = [
            f"{name}.weight".lstrip(".")
            for name, layer in network.named_modules()
            if isinstance(layer, _LAYERS)
        ]
        for k, W in enumerate(self._matrices()):
            u = torch.randn(len(W), dtype=W.dtype)
            self.register_buffer(f"u{k}", nn.functional.normalize(u, dim=0))
        for _ in range(_ITERATIONS):
            self.iterate()

    def _matrices(self) -> list[torch.Tensor]:
        return [self.network.get_parameter(name).flatten(1) for name in self.names]

    @torch.no_grad()
    def iterate(self) -> None:
        """One power iteration of every layer."""
        for k, W in enumerate(self._matrices()):
            v = nn.functional.normalize(W.T @ self.get_buffer(f"u{k}"), dim=0)
            self.get_buffer(f"u{k}").copy_(nn.functional.normalize(W @ v, dim=0))

    def weights(self) -> dict[str, torch.Tensor]:
        """The normalised weights by the names of the plain ones."""
        found = {}
        for k, (name, W) in enumerate(zip(self.names, self._matrices(), strict=True)):
            u = self.get_buffer(f"u{k}").clone()  # it may move before the backward pass
            v = nn.functional.normalize(W.detach().T @ u, dim=0)
            found[name] = self.network.get_parameter(name) / (u @ (W @ v))
        return found

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """What the network makes of x; while learning, after one more power iteration."""
        if self.training:
            self.iterate()
        return functional_call(self.network, self.weights(), (x,))
