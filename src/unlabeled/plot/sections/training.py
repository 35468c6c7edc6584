"""What was trained on what."""

__all__ = ["training"]

import inspect
from typing import Any

from ..markup import Html, facts, fold, join, number, section, tag
from ..rows import count
from ..subject import Subject


def training(s: Subject) -> Html:
    """Return the model's class, its parameters and the facts about its data."""
    name = type(s.model).__name__
    changed, everything = _parameters(s.model)
    doc = (inspect.getdoc(type(s.model)) or "").strip().split("\n\n")[0].replace("\n", " ")
    body = [tag("h3", "Model"), tag("p", tag("code", name), f" — {doc}" if doc else None)]
    if everything:
        words = "Parameters that differ from their defaults:" if changed else "All defaults."
        body += [tag("p", words), facts(changed) if changed else None]
        body.append(fold(f"All {len(everything)} parameters", facts(everything)))
    body += [tag("h3", "Data"), facts(_data(s))]
    return section("training", "What was trained", _words(s), *body)


def _words(s: Subject) -> str:
    labels = "Nobody labelled these data; the model saw the rows and nothing else."
    return labels if not hasattr(s.model, "classes_") else ""


def _parameters(model: Any) -> tuple[list, list]:
    if not hasattr(model, "get_params"):
        return [], []
    defaults = inspect.signature(type(model).__init__).parameters
    pairs, changed = [], []
    for name, value in model.get_params(deep=False).items():
        pair = (tag("code", name), tag("code", repr(value)))
        pairs.append(pair)
        default = getattr(defaults.get(name), "default", inspect.Parameter.empty)
        if repr(default) != repr(value):
            changed.append(pair)
    return changed, pairs


def _data(s: Subject) -> list[tuple[str, Any]]:
    d = s.data
    pairs: list[tuple[str, Any]] = [
        ("training rows", number(d.n_rows)),
        (f"{s.unit}s in a row", _size(s)),
        ("type", d.dtype),
        ("values", "0 and 1" if d.binary else f"{number(d.low)} to {number(d.high)}"),
        ("mean", number(d.mean)),
        ("zeros", f"{100 * d.zeros:.1f} %"),
    ]
    if d.missing:
        pairs.append(("missing values", f"{100 * d.missing:.1f} %"))
    held_out = [(f"{part} rows", number(count(X))) for part, X in s.parts.items()]
    return pairs[:1] + held_out[1:] + pairs[1:]


def _size(s: Subject) -> Html:
    total = number(s.data.n_features)
    if s.shape is None:
        return join([total])
    c, h, w = s.shape
    return join([f"{total} = {h} × {w}" + (f" × {c} channels" if c > 1 else "")])
