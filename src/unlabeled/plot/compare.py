"""Rows beside what a model makes of them: reconstructions and completions."""

__all__ = [
    "complete_rows",
    "completions",
    "half_hidden",
    "must",
    "reconstruct_rows",
    "reconstructions",
    "told",
]

from typing import Any

import numpy as np

from .pixels import paint, span, tint
from .rows import Shape, count, dense, feature_names, picture_shape, take
from .strips import strips

VEIL = (0xF0, 0xE2, 0xC6, 0xFF)  # sand: no grey of a picture looks like it


def reconstructions(
    model: Any,
    X: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    max_rows: int = 12,
    y: Any = None,
    figure: Any = None,
) -> Any:
    """Show rows of the data above the model's reconstructions of them.

    Rows that are not pictures are drawn as lines over their features.

    Parameters
    ----------
    model : object with ``reconstruct(X)``
    X : array-like, shape (n, d)
        The first ``max_rows`` rows are shown.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    max_rows : int
        The most rows to show.
    y : array-like, shape (n,), optional
        Labels, for a model with ``conditional=True``.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot reconstruct.
    """
    from .tables import traces

    must(model, "reconstruct", "reconstructions")
    X = take(X, np.arange(min(count(X), max_rows)))
    y = None if y is None else take(y, np.arange(count(X)))
    data, again = dense(X), reconstruct_rows(model, X, y)
    shape = picture_shape(image_shape, d=data.shape[1], model=model, X=X)
    if shape is None:
        names, labels = feature_names(model, X), ("data", "reconstruction")
        return traces(data, again[None], None, names, labels=labels, figure=figure)
    limits = span(data)
    pairs = [paint(rows.reshape(-1, *shape), limits) for rows in (data, again)]
    return strips(np.stack(pairs), rows=["data", "reconstruction"], width=6.4, figure=figure)


def completions(
    model: Any,
    X: Any,
    missing: Any = None,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    n_samples: int = 5,
    max_rows: int = 8,
    random_state: int = 0,
    y: Any = None,
    figure: Any = None,
) -> Any:
    """Hide part of each row and show what the model draws there, beside the truth.

    From left to right: what the model is given, its draws (drawn parts tinted blue), the
    truth. Rows that are not pictures are drawn as lines, the hidden part shaded.

    Parameters
    ----------
    model : object with ``complete(X, missing, n_samples=..., random_state=...)``
    X : array-like, shape (n, d)
        Whole rows; the first ``max_rows`` are used.
    missing : array-like of bool, shape (d,) or (n, d), optional
        True where a value is hidden from the model. By default the lower half of a picture, or
        the last half of the features.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    n_samples : int
        Independent draws for each row.
    max_rows : int
        The most rows to show.
    random_state : int
        Seed of the draws.
    y : array-like, shape (n,), optional
        Labels, for a model with ``conditional=True``.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot complete.
    """
    from .tables import traces

    must(model, "complete", "completions")
    X = take(X, np.arange(min(count(X), max_rows)))
    truth = dense(X)
    shape = picture_shape(image_shape, d=truth.shape[1], model=model, X=X)
    hidden = half_hidden(truth.shape[1], shape) if missing is None else np.asarray(missing, bool)
    if hidden.ndim > 1 and hidden.shape[0] > len(truth):
        hidden = hidden[: len(truth)]
    hidden = np.broadcast_to(hidden.reshape(-1, truth.shape[1]), truth.shape).copy()
    y = None if y is None else take(y, np.arange(count(X)))
    draws = complete_rows(model, X, hidden, n_samples, random_state, y)
    if shape is None:
        names = feature_names(model, X)
        return traces(truth, draws, hidden, names, labels=("truth", "draws"), figure=figure)
    truth, draws, hidden = (a.reshape(*a.shape[:-1], *shape) for a in (truth, draws, hidden))
    pixels = completion_pixels(truth, draws, hidden)
    pixels[0][pixels[0][..., 3] == 0] = VEIL
    columns = ["given", *[f"draw {i + 1}" for i in range(n_samples)], "truth"]
    return strips(np.stack(pixels, axis=1), columns=columns, figure=figure)


def reconstruct_rows(model: Any, X: Any, y: Any = None) -> np.ndarray:
    """Return the reconstructions of ``X``, shape (n, d)."""
    return dense(model.reconstruct(X, **told(model, y)))


def complete_rows(
    model: Any, X: Any, hidden: np.ndarray, k: int, seed: int, y: Any = None
) -> np.ndarray:
    """Return ``k`` independent completions of each row, shape (k, n, d)."""
    drawn = model.complete(X, hidden, n_samples=k, random_state=seed, **told(model, y))
    return dense(drawn).reshape(k, *hidden.shape)


def completion_pixels(
    truth: np.ndarray, draws: np.ndarray, hidden: np.ndarray
) -> list[np.ndarray]:
    """Paint what was given, each draw and the truth.

    Parameters
    ----------
    truth : ndarray, shape (n, c, h, w)
    draws : ndarray, shape (k, n, c, h, w)
    hidden : ndarray of bool, shape (n, c, h, w)

    Returns
    -------
    pixels : list of k + 2 ndarrays of uint8, shape (n, h, w, 4)
        Hidden pixels are transparent in the first and tinted in the next ``k``.
    """
    limits = span(truth)
    veil = np.any(hidden, axis=1, keepdims=True)[:, 0]
    drawn = [tint(paint(images, limits), veil) for images in draws]
    return [paint(np.where(hidden, np.nan, truth), limits), *drawn, paint(truth, limits)]


def half_hidden(d: int, shape: Shape | None) -> np.ndarray:
    """Return a mask of the lower half of a picture, or of the last half of ``d`` features.

    Examples
    --------
    >>> half_hidden(5, None).tolist()
    [False, False, True, True, True]
    >>> half_hidden(6, (1, 3, 2)).tolist()
    [False, False, True, True, True, True]
    """
    if shape is None:
        return np.arange(d) >= d // 2
    c, h, w = shape
    return np.broadcast_to((np.arange(h) >= h // 2)[:, None], (c, h, w)).reshape(d)


def must(model: Any, method: str, caller: str) -> None:
    """Raise a TypeError if the model lacks a method."""
    if not hasattr(model, method):
        raise TypeError(
            f"{caller} needs a model with {method}(); {type(model).__name__} has none: "
            "use a model with that capability."
        )


def told(model: Any, y: Any) -> dict[str, Any]:
    """Return what a model has to be told of rows: their labels, if it is conditional."""
    return {"y": y} if y is not None and getattr(model, "conditional", False) else {}
