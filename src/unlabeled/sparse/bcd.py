r"""Block coordinate descent: each atom in turn, exactly, the others held fixed.

As a function of one atom of unit norm the error is linear,
:math:`-u_j^\top d_j + \text{const}`, so that

.. math::
    u_j = b_j - \sum_{k \ne j} A_{jk} d_k, \qquad d_j \leftarrow u_j / \|u_j\|.

References
----------
Mairal, Bach, Ponce, Sapiro. Online learning for matrix factorization and sparse coding. JMLR 11,
2010 (algorithm 2).
"""

import torch

from unlabeled.sparse.updates import Update
from unlabeled.validation import check_number

__all__ = ["BCD"]


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

    def improve(self, D, statistics):
        used = statistics.A.diagonal().nonzero()[:, 0]
        others = statistics.A.to(D.dtype, copy=True).fill_diagonal_(0)[used]
        rows = list(zip(others, statistics.B[used].to(D.dtype), used.tolist(), strict=True))
        for _ in range(self.n_sweeps):
            for a, b, j in rows:
                D[j] = direction(torch.addmv(b, D.t(), a, alpha=-1), D[j])


def direction(u, otherwise):
    """u as a unit vector; where it has no direction, another one."""
    size = u.norm()
    return (u / size).where(size > 0, otherwise)
