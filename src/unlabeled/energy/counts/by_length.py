"""The likelihood of documents, whose partition functions depend on their lengths."""

# The mixin rests on Estimator, which comes after it among the bases of a model.
# pyright: reportAttributeAccessIssue=false

import math

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import give_back
from unlabeled.capabilities import DensityMixin
from unlabeled.energy.counts.documents import check_lengths, document_lengths
from unlabeled.energy.counts.lengths import AnnealedLengths, SummedLengths
from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.counts.perplexity import perplexity
from unlabeled.energy.enumeration import enumerable
from unlabeled.energy.likelihood import ANNEALING
from unlabeled.energy.partition import LogPartition, estimate
from unlabeled.sampling.noise import stream_seed
from unlabeled.validation import check_number

__all__ = ["LengthsMixin"]


class LengthsMixin(DensityMixin):
    """`score_samples`, `perplexity`, `log_partition` of a model with a :class:`CountMachine`."""

    module_: CountMachine

    def _lengths(self, rows) -> torch.Tensor:
        return document_lengths(rows, type(self).__name__, self.allow_empty)

    def _fitted_rows(self, X, y=None, *, allow_nan=False):
        rows = super()._fitted_rows(X, y, allow_nan=allow_nan)
        self._lengths(rows)
        return rows

    def _forget_estimates(self):
        self._kept = None

    @property
    def score_kind_(self):
        """How partition functions are known: "exact" or "ais"."""
        check_is_fitted(self, "module_")
        return "exact" if enumerable(self.module_.hidden) else "ais"

    def free_energy(self, X):
        """F(v) of each row in nats, shape (n,), float64: log p(v | D) = -F(v) - log Z_D."""
        rows = self._fitted_rows(X)
        return self._map(self._float64().free_energy, rows, X, dtype=torch.float64)

    def score_samples(self, X, y=None):
        """log p(v | D) of each row's vector of counts, given its length, in nats, float64.

        The probabilities of all vectors with D counts add up to 1. Sequences of words have less
        each, see `perplexity`; lengths are not modelled.

        Parameters
        ----------
        X : as in transform
        y : ignored

        Returns
        -------
        log_p : array or tensor of shape (n,)
        """
        minus_f, log_w, which, D = self._weighed(self._fitted_rows(X))
        log_z = torch.logsumexp(log_w, 1) - math.log(log_w.shape[1]) - torch.lgamma(D + 1)
        return give_back(minus_f - log_z[which], X)

    def perplexity(self, X, *, n_chains=None, n_temperatures=None, random_state=None):
        """How many words the model hesitates between, given each document's length.

        Parameters
        ----------
        X : as in transform
        n_chains, n_temperatures, random_state : as in log_partition

        Returns
        -------
        Perplexity
            With `value`, the mean being taken over documents, and `per_word`, over words; and the
            standard errors of both that come from annealing.
        """
        rows = self._fitted_rows(X)
        minus_f, log_w, which, D = self._weighed(rows, n_chains, n_temperatures, random_state)
        at_rest = self._map(self.module_.visible.rest, rows, dtype=torch.float64).sum(1)
        return perplexity(minus_f + torch.from_numpy(at_rest), log_w, which, D)

    def next_word_proba(self, X):
        """p(word | the words of a row) of the word that would come next; exact.

        Parameters
        ----------
        X : as in transform

        Returns
        -------
        p : array or tensor of shape (n, n_features), float64
            Rows sum to 1.
        """
        log_p = self._float64().log_next_word
        return self._map(lambda v: log_p(v).exp(), self._fitted_rows(X), X, torch.float64)

    def log_partition(self, lengths, *, n_chains=None, n_temperatures=None, random_state=None):
        r"""log Z of documents of some lengths, in nats: exact, or annealed in the length.

        :math:`Z_D = \sum_v e^{-F(v)}` over all vectors of D counts. Annealing starts at documents
        of one word, whose Z is known, and passes through all lengths.

        Parameters
        ----------
        lengths : int or array-like of int
        n_chains : int, optional
            Annealing runs; 100 if nothing is said.
        n_temperatures : int, optional
            Steps in which the length doubles; 100 if nothing is said.
        random_state : int, RandomState, Generator or None
            None for the model's own stream, which `score_samples` uses.

        Returns
        -------
        LogPartition, or list of LogPartition if there are several lengths

        Raises
        ------
        ValueError
            If a length is less than 1.
        """
        check_is_fitted(self, "module_")
        D = check_lengths(lengths, np.size(lengths))[:, 0].double()
        log_w = self._log_weights(D, n_chains, n_temperatures, random_state)
        log_w = log_w - torch.lgamma(D + 1)[:, None]
        if self.score_kind_ == "exact":
            found = [LogPartition(x, 0.0, x, x, "exact") for x in log_w[:, 0].tolist()]
        else:
            found = [estimate(w) for w in log_w]
        return found[0] if np.ndim(lengths) == 0 else found

    def _weighed(self, rows, *how):
        """-F(v) of each row, log-weights of each different length, which is a row's, lengths."""
        minus_f = -self._map(self._float64().free_energy, rows, torch.empty(0), torch.float64)
        lengths, which = self._lengths(rows).unique(return_inverse=True)
        return minus_f.cpu(), self._log_weights(lengths, *how), which, lengths

    @torch.no_grad()
    def _log_weights(self, D, n_chains=None, n_temperatures=None, random_state=None):
        """Of sequences of these numbers of words, shape (n_lengths, n_chains), float64."""
        asked = n_chains, n_temperatures, random_state
        kept = getattr(self, "_kept", None) if asked == (None, None, None) else None
        if kept is None or not kept.reaches(D.max()):
            kept = self._annealed(int(D.max()), *asked)
            if asked == (None, None, None):
                self._kept = kept
        return kept.log_weights(D)

    def _annealed(self, longest, n_chains, n_temperatures, random_state):
        if self.score_kind_ == "exact":
            return SummedLengths(self._float64())
        n_chains = 100 if n_chains is None else n_chains
        n_temperatures = 100 if n_temperatures is None else n_temperatures
        check_number("n_chains", n_chains, 2, integer=True)
        check_number("n_temperatures", n_temperatures, 1, integer=True)
        if random_state is None:
            random_state = stream_seed(self._seed, ANNEALING)
        noise = self._noise(random_state)
        return AnnealedLengths(self.module_, longest, n_chains, n_temperatures, noise)
