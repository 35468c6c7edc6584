"""Many small pictures on one sheet: data, samples, filters."""

__all__ = ["filters", "image_grid", "is_dictionary", "strongest", "weights_of"]

from typing import Any

import numpy as np

from .pixels import paint, tile
from .rows import count, dense, feature_names, picture_shape, take

PALE = (0xD9, 0xD6, 0xCE, 0xFF)


def image_grid(
    X: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    n_columns: int | None = None,
    max_images: int = 100,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """Show rows as pictures on one sheet, with hairline gaps.

    Rows that are not pictures are shown as a heatmap, rows against features.

    Parameters
    ----------
    X : array-like, shape (n, d) or (n, h, w) or (n, c, h, w)
        The rows: data, samples, anything with the shape of the data.
    image_shape : tuple of int or False, optional
        (height, width) or (channels, height, width); inferred if ``X`` has it or ``d`` is a
        square. False: show a heatmap.
    n_columns : int, optional
        Pictures in a row of the sheet; about square by default.
    max_images : int
        The first so many rows are shown.
    limits : (float, float), optional
        Values of black and white; (0, 1) if all values lie there, else their range.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If there are no rows, or ``image_shape`` does not hold ``d`` values.

    Examples
    --------
    >>> from unlabeled.plot import image_grid
    >>> figure = image_grid(np.eye(9))
    >>> len(figure.axes)
    1
    """
    from .canvas import show_sheet
    from .tables import heatmap

    rows = dense(take(X, np.arange(min(_some(X), max_images))))
    shape = picture_shape(image_shape, d=rows.shape[1], X=X)
    if shape is None:
        return heatmap(rows, feature_names(X=X), ax=ax).figure
    return show_sheet(tile(paint(rows.reshape(-1, *shape), limits), n_columns), ax).figure


def filters(
    model_or_components: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    n_columns: int | None = None,
    max_filters: int = 100,
    by_norm: bool = True,
    limit: float | None = None,
    ax: Any = None,
) -> Any:
    """Show what each unit looks for: its weights to the visible units, as a picture.

    Blue is negative, white zero, vermilion positive; one scale, symmetric about zero, for all.
    Units on features that are not pictures are shown as a heatmap, units against features.

    Parameters
    ----------
    model_or_components : object with ``components_``, or array-like, shape (k, d)
        A fitted model or its weights, a row for each unit.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`; a model is asked for its own.
    n_columns : int, optional
        Pictures in a row of the sheet; about square by default.
    max_filters : int
        The most units to show.
    by_norm : bool
        Largest Euclidean norm first (and kept, where there are too many); else in the order given.
    limit : float, optional
        Absolute weight at full colour; the 99.5th percentile by default.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If a model has no ``components_``.
    ValueError
        If ``image_shape`` does not hold ``d`` values.

    Examples
    --------
    >>> from unlabeled.plot import filters
    >>> figure = filters(np.random.default_rng(0).normal(size=(12, 16)))
    >>> len(figure.axes)
    1
    """
    from .canvas import show_sheet
    from .tables import heatmap

    weights = weights_of(model_or_components)
    shape = picture_shape(image_shape, d=weights.shape[1], model=model_or_components)
    chosen = strongest(weights, max_filters) if by_norm else np.arange(len(weights))[:max_filters]
    weights = weights[chosen]
    if shape is None:
        names = feature_names(model_or_components)
        label = "units, largest norm first" if by_norm else "unit"
        return heatmap(weights, names, signed=True, rows=label, ax=ax).figure
    limits = None if limit is None else (-limit, limit)
    pixels = paint(weights.reshape(-1, *shape), limits, signed=True)
    return show_sheet(tile(pixels, n_columns, gap=PALE), ax).figure


def strongest(weights: np.ndarray, k: int) -> np.ndarray:
    """Return the numbers of the ``k`` rows of largest norm, largest first."""
    return np.argsort(-np.linalg.norm(weights, axis=1), kind="stable")[:k]


def is_dictionary(model: Any) -> bool:
    """Whether the model's ``components_`` all have the norm 1 (or 0, if never used): atoms."""
    if getattr(model, "components_", None) is None:
        return False
    norms = np.linalg.norm(weights_of(model), axis=1)
    return bool((np.isclose(norms, 1, atol=1e-3) | (norms == 0)).all())


def weights_of(model_or_components: Any) -> np.ndarray:
    """Return the weights, shape (n_components, n_features), of a model or as given."""
    weights = getattr(model_or_components, "components_", None)
    if weights is None:
        if hasattr(model_or_components, "fit"):
            name = type(model_or_components).__name__
            raise TypeError(
                f"filters needs a fitted model with components_, or an array of shape (k, d); "
                f"this {name} has none: fit it first, or pass the weights to look at."
            )
        weights = model_or_components
    return dense(weights)


def _some(X: Any) -> int:
    n = count(X)
    if n == 0:
        raise ValueError("image_grid needs at least one row, got none: pass rows to look at.")
    return n
