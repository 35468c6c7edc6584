r"""Feature-sign search: guess which codes are not zero, and their signs; solve; guess better.

With the signs s of the active codes a known, the Lasso is a quadratic. From its minimum

.. math:: h_a^* = h_a + (D_a D_a^\top)^{-1} (c_a - \alpha s_a), \qquad c = D (x - D^\top h),

the search goes to the best point on the way from h to h*: h* itself, or where one of the codes
passes through zero and leaves the active set. When the active codes are at their minimum, the
atom with the largest :math:`|c_j| > \alpha` joins, with the sign of :math:`c_j`. The objective
falls in every step and there are finitely many guesses, so the search ends, at the exact optimum.

References
----------
Lee, Battle, Raina, Ng. Efficient sparse coding algorithms. NIPS 2006.
"""

import torch

from unlabeled.sparse.lasso import Solver, duality_gap, is_solved, warn_unsolved
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.proximal import accelerated, start
from unlabeled.validation import check_number

__all__ = ["FeatureSign", "padded"]

_AT_ONCE = 2**22  # numbers in the small Gram matrices of the rows that are solved together
_WARM = 30  # steps of FISTA from zero to where the search begins


class FeatureSign(Solver):
    """The Lasso by feature-sign search: exact, and quick where few codes are not zero.

    Every row has its own active set, first guessed by a few steps of FISTA; the small linear
    systems of many rows are solved together. In float64 within, whatever the data are.

    Parameters
    ----------
    tol : float, default=1e-8
        A row is done when its duality gap is below this fraction of its objective.
    max_steps : int, default=2000
        After so many steps a row is left as it is, and a ConvergenceWarning says so.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.sparse.problem import LeastSquares
    >>> x, D = torch.tensor([[3.0, -2.0, 0.5]]), torch.eye(3)
    >>> FeatureSign().solve(LeastSquares(x, D), alpha=1.0).tolist()
    [[2.0, -1.0, 0.0]]
    """

    def __init__(self, tol: float = 1e-8, max_steps: int = 2000):
        check_number("tol", tol, 0)
        check_number("max_steps", max_steps, 1, integer=True)
        self.tol = tol
        self.max_steps = max_steps

    def solve(self, problem: LeastSquares, alpha: float, positive: bool = False) -> torch.Tensor:
        L = problem.lipschitz()
        h, *_ = accelerated(problem, start(problem.zeros()), _WARM, L, alpha, positive)
        return self.search(problem, h, alpha, positive)

    def search(
        self, problem: LeastSquares, h: torch.Tensor, alpha: float, positive: bool = False
    ) -> torch.Tensor:
        """The same from codes h of shape (n, n_components), which are not changed."""
        exact, codes = problem.double(), torch.empty_like(h)
        if len(h) == 0:
            return codes
        most = max(1, int((h != 0).sum(1).amax()))
        for part in torch.arange(len(h), device=h.device).split(max(1, _AT_ONCE // most**2)):
            found = self._search(exact.rows(part), h[part].double(), alpha, positive)
            codes[part] = found.to(h.dtype)
        return codes

    def _search(self, problem, h, alpha, positive):
        codes = torch.empty_like(h)
        open_rows = torch.arange(len(h), device=h.device)
        stuck = torch.zeros_like(open_rows, dtype=torch.bool)
        for _ in range(self.max_steps):
            r = problem.residual(h)
            c = problem.correlation(r)
            gap, value = duality_gap(problem, h, r, c, alpha, positive)
            left = ~(is_solved(gap, value, problem, self.tol) | stuck)
            if not bool(left.all()):
                codes[open_rows] = h
                if not bool(left.any()):
                    return codes
                open_rows, problem = open_rows[left], problem.rows(left)
                h, c, gap, value = (v[left] for v in (h, c, gap, value))
            rounding = 8 * torch.finfo(h.dtype).eps * problem.x.norm(dim=1)
            signs = _activated(h.sign(), c, alpha, positive, rounding)
            h, stuck = _step(problem, h, signs, c, alpha, positive)
        codes[open_rows] = h
        warn_unsolved(self, gap, value, len(codes))
        return codes


def _activated(signs, c, alpha, positive, rounding):
    """The signs, with the atom that would help most where the active codes are at their minimum.

    Parameters
    ----------
    signs, c : tensors of shape (n, n_components)
    alpha : float
    positive : bool
    rounding : tensor of shape (n,)
        What c is known to.
    """
    force = torch.where(signs != 0, (c - alpha * signs).abs(), 0).amax(1)
    pull = torch.where(signs != 0, 0, c if positive else c.abs())
    most, atom = pull.max(1, keepdim=True)
    most = most[:, 0]
    joins = (most > alpha) & (force <= 1e-3 * (most - alpha) + rounding)
    own = torch.where(joins[:, None], c.gather(1, atom).sign(), signs.gather(1, atom))
    return signs.scatter(1, atom, own)


def padded(active: torch.Tensor):
    """Numbers of the active atoms of each row, filled up to the longest row.

    Parameters
    ----------
    active : tensor of bool, shape (n, n_components)

    Returns
    -------
    atoms : tensor of int64, shape (n, k)
    real : tensor of bool, shape (n, k)
        False where an inactive atom only fills up.
    """
    k = max(1, int(active.sum(1).max()))
    real, atoms = active.to(torch.uint8).topk(k, 1)
    return atoms, real.bool()


def _step(problem, h, signs, c, alpha, positive):
    """One step of all rows: towards the minimum for these signs, to the best point on the way.

    Returns the codes, and which rows are stuck: their objective cannot fall, but for rounding.
    """
    atoms, real = padded(signs != 0)
    here, c = h.gather(1, atoms), c.gather(1, atoms)
    gram = problem.gram(atoms) * (real[:, :, None] & real[:, None])
    force = torch.where(real, c - alpha * signs.gather(1, atoms), 0)
    d = _newton(gram, force, real)
    crosses = here * (here + d) < 0
    t = torch.cat([torch.where(crosses, -here / d, 1), torch.ones_like(here[:, :1])], 1)
    change = _change(gram, here, d, c, t, alpha)
    if positive:
        first = t.amin(1, keepdim=True)
        change = torch.where(t > first, torch.inf, change)
    gain, best = change.min(1, keepdim=True)
    t_best = t.gather(1, best)
    there = torch.where(crosses & (t[:, :-1] == t_best), 0, here + t_best * d)
    if positive:
        there = there.clamp(min=0)
    new = torch.zeros_like(h).scatter_(1, atoms, there * real)
    return torch.where(gain < 0, new, h), gain[:, 0] >= 0


def _newton(gram, force, real):
    """gram^-1 force, with a trace of a ridge against atoms that say the same."""
    trace = gram.diagonal(dim1=1, dim2=2).sum(1, keepdim=True)
    ridge = 4 * torch.finfo(gram.dtype).eps * trace
    factor, failed = torch.linalg.cholesky_ex(
        gram + torch.diag_embed(torch.where(real, ridge, 1.0))
    )
    d = torch.cholesky_solve(force[:, :, None], factor)[:, :, 0]
    return torch.where(failed[:, None] > 0, force / trace, d)


def _change(gram, h, d, c, t, alpha):
    """P(h + t d) - P(h), shape (n, number of t)."""
    slope = (c * d).sum(1, keepdim=True)
    bend = (d * (gram @ d[:, :, None])[:, :, 0]).sum(1, keepdim=True)
    norms = (h[:, None] + t[:, :, None] * d[:, None]).abs().sum(2)
    return -t * slope + t * t * bend / 2 + alpha * (norms - h.abs().sum(1, keepdim=True))
