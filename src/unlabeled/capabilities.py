"""What a model can do, as mixins; a class has exactly those that it can honour.

Applications ask for a capability (`hasattr(model, "reconstruct")`), never for a class. Every
method takes labels as `y`; a model with `conditional=True` needs them, the others ignore them.
A classifier needs them in `fit` alone.
"""

# The mixins rest on Estimator, which comes after them among the bases of a model.
# pyright: reportAttributeAccessIssue=false

import numpy as np
import torch
from sklearn.base import ClassifierMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.base import DensityMixin as _SklearnDensityMixin
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import give_back
from unlabeled.validation import check_codes, check_labels, check_number, label_codes

__all__ = [
    "ClassifyMixin",
    "CompleteMixin",
    "DecodeMixin",
    "DensityMixin",
    "EncodeMixin",
    "ReconstructMixin",
    "SampleMixin",
]


class ClassifyMixin(ClassifierMixin):
    """`predict` and its kin; a model gives `_log_posterior()`, a function of rows.

    Comes before other mixins among the bases: its `score` is the accuracy.
    """

    _is_supervised = True

    def predict_log_proba(self, X):
        """log p(y | x) of every class, in nats.

        Parameters
        ----------
        X : array-like, CSR matrix, tensor, images or Dataset of n rows

        Returns
        -------
        log_p : array or tensor of shape (n, n_classes), float64
            In the order of `classes_`.
        """
        rows, log_p = self._fitted_rows(X), self._log_posterior()
        return self._map(log_p, rows, X, dtype=torch.float64)

    def predict_proba(self, X):
        """p(y | x) of every class, shape (n, n_classes), float64; rows sum to 1."""
        rows, log_p = self._fitted_rows(X), self._log_posterior()
        return self._map(lambda x: log_p(x).exp(), rows, X, dtype=torch.float64)

    def predict(self, X):
        """The most probable class of each row, shape (n,); one of `classes_`."""
        best = self.predict_log_proba(X).argmax(1)
        if isinstance(best, torch.Tensor) and self.classes_.dtype.kind in "iufb":
            return torch.as_tensor(self.classes_, device=best.device)[best]
        return self.classes_[np.asarray(best)]

    def score(self, X, y, sample_weight=None) -> float:
        """Accuracy: the share of rows whose class is predicted.

        Parameters
        ----------
        X : as in predict
        y : array-like of shape (n,)
            Their labels.
        sample_weight : array-like of shape (n,), optional
            What each row counts.

        Raises
        ------
        ValueError
            If y has labels that fit has not seen.
        """
        best = self.predict_log_proba(X).argmax(1)
        right = np.asarray(best) == label_codes(self.classes_, y).numpy()
        return float(np.average(right, weights=sample_weight))

    def _check_values(self, rows):
        super()._check_values(rows)
        if len(self.classes_) < 2:
            raise ValueError(
                f"{type(self).__name__} needs at least two classes to tell apart, got "
                f"{len(self.classes_)} class: {self.classes_.tolist()}."
            )


