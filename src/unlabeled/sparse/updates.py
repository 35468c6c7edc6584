"""How a dictionary learns from coded rows: the base of the updates."""

from dataclasses import dataclass

import torch

from unlabeled.sparse.statistics import Statistics
from unlabeled.spec import Spec

__all__ = ["Coded", "Update"]


@dataclass
class Coded:
    """Rows of a batch with their codes, as one process sees them.

    Attributes
    ----------
    x : tensor of shape (n, n_features)
        Gaps are filled with what the codes say there.
    h : tensor of shape (n, n_components)
    n_total : int
        Rows over all processes.
    share : float
        What they count in the statistics, all together.
    penalty : float
        Weight of |h|_1 in what the codes minimise.
    backend : {"torch", "fast"}
        Who computes, where there is a choice.
    """

    x: torch.Tensor
    h: torch.Tensor
    n_total: int
    share: float
    penalty: float
    backend: str = "torch"


class Update(Spec):
    """Base: moves the atoms, which keep unit norm, so that the objective does not rise."""

    def move(self, D: torch.Tensor, statistics: Statistics, coded: Coded) -> None:
        """Take up coded rows and change D, shape (n_components, n_features), in place."""
        statistics.forget(coded.share)
        statistics.take(coded.h, coded.x, coded.n_total, coded.share, coded.backend)
        self.improve(D, statistics, coded.backend)

    def improve(self, D: torch.Tensor, statistics: Statistics, backend: str = "torch") -> None:
        """Change D in place so that the error that the statistics know of falls."""
        raise NotImplementedError
