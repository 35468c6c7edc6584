r"""The annealing path of a general Boltzmann machine.

From independent units in the fields :math:`b_0` (the base rates of the data; hidden units see
nothing) couplings grow and biases move:

.. math:: p^*_\beta(x) = \exp\left( \left((1 - \beta) b_0 + \beta b\right)^\top x
          + \tfrac{\beta}{2} x^\top U x \right)

The largest class a of units that are not joined is summed out of the weights, which so spread
less: with y for all other units, the log-probability of y rises between two temperatures by
:math:`(\beta' - \beta) ((b - b_0)^\top y + \frac12 y^\top U y) + K(f_a(\beta')) - K(f_a(\beta))`.
For a restricted machine that is the path of :mod:`unlabeled.energy.annealing`, if its hidden layer
is the larger one.
"""

import torch

from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.sampling import Noise

__all__ = ["GeneralPath"]


class GeneralPath:
    """Annealing path (:class:`~unlabeled.energy.partition.Path`); states are rows (n_chains, n).

    A step up draws the summed class, then visits the others in order; a step down visits them
    backwards, so that a walk down retraces one up.

    Parameters
    ----------
    machine : GeneralBoltzmannMachine
        In float32 or float64: what its chains are computed in.
    """

    def __init__(self, machine: GeneralBoltzmannMachine):
        self.machine, self.summed = machine, machine.everything.closed
        first = [units for units in machine.classes if int(units[0]) in self.summed.tolist()]
        others = [units for units in machine.classes if units is not first[0]]
        self.up, self.down = machine.scan(first + others), machine.scan(first + others[::-1])
        self.log_base = float(machine.unit.cumulant(machine.base.double()))

    def start(self, n_chains: int, noise: Noise) -> torch.Tensor:
        """Independent units at their base rates."""
        return self.machine.start(n_chains, noise)

    def step(self, state: torch.Tensor, here: float, there: float, noise: Noise):
        """log p*_there(y) - log p*_here(y), (n_chains,), and a scan at `there`."""
        field = torch.lerp(self.machine.base, self.machine.b, there)
        scan = self.up if there >= here else self.down
        moved = self.machine.sweep(state, noise, scan=scan, field=field, beta=there)
        return self._rise(state, here, there), moved

    def _rise(self, x, here, there):
        machine, a = self.machine, self.summed
        y = x.index_fill(1, a, 0.0)
        sent = y @ machine.U
        inner = y @ (machine.b - machine.base) + 0.5 * (sent * y).sum(1)
        base, b, sent = machine.base[a].double(), machine.b[a].double(), sent[:, a].double()
        cumulant = [
            machine.unit.cumulant(torch.lerp(base, b, beta) + beta * sent)
            for beta in (here, there)
        ]
        return inner.double() * (there - here) + cumulant[1] - cumulant[0]

    def pick(self, state, index):
        """The chains with these indices."""
        return state[index]
