r"""Accelerated proximal gradient steps of many rows.

.. math::
    h_{k+1} = S_{\alpha / L}\Big(z_k + \tfrac1L D (x - D^\top z_k)\Big), \quad
    t_{k+1} = \tfrac12 + \sqrt{t_k^2 + \tfrac14}, \quad
    z_{k+1} = h_{k+1} + \frac{t_k - 1}{t_{k+1}} (h_{k+1} - h_k),

with L the largest eigenvalue of :math:`D D^\top`, or more. Where the momentum of a row points
uphill, :math:`(z_k - h_{k+1})^\top (h_{k+1} - h_k) > 0`, it starts afresh at t = 1.

References
----------
Beck, Teboulle. A fast iterative shrinkage-thresholding algorithm for linear inverse problems.
SIAM J. Imaging Sciences 2(1), 2009.

O'Donoghue, Candes. Adaptive restart for accelerated gradient schemes. Foundations of
Computational Mathematics 15, 2015.
"""

import torch

from unlabeled.sparse.lasso import shrink

__all__ = ["accelerated", "start"]


def start(h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """h, z and t of each row before the first step from the codes h."""
    return h, h, h.new_ones(len(h), 1)


def accelerated(problem, state, n_steps, L, alpha, positive):
    """So many steps of all rows, from their h, z and t to new ones.

    L is what :meth:`LeastSquares.lipschitz` says, or one of each row, shape (n, 1).
    """
    h, z, t = state
    L = L.clamp(min=torch.finfo(h.dtype).tiny)
    descent, half = problem.descent(L), t.new_tensor(0.5)
    for _ in range(n_steps):
        new = shrink(descent(z), alpha / L, positive)
        moved = new - h
        uphill = ((z - new) * moved).sum(1, keepdim=True) > 0
        t = torch.where(uphill, 1.0, t)
        t_new = half + torch.hypot(t, half)
        z = torch.addcmul(new, (t - 1) / t_new, moved)
        h, t = new, t_new
    return h, z, t
