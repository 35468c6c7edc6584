"""A dictionary as a plain PyTorch module."""

import torch
from torch import nn
from torch.nn.functional import normalize

from unlabeled.engine.distributed import gather_rows
from unlabeled.sampling import Noise
from unlabeled.sparse.lasso import Solver, objective
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.statistics import Statistics

__all__ = ["Dictionary"]


class Dictionary(nn.Module):
    r"""Atoms of unit norm, of which rows are sparse sums: :math:`x \approx D^\top h`.

    Parameters
    ----------
    n_components, n_features : int
        Number of atoms, and of values in each.

    Attributes
    ----------
    D : Parameter of shape (n_components, n_features)
    statistics : Statistics
        What learning remembers of the rows that it has seen.

    Examples
    --------
    >>> import torch
    >>> from unlabeled.sparse import FISTA
    >>> dictionary = Dictionary(8, 4)
    >>> dictionary.code(torch.ones(3, 4), FISTA(), alpha=0.1).shape
    torch.Size([3, 8])
    """

    def __init__(self, n_components: int, n_features: int):
        super().__init__()
        self.D = nn.Parameter(normalize(torch.randn(n_components, n_features)))
        self.statistics = Statistics(n_components, n_features)

    @torch.no_grad()
    def begin_at(self, x: torch.Tensor, blur: float = 0.05) -> None:
        """Atoms from rows, each blurred by its present atom so that no two are the same.

        Parameters
        ----------
        x : tensor of shape (n, n_features), n <= n_components
            Rows without gaps; atoms of rows of zeros, and those beyond n, stay as they are.
        blur : float, default=0.05
            Length of the present atom that is added to the row of length 1.
        """
        self.D[: len(x)] = normalize(normalize(x) + blur * self.D[: len(x)])

    def decode(self, h: torch.Tensor) -> torch.Tensor:
        """D'h, shape (n, n_features)."""
        return h @ self.D

    @torch.no_grad()
    def code(
        self, x: torch.Tensor, solver: Solver, alpha: float = 0.0, positive: bool = False
    ) -> torch.Tensor:
        """Codes of rows (NaN: missing), shape (n, n_components); see :class:`Solver`."""
        solver.check(alpha, positive)
        return solver.solve(LeastSquares(x, self.D), alpha, positive)

    def objective(self, x: torch.Tensor, h: torch.Tensor, alpha: float) -> torch.Tensor:
        r""":math:`\tfrac12 \lVert x - D^\top h \rVert^2 + \alpha \lVert h \rVert_1`, shape (n,).

        Over what is seen of x.
        """
        return objective(LeastSquares(x, self.D), h, alpha)

    def filled(self, x: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """x with D'h where it is missing."""
        return torch.where(torch.isnan(x), self.decode(h), x)

    @torch.no_grad()
    def replace(self, atoms: torch.Tensor, x: torch.Tensor, error: torch.Tensor, noise: Noise):
        """Give atoms a new start from rows, drawn in proportion to their errors.

        Parameters
        ----------
        atoms : tensor of int64, shape (k,)
        x : tensor of shape (n, n_features)
            Rows without gaps, of this process.
        error : tensor of shape (n,)
            Of each row; where it is zero the row is not drawn.
        noise : Noise

        Returns
        -------
        replaced : tensor of int64
            The atoms for which there were rows.
        """
        u = noise.uniform((len(x), 1))[:, 0].clamp(min=2.0**-25)
        key = error.log() - (-u.log()).log()  # Gumbel: the largest are draws without repetition
        key, own = key.topk(min(len(atoms), len(x)))
        key, x = gather_rows(key), gather_rows(x[own])
        chosen = key.argsort(descending=True, stable=True)[: len(atoms)]
        chosen = chosen[torch.isfinite(key[chosen])]
        self.D[atoms[: len(chosen)]] = normalize(x[chosen])
        return atoms[: len(chosen)]
