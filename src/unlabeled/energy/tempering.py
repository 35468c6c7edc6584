r"""Parallel tempering: chains at several temperatures that change places.

Chain i samples, by block Gibbs steps of v and h,

.. math:: p_{\beta_i}(v, h) \propto e^{b_0^\top s(v) - R_v(v) - R_h(h) + \beta_i U(v, h)}, \qquad
          U = (b - b_0)^\top s(v) + t(h)^\top (c + W s(v)),

from independent units at the base rates of the data (:math:`\beta_1 = 0`) to the model itself
(:math:`\beta_T = 1`). Neighbours i and j exchange their states with probability

.. math:: \min(1, e^{(\beta_i - \beta_j) (U_j - U_i)}),

which is of the joint energies, as those are what the chains sample. So the model's chain meets
states that have come all the way down from where every mode is near.
"""

import torch

from unlabeled.energy.gibbs import Chains, Sampler
from unlabeled.engine.distributed import gather_rows, sum_over_processes
from unlabeled.validation import check_number

__all__ = ["ParallelTempering"]

_MEMORY = 0.02  # share of the last update in the mean of rejections
_PACE = 0.02  # at which temperatures go to where rejections are equal


class ParallelTempering(Sampler):
    """Persistent chains at several temperatures; those at temperature 1 serve the gradient.

    Temperatures move, between updates, to where every pair of neighbours exchanges equally often.
    The mean rate is reported as "swap_rate".

    Parameters
    ----------
    n_steps : int, default=1
        Gibbs steps, each with exchanges, per update.
    n_chains : int or None, default=None
        Number of chains at each temperature; None for as many as rows in a batch. It is rounded up
        to a multiple of the blocks of rows that draw random numbers of their own (8 on a CPU).
    n_temperatures : int, default=10
        Number of temperatures, from the base rates to the model.
    adapt : bool, default=True
        Whether temperatures move; else they stay equally spaced.

    References
    ----------
    Desjardins, Courville, Bengio, Vincent, Delalleau. Tempered Markov chain Monte Carlo for
    training of restricted Boltzmann machines. AISTATS 2010.
    Syed, Bouchard-Cote, Deligiannidis, Doucet. Non-reversible parallel tempering. JRSS B 84, 2022.
    """

    def __init__(
        self,
        n_steps: int = 1,
        n_chains: int | None = None,
        n_temperatures: int = 10,
        adapt: bool = True,
    ):
        check_number("n_steps", n_steps, 1, integer=True)
        if n_chains is not None:
            check_number("n_chains", n_chains, 1, integer=True)
        check_number("n_temperatures", n_temperatures, 2, integer=True)
        self.n_steps, self.n_chains = n_steps, n_chains
        self.n_temperatures, self.adapt = n_temperatures, adapt

    def chains_for(self, n_rows: int, noise) -> int:
        """Chains at each temperature, over all processes, for batches of `n_rows`."""
        n_blocks = -(-(self.n_chains or n_rows) // noise.n_blocks)
        return n_blocks * noise.n_blocks

    def start(self, rbm, n_rows, noise):
        n_total = self.chains_for(n_rows, noise)
        rows = noise.rows(n_total)
        T, n = self.n_temperatures, rows.stop - rows.start
        field = rbm.base.expand(n * T, -1)
        v = rbm.visible.sample(field, noise.of(n_total * T))
        return TemperedChains(v.unflatten(0, (n, T)), n_total, noise)

    def negative(self, rbm, v, f, n_total, chains, noise):
        noise = noise.of(chains.n_total * self.n_temperatures)
        for _ in range(self.n_steps):
            chains.move(rbm, noise)
        return chains.particles, chains.n_total

    def followed(self, chains, gradient):
        rejected = chains.rejections(_MEMORY)
        if self.adapt:
            chains.beta.lerp_(equal_rejections(chains.beta, rejected), _PACE)
        return {"swap_rate": 1 - rejected.mean()}


class TemperedChains(Chains):
    """Chains (n, n_temperatures, n_visible) at rising inverse temperatures `beta`.

    Attributes
    ----------
    beta : tensor of shape (n_temperatures,)
        From 0 to 1.
    rejected : tensor of shape (n_temperatures - 1,)
        Mean rejection of each pair of neighbours over the last updates.
    turn : int
        Exchanges made: pairs that begin at an even temperature take turns with the others.
    """

    def __init__(self, v, n_total, noise):
        super().__init__(v, n_total, noise)
        T = v.shape[1]
        self.beta = torch.linspace(0, 1, T, device=v.device)
        self.rejected = torch.full((T - 1,), 0.5, device=v.device)
        self.turn = 0
        self._tally = torch.zeros(2, T - 1, device=v.device)  # rejections, trials since then

    @property
    def particles(self):
        """The chains at temperature 1."""
        return self.v[:, -1]

    def move(self, rbm, noise):
        """A Gibbs step of every chain, and exchanges."""
        n, T, _ = self.v.shape
        beta = self.beta.to(self.v.dtype).repeat(n)[:, None]
        v = self.v.flatten(0, 1)
        h = rbm.hidden.sample(beta * rbm.hidden_field(v), noise)
        field = torch.lerp(rbm.base.expand_as(v), rbm.visible_field(h).to(rbm.base), beta)
        v = rbm.visible.sample(field, noise)
        U = rbm.visible.statistic(v) @ (rbm.b - rbm.base)
        U = U + (rbm.hidden.statistic(h) * rbm.hidden_field(v)).sum(1)
        self.v = v.unflatten(0, (n, T))
        self._exchange(U.view(n, T), noise.uniform((n * T, 1)).view(n, T))

    def _exchange(self, U, u):
        """Neighbours change places where u, uniform, is below the ratio of probabilities."""
        low = torch.arange(self.turn % 2, U.shape[1] - 1, 2, device=U.device)
        self.turn += 1
        gain = (self.beta[low + 1] - self.beta[low]) * (U[:, low] - U[:, low + 1])
        swap = u[:, low].log() < gain
        places = torch.arange(U.shape[1], device=U.device).repeat(len(U), 1)
        places[:, low] += swap.long()
        places[:, low + 1] -= swap.long()
        self.v = self.v.gather(1, places[:, :, None].expand_as(self.v))
        self._tally[0, low] += (1 - gain.clamp(max=0).exp()).sum(0)
        self._tally[1, low] += len(U)

    def rejections(self, memory: float) -> torch.Tensor:
        """The mean rejection of each pair, with what was seen since the last call."""
        sum_over_processes([self._tally])
        total, n = self._tally
        self.rejected = torch.where(
            n > 0, torch.lerp(self.rejected, total / n.clamp(min=1), memory), self.rejected
        )
        self._tally = torch.zeros_like(self._tally)
        return self.rejected

    def state_dict(self):
        state = {"v": gather_rows(self.v), "turn": self.turn}
        return state | {"beta": self.beta, "rejected": self.rejected}

    def load_state_dict(self, state):
        super().load_state_dict(state)
        self.turn = state["turn"]
        self.beta, self.rejected = (state[k].to(self.beta) for k in ("beta", "rejected"))


def equal_rejections(beta: torch.Tensor, rejected: torch.Tensor) -> torch.Tensor:
    """Inverse temperatures between whose neighbours rejection is equal.

    Rejection adds up along the temperatures; the sum is taken as linear between them and cut into
    equal parts.

    Parameters
    ----------
    beta : tensor of shape (T,)
        From 0 to 1, rising.
    rejected : tensor of shape (T - 1,)
        Rejection of each pair of neighbours.

    Returns
    -------
    tensor of shape (T,)

    Examples
    --------
    >>> equal_rejections(torch.tensor([0.0, 0.5, 1.0]), torch.tensor([0.1, 0.3]))
    tensor([0.0000, 0.6661, 1.0000])
    """
    barrier = torch.cat([rejected.new_zeros(1), (rejected + 1e-3).cumsum(0)])
    wanted = torch.linspace(0, 1, len(beta), device=beta.device) * barrier[-1]
    right = torch.searchsorted(barrier, wanted[1:-1]).clamp(1, len(beta) - 1)
    left = right - 1
    share = (wanted[1:-1] - barrier[left]) / (barrier[right] - barrier[left])
    inner = torch.lerp(beta[left], beta[right], share)
    return torch.cat([beta[:1], inner, beta[-1:]])
