r"""Accelerated steps of rows that each have a few atoms at work.

The codes of all other atoms are held at zero, so that a step costs the square of the few:

.. math::
    \min_{h_a} \tfrac12 h_a^\top G_{aa} h_a - b_a^\top h_a + \alpha \|h_a\|_1 .

To the atoms that have codes come those that violate :math:`|c_k| \le \alpha` by more than half as
much as the worst one of their row. L is the largest sum of :math:`|G_{aa}|` along a row. What is
done with a row depends on that row alone.
"""

import torch

from unlabeled.sparse.feature_sign import padded
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.proximal import accelerated, start

__all__ = ["are_few", "at_work", "work"]

_GAIN = 8  # times as fast a large product does the same work as many small ones
_AT_ONCE = 2**22  # numbers in the small Gram matrices that are made together


def at_work(h: torch.Tensor, c: torch.Tensor, alpha: float, positive: bool) -> torch.Tensor:
    """Which atoms of rows with codes h and correlations c are at work; bool, shape of h."""
    pull = c if positive else c.abs()
    level = (pull.amax(1, keepdim=True) + alpha) / 2
    return (h != 0) | (pull >= level.clamp(min=alpha))


def are_few(active: torch.Tensor, problem: LeastSquares) -> torch.Tensor:
    """Whether so few atoms are at work that steps on these alone are less work; bool, of rows."""
    n_components, n_features = problem.D.shape
    everything = n_components * min(n_components, 2 * n_features)
    return _GAIN * active.count_nonzero(1) ** 2 < everything


def work(problem, h, c, active, n_steps: int, alpha: float, positive: bool) -> torch.Tensor:
    """So many steps on the atoms at work; new codes, shape (n, n_components).

    Parameters
    ----------
    problem : LeastSquares
    h, c, active : tensors of shape (n, n_components)
        Codes, their correlations, and :func:`at_work` of them.
    n_steps : int
    alpha : float
    positive : bool
    """
    atoms, real = padded(active)
    new = torch.zeros_like(h)
    for part in torch.arange(len(h), device=h.device).split(_rows_at_once(atoms)):
        few = _Few(problem.rows(part), h[part], c[part], atoms[part], real[part])
        h_few = accelerated(few, start(few.h), n_steps, few.L, alpha, positive)[0]
        new[part] = new[part].scatter_(1, atoms[part], h_few)
    return new


def _rows_at_once(atoms):
    return max(1, _AT_ONCE // atoms.shape[1] ** 2)


class _Few:
    """What :func:`accelerated` asks of a problem, for the atoms at work of each row.

    Rows with fewer of them than others are filled up with atoms that are cut off from the rest.
    """

    def __init__(self, problem, h, c, atoms, real):
        real = real.to(h.dtype)
        self.h, c = h.gather(1, atoms) * real, c.gather(1, atoms) * real
        self.G = problem.gram(atoms) * real[:, :, None] * real[:, None, :]
        self.b = torch.baddbmm(c[:, :, None], self.G, self.h[:, :, None])
        self.L = self.G.abs().sum(2).amax(1, keepdim=True)

    def descent(self, L):
        b, G = self.b / L[:, :, None], self.G / -L[:, :, None]
        G.diagonal(dim1=1, dim2=2).add_(1)
        return lambda h: torch.baddbmm(b, G, h[:, :, None])[:, :, 0]
