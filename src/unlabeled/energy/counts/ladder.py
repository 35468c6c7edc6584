r"""Persistent chains of documents that exchange their topics along their lengths.

Given topics are distributed as :math:`p(h \mid D) \propto e^{D \varphi(h)}` (see
:mod:`unlabeled.energy.counts.lengths`), so the length is an inverse temperature, and chains whose
documents are as long as those of the data are a ladder of temperatures already. In every sweep,
neighbours in length exchange their topics with probability

.. math:: \min\left(1, e^{(D - D') (\varphi(h') - \varphi(h))}\right),

which leaves every chain's distribution as it is. The ladder stands on documents of one word, which
are drawn anew, exactly, in every sweep. So there is always a way from any topics to any others,
where a chain alone would stay with the topics that it has.
"""

import torch

from unlabeled.energy.gibbs import PCD, Chains
from unlabeled.sampling import multinomial

__all__ = ["LengthLadder", "exchanged"]


class LengthLadder(PCD):
    """Parallel tempering of a :class:`~unlabeled.energy.counts.CountMachine` in the length.

    The machine at the start is `of` the lengths of this process's chains, in increasing order.
    Shorter documents are added until the ladder reaches the ground. Each process has a ladder of
    its own.

    Parameters
    ----------
    n_steps : int, default=1
        Sweeps and exchanges per update.
    n_chains : int or None, default=None
        Number of chains; None for as many as rows in a batch.

    References
    ----------
    Swendsen, Wang. Replica Monte Carlo simulation of spin glasses. Physical Review Letters 57,
    1986.
    """

    def start(self, rbm, n_rows, noise):
        chains = super().start(rbm, n_rows, noise)
        rungs = torch.tensor(_rungs_below(rbm.lengths[0])).to(chains.v)[:, None]
        field = rbm.base.expand(len(rungs), -1)
        added = rbm.visible.of(rungs).sample(field, noise.of(len(rungs) * _n_processes(noise)))
        return _Ladder(torch.cat([added, chains.v]), chains.n_total, len(rungs), noise)

    def negative(self, rbm, v, f, n_total, chains, noise):
        one_each, noise = noise.of(_n_processes(noise)), noise.of(chains.n_total)
        for k in range(self.n_steps):
            chains.v[:1] = _one_word(rbm, one_each)
            first = (noise.step * self.n_steps + k) % 2
            lower = torch.arange(first, len(chains.v) - 1, 2, device=v.device)
            chains.v = exchanged(rbm, chains.v, lower, noise)
        return chains.particles, chains.n_particles


class _Ladder(Chains):
    """Chains of which the first `n_added` are of no further use."""

    def __init__(self, v, n_particles, n_added, noise):
        super().__init__(v, n_particles + n_added * _n_processes(noise), noise)
        self.n_particles, self.n_added = n_particles, n_added

    @property
    def particles(self):
        return self.v[self.n_added :]


def _n_processes(noise) -> int:
    return noise.n_blocks // len(noise.blocks)


def _rungs_below(length) -> list[int]:
    """1, 2, 3, 4, 6, 9, 13, ... below `length`; 1 at least."""
    rungs = [1]
    while (rung := rungs[-1] + max(1, rungs[-1] // 2)) < length:
        rungs.append(rung)
    return rungs


def _one_word(rbm, noise):
    """A document of one word, drawn exactly, (1, n_words)."""
    nothing = torch.zeros_like(rbm.b)[None]
    return multinomial(torch.softmax(rbm.next_word_scores(nothing), -1), 1, noise)


def exchanged(rbm, v, lower: torch.Tensor, noise) -> torch.Tensor:
    """A sweep in which the chains `lower` may exchange their topics with those that follow them.

    Parameters
    ----------
    rbm : CountMachine
    v : tensor of shape (n, n_words)
        Documents, whose lengths stay.
    lower : tensor of int64
        Rows that differ by two at least.
    noise : Noise
    """
    D = v.sum(1)
    h = rbm.hidden.sample(rbm.hidden_field(v), noise)
    f = rbm.visible_field(h)
    rate = rbm.rate(h, f)
    gain = (D[lower] - D[lower + 1]) * (rate[lower + 1] - rate[lower])
    u = noise.uniform((len(v), 1))[lower, 0]
    lower = lower[u < torch.exp(gain)]
    topics = torch.arange(len(v), device=v.device)
    topics[lower], topics[lower + 1] = lower + 1, lower
    return rbm.visible.of(D[:, None]).sample(f[topics], noise)
