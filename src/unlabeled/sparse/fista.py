"""FISTA: gradient steps and soft thresholds, with momentum."""

import torch

from unlabeled.sparse.feature_sign import FeatureSign
from unlabeled.sparse.lasso import Solver, duality_gap, is_solved
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.proximal import accelerated, start
from unlabeled.sparse.working_set import are_few, at_work, work
from unlabeled.validation import check_number

__all__ = ["FISTA"]

_BETWEEN = 20  # steps from one look at the duality gap to the next


class FISTA(Solver):
    """The Lasso by accelerated proximal gradient steps with restarts, all rows at once.

    While few atoms are at work in a row, its steps are on these alone. A row is done when its
    duality gap is below `tol` of its objective; the others go on. Rows that are still open after
    `max_steps`, because atoms are nearly the same, are finished by :class:`FeatureSign`.

    Parameters
    ----------
    tol : float, default=1e-4
        Duality gap, relative to the objective: the objective is at most this much too high.
    max_steps : int, default=500
        Most steps before the other search takes over.

    References
    ----------
    Beck, Teboulle. A fast iterative shrinkage-thresholding algorithm for linear inverse problems.
    SIAM J. Imaging Sciences 2(1), 2009.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.sparse.problem import LeastSquares
    >>> x, D = torch.tensor([[3.0, -2.0, 0.5]]), torch.eye(3)
    >>> FISTA().solve(LeastSquares(x, D), alpha=1.0).tolist()
    [[2.0, -1.0, 0.0]]
    """

    def __init__(self, tol: float = 1e-4, max_steps: int = 500):
        check_number("tol", tol, 0)
        check_number("max_steps", max_steps, 1, integer=True)
        self.tol = tol
        self.max_steps = max_steps

    def solve(self, problem: LeastSquares, alpha: float, positive: bool = False) -> torch.Tensor:
        codes = problem.zeros()
        open_rows = torch.arange(len(codes), device=codes.device)
        state, c = start(codes), problem.correlation(problem.x)
        few = torch.ones_like(open_rows, dtype=torch.bool)
        for done in range(0, self.max_steps, _BETWEEN):
            n_steps = min(_BETWEEN, self.max_steps - done)
            state, few = _steps(problem, state, c, few, n_steps, alpha, positive)
            h = state[0]
            r = problem.residual(h)
            c = problem.correlation(r)
            gap, value = duality_gap(problem, h, r, c, alpha, positive)
            left = ~is_solved(gap, value, problem, self.tol)
            codes[open_rows] = h
            if not bool(left.any()):
                return codes
            open_rows, problem, c, few = open_rows[left], problem.rows(left), c[left], few[left]
            state = tuple(part[left] for part in state)
        codes[open_rows] = FeatureSign(self.tol).search(problem, state[0], alpha, positive)
        return codes


def _steps(problem, state, c, few, n_steps, alpha, positive):
    """So many steps: on the atoms at work in rows that never had many, on all in the others."""
    if few.any():
        active = at_work(state[0], c, alpha, positive)
        few = few & are_few(active, problem)
    new = tuple(part.clone() for part in state)
    if few.any():
        some = problem.rows(few), state[0][few], c[few], active[few]
        _put(new, few, start(work(*some, n_steps, alpha, positive)))
    if not few.all():
        L, own = problem.lipschitz(), tuple(part[~few] for part in state)
        _put(new, ~few, accelerated(problem.rows(~few), own, n_steps, L, alpha, positive))
    return new, few


def _put(whole, rows, parts):
    for part, new in zip(whole, parts, strict=True):
        part[rows] = new
