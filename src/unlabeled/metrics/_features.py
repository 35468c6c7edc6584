"""Feature arrays that are compared: checked, in float64, and split for what real rows reach."""

import numpy as np

from ._arrays import to_numpy

__all__ = ["check_features", "check_pair", "in_proportion", "stand_in"]


def check_features(X, name: str, n_rows: int = 1) -> np.ndarray:
    """`X` as a float64 matrix of at least `n_rows` rows without NaN; images are flattened."""
    features = to_numpy(X)
    if features.ndim < 2 or features.dtype.kind not in "buif":
        raise ValueError(
            f"{name} must be numbers of shape (n, d), got {features.dtype} of shape "
            f"{features.shape}."
        )
    features = features.reshape(len(features), -1).astype(np.float64)
    if len(features) < n_rows or features.shape[1] == 0:
        raise ValueError(
            f"{name} must have at least {n_rows} rows and one feature, got shape {features.shape}."
        )
    bad = np.count_nonzero(~np.isfinite(features))
    if bad:
        raise ValueError(f"{name} must be finite, got {bad:,} values that are not.")
    return features


def check_pair(X_real, X_model, n_rows: int = 2) -> tuple[np.ndarray, np.ndarray]:
    """Real and model rows as matrices of the same width; the real ones can be split in two."""
    real = check_features(X_real, "real rows", 2 * n_rows)
    model = check_features(X_model, "model rows", n_rows)
    if real.shape[1] != model.shape[1]:
        raise ValueError(
            "real and model rows must have the same number of features, got shapes "
            f"{real.shape} and {model.shape}."
        )
    return real, model


def stand_in(real: np.ndarray, n_model: int, random_state) -> tuple[np.ndarray, np.ndarray]:
    """The real rows but for `n_model` of them (at most half), and these, which play the model."""
    return _parted(real, min(n_model, len(real) // 2), random_state)


def in_proportion(
    real: np.ndarray, n_model: int, least: int, random_state
) -> tuple[np.ndarray, np.ndarray]:
    """As `stand_in`, in the proportion of `len(real)` to `n_model`, on which coverage depends.

    Neither part has fewer than `least` rows, of which there must be twice as many in `real`.
    """
    m = round(len(real) * n_model / (len(real) + n_model))
    return _parted(real, min(max(m, least), len(real) - least), random_state)


def _parted(real, m, random_state):
    order = np.random.default_rng(random_state).permutation(len(real))
    return real[order[m:]], real[order[:m]]
