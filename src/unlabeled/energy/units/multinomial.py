"""Counts of the words of a document."""

import copy
import math
from itertools import combinations, pairwise

import torch

from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import multinomial

__all__ = ["Multinomial"]

_FEW = 2**16  # count vectors that are listed


class Multinomial(Unit):
    r"""Counts x of K words in D draws, the whole layer together.

    .. math:: p(x \mid f) = \frac{D!}{\prod_k x_k!} \prod_k p_k^{x_k}, \qquad
              p_k = \frac{e^{f_k}}{\sum_l e^{f_l}}

    that is :math:`R(x) = \sum_k \log x_k!` and :math:`K(f) = D \log \sum_k e^{f_k} - \log D!`.
    With D = 1 it is one group of :class:`Softmax`.

    Parameters
    ----------
    n_draws : int, default=1
        D.

    References
    ----------
    Salakhutdinov, Hinton. Replicated softmax: an undirected topic model. NIPS 2009.

    Examples
    --------
    >>> import torch
    >>> Multinomial(10).build(4).mean(torch.zeros(1, 4))
    tensor([[2.5000, 2.5000, 2.5000, 2.5000]])
    """

    low = 0.0

    def __init__(self, n_draws: int = 1):
        super().__init__()
        if n_draws < 1:
            raise ValueError(f"n_draws must be at least 1, got {n_draws!r}.")
        self.n_draws = n_draws

    def of(self, n_draws) -> "Multinomial":
        """The same layer with other numbers of draws: an int, or one for each row, (n, 1)."""
        other = copy.copy(self)
        other.n_draws = n_draws
        return other

    @property
    def support(self):
        """All count vectors, where there are at most 65 536."""
        D, K = self.n_draws, getattr(self, "n_units", 0)
        if not isinstance(D, int) or not K or math.comb(D + K - 1, D) > _FEW:
            return None
        bars = combinations(range(D + K - 1), K - 1)
        return tuple(tuple(_gaps((-1, *bar, D + K - 1))) for bar in bars)

    def fit_field(self, mean, variance):
        rate = mean / mean.sum()
        return rate.clamp(min=1e-6).log()

    def rest(self, x):
        return torch.lgamma(x + 1)

    def cumulant(self, f):
        D = torch.as_tensor(self.n_draws, dtype=f.dtype, device=f.device)
        return (D * torch.logsumexp(f, -1, keepdim=True) - torch.lgamma(D + 1)).squeeze(-1)

    def mean(self, f):
        return torch.softmax(f, -1) * self.n_draws

    def sample(self, f, noise):
        return multinomial(torch.softmax(f, -1), self.n_draws, noise)


def _gaps(edges):
    """How many stars lie between neighbouring bars."""
    return [float(b - a - 1) for a, b in pairwise(edges)]
