r"""The Lasso of many rows: its objective, its dual, and how far from the optimum a code is.

.. math::
    P(h) = \tfrac12 \|x - D^\top h\|^2 + \alpha \|h\|_1, \qquad
    Q(\theta) = \tfrac12 \|x\|^2 - \tfrac12 \|x - \theta\|^2
    \quad\text{for}\quad |D\theta| \le \alpha .

:math:`Q(\theta) \le P(h)` for all of them, and they meet at the optimum, where
:math:`\theta = x - D^\top h`. So a residual that is scaled until :math:`|D\theta| \le \alpha`
bounds how much P can still fall. For non-negative codes only :math:`D\theta \le \alpha` is asked.
"""

import warnings

import torch
from sklearn.exceptions import ConvergenceWarning

from unlabeled.sparse.problem import LeastSquares
from unlabeled.spec import Spec

__all__ = ["Solver", "duality_gap", "objective", "shrink"]


class Solver(Spec):
    """Base: finds codes of rows."""

    penalised = True  # whether alpha |h|_1 is part of what it minimises

    def check(self, alpha: float, positive: bool) -> None:
        """Raise ValueError if this solver cannot find such codes."""
        if self.penalised and not alpha > 0:
            raise ValueError(
                f"alpha must be > 0 for {self!r}, got {alpha!r}: without a penalty no code is "
                "zero; use a small alpha, or OMP, which limits their number instead."
            )

    def solve(self, problem: LeastSquares, alpha: float, positive: bool = False) -> torch.Tensor:
        """Codes of shape (n, n_components).

        Parameters
        ----------
        problem : LeastSquares
        alpha : float
            Weight of the L1 penalty, in units of X.
        positive : bool, default=False
            Only codes >= 0.
        """
        raise NotImplementedError


def objective(problem: LeastSquares, h: torch.Tensor, alpha: float) -> torch.Tensor:
    """P(h), shape (n,)."""
    return problem.residual(h).square().sum(1) / 2 + alpha * h.abs().sum(1)


def shrink(h: torch.Tensor, by, positive: bool = False) -> torch.Tensor:
    """What minimises 1/2 (h' - h)^2 + by |h'| over h' (over h' >= 0): h, nearer to zero."""
    return (h - by).clamp_(min=0) if positive else h - h.clamp(-by, by)


def duality_gap(
    problem: LeastSquares,
    h: torch.Tensor,
    r: torch.Tensor,
    c: torch.Tensor,
    alpha: float,
    positive: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """How much P(h) exceeds its minimum at most, and P(h) itself.

    Parameters
    ----------
    problem : LeastSquares
    h : tensor of shape (n, n_components)
        Codes (>= 0 if `positive`).
    r, c : tensors of shape (n, n_features) and (n, n_components)
        Their residuals and `problem.correlation(r)`.
    alpha : float
    positive : bool, default=False

    Returns
    -------
    gap, objective : tensors of shape (n,)
    """
    error, penalty = r.square().sum(1) / 2, alpha * h.abs().sum(1)
    steepest = (c.clamp(min=0) if positive else c.abs()).amax(1)
    scale = torch.where(steepest > alpha, alpha / steepest, 1.0)
    # P - Q at theta = scale r, written so that nothing large cancels.
    gap = error * (1 - scale) ** 2 + penalty - scale * (h * c).sum(1)
    return gap, error + penalty


def is_solved(gap: torch.Tensor, value: torch.Tensor, problem: LeastSquares, tol: float):
    """Whether the gap is below `tol` of the objective, or of rounding alone; shape (n,)."""
    return gap <= tol * value + rounding(gap.dtype) * energy(problem)


def rounding(dtype: torch.dtype) -> float:
    """What a gap is known to, relative to the energy of its row."""
    return 8 * torch.finfo(dtype).eps


def energy(problem: LeastSquares) -> torch.Tensor:
    """|x|^2 of each row, shape (n,)."""
    return problem.x.square().sum(1)


def warn_unsolved(solver: Solver, gap: torch.Tensor, value: torch.Tensor, n_rows: int) -> None:
    """Say how far from the optimum some rows were left."""
    worst = float((gap / value).max())
    warnings.warn(
        f"{solver!r} left {len(gap)} of {n_rows} rows unsolved, with duality gaps of up to "
        f"{worst:.1e} of the objective: allow more steps, a larger tol or a larger alpha.",
        ConvergenceWarning,
        stacklevel=3,
    )
