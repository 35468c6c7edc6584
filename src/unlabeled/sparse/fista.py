r"""FISTA: gradient steps and soft thresholds, with momentum.

.. math::
    h_{k+1} = S_{\alpha / L}\Big(z_k + \tfrac1L D (x - D^\top z_k)\Big), \quad
    t_{k+1} = \frac{1 + \sqrt{1 + 4 t_k^2}}{2}, \quad
    z_{k+1} = h_{k+1} + \frac{t_k - 1}{t_{k+1}} (h_{k+1} - h_k),

with L the largest eigenvalue of :math:`D D^\top`. Where the momentum of a row points uphill,
:math:`(z_k - h_{k+1})^\top (h_{k+1} - h_k) > 0`, it starts afresh at t = 1.

References
----------
Beck, Teboulle. A fast iterative shrinkage-thresholding algorithm for linear inverse problems.
SIAM J. Imaging Sciences 2(1), 2009.

O'Donoghue, Candes. Adaptive restart for accelerated gradient schemes. Foundations of
Computational Mathematics 15, 2015.
"""

import torch

from unlabeled.sparse.lasso import Solver, duality_gap, is_solved, shrink, warn_unsolved
from unlabeled.sparse.problem import LeastSquares
from unlabeled.validation import check_number

__all__ = ["FISTA"]

_BETWEEN = 10  # steps from one look at the duality gap to the next


class FISTA(Solver):
    """The Lasso by accelerated proximal gradient steps with restarts, all rows at once.

    A row is done when its duality gap is below `tol` of its objective; the others go on.

    Parameters
    ----------
    tol : float, default=1e-4
        Duality gap, relative to the objective: the objective is at most this much too high.
    max_steps : int, default=2000
        After so many steps a row is left as it is, and a ConvergenceWarning says so.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.sparse.problem import LeastSquares
    >>> x, D = torch.tensor([[3.0, -2.0, 0.5]]), torch.eye(3)
    >>> FISTA().solve(LeastSquares(x, D), alpha=1.0).tolist()
    [[2.0, -1.0, 0.0]]
    """

    def __init__(self, tol: float = 1e-4, max_steps: int = 2000):
        check_number("tol", tol, 0)
        check_number("max_steps", max_steps, 1, integer=True)
        self.tol = tol
        self.max_steps = max_steps

    def solve(self, problem: LeastSquares, alpha: float, positive: bool = False) -> torch.Tensor:
        n_components = len(problem.D)
        L = problem.lipschitz().clamp(min=torch.finfo(problem.x.dtype).tiny)
        codes = problem.x.new_zeros(len(problem), n_components)
        open_rows = torch.arange(len(problem), device=codes.device)
        state = _start(codes)
        for start in range(0, self.max_steps, _BETWEEN):
            _advance(problem, state, min(_BETWEEN, self.max_steps - start), L, alpha, positive)
            h = state[0]
            r = problem.residual(h)
            gap, value = duality_gap(problem, h, r, problem.correlation(r), alpha, positive)
            left = ~is_solved(gap, value, problem, self.tol)
            codes[open_rows] = h
            if not bool(left.any()):
                return codes
            open_rows, problem = open_rows[left], problem.rows(left)
            state = [part[left] for part in state]
            gap, value = gap[left], value[left]
        warn_unsolved(self, gap, value, len(codes))
        return codes


def _start(h):
    """h, z and the t of each row."""
    return [h.clone(), h.clone(), h.new_ones(len(h), 1)]


def _advance(problem, state, n_steps, L, alpha, positive):
    """So many steps of all rows."""
    h, z, t = state
    descent, by = problem.descent(), float(alpha / L)
    for _ in range(n_steps):
        new = shrink(z + descent(z) / L, by, positive)
        moved = new - h
        uphill = ((z - new) * moved).sum(1, keepdim=True) > 0
        t = torch.where(uphill, 1.0, t)
        t_new = (1 + (1 + 4 * t * t).sqrt()) / 2
        z = torch.addcmul(new, (t - 1) / t_new, moved)
        h, t = new, t_new
    state[:] = h, z, t
