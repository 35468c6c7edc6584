r"""Block coordinate descent: each atom in turn, exactly, the others held fixed.

As a function of one atom of unit norm the error is linear,
:math:`-u_j^\top d_j + \text{const}`, so that

.. math::
    u_j = b_j - \sum_{k \ne j} A_{jk} d_k, \qquad d_j \leftarrow u_j / \|u_j\|.

A few atoms at a time: of these all :math:`u_j` are one matrix product, to which the movements
within the few are added as they happen.

References
----------
Mairal, Bach, Ponce, Sapiro. Online learning for matrix factorization and sparse coding. JMLR 11,
2010 (algorithm 2).
"""

import torch

from unlabeled.sparse.updates import Update
from unlabeled.validation import check_number

__all__ = ["BCD"]

_FEW = 32  # atoms whose directions are one product


class BCD(Update):
    """Block coordinate descent on the atoms.

    Parameters
    ----------
    n_sweeps : int, default=1
        Times that every atom is moved in an update.
    """

    def __init__(self, n_sweeps: int = 1):
        check_number("n_sweeps", n_sweeps, 1, integer=True)
        self.n_sweeps = n_sweeps

    def improve(self, D, statistics, backend="torch"):
        descend = _compiled if backend == "fast" else _descend
        used = statistics.A.diagonal().nonzero()[:, 0]
        parts = [
            (few, statistics.A[few].to(D.dtype), statistics.B[few].to(D.dtype))
            for few in used.split(_FEW)
        ]
        for _ in range(self.n_sweeps):
            for few, A, B in parts:
                d, own = D[few], A[:, few]
                u = torch.addmm(B, A, D, alpha=-1).addcmul_(own.diagonal()[:, None], d)
                D[few] = descend(u, own, d)


def _compiled(u, A, d):
    from unlabeled.kernels import dictionary

    dictionary.descend(*(part.numpy() for part in (u, A, d)), together=False)
    return d


def _descend(u, A, d):
    """The twin of :func:`unlabeled.kernels.dictionary.descend`."""
    change = torch.zeros_like(d)
    for j, (u_j, A_j, d_j) in enumerate(zip(u, A, d, strict=True)):
        new = direction(torch.addmv(u_j, change[:j].t(), A_j[:j], alpha=-1), d_j)
        torch.sub(new, d_j, out=change[j])
    return d + change


def direction(u, otherwise):
    """u as a unit vector; where it has no direction, another one."""
    size = u.norm()
    return (u / size).where(size > 0, otherwise)
