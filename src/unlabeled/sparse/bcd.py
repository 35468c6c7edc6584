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
        A, B = statistics.A, statistics.B
        own = A.diagonal()
        for _ in range(self.n_sweeps):
            for j in own.nonzero()[:, 0].tolist():
                u = B[j] - A[j] @ D + own[j] * D[j]
                D[j] = direction(u, D[j])


def direction(u, otherwise):
    """u as a unit vector; where it has no direction, another one."""
    size = u.norm()
    return (u / size).where(size > 0, otherwise)
