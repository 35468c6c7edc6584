r"""The replicated softmax: a Boltzmann machine of word counts, as a plain PyTorch module.

A document of D words is D softmax units that share their weights; only how often each word
comes up, v, matters:

.. math::
    E(v, h) = \sum_k \log v_k! - b^\top v - D\, c^\top h - h^\top W v, \qquad
    D = \sum_k v_k, \qquad p(v, h \mid D) = e^{-E(v, h)} / Z_D

This is the probability of a *count vector*; that of one sequence of words with these counts is
smaller by the number of such sequences, :math:`D! / \prod_k v_k!`. With the bias scaled by D, the
field of the hidden units is linear in v, :math:`D c + W v = (W + c 1^\top) v`: every word brings
its share of c along.
"""

import copy

import torch
from torch.nn.functional import softplus

from unlabeled.energy.counts.documents import shares_of
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.units import Multinomial

__all__ = ["CountMachine"]

_N_LENGTHS = 1000


class CountMachine(RestrictedBoltzmannMachine):
    r"""Energies, conditionals and gradient of the replicated softmax, for documents of any length.

    What depends on the length of documents that are yet to be drawn asks for it:
    `machine.of(D).sweep(v, noise)` draws documents of D words, or of as many as v has by default.

    Parameters
    ----------
    n_words, n_hidden : int
        Numbers of words in the vocabulary and of (binary) topics.

    Attributes
    ----------
    W : Parameter of shape (n_hidden, n_words)
    b : Parameter of shape (n_words,)
    c : Parameter of shape (n_hidden,)
    lengths : Tensor of shape (1000,)
        Lengths that stand for those of the data, in increasing order.

    References
    ----------
    Salakhutdinov, Hinton. Replicated softmax: an undirected topic model. NIPS 2009.

    Examples
    --------
    >>> import torch
    >>> machine = CountMachine(5, 2)
    >>> v = torch.tensor([[1.0, 1, 0, 0, 0]])
    >>> torch.allclose(machine.hidden_field(10 * v), 10 * machine.hidden_field(v))
    True
    """

    visible: Multinomial
    lengths: torch.Tensor

    def __init__(self, n_words: int, n_hidden: int):
        super().__init__(n_words, n_hidden, Multinomial())
        self.register_buffer("lengths", torch.ones(_N_LENGTHS))

    def of(self, n_draws) -> "CountMachine":
        """The same machine for documents of this length: an int, or (n, 1) for each of n rows."""
        other = copy.copy(self)
        other._modules = {**self._modules, "visible": self.visible.of(n_draws)}
        return other

    def hidden_field(self, v):
        """D c + W v, shape (n, n_hidden)."""
        D = v.sum(1, keepdim=True)
        if self._low is None:
            return torch.addmm(D * self.c, v, self.W.t())
        return (v.to(self._low[0].dtype) @ self._low[0].t()).to(D.dtype) + D * self.c

    def hidden_free_energy(self, h):
        """G(h) = -D (c'h + log sum_k exp(b + W'h)_k) + log D!, shape (n,)."""
        D = torch.as_tensor(self.visible.n_draws, dtype=h.dtype, device=h.device).flatten()
        return -D * (h @ self.c) - self.visible.cumulant(self.visible_field(h))

    def rate(self, h: torch.Tensor, f: torch.Tensor | None = None) -> torch.Tensor:
        r"""What each word adds to the log-probability of the topics h, shape (n,).

        .. math:: \varphi(h) = c^\top h + \log \sum_k e^{b_k + (W^\top h)_k}, \qquad
                  p(h \mid D) \propto e^{D \varphi(h)}

        Parameters
        ----------
        h : tensor of shape (n, n_hidden)
        f : tensor of shape (n, n_words), optional
            `visible_field(h)`, where it is at hand.
        """
        return h @ self.c + torch.logsumexp(self.visible_field(h) if f is None else f, -1)

    def log_next_word(self, v: torch.Tensor) -> torch.Tensor:
        r"""log p(word | words) of the word that comes next, exact; shape (n, n_words).

        Among documents of D + 1 words, D of which are known, no partition function is needed:

        .. math:: p(k \mid v) \propto e^{b_k} \prod_j (1 + e^{f_j + W_{jk}}), \qquad
                  f = (D + 1) c + W v
        """
        return torch.log_softmax(self.next_word_scores(v), -1)

    def next_word_scores(self, v: torch.Tensor) -> torch.Tensor:
        """The same up to a number for each row; after no words, log p* of each document of one."""
        f = self.hidden_field(v) + self.c
        return torch.stack([self.b + softplus(row[:, None] + self.W).sum(0) for row in f])

    def sweep(self, v, noise):
        """One step of block Gibbs sampling among documents as long as these."""
        h = self.hidden.sample(self.hidden_field(v), noise)
        return self.visible.of(v.sum(1, keepdim=True)).sample(self.visible_field(h), noise)

    def gradient(self, v, f, weight):
        """Weighted sum over rows of -dF(v) / d(parameter), as of any restricted machine."""
        return _with_bias(super().gradient(v, f, weight))

    def hidden_gradient(self, h, weight):
        """The same seen from h, for documents of :meth:`of` words."""
        return _with_bias(super().hidden_gradient(h, weight))

    def contrast(self, v, f, n, x, g, m):
        r"""What descends the mean of :math:`-\log p(v) / D`, per word, over documents.

        Documents count alike, however long they are; their mean, exponentiated, is the
        perplexity. The statistics of such a mean are those of :math:`v / D`.
        """
        return super().contrast(shares_of(v), f, n, shares_of(x), g, m)

    def typical_lengths(self, n: int) -> torch.Tensor:
        """`n` lengths that are spread as those of the data, (n, 1)."""
        return self.lengths[_spread(n, len(self.lengths)), None]

    def fit_lengths(self, D: torch.Tensor) -> None:
        """Remember how long documents are: D of shape (n,)."""
        self.lengths.copy_(D.sort().values[_spread(len(self.lengths), len(D))])


def _spread(n: int, of: int) -> torch.Tensor:
    """The middles of `n` equal parts of 0 .. of - 1."""
    return ((torch.arange(n) + 0.5) * (of / n)).long()


def _with_bias(gradient):
    """The gradient of c is that of W summed over words, each of which brings its share of c."""
    return gradient | {"c": gradient["W"].sum(1)}
