r"""Partition functions of the replicated softmax, for documents of every length.

The topics of a document of D words, whatever its words are, have the distribution

.. math:: p(h \mid D) = e^{D \varphi(h)} / Y_D, \qquad
          \varphi(h) = c^\top h + \log \sum_k e^{b_k + (W^\top h)_k}, \qquad
          Y_D = \sum_h e^{D \varphi(h)} = D!\, Z_D,

so the length is an inverse temperature. Few topics are summed over. Many are annealed *in the
length*: from one word, where everything is known,

.. math:: Y_1 = \sum_k e^{b_k} \prod_j \left(1 + e^{c_j + W_{jk}}\right),

through all real numbers :math:`D_0 = 1 < D_1 < \dots` to the longest document. On its way, the
weight of a chain

.. math:: w_D = Y_1 \exp\Big( \sum_{i < k} (D_{i+1} - D_i)\, \varphi(h_i)
                              + (D - D_k)\, \varphi(h_k) \Big), \qquad E[w_D] = Y_D,

is an unbiased estimate for every length that it passes: one run serves all documents, and a
longer one repeats it to the bit before it goes on.
"""

import copy
import math
from typing import NamedTuple

import torch

from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.enumeration import blocks
from unlabeled.sampling import Noise, multinomial

__all__ = ["AnnealedLengths", "SummedLengths"]


class SummedLengths:
    """log Y_D by summing over all states of the topics, in float64.

    Parameters
    ----------
    machine : CountMachine
        In float64, with at most 20 topics.
    """

    def __init__(self, machine: CountMachine):
        parts = blocks(machine.hidden, machine.W)
        self.rates = torch.cat([machine.rate(part) for h in parts for part in h.split(256)])

    def reaches(self, length) -> bool:
        """Whether it knows of documents so long."""
        return True

    def log_weights(self, lengths: torch.Tensor) -> torch.Tensor:
        """log Y_D itself, shape (n_lengths, 1), float64."""
        return torch.stack([torch.logsumexp(D * self.rates, 0) for D in lengths.double()])[:, None]


class AnnealedLengths:
    """log Y_D by annealing in the length.

    Between whole numbers m < D < m + 1, a Gibbs step among documents of m words is accepted with
    probability min(1, exp((D - m) (phi(h') - phi(h)))).

    Parameters
    ----------
    machine : CountMachine
        In float32 or float64: what its chains are computed in.
    longest : int
        The longest document.
    n_chains : int
    n_temperatures : int
        Steps in which the length doubles: :math:`D_k = 2^{k / n}`, rounded to whole numbers of
        words where these are closer than that.
    noise : Noise
        Source of random numbers.

    References
    ----------
    Neal. Annealed importance sampling. Statistics and Computing 11, 2001.
    """

    def __init__(
        self, machine: CountMachine, longest: int, n_chains: int, n_temperatures: int, noise: Noise
    ):
        self.longest = longest
        self._nothing = machine.hidden.n_units * math.log(2)  # log Y_0
        n_steps = math.floor(n_temperatures * math.log2(max(1, longest)))
        self.grid = _grid(torch.arange(n_steps + 1), n_temperatures)
        log_y, state = _one_word(machine, n_chains, noise)
        rates = [state.rate.double().cpu()]
        for D in self.grid[1:].tolist():
            state = _moved(machine, state, D, noise)
            rates.append(state.rate.double().cpu())
        self.rates = torch.stack(rates)
        rises = self.grid.diff()[:, None] * self.rates[:-1]
        self._log_w = log_y + torch.cat([torch.zeros(1, n_chains), rises.cumsum(0)]).double()

    def reaches(self, length) -> bool:
        """Whether it has been to documents so long."""
        return bool(length <= self.longest)

    def log_weights(self, lengths: torch.Tensor) -> torch.Tensor:
        """log w_D of every chain, shape (n_lengths, n_chains), float64."""
        D = lengths.double()
        k = torch.searchsorted(self.grid, D, right=True).sub_(1).clamp_(min=0)
        log_w = self._log_w[k] + (D - self.grid[k])[:, None] * self.rates[k]
        return torch.where(D[:, None] > 0, log_w, self._nothing)


def _grid(k, n):
    D = 2 ** (k.double() / n)
    return torch.where(D * (2 ** (1 / n) - 1) < 1, D, D.round())


class _Topics(NamedTuple):
    """Topics h of some documents, (n, n_hidden), the fields f of their words, and phi(h)."""

    h: torch.Tensor
    f: torch.Tensor
    rate: torch.Tensor


def _topics(machine, h):
    f = machine.visible_field(h)
    return _Topics(h, f, machine.rate(h, f))


def _one_word(machine, n, noise):
    """log Y_1, and topics of documents of one word, drawn exactly."""
    nothing = torch.zeros_like(machine.b, dtype=torch.float64)[None]
    words = copy.deepcopy(machine).double().next_word_scores(nothing)
    p = torch.softmax(words, -1).to(machine.W).expand(n, -1)
    h = machine.hidden.sample(machine.hidden_field(multinomial(p, 1, noise)), noise)
    return float(torch.logsumexp(words, -1)), _topics(machine, h)


def _moved(machine, state, length, noise):
    """The next topics: a reversible step that leaves p(h | length) as it is."""
    m = int(length)
    v = multinomial(torch.softmax(state.f, -1), m, noise)
    new = _topics(machine, machine.hidden.sample(machine.hidden_field(v), noise))
    if length == m:
        return new
    u = noise.uniform((len(v), 1)).to(new.rate)
    kept = u >= torch.exp((length - m) * (new.rate - state.rate))[:, None]
    return _Topics(
        torch.where(kept, state.h, new.h),
        torch.where(kept, state.f, new.f),
        torch.where(kept[:, 0], state.rate, new.rate),
    )
