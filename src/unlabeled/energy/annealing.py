r"""The annealing path of a restricted Boltzmann machine.

From independent visible units in the field :math:`b_0` (the base rates of the data), with hidden
units that see nothing, all fields move linearly:

.. math:: p^*_\beta(v) = \exp\left( ((1 - \beta) b_0 + \beta b)^\top s(v) - R_v(v)
          + K_h(\beta (c + W s(v))) \right)

Variances and other parameters of the units' own stay as they are all along the path.
"""

import torch

from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.sampling import Noise

__all__ = ["RBMPath"]


class RBMPath:
    """Annealing path (:class:`~unlabeled.energy.partition.Path`) of `rbm`; states are (v, f).

    Parameters
    ----------
    rbm : RestrictedBoltzmannMachine
        Usually in float64.
    """

    def __init__(self, rbm: RestrictedBoltzmannMachine):
        self.rbm = rbm
        nothing = torch.zeros_like(rbm.c)
        self.log_base = float(rbm.visible.cumulant(rbm.base) + rbm.hidden.cumulant(nothing))

    def _state(self, v):
        return v, self.rbm.hidden_field(v)

    def start(self, n_chains: int, noise: Noise):
        """Independent visible units at their base rates."""
        return self._state(self.rbm.visible.sample(self.rbm.base.expand(n_chains, -1), noise))

    def log_p(self, state, beta: float):
        """log p*_beta(v) in nats, shape (n_chains,)."""
        v, f = state
        field = torch.lerp(self.rbm.base, self.rbm.b, beta)
        at_rest = self.rbm.visible.rest(v).sum(-1)
        return self.rbm.visible.statistic(v) @ field - at_rest + self.rbm.hidden.cumulant(beta * f)

    def move(self, state, beta: float, noise: Noise):
        """One Gibbs step at beta: h ~ p(h | v), v ~ p(v | h)."""
        rbm = self.rbm
        h = rbm.hidden.sample(beta * state[1], noise)
        field = (1 - beta) * rbm.base + beta * rbm.visible_field(h)
        return self._state(rbm.visible.sample(field, noise))

    def pick(self, state, index):
        """The chains with these indices."""
        return state[0][index], state[1][index]
