r"""The annealing path of a restricted Boltzmann machine.

From independent visible units in the field :math:`b_0` (the base rates of the data), with hidden
units that see nothing, all fields move linearly:

.. math:: p^*_\beta(v) = \exp\left( ((1 - \beta) b_0 + \beta b)^\top s(v) - R_v(v)
          + K_h(\beta f) \right), \qquad f = c + W s(v)

Between two temperatures the log-probability of v rises by
:math:`(\beta' - \beta) (b - b_0)^\top s(v) + K_h(\beta' f) - K_h(\beta f)`. One product f serves
this and the next Gibbs step. Variances and other parameters of the units' own stay as they are all
along the path.
"""

import copy

import torch

from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.sampling import Noise

__all__ = ["RBMPath"]


class RBMPath:
    """Annealing path (:class:`~unlabeled.energy.partition.Path`) of `rbm`; states are (v, f).

    Parameters
    ----------
    rbm : RestrictedBoltzmannMachine
        In float32 or float64: what its chains are computed in.
    """

    def __init__(self, rbm: RestrictedBoltzmannMachine):
        self.rbm = rbm
        visible, hidden = (copy.deepcopy(unit).double() for unit in (rbm.visible, rbm.hidden))
        base, nothing = rbm.base.double(), torch.zeros_like(rbm.c).double()
        self.log_base = float(visible.cumulant(base) + hidden.cumulant(nothing))

    def state(self, v: torch.Tensor):
        """The chains that are at the rows v."""
        return v, self.rbm.hidden_field(v)

    def start(self, n_chains: int, noise: Noise):
        """Independent visible units at their base rates."""
        return self.state(self.rbm.visible.sample(self.rbm.base.expand(n_chains, -1), noise))

    def step(self, state, here: float, there: float, noise: Noise):
        """log p*_there(v) - log p*_here(v), (n_chains,), and a Gibbs step at `there`."""
        rbm, (v, f) = self.rbm, state
        rise, h = rbm.hidden.anneal(f, here, there, noise)
        bias = rbm.visible.statistic(v) @ (rbm.b - rbm.base)
        field = torch.lerp(rbm.base, rbm.b, there)
        field = torch.addmm(field, rbm.hidden.statistic(h), rbm.W, alpha=there)
        moved = self.state(rbm.visible.sample(field, noise))
        return rise.double().add_(bias, alpha=there - here), moved

    def pick(self, state, index):
        """The chains with these indices."""
        return state[0][index], state[1][index]
