"""One component of the code moved, the others kept."""

__all__ = ["traverse"]

from typing import Any

import numpy as np

from .codes import decode, encode


def traverse(model: Any, X: Any, component: int, values: Any, *, y: Any = None) -> Any:
    """Rows as one component of their code takes each of some values (Higgins et al. 2017).

    Parameters
    ----------
    model : object with `inverse_transform(H)`, and `transform(X)` if it encodes
    X : array-like or tensor of n rows
        Codes, where the model has no `transform`.
    component : int
        Which one, from 0; -1 is the last.
    values : array-like of shape (m,)
        What it is set to.
    y : array-like of shape (n,), optional
        Labels, for a conditional model.

    Returns
    -------
    X : array or tensor of shape (n, m, d)

    Raises
    ------
    TypeError
        If the model cannot decode.
    ValueError
        If there is no such component, or `values` is not a list of numbers.

    References
    ----------
    I. Higgins et al. beta-VAE: learning basic visual concepts with a constrained variational
    framework. ICLR 2017.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from unlabeled.latent import traverse
    >>> X = np.random.default_rng(0).normal(size=(20, 5))
    >>> traverse(PCA(2).fit(X), X[:3], 0, [-2, 0, 2]).shape
    (3, 3, 5)
    """
    H, values = encode(model, X, y), np.asarray(values, np.float64)
    k = H.shape[1]
    if not -k <= component < k:
        raise ValueError(
            f"component must be from 0 to {k - 1}, as a code has {k}, got {component}."
        )
    if values.ndim != 1:
        raise ValueError(f"values must be of shape (m,), got {values.shape}.")
    codes = np.repeat(H[:, None], len(values), axis=1)
    codes[..., component] = values
    return decode(model, codes, y, like=X)
