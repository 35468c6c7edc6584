"""How training went."""

__all__ = ["curves"]

from collections.abc import Mapping, Sequence

from ..curves import history_of, learning_curves, terms_of
from ..markup import Html, chart, section, tag
from ..subject import Subject


def curves(s: Subject) -> Html | None:
    """Return a small chart for every term of the history."""
    if not hasattr(s.model, "history_"):
        return None
    history = history_of(s.model)
    terms = terms_of(history)
    if not terms:
        return None
    charts = [_small(history, term) for term in terms]
    held_out = any(name.startswith("val_") for name in history)
    words = "Every term that training reported, by epoch."
    if held_out:
        words += " A validation curve that turns away from training is the sign of overfitting."
    else:
        words += " No rows were held out, so overfitting would not show here."
    return section("curves", "Learning curves", words, tag("div", *charts, class_="charts"))


def _small(history: Mapping[str, Sequence[float]], term: str) -> Html:
    from ..canvas import new_figure

    drawing = learning_curves(history, [term], figure=new_figure(3.5, 2.3))
    return chart(drawing, f"learning curve of {term.replace('_', ' ')}")
