"""What each unit looks for."""

__all__ = ["filters"]

from .. import grid
from ..markup import Html, chart, figure, number, section, sheet, tag
from ..pixels import paint, span
from ..subject import Subject


def filters(s: Subject) -> Html | None:
    """Return the weights of the strongest units as pictures."""
    if getattr(s.model, "components_", None) is None or grid.is_dictionary(s.model):
        return None
    weights = grid.weights_of(s.model)
    if weights.shape[1] != s.data.n_features:
        return None
    most = s.fits(91)
    some = f"the {most} of largest norm among {number(len(weights))}, "
    words = (
        "A unit's weights to the "
        f"{s.unit}s: what switches it on (vermilion) and off (blue). Shown are "
        f"{some if len(weights) > most else 'all, '}largest norm first, on one scale."
    )
    if s.shape is None:
        drawing = grid.filters(s.model, False, max_filters=40)
        return section("filters", "Filters", words, chart(drawing, "weights of the units"))
    weights = weights[grid.strongest(weights, most)]
    limits = span(weights, signed=True)
    pixels = paint(s.images(weights), limits, signed=True)
    body = figure(_scale(limits[1]), sheet(pixels, "filters of the units", kind="signed"))
    return section("filters", "Filters", words, body)


def _scale(limit: float) -> Html:
    ends = number(-limit, 2), number(limit, 2)
    return tag("span", ends[0], tag("i", class_="scale"), f"+{ends[1]}", class_="legend")
