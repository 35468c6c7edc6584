r"""What a dictionary is learned from: running means of :math:`A = h h^\top, B = h x^\top`.

With codes held fixed, the mean error of rows depends on D through these alone,

.. math::
    \mathbb{E}\,\tfrac12 \|x - D^\top h\|^2 =
        \tfrac12 \operatorname{tr}(D^\top A D) - \operatorname{tr}(D^\top B) + \text{const}.

Past rows are forgotten, since their codes are those of older dictionaries: n new rows among N
seen so far count with the share

.. math:: \max\big(\min(1, (1 + \rho)\, n / N),\; n / n_{\text{pass}}\big)

of the whole, the forgetting of Mairal et al. (section 3.4.2) written for rows; no more than one
pass over rows that come again is remembered.

References
----------
Mairal, Bach, Ponce, Sapiro. Online learning for matrix factorization and sparse coding. JMLR 11,
2010.
"""

import torch
from torch import nn

from unlabeled.engine.distributed import sum_over_processes

__all__ = ["Statistics"]


class Statistics(nn.Module):
    """Running means over the rows of all processes, and how long each atom has been idle.

    Parameters
    ----------
    n_components, n_features : int
        Number of atoms, and of values in each.

    Attributes
    ----------
    A : tensor of shape (n_components, n_components), float64
    B : tensor of shape (n_components, n_features), float64
    idle : tensor of shape (n_components,), int64
        Rows seen since an atom last had a code that was not zero.
    n_seen : tensor of shape (), int64
        Rows seen.

    All are buffers: saved with the module that they are a part of.
    """

    A: torch.Tensor
    B: torch.Tensor
    idle: torch.Tensor
    n_seen: torch.Tensor

    def __init__(self, n_components: int, n_features: int):
        super().__init__()
        exact = torch.float64
        self.register_buffer("A", torch.zeros(n_components, n_components, dtype=exact))
        self.register_buffer("B", torch.zeros(n_components, n_features, dtype=exact))
        self.register_buffer("idle", torch.zeros(n_components, dtype=torch.int64))
        self.register_buffer("n_seen", torch.zeros((), dtype=torch.int64))

    def share(self, n: int, forgetting: float, n_pass: int | None = None) -> float:
        """What the next n rows shall count.

        Parameters
        ----------
        n : int
            Rows over all processes.
        forgetting : float
            rho.
        n_pass : int or None, default=None
            Rows of a pass, if they come again.
        """
        share = min(1.0, (1 + forgetting) * n / (int(self.n_seen) + n))
        return share if n_pass is None else max(share, n / n_pass)

    def forget(self, share: float) -> None:
        """Make room for rows that will count with this share."""
        self.A *= 1 - share
        self.B *= 1 - share

    def take(
        self,
        h: torch.Tensor,
        x: torch.Tensor,
        n_total: int,
        share: float,
        backend: str = "torch",
    ) -> None:
        """Take up rows; their sum is of their own dtype, the running means are not.

        Parameters
        ----------
        h : tensor of shape (n, n_components)
            Codes, of this process's rows.
        x : tensor of shape (n, n_features)
            The rows, without gaps.
        n_total : int
            Rows over all processes.
        share : float
            What they count all together.
        backend : {"torch", "fast"}, default="torch"
        """
        A, B = (_sparse_products if backend == "fast" else _products)(h, x)
        used = A.diagonal().sign()
        sum_over_processes([A, B, used])
        self.A.add_(A, alpha=share / n_total)
        self.B.add_(B, alpha=share / n_total)
        self.idle.add_(n_total).masked_fill_(used > 0, 0)
        self.n_seen += n_total

    def rescale(self, size: torch.Tensor) -> None:
        """Codes are multiplied by `size`, shape (n_components,), as their atoms are divided."""
        self.A *= size[:, None] * size
        self.B *= size[:, None]

    def drop(self, atoms: torch.Tensor) -> None:
        """Forget everything about these atoms."""
        self.A[atoms], self.A[:, atoms], self.B[atoms], self.idle[atoms] = 0, 0, 0, 0


def _products(h, x):
    """The twin of :func:`unlabeled.kernels.dictionary.products`."""
    return h.t() @ h, h.t() @ x


def _sparse_products(h, x):
    from unlabeled.kernels import dictionary

    A, B = h.new_empty(h.shape[1], h.shape[1]), h.new_empty(h.shape[1], x.shape[1])
    dictionary.products(*(part.numpy() for part in (h.contiguous(), x.contiguous(), A, B)))
    return A, B
