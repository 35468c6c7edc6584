"""A plane through latent space, decoded point by point."""

__all__ = ["Plane", "drawn_lines", "latent_plane", "plane_of", "prior"]

from dataclasses import dataclass
from typing import Any

import numpy as np

from .compare import must, told
from .pixels import paint, span, tile
from .rows import Shape, count, dense, picture_shape
from .walks import strongest


def latent_plane(
    model: Any,
    X: Any = None,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    components: tuple[int, int] | None = None,
    n_steps: int = 15,
    y: Any = None,
    figure: Any = None,
) -> Any:
    """Sweep the decoder over two components of the code: a map of what the model can make.

    Each component takes values at evenly spaced probabilities, (i + 1/2) / n: quantiles of its
    codes in the rows given, so that the map is as dense as the data; without rows, quantiles of
    the standard normal distribution, the prior of most generators (Kingma and Welling 2014).
    Rows that are not pictures are drawn as small lines over their features.

    Parameters
    ----------
    model : object with ``inverse_transform(H)``
    X : array-like, shape (n, d), optional
        Rows to encode; codes, where the model has no ``transform``.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    components : (int, int), optional
        To the right and upwards; by default the two that change a decoded row most. All others
        are kept at their mean, or at zero without rows.
    n_steps : int
        Points each way.
    y : label, optional
        Of all rows and of the whole plane, for a model with ``conditional=True``.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot decode.
    ValueError
        If the code has one component only.

    References
    ----------
    D. Kingma, M. Welling. Auto-encoding variational Bayes. ICLR 2014, figure 4.
    """
    from unlabeled.latent.codes import encode

    must(model, "inverse_transform", "latent_plane")
    labels = None if y is None or X is None else np.full(count(X), y)
    H = prior(model.n_components) if X is None else encode(model, X, **told(model, labels))
    plane = plane_of(model, H, components, n_steps, y)
    shape = picture_shape(image_shape, d=plane.rows.shape[-1], model=model, X=X)
    if shape is None:
        return drawn_lines(plane, figure)
    limits = span(plane.rows if X is None or not hasattr(model, "transform") else dense(X))
    return _pictures(plane, shape, limits, figure)


@dataclass(frozen=True)
class Plane:
    """Two components of the code, their values and what is decoded there.

    Parameters
    ----------
    components : list of 2 int
        To the right, and upwards.
    values : ndarray, shape (n, 2)
    rows : ndarray, shape (n, n, d)
        The highest values of the second component first, as on a page.
    """

    components: list[int]
    values: np.ndarray
    rows: np.ndarray


def plane_of(model: Any, H: np.ndarray, components: Any, n_steps: int, y: Any = None) -> Plane:
    """Return the plane of a model at the quantiles of codes, shape (n, k)."""
    from unlabeled.latent.codes import decode

    if H.shape[1] < 2:
        raise ValueError(f"latent_plane needs codes of at least 2 components, got {H.shape[1]}.")
    mean = H.mean(axis=0)
    if components is None and H.shape[1] > 2:
        label = None if y is None else [y]
        components = sorted(strongest(model, np.vstack([mean, H]), 0, 2, label))
    a, b = components or (0, 1)
    values = np.quantile(H[:, [a, b]], (np.arange(n_steps) + 0.5) / n_steps, axis=0)
    codes = np.tile(mean, (n_steps, n_steps, 1))
    codes[..., a], codes[..., b] = values[:, 0], values[::-1, 1, None]
    labels = None if y is None else np.full(n_steps, y)
    rows = dense(decode(model, codes, **told(model, labels))).reshape(n_steps, n_steps, -1)
    return Plane([a, b], values, rows)


def prior(k: int, n: int = 2001) -> np.ndarray:
    """Return evenly probable values of the standard normal in each of ``k`` columns.

    Examples
    --------
    >>> prior(2, 3).round(2).tolist()
    [[-0.97, -0.97], [0.0, 0.0], [0.97, 0.97]]
    """
    from scipy.special import ndtri

    return np.repeat(ndtri((np.arange(n) + 0.5) / n)[:, None], k, axis=1)


def _pictures(plane: Plane, shape: Shape, limits: tuple[float, float], figure: Any) -> Any:
    from .canvas import new_figure

    n = len(plane.values)
    pixels = paint(plane.rows.reshape(-1, *shape), limits)
    sheet = tile(pixels, n)
    h, w = sheet.shape[:2]
    figure = new_figure(6.4, 6.4 * h / w) if figure is None else figure
    ax = figure.add_subplot()
    ax.imshow(sheet, interpolation="auto")
    _name_axes(ax, plane, (np.arange(n) + 0.5) * w / n, (n - 0.5 - np.arange(n)) * h / n)
    return figure


def drawn_lines(plane: Plane, figure: Any = None) -> Any:
    """Draw the rows of a plane that are not pictures."""
    from matplotlib.collections import LineCollection

    from .canvas import SERIES, new_figure

    n, _, d = plane.rows.shape
    low, high = span(plane.rows)
    x = np.arange(n)[:, None] + np.linspace(0.1, 0.9, d)  # (n, d)
    y = np.arange(n)[::-1, None, None] + 0.1 + 0.8 * (plane.rows - low) / (high - low)
    lines = np.stack([np.broadcast_to(x, y.shape), y], axis=-1).reshape(n * n, d, 2)
    figure = new_figure(6.4, 6.0) if figure is None else figure
    ax = figure.add_subplot()
    ax.add_collection(LineCollection(list(lines), colors=SERIES[0], linewidths=0.9))
    ax.set(xlim=(0, n), ylim=(0, n))
    _name_axes(ax, plane, np.arange(n) + 0.5, np.arange(n) + 0.5)
    return figure


def _name_axes(ax: Any, plane: Plane, at_x: np.ndarray, at_y: np.ndarray) -> None:
    from .canvas import INK, MUTED

    some = np.unique(np.linspace(0, len(at_x) - 1, 5).round().astype(int))
    texts = [[f"{v:.2g}".replace("-", "\u2212") for v in plane.values[some, i]] for i in (0, 1)]
    ax.set_xticks(at_x[some], texts[0])
    ax.set_yticks(at_y[some], texts[1])
    ax.spines[:].set_visible(False)
    ax.tick_params(length=0, labelsize=8, labelcolor=MUTED)
    ax.set_xlabel(f"code {plane.components[0]}", fontsize=9, color=INK)
    ax.set_ylabel(f"code {plane.components[1]}", fontsize=9, color=INK)
