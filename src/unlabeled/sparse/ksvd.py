r"""K-SVD: each atom together with the codes of the rows that use it.

With :math:`e_i = x_i - \sum_{k \ne j} h_{ik} d_k` what the other atoms leave of row i,

.. math::
    \min_{\|d\| = 1,\, g} \; \sum_{i: h_{ij} \ne 0} \tfrac12 \|e_i - g_i d\|^2 + \alpha |g_i|

is a best rank-one fit of these rows (for :math:`\alpha = 0`, by the first singular pair). It is
found by the power method from the present atom, :math:`d \leftarrow u / \|u\|` with
:math:`u = \sum_i g_i e_i`, and :math:`g_i \leftarrow S_\alpha(e_i^\top d)`, of which one step is
enough to lower the error. Rows of earlier batches, of which only the statistics are left, add
their part to u.

References
----------
Aharon, Elad, Bruckstein. K-SVD. IEEE Trans. Signal Processing 54(11), 2006.

Rubinstein, Zibulevsky, Elad. Efficient implementation of the K-SVD algorithm. Technion 2008.
"""

from unlabeled.engine.distributed import sum_over_processes
from unlabeled.sparse.bcd import direction
from unlabeled.sparse.lasso import shrink
from unlabeled.sparse.updates import Update
from unlabeled.validation import check_number

__all__ = ["KSVD"]


class KSVD(Update):
    """K-SVD; several processes add up a vector for every atom.

    Parameters
    ----------
    n_steps : int, default=1
        Steps of the power method for each atom; many give the singular pair itself.
    """

    def __init__(self, n_steps: int = 1):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps

    def move(self, D, statistics, coded):
        statistics.forget(coded.share)
        A, B = statistics.A.to(D.dtype), statistics.B.to(D.dtype)
        h, weight = coded.h.clone(), coded.share / coded.n_total
        used = (h != 0).any(0).to(h.dtype)
        sum_over_processes([used])
        r = coded.x - h @ D
        for j in used.nonzero()[:, 0].tolist():
            rows = h[:, j].nonzero()[:, 0]
            g = h[rows, j]
            e = r[rows] + g[:, None] * D[j]
            past = B[j] - A[j] @ D + A[j, j] * D[j]
            for _ in range(self.n_steps):
                u = g @ e
                sum_over_processes([u])
                D[j] = direction(past + weight * u, D[j])
                g = self._codes(e @ D[j], g, coded.penalty)
            h[rows, j] = g
            r[rows] = e - g[:, None] * D[j]
        statistics.take(h, coded.x, coded.n_total, coded.share, coded.backend)

    def _codes(self, g, before, penalty):
        """The best codes of their sign."""
        signs = before.sign()
        return signs * shrink(g * signs, penalty, positive=True)
