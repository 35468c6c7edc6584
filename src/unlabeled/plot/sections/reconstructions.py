"""Rows of the data and what is left of them after the code."""

__all__ = ["reconstructions"]

from typing import Any

import numpy as np

from ..markup import TILE_PIXELS, Html, chart, figure, number, section, sheet, tag
from ..measures import Errors, errors
from ..pixels import paint, span, tile
from ..rows import dense
from ..subject import Subject
from ..tables import traces

MOST_BARS = 30


def reconstructions(s: Subject) -> Html | None:
    """Return rows from the best to the worst reconstructed, and where the error is."""
    found = s.recall(errors)
    if found is None:
        return None
    error = found.of_rows
    order = np.argsort(error, kind="stable")
    most = s.fits(39) if s.shape else 6
    chosen = order[np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))]
    words = (
        f"Rows of the {s.shown} data and the model's reconstructions of them, from the best "
        f"to the worst of {number(len(order))} random ones: squared error of a row "
        f"{number(error[order[0]])} to {number(error[order[-1]])}, half of all below "
        f"{number(float(np.median(error)))}."
    )
    draw = _lines if s.shape is None else _pictures
    return section("reconstructions", "Reconstructions", words, *draw(s, found, chosen))


def _pictures(s: Subject, found: Errors, chosen: np.ndarray) -> list[Html]:
    data, again = dense(found.rows)[chosen], found.again[chosen]
    limits = span(data)
    pairs = zip(paint(s.images(data), limits), paint(s.images(again), limits), strict=True)
    pixels = np.stack([tile(np.stack(pair), 1, side=TILE_PIXELS) for pair in pairs])
    titles = [f"squared error {number(e)}" for e in found.of_rows[chosen]]
    grid = sheet(pixels, "data above reconstructions", titles=titles)
    where = s.images(found.of_features[None])
    top = float(where.max())
    map_ = sheet(paint(where, (0.0, top or 1.0)), "error of each pixel", kind="large")
    words = f"Mean squared error of each pixel: black none, white {number(top)}."
    return [
        figure("Above: data. Below: reconstruction.", grid),
        tag("div", figure(words, map_), class_="below"),
    ]


def _lines(s: Subject, found: Errors, chosen: np.ndarray) -> list[Html]:
    data, again = dense(found.rows)[chosen], found.again[chosen]
    lines = traces(data, again[None], None, s.names, labels=("data", "reconstruction"))
    return [
        chart(lines, "rows and reconstructions"),
        chart(_bars(s, found.of_features), "error of each feature"),
    ]


def _bars(s: Subject, error: np.ndarray) -> Any:
    """Draw the mean squared error of the features, largest first."""
    from ..canvas import INK, SERIES, clean, new_figure

    order = np.argsort(-error, kind="stable")[:MOST_BARS]
    names = [s.names[j][:18] if s.names else f"feature {j}" for j in order]
    drawing = new_figure(6.9, 2.2)
    ax = clean(drawing.add_subplot())
    ax.bar(np.arange(len(order)), error[order], color=SERIES[0], width=0.7)
    ax.set_xticks(range(len(order)), names, rotation=40, ha="right", rotation_mode="anchor")
    for label in ax.get_xticklabels():
        label.set_parse_math(False)
    ax.set_ylabel("mean squared error", fontsize=8.5, color=INK)
    ax.margins(x=0.01)
    return drawing
