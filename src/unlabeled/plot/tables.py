"""Pictures of rows that are not images: a heatmap, and lines over the features."""

__all__ = ["fans", "heatmap", "keys", "traces"]

from typing import Any

import numpy as np

from .pixels import BLUE, RED, span

MAX_NAMES = 24


def heatmap(
    X: np.ndarray,
    names: list[str] | None = None,
    *,
    signed: bool | None = None,
    rows: str = "row",
    ax: Any = None,
) -> Any:
    """Draw rows against features in colour, with its scale.

    Parameters
    ----------
    X : ndarray, shape (n, d)
    names : list of str, optional
        Names of the features.
    signed : bool, optional
        Blue and vermilion around zero instead of viridis; by default if a value is negative.
    rows : str
        What a row is.
    ax : matplotlib Axes, optional

    Returns
    -------
    ax : matplotlib Axes
    """
    from matplotlib.colors import LinearSegmentedColormap

    from .canvas import INK, MUTED, clean, new_figure

    signed = bool(np.nanmin(X, initial=0.0) < 0) if signed is None else signed
    low, high = span(X, signed=signed)
    ends = [tuple(c / 255 for c in colour) for colour in (BLUE, (255, 255, 255), RED)]
    cmap = LinearSegmentedColormap.from_list("signed", ends) if signed else "viridis"
    if ax is None:
        ax = new_figure(6.4, float(np.clip(0.9 + 0.16 * len(X), 1.8, 5.5))).add_subplot()
    image = ax.imshow(X, cmap=cmap, vmin=low, vmax=high, aspect="auto", interpolation="nearest")
    clean(ax)
    ax.spines[:].set_visible(False)
    _name(ax, names, X.shape[1])
    ax.set_ylabel(rows, fontsize=9, color=INK)
    bar = ax.figure.colorbar(image, ax=ax, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, length=0, colors=MUTED)
    return ax


def traces(
    given: np.ndarray,
    drawn: np.ndarray,
    hidden: np.ndarray | None = None,
    names: list[str] | None = None,
    *,
    labels: tuple[str, str] = ("data", "model"),
    titles: list[str] | None = None,
    figure: Any = None,
) -> Any:
    """Draw each row as a line over its features, and what the model makes of it.

    Parameters
    ----------
    given : ndarray, shape (n, d)
        The rows.
    drawn : ndarray, shape (k, n, d)
        ``k`` versions of them by the model.
    hidden : ndarray of bool, shape (n, d), optional
        What the model did not see: shaded, the truth dotted there.
    names : list of str, optional
        Names of the features.
    labels : (str, str)
        What the two kinds of line are.
    titles : list of str, optional
        One for each row.
    figure : matplotlib Figure or SubFigure, optional

    Returns
    -------
    figure : matplotlib Figure
    """
    from .canvas import INK, MUTED, SERIES, clean, new_figure

    n, d = given.shape
    columns = min(n, 3 if d <= 40 else 2)
    if figure is None:
        figure = new_figure(2.9 * columns, 1.7 * -(-n // columns) + 0.5)
    axes = figure.subplots(-(-n // columns), columns, sharex=True, sharey=True, squeeze=False)
    x = np.arange(d)
    mark: dict[str, Any] = {"marker": "o", "markersize": 2.6} if d <= 40 else {}
    for i, ax in enumerate(axes.flat):
        if i >= n:
            ax.set_axis_off()
            continue
        clean(ax, titles[i] if titles else None)
        ax.plot(x, drawn[:, i].T, color=SERIES[1], lw=1, alpha=max(0.3, 0.9 / len(drawn)))
        if hidden is None:
            ax.plot(x, given[i], color=INK, lw=1.1, **mark)
            continue
        for start, stop in _runs(hidden[i]):
            ax.axvspan(start - 0.5, stop - 0.5, color=MUTED, alpha=0.13, lw=0)
        ax.plot(x, given[i], color=INK, lw=1, ls=":")
        ax.plot(x, np.where(hidden[i], np.nan, given[i]), color=INK, lw=1.2, **mark)
    for ax in axes[-1]:
        _name(ax, names, d)
    figure.legend(
        handles=keys((INK, SERIES[1]), labels),
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
    )
    return figure


def fans(
    strips: np.ndarray,
    names: list[str] | None = None,
    *,
    titles: list[str] | None = None,
    labels: tuple[str, str] = ("start", "end"),
    figure: Any = None,
) -> Any:
    """Draw rows on their way as lines over the features, from blue to vermilion.

    Parameters
    ----------
    strips : ndarray, shape (n, m, d)
        ``m`` stations on each of ``n`` ways.
    names : list of str, optional
        Names of the features.
    titles : list of str, optional
        One for each way.
    labels : (str, str)
        What the two ends are.
    figure : matplotlib Figure or SubFigure, optional

    Returns
    -------
    figure : matplotlib Figure
    """
    from .canvas import INK, SERIES, clean, new_figure

    n, m, d = strips.shape
    columns = min(n, 3 if d <= 40 else 2)
    if figure is None:
        room = 0.5 if names is None or d > MAX_NAMES else 1.3
        figure = new_figure(2.9 * columns, 1.7 * -(-n // columns) + room)
    axes = figure.subplots(-(-n // columns), columns, sharex=True, sharey=True, squeeze=False)
    colours = mix(SERIES[0], SERIES[1], m)
    for i, ax in enumerate(axes.flat):
        if i >= n:
            ax.set_axis_off()
            continue
        clean(ax, titles[i] if titles else None)
        for row, colour in zip(strips[i], colours, strict=True):
            ax.plot(np.arange(d), row, color=colour, lw=1.1)
    for ax in axes[-1]:
        _name(ax, names, d)
    figure.legend(
        handles=keys(SERIES, labels),
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
    )
    return figure


def mix(start: str, end: str, n: int) -> list[tuple[float, ...]]:
    """Return ``n`` colours from one to the other, paler half-way, the ends as they are."""
    from matplotlib.colors import to_rgb

    a, b, pale = (np.array(to_rgb(c)) for c in (start, end, "#c9c6be"))
    t = np.linspace(-1, 1, n)[:, None]
    return [tuple(c) for c in np.where(t < 0, a, b) * np.abs(t) + pale * (1 - np.abs(t))]


def _runs(mask: np.ndarray) -> np.ndarray:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(int), [0]])))
    return edges.reshape(-1, 2)


def keys(colours: tuple[str, ...], labels: tuple[str, ...]) -> list[Any]:
    """Return a legend's handles: a line of each colour with its label."""
    from matplotlib.lines import Line2D

    return [Line2D([], [], color=c, lw=2, label=t) for c, t in zip(colours, labels, strict=True)]


def _name(ax: Any, names: list[str] | None, d: int) -> None:
    from .canvas import INK

    if names is None or d > MAX_NAMES:
        ax.set_xlabel("feature", fontsize=9, color=INK)
        return
    short = [name if len(name) <= 18 else name[:17] + "…" for name in names]
    ax.set_xticks(range(d), short, rotation=40, ha="right", rotation_mode="anchor")
    for label in ax.get_xticklabels():
        label.set_parse_math(False)
