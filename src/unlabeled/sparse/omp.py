r"""Orthogonal matching pursuit: one atom at a time, and the best codes for those chosen.

.. math::
    j = \arg\max_j \frac{|c_j|}{\|d_j\|}, \qquad
    h_a = (D_a D_a^\top)^{-1} D_a x, \qquad c = D (x - D^\top h),

until there are as many atoms as allowed or the squared error is small enough.

References
----------
Pati, Rezaiifar, Krishnaprasad. Orthogonal matching pursuit. Asilomar 1993.
"""

import torch

from unlabeled.sparse.lasso import Solver
from unlabeled.sparse.problem import LeastSquares
from unlabeled.validation import check_number

__all__ = ["OMP"]


class OMP(Solver):
    """A given number of codes that are not zero, or as few as a given error asks for.

    There is no L1 penalty: `alpha` plays no part, and the objective is half the squared error.

    Parameters
    ----------
    n_nonzero : int or None, default=None
        Most codes of a row that are not zero; None for a tenth of the features (at least one)
        if `tolerance` is None too, else for any number.
    tolerance : float or None, default=None
        Squared error, in squared units of X, at which a row has atoms enough.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.sparse.problem import LeastSquares
    >>> x, D = torch.tensor([[3.0, -2.0, 0.5]]), torch.eye(3)
    >>> OMP(n_nonzero=2).solve(LeastSquares(x, D)).tolist()
    [[3.0, -2.0, 0.0]]
    """

    penalised = False

    def __init__(self, n_nonzero: int | None = None, tolerance: float | None = None):
        if n_nonzero is not None:
            check_number("n_nonzero", n_nonzero, 1, integer=True)
        if tolerance is not None:
            check_number("tolerance", tolerance, 0)
        self.n_nonzero = n_nonzero
        self.tolerance = tolerance

    def check(self, alpha, positive):
        if positive:
            raise ValueError(
                "solver='omp' has no non-negative codes; use 'fista' or 'feature_sign' with "
                "positive_code=True."
            )

    def solve(self, problem: LeastSquares, alpha=0.0, positive: bool = False) -> torch.Tensor:
        codes = problem.zeros()
        open_rows = torch.arange(len(problem), device=codes.device)
        h, atoms = codes, open_rows.new_empty(len(problem), 0)
        norms = problem.squared_norms().sqrt()
        floor = torch.finfo(h.dtype).eps * problem.x.norm(dim=1)
        for _ in range(self._most(problem.D)):
            r = problem.residual(h)
            pull = torch.where(norms > 0, problem.correlation(r).abs() / norms, 0)
            most, atom = pull.scatter(1, atoms, 0).max(1, keepdim=True)
            left = (r.norm(dim=1) > floor * 8) & (most[:, 0] > floor * 8)
            if self.tolerance is not None:
                left &= r.square().sum(1) > self.tolerance
            open_rows, problem, floor = open_rows[left], problem.rows(left), floor[left]
            atoms, norms = torch.cat([atoms, atom], 1)[left], norms[left]
            if len(open_rows) == 0:
                break
            h = _least_squares(problem, atoms)
            codes[open_rows] = h
        return codes

    def _most(self, D):
        if self.n_nonzero is None and self.tolerance is None:
            return max(1, D.shape[1] // 10)
        return min(*D.shape, self.n_nonzero or max(D.shape))


def _least_squares(problem, atoms):
    """The codes of least error on each row's own atoms, shape (n, n_components)."""
    gram = problem.gram(atoms)
    b = problem.correlation(problem.x).gather(1, atoms)
    trace = gram.diagonal(dim1=1, dim2=2).sum(1)
    ridge = torch.finfo(gram.dtype).eps * trace[:, None, None]
    eye = torch.eye(gram.shape[1], dtype=gram.dtype, device=gram.device)
    factor = torch.linalg.cholesky_ex(gram + ridge * eye)[0]
    h = torch.cholesky_solve(b[:, :, None], factor)[:, :, 0]
    return b.new_zeros(len(b), len(problem.D)).scatter_(1, atoms, h)
