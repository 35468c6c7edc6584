r"""Rows to be explained by a dictionary, with or without gaps.

With atoms :math:`d_1 \dots d_K` as the rows of D, a row x of data, its code h, and m the 0/1 mask
of what was seen of x (all ones without gaps),

.. math::
    r = m \odot (x - D^\top h), \qquad
    \text{error} = \tfrac12 \|r\|^2, \qquad
    c = D r = -\nabla_h\, \text{error}.
"""

from __future__ import annotations

from copy import copy

import torch

__all__ = ["LeastSquares"]


class LeastSquares:
    """The squared error of codes, of many rows at once; what every solver asks about.

    Parameters
    ----------
    x : tensor of shape (n, n_features)
        NaN where a value is missing.
    D : tensor of shape (n_components, n_features)
        Atoms.

    Attributes
    ----------
    x : tensor of shape (n, n_features)
        With zeros in the gaps.
    seen : tensor of shape (n, n_features) or None
        1 where a value is seen, else 0; None without gaps.
    """

    def __init__(self, x: torch.Tensor, D: torch.Tensor):
        gaps = torch.isnan(x)
        self.seen = (~gaps).to(x.dtype) if bool(gaps.any()) else None
        self.x = x if self.seen is None else torch.where(gaps, 0, x)
        self.D = D
        self._known: dict[str, torch.Tensor] = {}  # of D: shared with the same for other rows

    @property
    def G(self) -> torch.Tensor:
        """D D', shape (n_components, n_components)."""
        if "G" not in self._known:
            self._known["G"] = self.D @ self.D.t()
        return self._known["G"]

    def __len__(self):
        return len(self.x)

    def rows(self, index: torch.Tensor | slice) -> LeastSquares:
        """The same question about some of the rows."""
        part = copy(self)
        part.x = self.x[index]
        part.seen = None if self.seen is None else self.seen[index]
        return part

    def double(self) -> LeastSquares:
        """The same question in float64."""
        twin = copy(self)
        twin.x, twin.D, twin._known = self.x.double(), self.D.double(), {}
        twin.seen = None if self.seen is None else self.seen.double()
        return twin

    def zeros(self) -> torch.Tensor:
        """Codes of zero, shape (n, n_components)."""
        return self.x.new_zeros(len(self.x), len(self.D))

    def residual(self, h: torch.Tensor) -> torch.Tensor:
        """r, shape (n, n_features)."""
        r = torch.addmm(self.x, h, self.D, alpha=-1)
        return r if self.seen is None else r * self.seen

    def correlation(self, r: torch.Tensor) -> torch.Tensor:
        """c = D r, shape (n, n_components)."""
        return r @ self.D.t()

    def descent(self, L: torch.Tensor):
        """A function of h that gives h + c / L, by way of the Gram matrix where that is less work.

        Returns
        -------
        callable
            (n, n_components) -> (n, n_components)
        """
        n_components, n_features = self.D.shape
        if self.seen is not None or n_components > 2 * n_features:
            D = self.D.t() / L
            return lambda h: torch.addmm(h, self.residual(h), D)
        b, G = self.correlation(self.x) / L, self.G / -L
        G.diagonal().add_(1)
        return lambda h: torch.addmm(b, h, G)

    def gram(self, atoms: torch.Tensor) -> torch.Tensor:
        """Inner products of each row's own choice of atoms, where the row is seen.

        Parameters
        ----------
        atoms : tensor of int64, shape (n, k)

        Returns
        -------
        tensor of shape (n, k, k)
        """
        if self.seen is None:
            return self.G[atoms[:, :, None], atoms[:, None, :]]
        own = self.D[atoms] * self.seen[:, None]  # (n, k, n_features)
        return own @ own.mT

    def squared_norms(self) -> torch.Tensor:
        """Of the atoms where each row is seen, shape (n, n_components)."""
        squares = self.D.square()
        if self.seen is None:
            return squares.sum(1).expand(len(self), -1)
        return self.seen @ squares.t()

    def lipschitz(self) -> torch.Tensor:
        """Largest eigenvalue of D D': no row's error curves more than that."""
        if "L" not in self._known:
            n_components, n_features = self.D.shape
            small = self.G if n_components < n_features else self.D.t() @ self.D
            self._known["L"] = torch.linalg.eigvalsh(small)[-1]
        return self._known["L"]
