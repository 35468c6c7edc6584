r"""Sums over the states of some units of a Boltzmann machine, given all others.

The units to be summed over are parted into the largest class a without edges inside, whose sum is
in closed form, and the others e, whose states are listed. With given units k,

.. math:: \log \sum_{x_e, x_a} e^{-E(x)} = -E(x_k) + \log \sum_{x_e} \exp\left(
          \tfrac12 x_e^\top U_{ee} x_e + f_e^\top x_e + K(f_a + U_{ae} x_e) \right), \qquad
          f = b + U_{\cdot k} x_k

For all units of a restricted machine that is the sum over its smaller layer.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import torch

from unlabeled.energy.enumeration import MAX_UNITS, blocks

if TYPE_CHECKING:
    from unlabeled.energy.general.machine import GeneralBoltzmannMachine

__all__ = ["Summed"]

_VALUES = 2**22  # numbers in flight


class Summed:
    """The `units` of a machine, summed over.

    Parameters
    ----------
    machine : GeneralBoltzmannMachine
    units : range
        Numbers of units.
    """

    def __init__(self, machine: "GeneralBoltzmannMachine", units: range):
        self.machine = machine
        known = [k for k in range(len(machine.b)) if k not in units]
        among = [torch.tensor([k for k in c.tolist() if k in units]) for c in machine.classes]
        among = [c for c in among if len(c)] or [torch.tensor([], dtype=torch.int64)]
        largest = max(range(len(among)), key=lambda k: len(among[k]))
        closed = among.pop(largest)
        device = machine.b.device
        self.known = torch.tensor(known, dtype=torch.int64, device=device)
        self.closed = closed.to(device)
        self.listed = torch.cat([closed[:0], *among]).sort().values.to(device)

    @property
    def is_possible(self) -> bool:
        """Whether the states of all but the largest class are few enough."""
        return len(self.listed) <= MAX_UNITS

    def check(self) -> None:
        """Raise if there are too many states.

        Raises
        ------
        ValueError
            With more than 20 units beside the largest class.
        """
        if not self.is_possible:
            raise ValueError(
                f"at most {MAX_UNITS} units can be summed over, beside those of one class "
                f"without edges inside; got {len(self.listed)} and {len(self.closed)}. Use a "
                "sampler that draws, or annealing."
            )

    def log_sum(self, x: torch.Tensor) -> torch.Tensor:
        """log of the sum of exp(-E) over the states, for rows of the given units.

        Parameters
        ----------
        x : tensor of shape (n_rows, n_given)
            Of no columns where all units are summed over.

        Returns
        -------
        tensor of shape (n_rows,)
        """
        self.check()
        pieces = self._pieces(x, len(self.closed) + 1)
        return torch.cat([self._of_rows(part) for part in pieces])

    def _of_rows(self, x):
        total = x.new_full((len(x),), -torch.inf)
        for log_p, _, _ in self._parts(x):
            total = torch.logaddexp(total, torch.logsumexp(log_p, 1))
        return total

    def states(self, x: torch.Tensor) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        """Whole states with their probabilities given rows of the given units, in blocks.

        The closed class is there as its means: all moments over edges are right.

        Yields
        ------
        state : tensor of shape (k, n)
        p : tensor of shape (k,)
            They sum to 1 for each row.
        """
        self.check()
        for part in self._pieces(x, len(self.machine.b)):
            total = self._of_rows(part)
            for log_p, s, f in self._parts(part):
                shape = (*log_p.shape, len(self.machine.b))
                state = part.new_empty(shape)
                state[..., self.known] = part[:, None]
                state[..., self.listed] = s
                state[..., self.closed] = self.machine.unit.mean(f)
                yield state.flatten(0, 1), (log_p - total[:, None]).exp().flatten()

    def _pieces(self, x, width):
        """Some rows at a time, so that a block of states has `width` numbers for each of them."""
        block = width * 2 ** min(len(self.listed), 13)
        return x.split(max(1, _VALUES // block))

    def _parts(self, x):
        """-E with the closed class summed out (n, m), states (m, e), and fields (n, m, a)."""
        U, b = self.machine.U, self.machine.b
        k, e, a = self.known, self.listed, self.closed
        own = x @ b[k] + 0.5 * ((x @ U[k][:, k]) * x).sum(1)
        f = b + x @ U[k]
        for s in blocks(self.machine.unit.build(len(e)), U):
            inner = 0.5 * ((s @ U[e][:, e]) * s).sum(1)
            fields = f[:, None, a] + s @ U[e][:, a]
            log_p = torch.addmm(inner, f[:, e], s.t()) + self.machine.unit.cumulant(fields)
            yield own[:, None] + log_p, s, fields
