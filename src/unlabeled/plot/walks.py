"""Walks in latent space as strips: from row to row, and along one component."""

__all__ = ["interpolations", "led", "paths_between", "strongest", "traversals", "usual"]

from collections.abc import Sequence
from typing import Any

import numpy as np

from .compare import must, told
from .pixels import paint, span
from .rows import count, dense, feature_names, picture_shape, take
from .strips import strips
from .tables import fans

MOST_TRIED = 512


def interpolations(
    model: Any,
    start: Any,
    end: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    n_steps: int = 9,
    kind: str = "linear",
    max_rows: int = 8,
    y: Any = None,
    figure: Any = None,
) -> Any:
    """Show the way from one row to another through the model's codes, a strip for each pair.

    The pictures at the ends are the rows themselves; between them, everything is decoded. Rows
    that are not pictures are drawn as lines over their features.

    Parameters
    ----------
    model : object with ``inverse_transform(H)``, and ``transform(X)`` if it encodes
    start, end : array-like, shape (n, d) each
        Codes, where the model has no ``transform``.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    n_steps : int
        Decoded pictures in a strip.
    kind : {"linear", "slerp"}
        Straight line between the codes, or arc: see :func:`unlabeled.latent.interpolate`.
    max_rows : int
        The most pairs to show.
    y : array-like, shape (n,), optional
        Labels of the pairs, for a model with ``conditional=True``.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot decode.
    """
    must(model, "inverse_transform", "interpolations")
    some = np.arange(min(count(start), max_rows))
    start, end, y = (None if part is None else take(part, some) for part in (start, end, y))
    paths, names = paths_between(model, start, end, n_steps, kind, **told(model, y))
    return _drawn(paths, model, start, image_shape, figure, columns=names)


def paths_between(
    model: Any, start: Any, end: Any, n_steps: int, kind: str, y: Any = None
) -> tuple[np.ndarray, list[str]]:
    """Return decoded paths with the rows at their ends, shape (n, m, d), and names of stations."""
    from unlabeled.latent import interpolate

    path = dense(interpolate(model, start, end, n_steps, kind=kind, y=y))
    path = path.reshape(count(start), n_steps, -1)
    if not hasattr(model, "transform"):
        return path, [""] * n_steps
    ends = dense(start)[:, None], dense(end)[:, None]
    return np.concatenate([ends[0], path, ends[1]], axis=1), ["start", *[""] * n_steps, "end"]


def traversals(
    model: Any,
    X: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    row: int = 0,
    components: Sequence[int] | None = None,
    max_components: int = 8,
    n_steps: int = 9,
    y: Any = None,
    figure: Any = None,
) -> Any:
    """Show what each component of the code does to one row: a strip for each.

    A component goes from the 5th to the 95th percentile of its values in the rows given, the
    others stay as they are.

    Parameters
    ----------
    model : object with ``inverse_transform(H)``, and ``transform(X)`` if it encodes
    X : array-like, shape (n, d)
        Rows that say where the codes are; codes, where the model has no ``transform``.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    row : int
        The row of ``X`` to change.
    components : sequence of int, optional
        Which ones, from above; by default those that change the row most, strongest first.
    max_components : int
        How many then.
    n_steps : int
        Pictures in a strip.
    y : array-like, shape (n,), optional
        Labels of the rows, for a model with ``conditional=True``.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot decode.
    """
    from unlabeled.latent.codes import encode

    must(model, "inverse_transform", "traversals")
    H = encode(model, X, **told(model, y))
    here = None if y is None else take(y, [row])
    if components is None:
        components = strongest(model, H, row, max_components, here)
    values = usual(H, n_steps)[:, list(components)]
    paths = led(model, H[row], components, values, here)
    names = [f"code {j}" for j in components]
    ends = ["5 %", *[""] * (n_steps - 2), "95 %"]
    return _drawn(paths, model, X, image_shape, figure, rows=names, columns=ends)


def usual(H: np.ndarray, n_steps: int) -> np.ndarray:
    """Return evenly spaced values, shape (n_steps, k), from the 5th to the 95th percentile."""
    low, high = np.quantile(H, (0.05, 0.95), axis=0)
    return np.linspace(low, high, n_steps)


def strongest(model: Any, H: np.ndarray, row: int, most: int, y: Any = None) -> list[int]:
    """Return the components that change a decoded row most, those that change nothing left out.

    Of many components, the 512 whose codes vary most are tried.
    """
    tried = np.argsort(-H.var(axis=0), kind="stable")[:MOST_TRIED]
    ends = led(model, H[row], tried, usual(H, 2)[:, tried], y)
    change = np.square(ends[:, 1] - ends[:, 0]).sum(axis=1)
    order = np.argsort(-change, kind="stable")[:most]
    return [int(tried[i]) for i in order if change[i] > 0]


def led(
    model: Any, h: np.ndarray, components: Any, values: np.ndarray, y: Any = None
) -> np.ndarray:
    """Return a code with one component at a time led through values, decoded.

    Parameters
    ----------
    model : object with ``inverse_transform(H)``
    h : ndarray, shape (k,)
    components : sequence of int, length n
    values : ndarray, shape (m, n)
    y : array-like, shape (1,), optional
        Its label.

    Returns
    -------
    rows : ndarray, shape (n, m, d)
    """
    from unlabeled.latent.codes import decode

    m, n = values.shape
    codes = np.tile(h, (n, m, 1))
    codes[np.arange(n), :, components] = values.T
    labels = None if y is None else np.repeat(np.asarray(y), n)
    return dense(decode(model, codes, **told(model, labels))).reshape(n, m, -1)


def _drawn(
    paths: np.ndarray,
    model: Any,
    X: Any,
    image_shape: Any,
    figure: Any,
    *,
    rows: list[str] | None = None,
    columns: list[str] | None = None,
) -> Any:
    """Draw paths, shape (n, m, d), as strips of pictures or as lines."""
    shape = picture_shape(image_shape, d=paths.shape[-1], model=model, X=X)
    if shape is None:
        labels = ("5 %", "95 %") if rows else ("start", "end")
        return fans(paths, feature_names(model), titles=rows, labels=labels, figure=figure)
    limits = span(dense(X) if hasattr(model, "transform") else paths)
    pixels = paint(paths.reshape(-1, *shape), limits)
    pixels = pixels.reshape(*paths.shape[:2], *pixels.shape[1:])
    return strips(pixels, rows=rows, columns=columns, figure=figure)
