"""Models that are sampled by a Markov chain, or learn along with some: what there is to see."""

# The mixin rests on Estimator, which comes after it among the bases of a model.
# pyright: reportAttributeAccessIssue=false

from collections.abc import Iterator
from functools import reduce
from itertools import islice

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.capabilities import CompleteMixin, SampleMixin
from unlabeled.engine.distributed import gather_rows
from unlabeled.validation import check_number

__all__ = ["ChainMixin", "ParticlesMixin"]


class ChainMixin(SampleMixin, CompleteMixin):
    """`sample` and `complete`, the last states of Markov chains; `sample_chain`, all of them.

    A model gives `_chain_start(n, noise)`, rows to start from, and `_chain(v, noise, ...)`, an
    iterator without end over the rows after each sweep. Whatever else a chain carries from sweep
    to sweep (deeper layers, other temperatures) lives in there.
    """

    def _chain_start(self, n: int, noise) -> torch.Tensor:
        """Rows of shape (n, n_features) from which chains start if nothing is said."""
        raise NotImplementedError

    def _chain(self, v, noise, *labels, mean=False, missing=None) -> Iterator[torch.Tensor]:
        """The rows after each sweep from the rows v.

        Parameters
        ----------
        v : tensor of shape (n, n_features)
        noise : Noise
        *labels : tensor of int64, shape (n,)
            Numbers of the rows' classes, for a model that has learned from labels and is told.
        mean : bool, default=False
            Show the means that the rows are drawn from instead; the chain is the same.
        missing : tensor of bool, shape (n, n_features), optional
            What is drawn, the rest stays that of v; everything by default.
        """
        raise NotImplementedError

    def sample(
        self, n_samples=1, *, y=None, n_steps=1000, start=None, mean=False, random_state=None
    ):
        """Draw rows by Gibbs sampling.

        Parameters
        ----------
        n_samples : int, default=1
            Number of chains, a row of each.
        y : label or array-like of shape (n_samples,), optional
            For a model that learns from labels: the class of all, or of each.
        n_steps : int, default=1000
            Gibbs steps from the start.
        start : array-like of shape (n_samples, n_features), optional
            Where the chains start; at the base rates of the data by default.
        mean : bool, default=False
            Return E[v | h] of the last step instead of a draw: smoother pictures, not samples.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32

        Raises
        ------
        ValueError
            If `start` has another shape, `y` labels that fit has not seen, or the model no labels.
        """
        check_number("n_samples", n_samples, 1, integer=True)
        return self._states(n_samples, y, n_steps, n_steps, start, None, mean, random_state)[0]

    def sample_chain(
        self,
        n_chains=1,
        *,
        y=None,
        n_steps=1000,
        every=10,
        start=None,
        missing=None,
        mean=False,
        random_state=None,
    ):
        """The states that `sample`, or `complete`, passes on its way: what the machine dreams.

        Parameters
        ----------
        n_chains : int, default=1
            Chains side by side.
        y : label or array-like of shape (n_chains,), optional
            As in `sample`.
        n_steps : int, default=1000
            Gibbs steps from the start.
        every : int, default=10
            Steps from one state to the next.
        start : array-like of shape (n_chains, n_features), optional
            Where the chains start; at the base rates of the data by default.
        missing : array-like of bool, shape (n_chains, n_features) or (n_features,), optional
            What is drawn, from the base rates on, while the rest stays as it is in `start`:
            the chain of `complete`. By default, everything is drawn.
        mean : bool, default=False
            Show E[v | h] of each step instead of the draw with which the chain goes on.
        random_state : int, RandomState, Generator or None
            The states that `sample` and `complete` return for the same number are among these.

        Returns
        -------
        X : array of shape (n_steps // every, n_chains, n_features), float32
            After the steps `every`, 2 `every`, ...

        Raises
        ------
        ValueError
            If `start` or `missing` has another shape, `missing` comes without `start`, or `every`
            exceeds `n_steps`.

        Examples
        --------
        >>> from unlabeled import RBM
        >>> from unlabeled.datasets import bars_and_stripes
        >>> rbm = RBM(6, n_epochs=1, random_state=0).fit(bars_and_stripes(3))
        >>> rbm.sample_chain(5, n_steps=100, every=20).shape
        (5, 5, 9)
        """
        check_number("n_chains", n_chains, 1, integer=True)
        return self._states(n_chains, y, n_steps, every, start, missing, mean, random_state)

    def _states(self, n, y, n_steps, every, start, missing, mean, random_state):
        check_is_fitted(self, "module_")
        check_number("n_steps", n_steps, 1, integer=True)
        check_number("every", every, 1, n_steps, integer=True)
        noise = self._noise(random_state)
        labels = self._labels_to_draw(y, n, noise)
        with torch.no_grad():
            if start is None and missing is None:
                v = self._chain_start(n, noise)
            else:
                v, missing = self._given(n, start, missing, noise)
            chain = self._chain(v, noise, *labels, mean=mean, missing=missing)
            kept = islice(chain, every - 1, n_steps, every)
            states = np.empty((n_steps // every, *v.shape), np.float32)
            for k, state in enumerate(kept):
                states[k] = state.numpy(force=True)
        return states

    def _given(self, n, start, missing, noise):
        """The rows `start`, what is missing from them drawn, and the mask of that."""
        if start is None:
            raise ValueError("missing needs the rows of which it is a part: give start.")
        rows = self._fitted_rows(start, allow_nan=missing is not None)
        if rows.n_rows != n:
            raise ValueError(
                f"start must have a row for each of the {n} chains, got shape "
                f"({rows.n_rows}, {rows.n_features})."
            )
        v = rows.fetch(np.arange(n), self._module_device)
        if missing is None:
            return v, None
        missing = self._mask(missing, rows).to(v.device)
        if bool((torch.isnan(v) & ~missing).any()):
            raise ValueError("start has NaN where `missing` is False; mark these as missing.")
        return self._filled(v, missing, noise), missing

    def _filled(self, x, missing, noise):
        """The rows x, what is missing drawn as chains start."""
        return torch.where(missing, self._chain_start(len(x), noise), x)

    def _complete(self, x, missing, noise, n_steps, *labels):
        """The last state of a chain in which what is seen stays."""
        start = self._filled(x, missing, noise)
        states = islice(self._chain(start, noise, *labels, missing=missing), n_steps)
        return reduce(lambda _, state: state, states, start)


class ParticlesMixin:
    """`particles_` of an estimator that learns by a sampler, whose chains are a part "chains"."""

    @property
    def particles_(self):
        """Where the chains of learning are, at temperature 1: an array (n_chains, n_features).

        Raises
        ------
        AttributeError
            If the sampler keeps no chains, or this model did not learn here (but was loaded).
        """
        training = getattr(self, "_training", None)
        if training is None or "chains" not in training.parts:
            raise AttributeError(
                f"no chains are kept by sampler={self.sampler!r}, nor by a model that was loaded; "
                "'pcd', 'fpcd' and 'pt' keep theirs while a model learns."
            )
        rows = gather_rows(training.parts["chains"].particles[:, : self.n_features_in_])
        return rows.float().numpy(force=True).copy()
