"""Rows of the data and what is left of them after the code."""

__all__ = ["reconstructions"]

import numpy as np

from .. import compare
from ..markup import TILE_PIXELS, Html, chart, figure, number, section, sheet
from ..measures import errors
from ..pixels import paint, span, tile
from ..rows import dense, take
from ..subject import Subject


def reconstructions(s: Subject) -> Html | None:
    """Return rows from the best to the worst reconstructed, each with its reconstruction."""
    found = s.recall(errors)
    if found is None:
        return None
    rows, error = found
    most = s.fits(39) if s.shape else 6
    order = np.argsort(error, kind="stable")
    chosen = order[np.unique(np.linspace(0, len(order) - 1, most).round().astype(int))]
    rows, error = take(rows, chosen), error[chosen]
    words = (
        f"Rows of the {s.shown} data and the model's reconstructions of them, from the best "
        f"to the worst of {number(len(order))} random ones: squared error of a row "
        f"{number(error[0])} to {number(error[-1])}, half of all below "
        f"{number(float(np.median(found[1])))}."
    )
    return section("reconstructions", "Reconstructions", words, _body(s, rows, error))


def _body(s: Subject, rows: object, error: np.ndarray) -> Html:
    if s.shape is None:
        return chart(compare.reconstructions(s.model, rows, False), "rows and reconstructions")
    data, again = dense(rows), compare.reconstruct_rows(s.model, rows)
    limits = span(data)
    pairs = zip(paint(s.images(data), limits), paint(s.images(again), limits), strict=True)
    pixels = np.stack([tile(np.stack(pair), 1, side=TILE_PIXELS) for pair in pairs])
    titles = [f"squared error {number(e)}" for e in error]
    grid = sheet(pixels, "data above reconstructions", titles=titles)
    return figure("Above: data. Below: reconstruction.", grid)
