r"""Fast persistent contrastive divergence: weights that push the chains on and are forgotten.

The chains move in a machine with parameters :math:`\theta + \phi`. Along the gradient g that
:math:`\theta` descends slowly, the fast parameters go quickly and decay:

.. math:: \phi \leftarrow \gamma \phi - \eta g

so that wherever the chains stay for long becomes unlikely, and they leave.
"""

import torch

from unlabeled.energy.gibbs import PCD, Chains
from unlabeled.engine.distributed import sum_over_processes, world
from unlabeled.validation import check_number

__all__ = ["FastPCD"]


class FastPCD(PCD):
    """Persistent contrastive divergence with fast weights.

    Parameters
    ----------
    n_steps : int, default=1
        Gibbs steps per update.
    n_chains : int or None, default=None
        Number of chains; None for as many as rows in a batch.
    learning_rate : float, default=0.05
        Of the fast weights; it does not fall with the schedule. At 0 this is :class:`PCD`.
    decay : float, default=0.95
        What is left of the fast weights after an update.

    References
    ----------
    Tieleman, Hinton. Using fast weights to improve persistent contrastive divergence. ICML 2009.
    """

    def __init__(
        self,
        n_steps: int = 1,
        n_chains: int | None = None,
        learning_rate: float = 0.05,
        decay: float = 0.95,
    ):
        super().__init__(n_steps, n_chains)
        check_number("the fast learning_rate", learning_rate, 0)
        check_number("decay", decay, 0, 1)
        self.learning_rate, self.decay = learning_rate, decay

    def start(self, rbm, n_rows, noise):
        chains = super().start(rbm, n_rows, noise)
        fast = {name: torch.zeros_like(p) for name, p in rbm.named_parameters(recurse=False)}
        return FastChains(chains.v, chains.n_total, noise, fast)

    def gradient(self, rbm, v, n_total, chains, noise):
        f, moved = rbm.hidden_field(v), rbm.displaced(chains.fast)
        x, m_total = self.negative(moved, v, f, n_total, chains, noise)
        return rbm.contrast(v, f, n_total, x, moved.hidden_field(x), m_total)

    def followed(self, chains, gradient):
        for name, phi in chains.fast.items():
            phi.mul_(self.decay).sub_(gradient[name], alpha=self.learning_rate)
        return {}


class FastChains(Chains):
    """Chains and the fast weights, by the names of the machine's parameters, that move them."""

    def __init__(self, v, n_total, noise, fast: dict[str, torch.Tensor]):
        super().__init__(v, n_total, noise)
        self.fast = fast

    def state_dict(self):
        fast = {name: phi.clone() for name, phi in self.fast.items()}
        sum_over_processes(list(fast.values()))
        return super().state_dict() | {"fast": {k: phi / world() for k, phi in fast.items()}}

    def load_state_dict(self, state):
        super().load_state_dict(state)
        for name, phi in self.fast.items():
            phi.copy_(state["fast"][name])
