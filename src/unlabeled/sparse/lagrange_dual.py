r"""All atoms at once, exactly, by way of the Lagrange dual.

.. math::
    \min_{\|d_j\| \le 1} \tfrac12 \operatorname{tr}(D^\top A D) - \operatorname{tr}(D^\top B)
    = \max_{\lambda \ge 0} \;
      -\tfrac12 \operatorname{tr}\big(B^\top (A + \Lambda)^{-1} B\big) - \tfrac12 \sum_j \lambda_j,
    \qquad D = (A + \Lambda)^{-1} B,

with one :math:`\lambda_j` for every atom, found by Newton's method: the gradient of the dual is
:math:`\tfrac12 (\|d_j\|^2 - 1)`, its Hessian :math:`-(A + \Lambda)^{-1} \circ D D^\top`.

References
----------
Lee, Battle, Raina, Ng. Efficient sparse coding algorithms. NIPS 2006.
"""

import torch

from unlabeled.sparse.updates import Update
from unlabeled.validation import check_number

__all__ = ["LagrangeDual", "solve_dual"]


class LagrangeDual(Update):
    """The best dictionary for the given codes.

    Atoms that end shorter than 1 are lengthened while their codes shrink, which leaves the error
    and lowers the penalty.

    Parameters
    ----------
    tol : float, default=1e-6
        Squared norms of atoms in use may exceed 1 by this much before they are made 1.
    max_steps : int, default=50
        Most Newton steps.
    """

    def __init__(self, tol: float = 1e-6, max_steps: int = 50):
        check_number("tol", tol, 0)
        check_number("max_steps", max_steps, 1, integer=True)
        self.tol = tol
        self.max_steps = max_steps

    def improve(self, D, statistics, backend="torch"):
        A, B = statistics.A.double(), statistics.B.double()
        own = A.diagonal()
        used = own > 1e-6 * own.max()
        if not bool(used.any()):
            return
        A_used, B_used = A[used][:, used], B[used] - A[used][:, ~used] @ D[~used].double()
        new, _ = solve_dual(A_used, B_used, D[used].double(), self.tol, self.max_steps)
        length = new.norm(dim=1, keepdim=True)
        D[used] = torch.where(length > 0, new / length, D[used].double()).to(D.dtype)
        size = torch.ones_like(own)
        size[used] = length[:, 0].clamp(max=1)
        statistics.rescale(size)


def solve_dual(A, B, D, tol: float = 1e-6, max_steps: int = 50):
    """Minimise 1/2 tr(D'AD) - tr(D'B) over atoms of norm at most 1.

    Parameters
    ----------
    A : tensor of shape (n_components, n_components), float64
        Positive semidefinite with a positive diagonal, of any rank.
    B : tensor of shape (n_components, n_features), float64
    D : tensor of shape (n_components, n_features), float64
        Where to begin.
    tol : float, default=1e-6
        By how much squared norms may miss 1, where they should be 1.
    max_steps : int, default=50

    Returns
    -------
    D, lam : tensors of shape (n_components, n_features) and (n_components,)
    """
    A = A + torch.diag(1e-10 * A.diagonal().max().expand(len(A)))
    lam = (D * (B - A @ D)).sum(1).clamp(min=0)
    D, inverse, value = _dual(A, B, lam)
    for _ in range(max_steps):
        slope = (D.square().sum(1) - 1) / 2
        free = (lam > 0) | (slope > 0)
        if bool(torch.where(free, slope.abs() * 2, 0).max() <= tol):
            break
        curvature = inverse[free][:, free] * (D[free] @ D[free].t())
        step = torch.zeros_like(lam)
        step[free] = torch.cholesky_solve(slope[free, None], _factor(curvature))[:, 0]
        length, before = 1.0, value
        while length > 1e-8:
            there = (lam + length * step).clamp(min=0)
            new, inverse, value = _dual(A, B, there)
            if value >= before + 1e-4 * (slope * (there - lam)).sum():
                break
            length /= 2
        else:
            break
        D, lam = new, there
    return D, lam


def _dual(A, B, lam):
    """D, (A + Lambda)^-1 and the dual objective."""
    inverse = torch.cholesky_inverse(_factor(A + torch.diag(lam)))
    D = inverse @ B
    return D, inverse, -((B * D).sum() + lam.sum()) / 2


def _factor(M):
    """The Cholesky factor of a semidefinite M, with the least ridge that rounding asks for."""
    scale = M.diagonal().max().expand(len(M))
    for ridge in (0.0, 1e-14, 1e-12, 1e-10, 1e-8):
        factor, failed = torch.linalg.cholesky_ex(M + torch.diag(ridge * scale))
        if not bool(failed):
            return factor
    return torch.linalg.cholesky(M + torch.diag(1e-6 * scale))
