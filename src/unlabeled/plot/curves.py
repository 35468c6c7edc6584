"""How training went: each reported term on its own small panel."""

__all__ = ["history_of", "learning_curves", "terms_of"]

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

CLOCK = ("epoch", "seconds")


def learning_curves(
    model_or_history: Any, terms: Sequence[str] | None = None, *, figure: Any = None
) -> Any:
    """Draw every term of a training history, training against validation.

    Parameters
    ----------
    model_or_history : object with ``history_``, or dict of str to list
        A fitted model or its history: lists of equal length, one value an epoch. The term
        ``"val_x"`` is the validation part of the term ``"x"`` and is drawn with it.
    terms : sequence of str, optional
        Terms to draw, without ``"val_"``; all by default.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If there is no history.
    ValueError
        If a term is not in the history, or it has no term of numbers.

    Examples
    --------
    >>> from unlabeled.plot import learning_curves
    >>> figure = learning_curves({"epoch": [0, 1], "loss": [2.0, 1.0], "val_loss": [2.0, 1.5]})
    >>> [ax.get_title(loc="left") for ax in figure.axes]
    ['loss']
    """
    from .canvas import new_figure

    history = history_of(model_or_history)
    known = terms_of(history)
    terms = known if terms is None else list(terms)
    if not terms or not set(terms) <= set(known):
        raise ValueError(
            f"learning_curves can draw the terms {known} of this history, got {terms}: "
            "pass some of these, or fit for at least one epoch."
        )
    columns = min(len(terms), 3)
    n_rows = -(-len(terms) // columns)
    if figure is None:
        figure = new_figure(3.3 * columns, 2.2 * n_rows)
    axes = figure.subplots(n_rows, columns, squeeze=False, sharex=True)
    for ax, term in zip(axes.flat, terms, strict=False):
        _panel(ax, history, term)
    for ax in axes.flat[len(terms) :]:
        ax.remove()
    return figure


def history_of(model_or_history: Any) -> Mapping[str, Sequence[float]]:
    """Return the history, a dict of lists, of a model or as given."""
    history = getattr(model_or_history, "history_", model_or_history)
    if not isinstance(history, Mapping):
        raise TypeError(
            "learning_curves needs a fitted model with history_ or a dict of lists, got "
            f"{type(model_or_history).__name__}: fit the model first."
        )
    return history


def terms_of(history: Mapping[str, Sequence[float]]) -> list[str]:
    """Return the terms that can be drawn, those with a validation part first.

    Examples
    --------
    >>> terms_of({"epoch": [0], "seconds": [1.0], "loss": [0.5], "val_loss": [0.6]})
    ['loss']
    """
    names = dict.fromkeys(name.removeprefix("val_") for name in history if name not in CLOCK)
    drawn = [
        name
        for name in names
        if any(np.isfinite(_numbers(history, key)).any() for key in (name, f"val_{name}"))
    ]
    return sorted(drawn, key=lambda name: f"val_{name}" not in history)


def _panel(ax: Any, history: Mapping[str, Sequence[float]], term: str) -> None:
    from .canvas import INK, SERIES, clean

    clean(ax, term.replace("_", " "))
    ends = []
    parts = (term, "training", SERIES[0]), (f"val_{term}", "validation", SERIES[1])
    for key, label, colour in parts:
        y = _numbers(history, key)
        if not np.isfinite(y).any():
            continue
        x = np.asarray(history.get("epoch", np.arange(len(y))), float)[: len(y)]
        ax.plot(x, y, color=colour, lw=1.6, marker="o" if len(y) < 8 else None, markersize=3)
        ends.append((y[np.isfinite(y)], label, colour))
    ax.margins(x=0.02, y=0.1)
    ax.xaxis.get_major_locator().set_params(integer=True, nbins=6)
    ax.yaxis.get_major_locator().set_params(nbins=5)
    ax.set_xlabel("epoch", fontsize=8.5, color=INK)
    if len(ends) == 2:
        _say(ax, ends)


def _say(ax: Any, lines: list[tuple[np.ndarray, str, str]]) -> None:
    """Name the lines in their own colours, the upper one above, away from where they end."""
    values = np.concatenate([y for y, _, _ in lines])
    low = np.mean([y[-1] for y, _, _ in lines]) > (values.min() + values.max()) / 2
    for row, (_, label, colour) in enumerate(sorted(lines, key=lambda line: -line[0][-1])):
        ax.annotate(
            label,
            (1, 0 if low else 1),
            xycoords="axes fraction",
            xytext=(0, 15 - 12 * row if low else -2 - 12 * row),
            textcoords="offset points",
            ha="right",
            va="bottom" if low else "top",
            fontsize=8.5,
            color=colour,
        )


def _numbers(history: Mapping[str, Sequence[float]], key: str) -> np.ndarray:
    try:
        return np.array([np.nan if v is None else v for v in history.get(key, ())], float)
    except (TypeError, ValueError):
        return np.array([])
