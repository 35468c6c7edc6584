"""Anomalies: rows that a model of the data finds improbable, or cannot rebuild."""

import numpy as np
import torch
from sklearn.base import BaseEstimator, MetaEstimatorMixin, OutlierMixin, clone
from sklearn.utils import get_tags
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import give_back
from unlabeled.engine.rows import Rows, moments_of, rows_at_once
from unlabeled.validation import check_number, check_rows

__all__ = ["AnomalyDetector"]

# Which method says how normal a row is, and with which sign.
_SCORES = {
    "free_energy": ("free_energy", -1),
    "density": ("score_samples", 1),
    "reconstruction": ("reconstruction_error", -1),
}


def _rebuilds(detector) -> bool:
    getattr(detector.model, "reconstruction_error")  # noqa: B009, the error names the model
    return True


class AnomalyDetector(OutlierMixin, MetaEstimatorMixin, BaseEstimator):
    r"""Outlier detection with any model that scores or reconstructs.

    A row is as normal as the model says, and an anomaly if it is less normal than the share
    `contamination` of the training rows:

    .. math::
        s(x) = \log p(x), \; -F(x) \;\text{or}\; -\|x - r(x)\|^2, \qquad
        \text{anomaly} \iff s(x) < \text{offset}.

    Where the model takes NaN for a missing value, so does the detector: the model's score is then
    of what is there, and the baseline and the explanations pass over what is not.

    Scores are no better than the scale of the features: standardise a table first. And no model
    has shown anything before it beats :math:`-\|(x - \mu) / \sigma\|^2`, which
    `baseline_score_samples` therefore gives for the same rows.

    Parameters
    ----------
    model : estimator
        With `score_samples`, `free_energy` or `reconstruction_error`, and without labels
        (`conditional=False`): a detector has none when it scores. A clone of it is fitted;
        wrap a fitted one in :class:`sklearn.frozen.FrozenEstimator` to keep it as it is.
    contamination : float or "auto", default=0.1
        Share of the training rows to be called anomalies, in (0, 0.5]. "auto" puts the offset
        where the scores of the training rows have their lower fence, 1.5 times the distance of
        the quartiles below the first (Tukey 1977); clean rows rarely lie there.
    score_by : {"auto", "density", "free_energy", "reconstruction"}, default="auto"
        What tells how normal a row is. "auto" is the first of "free_energy" (the ranking of the
        density, without its partition function), "density" and "reconstruction" that the model
        can give.

    Attributes
    ----------
    model_ : estimator
        The fitted model.
    offset_ : float
        Score below which a row is an anomaly.
    mean_, scale_ : ndarray of shape (n_features,)
        Mean and standard deviation (1 where it is 0) of the training rows, for the baseline.
    error_mean_, error_scale_ : ndarray of shape (n_features,)
        The same of the squared errors of reconstruction in the training rows, if the model
        reconstructs.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.

    See Also
    --------
    sklearn.ensemble.IsolationForest : Often better where the training rows are contaminated.

    References
    ----------
    Chandola, Banerjee, Kumar. Anomaly detection: a survey. ACM Computing Surveys 41(3), 2009.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> from unlabeled import RBM
    >>> X, y = load_digits(return_X_y=True)
    >>> ones = X[y == 1] / 16
    >>> detector = AnomalyDetector(RBM(16, n_epochs=50, batch_size=20, random_state=0))
    >>> detector.fit(ones[:150]).predict(X[y == 0][:5] / 16)
    array([-1, -1, -1, -1, -1])
    """

    def __init__(self, model, contamination=0.1, *, score_by="auto"):
        self.model = model
        self.contamination = contamination
        self.score_by = score_by

    def fit(self, X, y=None):
        """Fit a clone of the model, and place the offset.

        Parameters
        ----------
        X : array-like, frame, memmap, CSR matrix, tensor, images or Dataset
            Whatever the model learns from; normal rows, at best.
        y : ignored
            There so that a Pipeline can pass labels along.

        Returns
        -------
        self

        Raises
        ------
        ValueError
            If `contamination` or `score_by` make no sense, or the data do not; if the model needs
            labels.
        TypeError
            If the model cannot give the score.
        """
        if self.contamination != "auto":
            check_number("contamination", self.contamination, 0, 0.5, closed=False)
        self._method()
        if get_tags(self.model).target_tags.required:
            raise ValueError(
                "AnomalyDetector needs a model that does without labels, as it has none when it "
                f"scores, got {self.model!r}; leave conditional=False."
            )
        rows = self._rows(X, reset=True)
        self.model_ = clone(self.model).fit(X, None)
        self.mean_, self.scale_ = _moments(_pieces(rows))
        if hasattr(self.model_, "reconstruction_error"):
            self.error_mean_, self.error_scale_ = _moments(map(self._errors, _pieces(rows)))
        self.offset_ = self._offset(_numbers(self.score_samples(X)))
        return self

    def score_samples(self, X):
        """How normal each row is, in the units of the score; higher is more normal.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        s : array or tensor of shape (n,), float64
        """
        check_is_fitted(self, "model_")
        method, sign = self._method()
        scores = getattr(self.model_, method)(X)
        return sign * (scores.double() if torch.is_tensor(scores) else np.float64(scores))

    def decision_function(self, X):
        """`score_samples(X) - offset_`: below 0 for anomalies.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        array or tensor of shape (n,), float64
        """
        return self.score_samples(X) - self.offset_

    def predict(self, X):
        """-1 for anomalies, 1 for normal rows.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        array or tensor of int of shape (n,)
        """
        return 2 * (self.decision_function(X) >= 0) - 1

    def baseline_score_samples(self, X):
        r"""The score to beat, :math:`-\|(x - \mu) / \sigma\|^2` with the training rows' moments.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        s : array or tensor of shape (n,), float64
        """
        check_is_fitted(self, "model_")
        mean, scale = torch.from_numpy(self.mean_), torch.from_numpy(self.scale_)
        rows = self._rows(X)
        parts = [-((x - mean) / scale).square().nansum(1) for x in _pieces(rows)]
        return give_back(torch.cat(parts), X)

    @available_if(_rebuilds)
    def explain(self, X):
        """Which features a row is strange in: its squared errors, feature by feature.

        Each is counted from its mean over the training rows, in their standard deviations, so
        that features can be compared: 0 is as usual, 5 far too large. 0 of a missing value.

        Parameters
        ----------
        X : as in fit

        Returns
        -------
        array or tensor of shape (n, n_features), float64
        """
        check_is_fitted(self, "model_")
        mean, scale = torch.from_numpy(self.error_mean_), torch.from_numpy(self.error_scale_)
        rows = self._rows(X)
        parts = [
            ((self._errors(x) - mean) / scale).masked_fill_(x.isnan(), 0) for x in _pieces(rows)
        ]
        return give_back(torch.cat(parts), X)

    def _method(self) -> tuple[str, int]:
        if self.score_by != "auto" and self.score_by not in _SCORES:
            known = ", ".join(repr(name) for name in ("auto", *_SCORES))
            raise ValueError(f"score_by must be one of {known}, got {self.score_by!r}.")
        wanted = _SCORES if self.score_by == "auto" else [self.score_by]
        able = [_SCORES[name] for name in wanted if hasattr(self.model, _SCORES[name][0])]
        if not able:
            methods = " or ".join(_SCORES[name][0] for name in wanted)
            raise TypeError(
                f"score_by={self.score_by!r} needs a model with {methods}, got "
                f"{type(self.model).__name__}."
            )
        return able[0]

    def _rows(self, X, *, reset: bool = False) -> Rows:
        allow_nan = get_tags(self.model).input_tags.allow_nan
        return check_rows(self, X, reset=reset, allow_nan=allow_nan)

    def _errors(self, x: torch.Tensor) -> torch.Tensor:
        """Squared errors, NaN where the value is missing: it has none."""
        errors = self.model_.reconstruction_error(x, per_feature=True).double()
        return errors.masked_fill_(x.isnan(), torch.nan)

    def _offset(self, scores: np.ndarray) -> float:
        if self.contamination != "auto":
            return float(np.quantile(scores, self.contamination))
        first, third = np.quantile(scores, [0.25, 0.75])
        return float(first - 1.5 * (third - first))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        own, models = tags.input_tags, get_tags(self.model).input_tags
        own.sparse, own.allow_nan = models.sparse, models.allow_nan
        return tags


def _pieces(rows: Rows):
    for index in torch.arange(rows.n_rows).split(rows_at_once(rows.n_features)):
        yield rows.fetch(index, dtype=torch.float64)


def _moments(parts) -> tuple[np.ndarray, np.ndarray]:
    """Mean and deviation of each column; a deviation of 0 is 1."""
    mean, variance = moments_of(parts)
    scale = variance.sqrt()
    return mean.numpy(), torch.where(scale > 0, scale, 1.0).numpy()


def _numbers(scores) -> np.ndarray:
    return scores.numpy(force=True) if torch.is_tensor(scores) else scores
