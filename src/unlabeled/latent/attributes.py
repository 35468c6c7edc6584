"""Directions in latent space that mean something, found from labelled rows."""

__all__ = ["analogy", "apply_attribute", "attribute_vector"]

from typing import Any

import numpy as np

from .codes import decode, encode


def attribute_vector(model: Any, X: Any, attribute: Any, *, y: Any = None) -> np.ndarray:
    r"""The direction from rows without an attribute to rows with it.

    .. math:: d = \frac{1}{|P|} \sum_{i \in P} h(x_i) - \frac{1}{|N|} \sum_{i \in N} h(x_i)

    the mean code of the rows P that have it less the mean code of the others, N (Larsen et al.
    2016; of a generator's codes, Radford, Metz and Chintala 2016).

    Parameters
    ----------
    model : object with `transform(X)`, or with `inverse_transform(H)` alone
    X : array-like or tensor of n rows
        Codes, where the model has no `transform`.
    attribute : array-like of bool, shape (n,)
        Whether a row has it; 0 and 1 will do.
    y : array-like of shape (n,), optional
        Labels, for a conditional model.

    Returns
    -------
    d : ndarray of shape (k,), float64

    Raises
    ------
    TypeError
        If the model neither encodes nor decodes.
    ValueError
        If `attribute` is not one truth for each row, or all rows have it, or none.

    References
    ----------
    A. Larsen, S. Sønderby, H. Larochelle, O. Winther. Autoencoding beyond pixels using a learned
    similarity metric. ICML 2016.
    A. Radford, L. Metz, S. Chintala. Unsupervised representation learning with deep convolutional
    generative adversarial networks. ICLR 2016.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from unlabeled.latent import attribute_vector
    >>> X = np.array([[0.0, 0], [1, 0], [0, 4], [1, 4]])
    >>> np.abs(attribute_vector(PCA(2).fit(X), X, X[:, 1] > 0)).round(3).tolist()
    [4.0, 0.0]
    """
    H = encode(model, X, y)
    has = _truths(attribute, len(H))
    return H[has].mean(0) - H[~has].mean(0)


def apply_attribute(model: Any, X: Any, vector: Any, strength: Any = 1.0, *, y: Any = None) -> Any:
    """Rows with more (or less) of an attribute: their codes moved along its vector, decoded.

    Parameters
    ----------
    model : object with `inverse_transform(H)`, and `transform(X)` if it encodes
    X : array-like or tensor of n rows
        Codes, where the model has no `transform`.
    vector : array-like of shape (k,)
        From :func:`attribute_vector`.
    strength : float or array-like of shape (m,), default=1.0
        How far: 1 is the whole difference of the means, 0 the plain reconstruction, negative
        takes away. Several give a strip for each row.
    y : array-like of shape (n,), optional
        Labels, for a conditional model.

    Returns
    -------
    X : array or tensor of shape (n, d), or (n, m, d) for several strengths

    Raises
    ------
    TypeError
        If the model cannot decode.
    ValueError
        If the vector has another length than a code.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from unlabeled.latent import apply_attribute, attribute_vector
    >>> X = np.array([[0.0, 0], [1, 0], [0, 4], [1, 4]])
    >>> pca = PCA(2).fit(X)
    >>> up = attribute_vector(pca, X, X[:, 1] > 0)
    >>> apply_attribute(pca, X[:1], up, [0, 0.5, 1])[0, :, 1].round(3).tolist()
    [0.0, 2.0, 4.0]
    """
    H, d = encode(model, X, y), np.asarray(vector, np.float64)
    if d.shape != H.shape[1:]:
        raise ValueError(f"vector must be of shape {H.shape[1:]}, as a code, got {d.shape}.")
    moved = H[:, None] + np.atleast_1d(np.asarray(strength, np.float64))[:, None] * d
    rows = decode(model, moved, y, like=X)
    return rows if np.ndim(strength) else rows[:, 0]


def analogy(model: Any, a: Any, b: Any, c: Any, *, y: Any = (None, None, None)) -> Any:
    """a is to b as c is to what? The row whose code is h(c) + h(b) - h(a).

    Parameters
    ----------
    model : object with `inverse_transform(H)`, and `transform(X)` if it encodes
    a, b, c : array-like or tensor of n rows each
        Codes, where the model has no `transform`. Where `a` and `b` are one row, it serves for
        all of `c`.
    y : tuple of 3 array-like of shape (n,), optional
        Labels of a, of b and of c, for a conditional model; the answer has those of c.

    Returns
    -------
    X : array or tensor of shape (n, d)

    Raises
    ------
    TypeError
        If the model cannot decode.
    ValueError
        If the numbers of rows do not match.

    Examples
    --------
    >>> from sklearn.decomposition import PCA
    >>> from unlabeled.latent import analogy
    >>> X = np.array([[0.0, 0], [1, 0], [0, 4], [1, 4]])
    >>> analogy(PCA(2).fit(X), X[:1], X[1:2], X[2:3]).round(3).tolist()
    [[1.0, 4.0]]
    """
    from_, to, at = (encode(model, *rows) for rows in zip((a, b, c), y, strict=True))
    if not {len(from_), len(to)} <= {1, len(at)}:
        raise ValueError(
            f"a and b must have one row, or {len(at)} as c has, got {len(from_)} and {len(to)}."
        )
    return decode(model, (at + to - from_)[:, None], y[2], like=c)[:, 0]


def _truths(attribute: Any, n: int) -> np.ndarray:
    has = np.asarray(attribute)
    if has.shape != (n,) or not np.isin(has, (0, 1)).all() or len(np.unique(has)) < 2:
        raise ValueError(
            f"attribute must be True for some of {n} rows and False for the others, got "
            f"{len(np.unique(has))} values in shape {has.shape}; a class is a comparison, y == 3."
        )
    return has.astype(bool)
