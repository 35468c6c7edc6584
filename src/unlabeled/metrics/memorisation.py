"""Does a model draw its training rows again?"""

from dataclasses import dataclass, field

import numpy as np
from scipy.stats import norm, rankdata

from ._distances import nearest
from ._features import check_features

__all__ = ["Memorisation", "memorisation"]


@dataclass(frozen=True)
class Memorisation:
    """What :func:`memorisation` returns.

    Parameters
    ----------
    statistic : float
        The data-copying statistic, a standard normal deviate if the model's rows are as far from
        the training rows as held-out rows are; far below 0 for copies, above 0 for a model that
        misses the data. Also `float(memorisation)`.
    p_value : float
        Probability of a statistic at least as low by chance.
    copied : float
        Share of the model's rows that are nearer to a training row than `threshold`.
    expected : float
        Share of held-out rows that are: what chance alone explains of `copied`.
    threshold : float
        Distance below which a row counts as a copy: the first percentile of the held-out rows.
    n_train, n_held_out, n_model : int
        Rows.
    distance : ndarray of shape (n_model,)
        From each of the model's rows to the nearest training row.
    nearest : ndarray of int of shape (n_model,)
        Which training row that is.
    """

    statistic: float
    p_value: float
    copied: float
    expected: float
    threshold: float
    n_train: int
    n_held_out: int
    n_model: int
    distance: np.ndarray = field(repr=False, compare=False)
    nearest: np.ndarray = field(repr=False, compare=False)

    def __float__(self) -> float:
        return self.statistic

    def __str__(self) -> str:
        return (
            f"statistic {self.statistic:.1f} (p = {self.p_value:.2g}), {self.copied:.1%} copied "
            f"({self.expected:.1%} of held-out rows are as near); n = {self.n_model:,} against "
            f"{self.n_held_out:,} held out and {self.n_train:,} training rows"
        )


def memorisation(X_train, X_held_out, X_model) -> Memorisation:
    r"""Whether the model's rows are nearer to training rows than held-out rows are.

    With the distances d to the nearest training row, U counts the pairs of a model's row x and
    a held-out row x' with d(x) > d(x'), ties by half; the statistic is

    .. math:: Z = \frac{U - n_m n_h / 2}{\sqrt{\operatorname{var} U}},

    where the variance is that of equal distributions, corrected for ties (Mann and Whitney). A
    model of nothing but the most typical rows (blurred ones, among pixels) is nearer to the
    training set too: look at `nearest` before you call it a copier. Distances are best taken in
    features in which a shift by a pixel is near.

    Parameters
    ----------
    X_train : array-like or tensor of shape (n_train, d)
        Rows that the model learned from.
    X_held_out : array-like or tensor of shape (n_held_out, d)
        Real rows that it has not seen.
    X_model : array-like or tensor of shape (n_model, d)
        Its own rows.

    Returns
    -------
    Memorisation

    Raises
    ------
    ValueError
        If the rows are not finite or differ in width.

    References
    ----------
    Meehan, Chaudhuri, Dasgupta, A non-parametric test to detect data-copying in generative
    models, AISTATS 2020; here with one cell.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> train, held_out, honest = rng.normal(size=(3, 500, 5))
    >>> found = memorisation(train, held_out, train + 0.01 * honest)
    >>> print(f"{found.statistic:.1f}, {found.copied:.0%} copied, {found.expected:.0%} expected")
    -27.4, 100% copied, 1% expected
    >>> memorisation(train, held_out, honest).p_value > 0.05
    True
    """
    train = check_features(X_train, "X_train")
    held_out = check_features(X_held_out, "X_held_out", 2)
    model = check_features(X_model, "X_model", 2)
    if not train.shape[1] == held_out.shape[1] == model.shape[1]:
        raise ValueError(
            "X_train, X_held_out and X_model must have the same number of features, got shapes "
            f"{train.shape}, {held_out.shape} and {model.shape}."
        )
    _, real = nearest(held_out, train)
    index, distance = nearest(model, train)
    statistic = _deviate(distance, real)
    threshold = float(np.quantile(real, 0.01))
    return Memorisation(
        statistic,
        float(norm.cdf(statistic)),
        float((distance <= threshold).mean()),
        float((real <= threshold).mean()),
        threshold,
        len(train),
        len(held_out),
        len(model),
        distance,
        index,
    )


def _deviate(a: np.ndarray, b: np.ndarray) -> float:
    """The Mann-Whitney statistic, standardised: negative where `a` is the smaller."""
    m, n, N = len(a), len(b), len(a) + len(b)
    both = np.concatenate([a, b])
    U = rankdata(both)[:m].sum() - m * (m + 1) / 2
    tied = np.unique(both, return_counts=True)[1].astype(float)
    variance = m * n / 12 * (N + 1 - (tied**3 - tied).sum() / (N * (N - 1)))
    return float((U - m * n / 2) / np.sqrt(variance)) if variance > 0 else 0.0
