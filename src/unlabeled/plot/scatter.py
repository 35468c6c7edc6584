"""Codes as points of the plane, in the colours of their labels."""

__all__ = ["codes", "dense_labels", "flat", "too_many"]

from typing import Any

import numpy as np

from .rows import dense

MARKERS = "o^sDv"
MOST_NAMES = 50


def codes(
    model_or_codes: Any,
    X: Any = None,
    y: Any = None,
    *,
    components: tuple[int, int] | None = None,
    max_rows: int = 5000,
    figure: Any = None,
) -> Any:
    """Show codes as points of the plane, coloured by label where there are labels.

    Two codes are drawn as they are; of more, the two principal components are drawn and the axes
    say how much of the variance they hold. One code is drawn as a distribution. The name of a
    class stands at the median of its points.

    Parameters
    ----------
    model_or_codes : object with ``transform(X)``, or array-like, shape (n, k)
        A fitted model, or codes.
    X : array-like, shape (n, d), optional
        The rows to encode; None if codes are given.
    y : array-like, shape (n,), optional
        Labels: classes (of any kind), or numbers with a fraction, which are drawn as a scale. A
        model with ``conditional=True`` is given them.
    components : (int, int), optional
        Which two codes to draw, as they are.
    max_rows : int
        Of more rows, so many evenly spaced ones.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If the model cannot encode.
    ValueError
        If there is not one label for each row, or there are more than 50 classes.

    Examples
    --------
    >>> from unlabeled.plot import codes
    >>> figure = codes(np.random.default_rng(0).normal(size=(30, 5)), y=[0, 1, 2] * 10)
    >>> figure.axes[0].get_xlabel()
    'principal component 1 (... % of the variance)'
    """
    from .canvas import new_figure

    H = _encoded(model_or_codes, X, y)
    labels = None if y is None else dense_labels(y, len(H))
    keep = np.linspace(0, len(H) - 1, min(len(H), max_rows)).round().astype(int)
    H, labels = H[keep], None if labels is None else labels[keep]
    points, names = flat(H, components)
    figure = new_figure(6.0, 4.6 if points.shape[1] == 2 else 2.6) if figure is None else figure
    ax = figure.add_subplot()
    draw = _spread if points.shape[1] == 2 else _heights
    draw(ax, points, names, labels)
    return figure


def flat(H: np.ndarray, components: tuple[int, int] | None = None) -> tuple[np.ndarray, list[str]]:
    """Return points of (at most) two dimensions and the names of the axes.

    Parameters
    ----------
    H : ndarray, shape (n, k)
    components : (int, int), optional
        Columns to take; by default all of two, and principal components of more.

    Returns
    -------
    points : ndarray, shape (n, 2), or (n, 1) if k = 1
    names : list of str
    """
    k = H.shape[1]
    if components is None and k > 2:
        centred = H - H.mean(axis=0)
        u, s, _ = np.linalg.svd(centred, full_matrices=False)
        share = 100 * s**2 / (float((s**2).sum()) or 1.0)
        names = [f"principal component {i + 1} ({share[i]:.0f} % of the variance)" for i in (0, 1)]
        return u[:, :2] * s[:2], names
    columns = list(components or range(k))
    return H[:, columns], [f"code {j}" for j in columns]


def dense_labels(y: Any, n: int) -> np.ndarray:
    """Return labels as an array of shape (n,)."""
    labels = y.detach().cpu().numpy() if hasattr(y, "detach") else np.asarray(y)
    if labels.shape != (n,):
        raise ValueError(f"y must be of shape ({n},), a label for each row, got {labels.shape}.")
    return labels


def _encoded(model_or_codes: Any, X: Any, y: Any) -> np.ndarray:
    from .compare import must, told

    if X is None and not hasattr(model_or_codes, "fit"):
        return dense(model_or_codes).astype(np.float64)
    must(model_or_codes, "transform", "codes")
    return dense(model_or_codes.transform(X, **told(model_or_codes, y))).astype(np.float64)


