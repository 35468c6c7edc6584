r"""Gibbs sampling in an order: a scan over classes of units that are not joined to each other.

Given all others, the units of a class are independent. So each class of states :math:`x` gets what
it answers to its field,

.. math:: f_i = b_i + \sum_j U_{ij} x_j, \qquad x_i \sim p(x_i \mid f_i)
          \quad\text{or}\quad x_i = \mathbb{E}[x_i \mid f_i],

one class after the other: single-site Gibbs sampling where every unit is joined to every other,
block Gibbs sampling where few are. Each update leaves the distribution as it is, and so does the
whole scan.

A field is not computed anew for each class. Some classes form a *panel*; one product gives the
fields of all its units, and within it a change of a class is passed on to those that follow.
"""

from collections.abc import Callable, Sequence
from itertools import accumulate
from typing import NamedTuple

import torch

__all__ = ["Panel", "Scan"]

_PANEL = 32  # units; the fewer, the more products, the more, the longer the way within


class Panel(NamedTuple):
    """Some classes, and what sends to them.

    Attributes
    ----------
    units : tensor of int64 of shape (p,)
    senders : tensor of int64 of shape (q,), or None
        The units that are joined to any of them; None for all.
    sizes : list of int
        Of the classes.
    U : tensor of shape (p, q)
        Couplings of the units to their senders.
    onward : list of tensors
        For each class, couplings of the units after it to those in it.
    """

    units: torch.Tensor
    senders: torch.Tensor | None
    sizes: list[int]
    U: torch.Tensor
    onward: list[torch.Tensor]


class Scan:
    """A scan over `classes`, prepared for couplings as they are now.

    Parameters
    ----------
    classes : sequence of tensors of int64
        Numbers of the units in each class, in the order of the scan; other units stay.
    joined : tensor of bool of shape (n, n)
        The edges.
    U : tensor of shape (n, n)
        The couplings.
    dtype : torch.dtype, optional
        Of the products with them; that of U by default.
    """

    def __init__(
        self,
        classes: Sequence[torch.Tensor],
        joined: torch.Tensor,
        U: torch.Tensor,
        dtype: torch.dtype | None = None,
    ):
        self.dtype = dtype or U.dtype
        self.n_classes = len(classes)
        self.panels = [self._panel(group, joined, U) for group in _grouped(classes)]

    def _panel(self, group, joined, U):
        units, sizes = torch.cat(group).to(U.device), [len(units) for units in group]
        senders = joined[units].any(0).nonzero()[:, 0]
        rows, ends = U[units], accumulate(sizes)
        within = rows[:, units].split(sizes, dim=1)
        onward = [columns[end:] for columns, end in zip(within, ends, strict=True)]
        if len(senders) == len(U):
            return Panel(units, None, sizes, rows.to(self.dtype), onward)
        return Panel(units, senders, sizes, rows[:, senders].to(self.dtype), onward)

    @torch.no_grad()
    def walk(
        self,
        x: torch.Tensor,
        field: torch.Tensor,
        answer: Callable[[torch.Tensor], torch.Tensor],
        *,
        beta: float | torch.Tensor = 1.0,
        free: torch.Tensor | None = None,
    ) -> None:
        """Let every class in turn answer to its field; changes x in place.

        Parameters
        ----------
        x : tensor of shape (n, m)
            States, a chain in each *column*.
        field : tensor of shape (n, m) or (n, 1)
            What the neighbours' shares are added to: biases, and thresholds of draws.
        answer : callable
            New values of some units from their fields, shape (k, m).
        beta : float or tensor of shape (m,), default=1
            What couplings are multiplied by, in all chains or in each.
        free : tensor of shape (n, m), optional
            1 where a value may change, 0 where it is clamped.
        """
        scale, each = (1.0, beta) if isinstance(beta, torch.Tensor) else (beta, None)
        for units, senders, sizes, U, onward in self.panels:
            sent = x if senders is None else x[senders]
            f = self._fields(field[units], U, sent if each is None else sent * each, scale)
            now = x[units]
            may = None if free is None else free[units].split(sizes)
            groups = zip(f.split(sizes), now.split(sizes), onward, strict=True)
            for k, (own, values, couplings) in enumerate(groups):
                change = answer(own).sub_(values)
                if may is not None:
                    change.mul_(may[k])
                values.add_(change)
                if len(couplings):
                    change = change if each is None else change.mul_(each)
                    f[-len(couplings) :].addmm_(couplings, change, alpha=scale)
            x[units] = now

    def _fields(self, field, U, sent, scale):
        if self.dtype == sent.dtype:
            return torch.addmm(field, U, sent, alpha=scale)
        return torch.add(field, U @ sent.to(self.dtype), alpha=scale)


def _grouped(classes):
    """Consecutive classes together until they have enough units."""
    groups, size = [], _PANEL
    for units in classes:
        if size + len(units) > _PANEL:
            groups.append([])
            size = 0
        groups[-1].append(units)
        size += len(units)
    return groups
