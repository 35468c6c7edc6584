"""How many modes a model finds, where the modes are known."""

from dataclasses import dataclass

import numpy as np
from scipy.special import rel_entr
from scipy.stats import binom, chi2

from ._arrays import to_numpy
from ._distances import squared_distances
from ._features import check_features

__all__ = ["ModeCoverage", "mode_coverage"]


@dataclass(frozen=True)
class ModeCoverage:
    """What :func:`mode_coverage` returns, each number with what true samples reach.

    Parameters
    ----------
    found : int
        Modes with at least one good sample; also `float(coverage)`.
    n_modes : int
        Modes that there are.
    good : float
        Share of samples within three standard deviations of a mode; 1 for labels.
    reverse_kl : float
        KL divergence in nats of the uniform distribution over modes from that of the good
        samples; log(n_modes) if there is only one mode. NaN without good samples.
    n_model : int
        Samples.
    found_ceiling, good_ceiling, reverse_kl_floor : float
        What n_model true samples have on average.
    """

    found: int
    n_modes: int
    good: float
    reverse_kl: float
    n_model: int
    found_ceiling: float
    good_ceiling: float
    reverse_kl_floor: float

    def __float__(self) -> float:
        return float(self.found)

    def __str__(self) -> str:
        return (
            f"{self.found:,} of {self.n_modes:,} modes (true samples: {self.found_ceiling:.4g}), "
            f"{self.good:.1%} good ({self.good_ceiling:.1%}), reverse KL {self.reverse_kl:.3g} "
            f"({self.reverse_kl_floor:.2g}); n = {self.n_model:,}"
        )


def mode_coverage(X_model, modes, scale=None) -> ModeCoverage:
    r"""Modes found, share of good samples, and how evenly the modes are visited.

    A sample is good if it lies within three standard deviations of the nearest mode. With
    :math:`q_k` the share of good samples that belong to mode k of K equally likely ones,

    .. math:: \text{reverse KL} = \sum_k q_k \log (K q_k).

    Published numbers are of 2,500 samples (ring and grid of Gaussians) and 26,000 (the 1,000
    digit triples of stacked MNIST, told by a classifier).

    Parameters
    ----------
    X_model : array-like or tensor of shape (n, d), or (n,) of integers
        Samples; or the classes, from 0, that a classifier sees in them.
    modes : array-like of shape (n_modes, d), or int
        Centres of the modes; or the number of classes.
    scale : float, optional
        Standard deviation of each mode in each direction. With centres only.

    Returns
    -------
    ModeCoverage

    Raises
    ------
    ValueError
        If samples and centres differ in width, a class is out of range, or the scale is missing
        or not positive.

    References
    ----------
    Lin et al., PacGAN: the power of two samples in generative adversarial networks, NeurIPS 2018.
    Srivastava et al., VEEGAN, NeurIPS 2017.

    Examples
    --------
    >>> ring = np.array([[1, 0], [0, 1], [-1, 0], [0, -1]])
    >>> noise = np.random.default_rng(0).normal(0, 0.01, (2500, 2))
    >>> print(mode_coverage(ring[np.arange(2500) % 2] + noise, ring, 0.01))
    2 of 4 modes (true samples: 4), 99.3% good (98.9%), reverse KL 0.693 (0.00061); n = 2,500
    """
    if np.ndim(modes) == 0:
        labels, n_modes = _classes(X_model, modes), int(modes)
        good, ceiling = np.ones(len(labels), bool), 1.0
    else:
        labels, good, n_modes, ceiling = _nearest_modes(X_model, modes, scale)
    n = len(labels)
    counts = np.bincount(labels[good], minlength=n_modes)
    q = counts / counts.sum() if counts.any() else np.full(n_modes, np.nan)
    return ModeCoverage(
        found=int((counts > 0).sum()),
        n_modes=n_modes,
        good=float(good.mean()),
        reverse_kl=float(rel_entr(q, 1 / n_modes).sum()),
        n_model=n,
        found_ceiling=float(n_modes * (1 - (1 - ceiling / n_modes) ** n)),
        good_ceiling=ceiling,
        reverse_kl_floor=_expected_kl(n_modes, max(1, round(n * ceiling))),
    )


def _classes(labels, n_modes) -> np.ndarray:
    labels = to_numpy(labels)
    if labels.ndim != 1 or labels.dtype.kind not in "ui" or len(labels) == 0:
        raise ValueError(
            "with a number of modes, X_model must be integers of shape (n,), got "
            f"{labels.dtype} of shape {labels.shape}."
        )
    if labels.min() < 0 or labels.max() >= n_modes:
        raise ValueError(
            f"classes must go from 0 to {n_modes - 1}, got {labels.min()} to {labels.max()}."
        )
    return labels


def _nearest_modes(X_model, modes, scale):
    X, centres = check_features(X_model, "X_model"), check_features(modes, "modes")
    if X.shape[1] != centres.shape[1]:
        raise ValueError(
            "X_model and modes must have the same number of features, got shapes "
            f"{X.shape} and {centres.shape}."
        )
    if scale is None or not scale > 0:
        raise ValueError(f"scale must be the standard deviation of a mode, got {scale!r}.")
    labels, distance = np.empty(len(X), np.intp), np.empty(len(X))
    for rows, D in squared_distances(X, centres):
        labels[rows], distance[rows] = D.argmin(1), D.min(1)
    return labels, distance < (3 * scale) ** 2, len(centres), float(chi2.cdf(9, X.shape[1]))


def _expected_kl(n_modes: int, n: int) -> float:
    """The reverse KL of n draws from the uniform distribution itself, on average."""
    count = np.arange(n + 1)
    terms = binom.pmf(count, n, 1 / n_modes) * rel_entr(count / n, 1 / n_modes)
    return float(n_modes * terms.sum())
