"""Classes, one column for each."""

import torch

from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import categorical

__all__ = ["Softmax"]


class Softmax(Unit):
    r"""Groups of K columns of which one is 1: a class, also called a Potts or categorical unit.

    In a group, :math:`p(x_k = 1 \mid f) = e^{f_k} / \sum_l e^{f_l}` and
    :math:`K(f) = \log \sum_k e^{f_k}`; a layer is one group or several of the same size.

    Parameters
    ----------
    n_classes : int
        K, at least 2.

    Raises
    ------
    ValueError
        If a layer has a number of columns that K does not divide.

    Examples
    --------
    >>> import torch
    >>> Softmax(3).build(6).mean(torch.zeros(1, 6)).shape
    torch.Size([1, 6])
    """

    low, high = 0.0, 1.0

    def __init__(self, n_classes: int):
        super().__init__()
        if n_classes < 2:
            raise ValueError(f"n_classes must be at least 2, got {n_classes!r}.")
        self.n_classes = n_classes

    def build(self, n_units):
        if n_units % self.n_classes:
            raise ValueError(
                f"softmax units of {self.n_classes} classes need a multiple of {self.n_classes} "
                f"columns, one for each class, got {n_units}."
            )
        return super().build(n_units)

    @property
    def support(self):
        """A one-hot row for each class."""
        return tuple(map(tuple, torch.eye(self.n_classes).tolist()))

    def grouped(self, x: torch.Tensor) -> torch.Tensor:
        """Columns as groups, shape (..., n_units / K, K)."""
        return x.unflatten(-1, (-1, self.n_classes))

    def fit_field(self, mean, variance):
        return mean.clamp(min=1e-3).log()

    def cumulant(self, f):
        return torch.logsumexp(self.grouped(f), -1).sum(-1)

    def mean(self, f):
        return torch.softmax(self.grouped(f), -1).flatten(-2)

    def sample(self, f, noise):
        return categorical(torch.softmax(self.grouped(f), -1), noise).flatten(-2)
