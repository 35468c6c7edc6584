"""All that a code of two numbers can make."""

__all__ = ["plane"]

import numpy as np

from ..markup import Html, chart, figure, number, section, sheet
from ..measures import codes
from ..pixels import paint
from ..plane import Plane, drawn_lines, plane_of
from ..subject import Subject


def plane(s: Subject) -> Html | None:
    """Return the decoder swept over the plane, if the code has two components."""
    found = s.recall(codes)
    if found is None or not hasattr(s.model, "inverse_transform") or found.H.shape[1] != 2:
        return None
    y = None
    if getattr(s.model, "conditional", False):
        classes, counts = np.unique(np.asarray(found.y), return_counts=True)
        y = classes[counts.argmax()]
    swept = plane_of(s.model, found.H, None, 15 if s.fits(225) > 200 else 9, y)
    return section("plane", "Latent plane", _words(s, swept, y), _body(s, swept))


def _words(s: Subject, swept: Plane, y: object) -> str:
    low, high = swept.values[0], swept.values[-1]
    label = "" if y is None else f" The label is {y}, the most frequent one."
    return (
        "The code has two components, so everything that the model can make lies in one plane. "
        f"Code 0 grows to the right, from {number(low[0], 2)} to {number(high[0], 2)}, code 1 "
        f"upwards, from {number(low[1], 2)} to {number(high[1], 2)}, with equally many rows in "
        f"every step.{label}"
    )


def _body(s: Subject, swept: Plane) -> Html:
    if s.shape is None:
        return chart(drawn_lines(swept), "rows decoded over the plane")
    n = len(swept.values)
    pixels = paint(s.images(swept.rows.reshape(n * n, -1)), s.limits)
    return figure(
        None, sheet(pixels, "pictures decoded over the plane", n_columns=n, kind="dense")
    )
