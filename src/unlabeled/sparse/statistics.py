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

from unlabeled.engine.distributed import sum_over_processes

__all__ = ["Statistics"]


class Statistics:
    """Running means over the rows of all processes, and how long each atom has been idle.

    Parameters
    ----------
    D : tensor of shape (n_components, n_features)
        The dictionary, whose shape, dtype and device they share.

    Attributes
    ----------
    A : tensor of shape (n_components, n_components)
    B : tensor of shape (n_components, n_features)
    idle : tensor of shape (n_components,)
        Rows seen since an atom last had a code that was not zero.
    n_seen : int
        Rows seen.
    """

    def __init__(self, D: torch.Tensor):
        self.A = D.new_zeros(len(D), len(D))
        self.B = torch.zeros_like(D)
        self.idle = D.new_zeros(len(D))
        self.n_seen = 0

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
        share = min(1.0, (1 + forgetting) * n / (self.n_seen + n))
        return share if n_pass is None else max(share, n / n_pass)

    def forget(self, share: float) -> None:
        """Make room for rows that will count with this share."""
        self.A *= 1 - share
        self.B *= 1 - share

    def take(self, h: torch.Tensor, x: torch.Tensor, n_total: int, share: float) -> None:
        """Take up rows.

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
        """
        A, B, used = h.t() @ h, h.t() @ x, (h != 0).any(0).to(h.dtype)
        sum_over_processes([A, B, used])
        self.A.add_(A, alpha=share / n_total)
        self.B.add_(B, alpha=share / n_total)
        self.idle = torch.where(used > 0, 0, self.idle + n_total)
        self.n_seen += n_total

    def rescale(self, size: torch.Tensor) -> None:
        """Codes are multiplied by `size`, shape (n_components,), as their atoms are divided."""
        self.A *= size[:, None] * size
        self.B *= size[:, None]

    def drop(self, atoms: torch.Tensor) -> None:
        """Forget everything about these atoms."""
        self.A[atoms], self.A[:, atoms], self.B[atoms], self.idle[atoms] = 0, 0, 0, 0

    def state_dict(self) -> dict:
        """All of them."""
        return {"A": self.A, "B": self.B, "idle": self.idle, "n_seen": self.n_seen}

    def load_state_dict(self, state: dict) -> None:
        """All of them."""
        self.A, self.B, self.idle = (state[name].to(self.A) for name in ("A", "B", "idle"))
        self.n_seen = state["n_seen"]
