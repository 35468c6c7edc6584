"""An encoder, a decoder, and how far the one is from undoing the other."""

import torch
from torch import nn
from torch.nn import functional as F

__all__ = ["OUTPUTS", "EncoderDecoder", "TiedDecoder", "cross_entropy", "squared_error"]

OUTPUTS = {"sigmoid": torch.sigmoid, "linear": lambda a: a}


def squared_error(x_hat: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    r""":math:`\lVert \hat x - x \rVert^2` of each row, in squared units of the data.

    Parameters
    ----------
    x_hat, x : tensors of shape (n, n_features)

    Returns
    -------
    tensor of shape (n,)
    """
    return (x_hat - x).square().sum(1)


def cross_entropy(a: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    r""":math:`-\sum_i x_i \log \sigma(a_i) + (1 - x_i) \log \sigma(-a_i)` of each row, in nats.

    Parameters
    ----------
    a : tensor of shape (n, n_features)
        What goes into the sigmoid: through probabilities, large ones would be lost to rounding.
    x : tensor of shape (n, n_features)

    Returns
    -------
    tensor of shape (n,)
    """
    return F.binary_cross_entropy_with_logits(a, x, reduction="none").sum(1)


class EncoderDecoder(nn.Module):
    r"""Two networks, :math:`h = f(x)` and :math:`\hat x = s(g(h))`.

    Parameters
    ----------
    encoder : Module
        f, from rows (n, n_features) to codes (n, n_components).
    decoder : Module
        g, from codes to rows, before the output function.
    output : {"linear", "sigmoid"}, default="linear"
        s.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.networks import MLP
    >>> net = EncoderDecoder(MLP(784, 30, (500,)), MLP(30, 784, (500,)), "sigmoid")
    >>> net(torch.zeros(2, 784)).shape
    torch.Size([2, 784])
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module, output: str = "linear"):
        super().__init__()
        self.encoder, self.decoder, self.output = encoder, decoder, output

    def encode(self, x: torch.Tensor) -> torch.Tensor:
        """Codes h of rows, shape (n, n_components)."""
        return self.encoder(x)

    def activation(self, h: torch.Tensor) -> torch.Tensor:
        """g(h): what goes into the output function, shape (n, n_features)."""
        return self.decoder(h)

    def mean(self, a: torch.Tensor) -> torch.Tensor:
        """s(a), shape (n, n_features)."""
        return OUTPUTS[self.output](a)

    def decode(self, h: torch.Tensor) -> torch.Tensor:
        """Rows of codes, shape (n, n_features)."""
        return self.mean(self.activation(h))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Reconstructions of rows, shape (n, n_features)."""
        return self.decode(self.encode(x))

    @torch.no_grad()
    def start_at(self, mean: torch.Tensor) -> None:
        """Let the last bias say `mean`, shape (n_features,), if the decoder has one per feature.

        Without it the first epochs go by with learning which pixels are mostly black.
        """
        network = getattr(self.decoder, "network", self.decoder)
        bias = getattr(network, "output_bias", None)
        if bias is not None:
            a = torch.logit(mean, 1e-3) if self.output == "sigmoid" else mean
            bias.copy_(a)


class TiedDecoder(nn.Module):
    r"""The way back through an MLP: its weights transposed, with biases of its own.

    .. math:: h \mapsto W_1^\top \phi(W_2^\top \cdots \phi(W_L^\top h + b_L) \cdots + b_2) + b_1

    Parameters
    ----------
    encoder : MLP
        Whose weights these stay: it learns through both.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.networks import MLP
    >>> decoder = TiedDecoder(MLP(784, 30, (500,)))
    >>> decoder(torch.zeros(2, 30)).shape, sum(p.numel() for p in decoder.parameters())
    (torch.Size([2, 784]), 1284)
    """

    def __init__(self, encoder: nn.Sequential):
        super().__init__()
        # In a tuple they are not registered a second time, but still copied and saved together.
        self.mirrored = tuple(encoder)[::-1]
        self.biases = nn.ParameterList(
            torch.zeros(layer.in_features)
            for layer in self.mirrored
            if isinstance(layer, nn.Linear)
        )

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        """Codes (n, n_components) to rows (n, n_features)."""
        biases = iter(self.biases)
        for layer in self.mirrored:
            is_linear = isinstance(layer, nn.Linear)
            h = F.linear(h, layer.weight.T, next(biases)) if is_linear else layer(h)
        return h

    @property
    def output_bias(self) -> nn.Parameter:
        """Bias of the features, shape (n_features,)."""
        return self.biases[-1]
