"""What a model can do, as mixins; a class has exactly those that it can honour.

Applications ask for a capability (`hasattr(model, "reconstruct")`), never for a class.
"""

# The mixins rest on Estimator, which comes after them among the bases of a model.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import torch
from sklearn.base import ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.base import DensityMixin as _SklearnDensityMixin
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import give_back
from unlabeled.validation import check_codes, check_number

__all__ = ["CompleteMixin", "DecodeMixin", "DensityMixin", "EncodeMixin", "SampleMixin"]


class EncodeMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """`transform`: a deterministic code; a model gives `_encode(x)`."""

    def transform(self, X):
        """Codes of the rows: probabilities, or the posterior mean.

        Parameters
        ----------
        X : array-like, CSR matrix, tensor, images or Dataset of n rows

        Returns
        -------
        H : array or tensor of shape (n, n_components), float32

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            If X has another number of features, NaN or infinite values.
        """
        return self._map(self._encode, self._fitted_rows(X), X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class DecodeMixin:
    """`inverse_transform`, `reconstruct`, `reconstruction_error`; a model gives `_decode(h)`."""

    def inverse_transform(self, H):
        """Means of the data given codes.

        Parameters
        ----------
        H : array-like or tensor of shape (n, n_components)

        Returns
        -------
        X : array or tensor of shape (n, n_features), float32

        Raises
        ------
        ValueError
            If H has another number of columns, NaN or infinite values.
        """
        check_is_fitted(self, "module_")
        return self._map(self._decode, check_codes(H, self._n_features_out), H)

    def reconstruct(self, X):
        """X encoded and decoded, shape (n, n_features), float32."""
        return self._map(self._reconstruct, self._fitted_rows(X), X)

    def reconstruction_error(self, X, *, per_feature: bool = False):
        """Squared error between X and its reconstruction, in squared units of X.

        Parameters
        ----------
        X : as in transform
        per_feature : bool, default=False
            Keep the features apart instead of summing over them.

        Returns
        -------
        error : array or tensor of shape (n,), or (n, n_features)
        """

        def error(x):
            squared = (x - self._reconstruct(x)) ** 2
            return squared if per_feature else squared.sum(1)

        return self._map(error, self._fitted_rows(X), X)

    def _reconstruct(self, x: torch.Tensor) -> torch.Tensor:
        return self._decode(self._encode(x))


class DensityMixin(_SklearnDensityMixin):
    """`score_samples`, `score`; a model gives `_log_density(x)` and `score_kind_`."""

    def score_samples(self, X):
        """Log-likelihood of each row in nats, float64; `score_kind_` says how it is known.

        Parameters
        ----------
        X : as in transform

        Returns
        -------
        log_p : array or tensor of shape (n,)
        """
        rows = self._fitted_rows(X)
        return self._map(self._log_density, rows, X, dtype=torch.float64)

    def score(self, X, y=None) -> float:
        """Mean of `score_samples` in nats per row."""
        return float(self.score_samples(X).mean())


class SampleMixin:
    """`sample`; a model gives `_sample(n, noise, **options)`."""

    def sample(self, n_samples: int = 1, *, random_state=None):
        """Draw rows from the model.

        Parameters
        ----------
        n_samples : int, default=1
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32
        """
        check_number("n_samples", n_samples, 1, integer=True)
        check_is_fitted(self, "module_")
        with torch.no_grad():
            return self._sample(n_samples, self._noise(random_state)).numpy(force=True)


class CompleteMixin:
    """`complete`; a model gives `_complete(x, missing, noise, n_steps)`."""

    def complete(
        self, X, missing=None, *, n_samples: int = 1, n_steps: int = 100, random_state=None
    ):
        """Draw what is missing, given what is seen.

        Parameters
        ----------
        X : array-like, tensor or CSR matrix of shape (n, n_features)
            Values under `missing` are not looked at.
        missing : array-like of bool, shape (n, n_features) or (n_features,), optional
            True = missing. None: where X is NaN.
        n_samples : int, default=1
            Completions of each row.
        n_steps : int, default=100
            Steps of the Markov chain, where the model needs one.
        random_state : int, RandomState, Generator or None

        Returns
        -------
        completed : array or tensor of shape (n, n_features), or (n_samples, n, n_features) if
            n_samples > 1, float32. Seen entries are those of X, unchanged.

        Raises
        ------
        ValueError
            If the mask has another shape, or a seen value is NaN.
        """
        check_number("n_samples", n_samples, 1, integer=True)
        check_number("n_steps", n_steps, 0, integer=True)
        rows = self._fitted_rows(X, allow_nan=True)
        mask = None if missing is None else self._mask(missing, rows)
        noise, parts = self._noise(random_state), []
        size = max(1, self._rows_at_once(rows) // n_samples)
        for k, index in enumerate(torch.arange(rows.n_rows).split(size)):
            x = rows.fetch(index, self._module_device)
            gap = torch.isnan(x) if mask is None else mask[index].to(x.device)
            parts.append(self._completed(x, gap, n_samples, noise.at(k), n_steps))
        completed = torch.cat(parts, 1)
        return give_back(completed[0] if n_samples == 1 else completed, X)

    def _completed(self, x, gap, n_samples, noise, n_steps):
        """Completions of some rows, shape (n_samples, n, n_features)."""
        if bool((torch.isnan(x) & ~gap).any()):
            raise ValueError("X has NaN where `missing` is False; mark these entries as missing.")
        many = (n_samples * len(x), x.shape[1])
        x_all = x.masked_fill(gap, 0).expand(n_samples, *x.shape).reshape(many)
        gap_all = gap.expand(n_samples, *x.shape).reshape(many)
        with torch.no_grad():
            drawn = self._complete(x_all, gap_all, noise, n_steps)
        return torch.where(gap_all, drawn, x_all).view(n_samples, *x.shape)

    def _mask(self, missing, rows):
        mask = missing if torch.is_tensor(missing) else torch.from_numpy(np.array(missing))
        if mask.ndim == 4:
            mask = mask.flatten(1)
        shape = (rows.n_rows, rows.n_features)
        if mask.dtype != torch.bool or tuple(mask.shape) not in (shape, shape[1:]):
            raise ValueError(
                f"missing must be boolean of shape {shape} or {shape[1:]}, got "
                f"{mask.dtype} of shape {tuple(mask.shape)}."
            )
        return mask.cpu().expand(shape)
