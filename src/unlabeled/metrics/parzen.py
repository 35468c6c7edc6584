"""Log-likelihood of held-out rows under Gaussian windows around samples."""

from dataclasses import dataclass

import numpy as np

from ._distances import squared_distances
from ._features import check_features

__all__ = ["ParzenLikelihood", "parzen_log_likelihood"]

_GRID = 16  # window widths tried; tried again between the neighbours of the best


@dataclass(frozen=True)
class ParzenLikelihood:
    """What :func:`parzen_log_likelihood` returns, in nats per row.

    Parameters
    ----------
    value : float
        Mean log-likelihood of the test rows under windows around the model's rows; also
        `float(likelihood)`.
    standard_error : float
        Of the value, over test rows.
    sigma : float
        Width of the windows, in units of the data.
    ceiling : float
        The same with real training rows in place of the model's.
    ceiling_error : float
        Standard error of the ceiling.
    n_model : int
        Rows of the model.
    n_ceiling : int
        Training rows used for the ceiling: n_model of them, or all if there are fewer.
    n_test : int
        Test rows.
    """

    value: float
    standard_error: float
    sigma: float
    ceiling: float
    ceiling_error: float
    n_model: int
    n_ceiling: int
    n_test: int

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        return (
            f"{self.value:.4g} ± {self.standard_error:.2g} nats (real rows instead: "
            f"{self.ceiling:.4g} ± {self.ceiling_error:.2g}; windows around {self.n_model:,} and "
            f"{self.n_ceiling:,} rows, {self.n_test:,} test rows)"
        )


def parzen_log_likelihood(
    X_train, X_valid, X_test, X_model, *, random_state=0
) -> ParzenLikelihood:
    r"""Parzen-window estimate of the log-likelihood of a model that can only be sampled.

    .. math::
        \log p(x) = \log \frac{1}{n} \sum_j (2 \pi \sigma^2)^{-d/2}
        \exp\Big(-\frac{\|x - s_j\|^2}{2 \sigma^2}\Big)

    with the model's rows :math:`s_j` and the :math:`\sigma` that is best on validation rows. In
    many dimensions it is a poor estimate of anything, and cluster centres of the data can beat
    the data themselves. So the same estimate from as many real training rows is always made
    beside it: what is near or above it says nothing about quality.

    Parameters
    ----------
    X_train : array-like or tensor of shape (n_train, d)
        Real rows, for the ceiling only.
    X_valid : array-like or tensor of shape (n_valid, d)
        Real rows on which the width of the windows is chosen, for either estimate by itself.
    X_test : array-like or tensor of shape (n_test, d)
        Real rows that are scored.
    X_model : array-like or tensor of shape (n_model, d)
        The model's rows; 10,000 in the literature.
    random_state : int or Generator, default=0
        Which training rows make the ceiling.

    Returns
    -------
    ParzenLikelihood

    Raises
    ------
    ValueError
        If the rows are not finite or differ in width, or every validation row is among those
        that carry windows.

    References
    ----------
    Breuleux, Bengio, Vincent, Quickly generating representative samples from an RBM-derived
    process, Neural Computation 23(8), 2011.
    Theis, van den Oord, Bethge, A note on the evaluation of generative models, ICLR 2016.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train, valid, test, good = rng.normal(size=(4, 1000, 2))
    >>> found = parzen_log_likelihood(train, valid, test, 2 * good)
    >>> print(f"{found.value:.1f} {found.ceiling:.1f}")  # the truth: -3.5 and -2.8
    -3.6 -2.8
    """
    names = ("X_train", "X_valid", "X_test", "X_model")
    rows = [
        check_features(X, name)
        for X, name in zip((X_train, X_valid, X_test, X_model), names, strict=True)
    ]
    widths = {name: X.shape[1] for name, X in zip(names, rows, strict=True)}
    if len(set(widths.values())) > 1:
        raise ValueError(f"all rows must have the same number of features, got {widths}.")
    train, valid, test, model = rows
    picked = np.random.default_rng(random_state).permutation(len(train))[: len(model)]
    value, error, sigma = _likelihood(model, valid, test)
    ceiling, ceiling_error, _ = _likelihood(train[picked], valid, test)
    n = len(model), len(picked), len(test)
    return ParzenLikelihood(value, error, sigma, ceiling, ceiling_error, *n)


def _likelihood(centres, valid, test) -> tuple[float, float, float]:
    """Mean log p of the test rows, its standard error, and the width."""
    sigma = _best_width(centres, valid)
    log_p = _log_density(test, centres, np.array([sigma]))[0]
    return float(log_p.mean()), float(log_p.std() / np.sqrt(len(log_p))), float(sigma)


def _best_width(centres, valid) -> float:
    """Where the slope is 0, d σ² is a weighted mean of squared distances: its range is known."""
    nearest, mean = np.empty(len(valid)), np.empty(len(valid))
    for rows, D in squared_distances(valid, centres):
        nearest[rows], mean[rows] = D.min(1), D.mean(1)
    low, high = np.sqrt(np.array([nearest.mean(), mean.mean()]) / valid.shape[1])
    if low <= 1e-7 * high or high == 0:
        raise ValueError(
            "X_valid must be rows of its own, got rows that are all among X_model or X_train."
        )
    for _ in range(2):
        sigmas = np.geomspace(low, high, _GRID)
        best = int(_log_density(valid, centres, sigmas).mean(1).argmax())
        low, high = sigmas[max(best - 1, 0)], sigmas[min(best + 1, _GRID - 1)]
    return sigmas[best]


def _log_density(X, centres, sigmas) -> np.ndarray:
    """log p of every row for every width, shape (len(sigmas), n)."""
    log_p, d = np.empty((len(sigmas), len(X))), X.shape[1]
    for rows, D in squared_distances(X, centres):
        least = D.min(1)
        D -= least[:, None]
        for k, b in enumerate(0.5 / sigmas**2):
            log_p[k, rows] = np.log(np.exp(-b * D).sum(1)) - b * least
    return log_p - np.log(len(centres)) - d / 2 * np.log(2 * np.pi * sigmas[:, None] ** 2)
