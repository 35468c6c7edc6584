"""Where the rows lie in the code."""

__all__ = ["codes"]

from .. import measures, scatter
from ..markup import Html, chart, number, section
from ..subject import Subject


def codes(s: Subject) -> Html | None:
    """Return codes of rows as points of the plane, coloured by label where there are labels."""
    found = s.recall(measures.codes)
    if found is None or found.rows is None or len(found.H) < 3:
        return None
    n, k = found.H.shape
    side = ", as they are" if k <= 2 else f", each {number(k)} numbers, from where they vary most"
    words = f"The codes of {number(n)} random rows of the {s.shown} data{side}."
    if found.y is not None and not getattr(s.model, "conditional", False):
        words += " Colours are labels, which the model never saw."
    return section("codes", "Codes", words, chart(_drawing(found), "codes of the rows"))


def _drawing(found: measures.Codes):
    from ..canvas import new_figure

    y = found.y
    if y is not None and scatter.too_many(scatter.dense_labels(y, len(found.H))):
        y = None
    figure = new_figure(6.9, 4.8 if found.H.shape[1] > 1 else 2.6)
    return scatter.codes(found.H, y=y, figure=figure)