def _spread(ax: Any, points: np.ndarray, names: list[str], labels: np.ndarray | None) -> None:
    from .canvas import INK, clean

    clean(ax)
    ax.margins(0.04)
    dot = {"s": float(np.clip(9000 / len(points), 5, 26)), "lw": 0, "alpha": 0.75}
    if labels is not None and _is_scale(labels):
        _scale(ax, ax.scatter(*points.T, c=labels, cmap="viridis", rasterized=True, **dot))
    else:
        groups = _groups(labels, len(points))
        for _, colour, marker, part in groups:
            ax.scatter(*points[part].T, c=colour, marker=marker, rasterized=True, **dot)
        if labels is not None:
            _write(ax, [(n, np.median(points[part], axis=0), c) for n, c, _, part in groups])
    ax.set_xlabel(names[0], fontsize=9, color=INK)
    ax.set_ylabel(names[1], fontsize=9, color=INK)


def _heights(ax: Any, points: np.ndarray, axes: list[str], labels: np.ndarray | None) -> None:
    from .canvas import INK, clean

    clean(ax)
    edges = np.histogram_bin_edges(points[:, 0], 50)
    labels = None if labels is not None and _is_scale(labels) else labels
    names: list[tuple[str, Any, str]] = []
    for name, colour, _, part in _groups(labels, len(points)):
        heights = np.histogram(points[part, 0], edges)[0] / len(points)
        ax.stairs(heights, edges, color=colour, fill=True, alpha=0.2, lw=0)
        ax.stairs(heights, edges, color=colour, lw=1.3)
        names.append((name, (edges[heights.argmax()], heights.max()), colour))
    ax.set_yticks([])
    ax.set_xlabel(axes[0], fontsize=9, color=INK)
    ax.margins(y=0.12)
    ax.set_ylim(0)
    if labels is not None:
        _write(ax, names)


def _groups(labels: np.ndarray | None, n: int) -> list[tuple[str, str, str, np.ndarray]]:
    """Return name, colour, marker and members of each class; of all rows if there are none."""
    from .canvas import SERIES, class_colours

    if labels is None:
        return [("", SERIES[0], "o", np.ones(n, bool))]
    classes = np.unique(labels)
    if too_many(labels):
        raise ValueError(
            f"codes can tell at most {MOST_NAMES} classes apart, got {len(classes)}: merge some, "
            "or give numbers with a fraction, which are drawn as a scale."
        )
    colours = class_colours(len(classes))
    return [(str(c), colours[i], MARKERS[i // 10], labels == c) for i, c in enumerate(classes)]


def too_many(labels: np.ndarray) -> bool:
    """Whether there are more classes than can be told apart."""
    return len(np.unique(labels)) > MOST_NAMES and not _is_scale(labels)


def _is_scale(labels: np.ndarray) -> bool:
    return labels.dtype.kind == "f" and bool((labels != np.round(labels)).any())


def _write(ax: Any, names: list[tuple[str, Any, str]]) -> None:
    """Write each name on its colour, at its place or as near as the others let it."""
    ax.autoscale_view()
    inside = ax.transData + ax.transAxes.inverted()
    at = apart(inside.transform(np.array([place for _, place, _ in names])))
    for (name, _, colour), place in zip(names, at, strict=True):
        light = np.dot([int(colour[i : i + 2], 16) for i in (1, 3, 5)], (0.3, 0.59, 0.11)) > 140
        ax.annotate(
            name,
            place,
            xycoords="axes fraction",
            ha="center",
            va="center",
            fontsize=9,
            fontweight="bold",
            color="#000000" if light else "#ffffff",
            parse_math=False,
            bbox={"boxstyle": "round,pad=0.25", "fc": colour, "ec": "#ffffff", "lw": 0.8},
        )


def apart(points: np.ndarray, gap: float = 0.06) -> np.ndarray:
    """Return points, shape (n, 2), moved until any two are about ``gap`` apart."""
    points = points + 1e-6 * np.arange(len(points))[:, None]
    for _ in range(200):
        away = points[:, None] - points[None]
        distance = np.linalg.norm(away, axis=-1) + np.eye(len(points))
        push = np.clip(gap - distance, 0, None) / distance * (1 - np.eye(len(points)))
        points = points + 0.5 * (push[..., None] * away).sum(axis=1)
    return points


def _scale(ax: Any, points: Any) -> None:
    from .canvas import MUTED

    bar = ax.figure.colorbar(points, ax=ax, fraction=0.03, pad=0.02)
    bar.outline.set_visible(False)
    bar.solids.set_alpha(1)
    bar.ax.tick_params(labelsize=8, length=0, colors=MUTED)