class EncodeMixin(ClassNamePrefixFeaturesOutMixin, TransformerMixin):
    """`transform`: a deterministic code; a model gives `_encode(x)`.

    Here and below, the hooks of a conditional model take the numbers of the labels as well:
    `_encode(x, y)`.
    """

    def transform(self, X, y=None):
        """Codes of the rows: probabilities, or the posterior mean.

        Parameters
        ----------
        X : array-like, CSR matrix, tensor, images or Dataset of n rows
        y : array-like of shape (n,), optional
            Labels, for a conditional model.

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
        return self._map(self._encode, self._fitted_rows(X, y), X)

    def fit_transform(self, X, y=None, **fit_params):
        """`fit`, then `transform` of the same rows.

        Parameters
        ----------
        X, y : as in fit
        **fit_params : as in fit
        """
        return self.fit(X, y, **fit_params).transform(X, y)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.transformer_tags.preserves_dtype = ["float32"]
        return tags


class DecodeMixin:
    """`inverse_transform`; a model gives `_decode(h)`."""

    def inverse_transform(self, H, y=None):
        """Means of the data given codes.

        Parameters
        ----------
        H : array-like or tensor of shape (n, n_components)
        y : array-like of shape (n,), optional
            Labels, for a conditional model.

        Returns
        -------
        X : array or tensor of shape (n, n_features), float32

        Raises
        ------
        ValueError
            If H has another number of columns, NaN or infinite values.
        """
        check_is_fitted(self, "module_")
        codes = check_codes(H, self._n_features_out)
        if self._is_conditional:
            codes.y = check_labels(self, y, codes.n_rows, reset=False)
        return self._map(self._decode, codes, H)


class ReconstructMixin(DecodeMixin):
    """`reconstruct`, `reconstruction_error`, for a model that encodes and decodes."""

    def reconstruct(self, X, y=None):
        """X encoded and decoded, shape (n, n_features), float32."""
        return self._map(self._reconstruct, self._fitted_rows(X, y), X)

    def reconstruction_error(self, X, y=None, *, per_feature: bool = False):
        """Squared error between X and its reconstruction, in squared units of X.

        Parameters
        ----------
        X, y : as in transform
        per_feature : bool, default=False
            Keep the features apart instead of summing over them.

        Returns
        -------
        error : array or tensor of shape (n,), or (n, n_features)
        """

        def error(x, *y):
            squared = self._residual(x, *y).square()
            return squared if per_feature else squared.sum(1)

        return self._map(error, self._fitted_rows(X, y), X)

    def _reconstruct(self, x: torch.Tensor, *y: torch.Tensor) -> torch.Tensor:
        return self._decode(self._encode(x, *y), *y)

    def _compared(self, x: torch.Tensor) -> torch.Tensor:
        """What a reconstruction of x is compared with."""
        return x

    def _residual(self, x: torch.Tensor, *y: torch.Tensor) -> torch.Tensor:
        """What the reconstruction leaves; of a missing value, nothing."""
        difference = self._compared(x) - self._reconstruct(x, *y)
        return difference.nan_to_num(0) if self._nan_is_missing else difference


class DensityMixin(_SklearnDensityMixin):
    """`score_samples`, `score`; a model gives `_density()`, a function of rows, `score_kind_`."""

    def score_samples(self, X, y=None):
        """Log-likelihood of each row in nats, float64; `score_kind_` says how it is known.

        Parameters
        ----------
        X, y : as in transform

        Returns
        -------
        log_p : array or tensor of shape (n,)
        """
        rows = self._fitted_rows(X, y)
        with torch.no_grad():
            log_density = self._density()
        return self._map(log_density, rows, X, dtype=torch.float64)

    def score(self, X, y=None) -> float:
        """Mean of `score_samples` in nats per row."""
        return float(self.score_samples(X, y).mean())


class SampleMixin:
    """`sample`; a model gives `_sample(n, noise)`."""

    def sample(self, n_samples: int = 1, *, y=None, random_state=None):
        """Draw rows from the model.

        Parameters
        ----------
        n_samples : int, default=1
        y : label or array-like of shape (n_samples,), optional
            For a conditional model: the class of all, or of each; drawn as often as in the
            training data by default.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32

        Raises
        ------
        ValueError
            If `y` has labels that fit has not seen, or the model is not conditional.
        """
        return self._drawn(self._sample, n_samples, y, random_state)

    def _drawn(self, draw, n_samples, y, random_state):
        """What `draw`, a hook such as `_sample`, makes of the arguments of `sample`."""
        check_number("n_samples", n_samples, 1, integer=True)
        check_is_fitted(self, "module_")
        noise = self._noise(random_state)
        labels = self._labels_to_draw(y, n_samples, noise)
        with torch.no_grad():
            return draw(n_samples, noise, *labels).numpy(force=True)

    def _in_parts(self, function, *tensors):
        """`function` of the rows of `tensors`, as many at a time as the module takes together."""
        size = self._rows_at_once()
        parts = zip(*(t.split(size) for t in tensors), strict=True)
        return torch.cat([function(*part) for part in parts])

    def _labels_to_draw(self, y, n, noise):
        """Numbers of classes, in a tuple that is empty if the model knows or needs none."""
        if y is None and not self._is_conditional:
            return ()
        if not self._learns_labels:
            raise ValueError(
                f"this {type(self).__name__} is not conditional: y must be None, got {y!r}."
            )
        if y is None:
            edges = torch.from_numpy(self.class_prior_).cumsum(0)[:-1]
            u = noise.uniform((n, 1))[:, 0].double()
            return (torch.bucketize(u, edges.to(u.device), right=True),)
        codes = label_codes(self.classes_, np.full(n, y) if np.ndim(y) == 0 else y)
        if codes.shape != (n,):
            raise ValueError(f"y must be a label or {n} of them, got shape {tuple(codes.shape)}.")
        return (codes.to(noise.device),)


class CompleteMixin:
    """`complete`; a model gives `_complete(x, missing, noise, n_steps)`."""

    def complete(
        self,
        X,
        missing=None,
        *,
        y=None,
        n_samples: int = 1,
        n_steps: int = 100,
        random_state=None,
    ):
        """Draw what is missing, given what is seen.

        Parameters
        ----------
        X : array-like, tensor or CSR matrix of shape (n, n_features)
            Values under `missing` are not looked at.
        missing : array-like of bool, shape (n, n_features) or (n_features,), optional
            True = missing. None: where X is NaN.
        y : array-like of shape (n,), optional
            Labels, for a conditional model.
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
        rows = self._fitted_rows(X, y, allow_nan=True)
        mask = None if missing is None else self._mask(missing, rows)
        noise, parts = self._noise(random_state), []
        size = max(1, self._rows_at_once(rows) // n_samples)
        for k, index in enumerate(torch.arange(rows.n_rows).split(size)):
            x = rows.fetch(index, self._module_device)
            gap = torch.isnan(x) if mask is None else mask[index].to(x.device)
            labels = rows.labels(index, self._module_device)
            parts.append(self._completed(x, gap, labels, n_samples, noise.at(k), n_steps))
        completed = torch.cat(parts, 1)
        return give_back(completed[0] if n_samples == 1 else completed, X)

    def _completed(self, x, gap, y, n_samples, noise, n_steps):
        """Completions of some rows, shape (n_samples, n, n_features)."""
        if bool((torch.isnan(x) & ~gap).any()):
            raise ValueError("X has NaN where `missing` is False; mark these entries as missing.")
        many = (n_samples * len(x), x.shape[1])
        x_all = x.masked_fill(gap, 0).expand(n_samples, *x.shape).reshape(many)
        gap_all = gap.expand(n_samples, *x.shape).reshape(many)
        labels = () if y is None else (y.repeat(n_samples),)
        with torch.no_grad():
            drawn = self._complete(x_all, gap_all, noise, n_steps, *labels)
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
