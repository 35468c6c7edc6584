"""Fréchet distance: Gaussians fitted to real and to model features, compared."""

import warnings

import numpy as np

from ._features import check_pair, stand_in
from .estimate import Estimate

__all__ = ["frechet_distance"]


def frechet_distance(X_real, X_model, *, random_state=0) -> Estimate:
    r"""Squared Fréchet (2-Wasserstein) distance between Gaussians with the moments of two sets.

    .. math::
        \|\mu_r - \mu_m\|^2 + \operatorname{tr}\big(\Sigma_r + \Sigma_m
        - 2 (\Sigma_r^{1/2} \Sigma_m \Sigma_r^{1/2})^{1/2}\big)

    It sees missing classes and wrong statistics, if the features do; it hardly sees a model that
    repeats a few good rows. Small samples make it too large, so compare numbers of the same n
    and the same features only, and look at the floor.

    Parameters
    ----------
    X_real : array-like or tensor of shape (n_real, d)
        Features of real rows, e.g. from :func:`fit_features`.
    X_model : array-like or tensor of shape (n_model, d)
        Features of the model's rows.
    random_state : int or Generator, default=0
        Which real rows play the model's part in the floor: n_model of them, at most half.

    Returns
    -------
    Estimate
        In squared units of the features.

    Warns
    -----
    UserWarning
        If either set has no more rows than features: its covariance is singular, and the
        distance mostly says how small the sample is.

    Raises
    ------
    ValueError
        If the features are not finite matrices of the same width.

    References
    ----------
    Dowson and Landau, The Fréchet distance between multivariate normal distributions, 1982.
    Heusel et al., GANs trained by a two time-scale update rule, NeurIPS 2017.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> real, model = rng.normal(size=(4000, 2)), rng.normal([3, 0], [1, 2], size=(4000, 2))
    >>> print(f"{float(frechet_distance(real, model)):.0f}")  # 3² + (2 - 1)²
    10
    """
    real, model = check_pair(X_real, X_model)
    n_least, d = min(len(real), len(model)), real.shape[1]
    if n_least <= d:
        warnings.warn(
            f"{n_least:,} rows of {d:,} features have a singular covariance, and their Fréchet "
            "distance mostly says so; give more rows or fewer features.",
            UserWarning,
            stacklevel=2,
        )
    kept, played = stand_in(real, len(model), random_state)
    return Estimate(
        _distance(real, model),
        _distance(kept, played),
        len(real),
        len(model),
        (len(kept), len(played)),
    )


def _distance(A: np.ndarray, B: np.ndarray) -> float:
    """The trace of the root is the sum of singular values of L_a' L_b, where Σ = L L'."""
    a, b = _root(A), _root(B)
    overlap = np.linalg.svd(a.T @ b, compute_uv=False).sum()
    shift = A.mean(0) - B.mean(0)
    return float(max(shift @ shift + (a**2).sum() + (b**2).sum() - 2 * overlap, 0.0))


def _root(X: np.ndarray) -> np.ndarray:
    values, vectors = np.linalg.eigh(np.cov(X, rowvar=False).reshape(X.shape[1], -1))
    return vectors * np.sqrt(values.clip(0))
