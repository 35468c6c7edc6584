"""Penalties on the discriminator's gradient with respect to what it looks at."""

from collections.abc import Callable

import torch

from unlabeled.spec import Spec

__all__ = ["PENALTIES", "R1", "GradientPenalty", "Penalty"]


class Penalty(Spec):
    """Base of all penalties: a function of the discriminator and what it is to be held at."""

    def __call__(
        self,
        critic: Callable[[torch.Tensor], torch.Tensor],
        real: torch.Tensor,
        fake: torch.Tensor,
        u: torch.Tensor,
    ) -> torch.Tensor:
        """The penalty of each row.

        Parameters
        ----------
        critic : callable
            Rows of shape (n, n_features) to logits of shape (n,).
        real, fake : tensor of shape (n, n_features)
        u : tensor of shape (n, 1)
            Uniform in [0, 1).

        Returns
        -------
        tensor of shape (n,)
        """
        raise NotImplementedError


class GradientPenalty(Penalty):
    r""":math:`\lambda\,(\|\nabla_{\hat x} D(\hat x)\| - 1)^2` at random points between data and
    samples, :math:`\hat x = u x + (1 - u) G(z)`.

    Parameters
    ----------
    weight : float, default=10.0
        :math:`\lambda`.

    References
    ----------
    Gulrajani et al. Improved training of Wasserstein GANs. 2017.

    Examples
    --------
    >>> x = torch.zeros(1, 2)
    >>> GradientPenalty(10.0)(lambda x: 3 * x[:, 0], x, x, torch.zeros(1, 1))
    tensor([40.])
    """

    def __init__(self, weight: float = 10.0):
        self.weight = weight

    def __call__(self, critic, real, fake, u):
        """See :class:`Penalty`."""
        gradient = _gradient(critic, u * real + (1 - u) * fake)
        return self.weight * (gradient.norm(dim=1) - 1).square()


class R1(Penalty):
    r""":math:`\frac{\gamma}{2} \|\nabla_x D(x)\|^2` at the data.

    Parameters
    ----------
    weight : float, default=10.0
        :math:`\gamma`.

    References
    ----------
    Mescheder, Geiger, Nowozin. Which training methods for GANs do actually converge? 2018.

    Examples
    --------
    >>> x = torch.zeros(1, 2)
    >>> R1(10.0)(lambda x: 3 * x[:, 0], x, x, torch.zeros(1, 1))
    tensor([45.])
    """

    def __init__(self, weight: float = 10.0):
        self.weight = weight

    def __call__(self, critic, real, fake, u):
        """See :class:`Penalty`."""
        return 0.5 * self.weight * _gradient(critic, real).square().sum(1)


def _gradient(critic, x):
    """Of the critic at each row; itself a function of the critic's parameters."""
    x = x.detach().requires_grad_()
    return torch.autograd.grad(critic(x).sum(), x, create_graph=True)[0]


PENALTIES = {"gp": GradientPenalty, "r1": R1}
