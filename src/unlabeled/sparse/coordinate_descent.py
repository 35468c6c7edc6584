"""Coordinate descent on the Gram matrix: the quickest where few codes are not zero."""

import torch

from unlabeled.kernels import build
from unlabeled.sparse.feature_sign import FeatureSign
from unlabeled.sparse.fista import FISTA
from unlabeled.sparse.lasso import Solver, energy, rounding
from unlabeled.sparse.problem import LeastSquares
from unlabeled.validation import check_number

__all__ = ["CoordinateDescent"]

_FEW = 16  # rows for which a second thread is not worth its waking up


class CoordinateDescent(Solver):
    """The Lasso by coordinate descent on the active atoms of each row, compiled (for a CPU).

    A row is done when its duality gap is below `tol` of its objective, as in :class:`FISTA`. Rows
    that are still open after `max_sweeps` are finished by :class:`FeatureSign`; rows with gaps,
    each of which has a Gram matrix of its own, are solved by :class:`FISTA`.

    Parameters
    ----------
    tol : float, default=1e-4
        Duality gap, relative to the objective: the objective is at most this much too high.
    max_sweeps : int, default=1000
        Most walks over the active atoms of a row before the other search takes over.

    Raises
    ------
    ImportError
        When it solves, without numba.
    ValueError
        When it solves, on another device than a CPU.

    References
    ----------
    Friedman, Hastie, Tibshirani. Regularization paths for generalized linear models via
    coordinate descent. J. Statistical Software 33(1), 2010.

    Examples
    --------
    >>> CoordinateDescent(tol=1e-6)
    CoordinateDescent(tol=1e-06, max_sweeps=1000)
    """

    def __init__(self, tol: float = 1e-4, max_sweeps: int = 1000):
        check_number("tol", tol, 0)
        check_number("max_sweeps", max_sweeps, 1, integer=True)
        self.tol = tol
        self.max_sweeps = max_sweeps

    def solve(self, problem: LeastSquares, alpha: float, positive: bool = False) -> torch.Tensor:
        self._require_kernels(problem.x.device)
        if problem.seen is not None:
            return FISTA(self.tol).solve(problem, alpha, positive)
        h, solved = self._compiled(problem, alpha, positive)
        if not bool(solved.all()):
            left = ~solved
            search = FeatureSign(self.tol).search
            h[left] = search(problem.rows(left), h[left], alpha, positive)
        return h

    def _require_kernels(self, device):
        if not build.is_installed():
            raise ImportError(
                f"{self!r} needs numba: pip install 'unlabeled[fast]', or use solver='fista'."
            )
        if device.type != "cpu":
            raise ValueError(f"{self!r} is for a CPU, got device {device}; use solver='fista'.")

    def _compiled(self, problem, alpha, positive):
        from unlabeled.kernels.lasso import lasso

        b, h = problem.correlation(problem.x), problem.zeros()
        solved = torch.empty(len(h), dtype=torch.bool)
        arrays = (a.detach().numpy() for a in (b, problem.G, energy(problem), h, solved))
        b, G, size, codes, done = arrays
        limits = (b.dtype.type(value) for value in (alpha, self.tol, rounding(h.dtype)))
        together = len(h) > _FEW
        lasso(b, G, size, *limits, self.max_sweeps, bool(positive), codes, done, together=together)
        return h, solved
