"""From rows to codes and back, for whatever model can do it."""

__all__ = ["decode", "encode"]

from typing import Any

import numpy as np
import torch


def encode(model: Any, X: Any, y: Any = None) -> np.ndarray:
    """Codes of rows; those of a model that only decodes are given as they are.

    Parameters
    ----------
    model : object with `transform(X)` or `inverse_transform(H)`
    X : array-like or tensor of n rows, or of codes where there is no `transform`
    y : array-like of shape (n,), optional
        Labels, passed on if given.

    Returns
    -------
    H : ndarray of shape (n, k), float64

    Raises
    ------
    TypeError
        If the model has neither method.
    ValueError
        If the codes are not of shape (n, k).
    """
    if not hasattr(model, "transform"):
        need(model, "inverse_transform")
    H = model.transform(X, **given(y)) if hasattr(model, "transform") else X
    H = np.asarray(H.numpy(force=True) if isinstance(H, torch.Tensor) else H, np.float64)
    if H.ndim != 2:
        raise ValueError(
            f"Expected codes of shape (n, k), got {H.shape}; one row is X[:1], one code H[:1]."
        )
    return H


def decode(model: Any, H: np.ndarray, y: Any = None, *, like: Any = None) -> Any:
    """Rows of m codes for each of n rows, all decoded together.

    Parameters
    ----------
    model : object with `inverse_transform(H)`
    H : ndarray of shape (n, m, k)
    y : array-like of shape (n,), optional
        Labels, one for all codes of a row; passed on if given.
    like : tensor, optional
        If so, the model is given a tensor on its device, and gives one back.

    Returns
    -------
    X : array or tensor of shape (n, m, d)
    """
    need(model, "inverse_transform")
    n, m, k = H.shape
    codes: Any = H.reshape(n * m, k).astype(np.float32)
    if isinstance(like, torch.Tensor):
        codes = torch.from_numpy(codes).to(like.device)
    labels = None if y is None else np.repeat(_plain(y), m)
    return model.inverse_transform(codes, **given(labels)).reshape(n, m, -1)


def need(model: Any, method: str) -> None:
    """Raise a TypeError if the model lacks a method."""
    if not hasattr(model, method):
        raise TypeError(
            f"A walk in latent space needs a model with {method}(); {type(model).__name__} has "
            "none: use a model with that capability."
        )


def given(y: Any) -> dict[str, Any]:
    """Labels as a keyword, nothing if there are none."""
    return {} if y is None else {"y": y}


def _plain(y: Any) -> np.ndarray:
    return y.numpy(force=True) if isinstance(y, torch.Tensor) else np.asarray(y)
