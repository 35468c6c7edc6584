r"""What the two players of an adversarial game want.

With logits :math:`D` of the discriminator on data x and on samples G(z), its loss is
:math:`\mathbb{E}_x[\text{real}(D(x))] + \mathbb{E}_z[\text{fake}(D(G(z)))]`, and that of the
generator :math:`\mathbb{E}_z[\text{generator}(D(G(z)))]`. Each loss says these three functions of
a logit.
"""

import torch
from torch.nn.functional import relu, softplus

from unlabeled.spec import Spec

__all__ = [
    "LOSSES",
    "Hinge",
    "LeastSquares",
    "Loss",
    "Minimax",
    "NonSaturating",
    "Wasserstein",
    "mean",
]


class Loss(Spec):
    """Base of all losses; logits have shape (n,), and so have the results.

    Attributes
    ----------
    has_target : bool
        Whether there is a target of 1 for real rows that label smoothing can lower.
    """

    has_target = False

    def real(self, d: torch.Tensor, target: float = 1.0) -> torch.Tensor:
        """The discriminator's loss on data."""
        raise NotImplementedError

    def fake(self, d: torch.Tensor) -> torch.Tensor:
        """The discriminator's loss on samples."""
        raise NotImplementedError

    def generator(self, d: torch.Tensor) -> torch.Tensor:
        """The generator's loss."""
        raise NotImplementedError

    def discriminator(self, real: torch.Tensor, fake: torch.Tensor, target: float = 1.0):
        """The discriminator's whole loss, of logits of data and of samples."""
        return mean(self.real(real, target)) + mean(self.fake(fake))


def mean(values: torch.Tensor) -> torch.Tensor:
    """Of no values, 0 (and not NaN), with a gradient of 0."""
    return values.sum() / max(1, len(values))


class Minimax(Loss):
    r"""The zero-sum game: the generator minimises :math:`\log(1 - \sigma(D))`.

    .. math:: -t \log \sigma(D(x)) - (1 - t) \log(1 - \sigma(D(x))), \qquad
              -\log(1 - \sigma(D(G(z))))

    with t = 1, or less where labels are smoothed. The generator's gradient vanishes where the
    discriminator is sure of itself.

    References
    ----------
    Goodfellow et al. Generative adversarial nets. 2014.

    Examples
    --------
    >>> Minimax().generator(torch.tensor([0.0]))
    tensor([-0.6931])
    """

    has_target = True

    def real(self, d, target=1.0):
        """Cross-entropy with the target, in nats."""
        return target * softplus(-d) + (1 - target) * softplus(d)

    def fake(self, d):
        """Cross-entropy with 0."""
        return softplus(d)

    def generator(self, d):
        """What the discriminator gains, lost."""
        return -softplus(d)


class NonSaturating(Minimax):
    r"""As :class:`Minimax`, but the generator minimises :math:`-\log \sigma(D)`.

    Its gradient is largest where the discriminator is sure that a sample is one.

    References
    ----------
    Goodfellow et al. Generative adversarial nets. 2014.

    Examples
    --------
    >>> NonSaturating().generator(torch.tensor([0.0]))
    tensor([0.6931])
    """

    def generator(self, d):
        """Cross-entropy with 1."""
        return softplus(-d)


class LeastSquares(Loss):
    r""":math:`\frac{1}{2}(D(x) - t)^2 + \frac{1}{2} D(G(z))^2` against
    :math:`\frac{1}{2}(D(G(z)) - 1)^2`.

    References
    ----------
    Mao et al. Least squares generative adversarial networks. 2017.

    Examples
    --------
    >>> LeastSquares().real(torch.tensor([0.0, 1.0]))
    tensor([0.5000, 0.0000])
    """

    has_target = True

    def real(self, d, target=1.0):
        """Half the squared distance to the target."""
        return 0.5 * (d - target).square()

    def fake(self, d):
        """Half the squared distance to 0."""
        return 0.5 * d.square()

    def generator(self, d):
        """Half the squared distance to 1."""
        return 0.5 * (d - 1).square()


class Hinge(Loss):
    r""":math:`\max(0, 1 - D(x)) + \max(0, 1 + D(G(z)))` against :math:`-D(G(z))`.

    References
    ----------
    Lim, Ye. Geometric GAN. 2017.

    Examples
    --------
    >>> Hinge().real(torch.tensor([0.0, 2.0]))
    tensor([1., 0.])
    """

    def real(self, d, target=1.0):
        """What is missing to a margin of 1."""
        return relu(1 - d)

    def fake(self, d):
        """What is missing to a margin of -1."""
        return relu(1 + d)

    def generator(self, d):
        """Minus the logit."""
        return -d


class Wasserstein(Loss):
    r""":math:`-D(x) + D(G(z))` against :math:`-D(G(z))`.

    Minus the discriminator's loss estimates K times the earth mover's distance between samples
    and data if D is held to a Lipschitz constant K: by `penalty="gp"` or `spectral_norm=True`.

    References
    ----------
    Arjovsky, Chintala, Bottou. Wasserstein generative adversarial networks. 2017.

    Examples
    --------
    >>> Wasserstein().fake(torch.tensor([0.5]))
    tensor([0.5000])
    """

    def real(self, d, target=1.0):
        """Minus the logit."""
        return -d

    def fake(self, d):
        """The logit."""
        return d

    def generator(self, d):
        """Minus the logit."""
        return -d


LOSSES = {
    "nonsaturating": NonSaturating,
    "minimax": Minimax,
    "hinge": Hinge,
    "least_squares": LeastSquares,
    "wasserstein": Wasserstein,
}
