"""The few numbers to remember."""

__all__ = ["headline"]

from ..markup import Html, number, span_of_time, tag
from ..measures import errors, likelihood, seconds
from ..subject import Subject


def headline(s: Subject) -> Html | None:
    """Return the largest numbers of the page, each with the few words it needs."""
    tiles = [*_likelihood(s), *_reconstruction(s), *_size(s), *_training(s)]
    pairs = (tag("div", tag("dd", value), tag("dt", words)) for value, words in tiles)
    return tag("dl", *pairs, class_="headline")


def _likelihood(s: Subject) -> list[tuple[str, str]]:
    scores = s.recall(likelihood)
    if not scores:
        return []
    last = scores[-1]
    tiles = [(_nats(last.mean), f"mean log-likelihood of a {last.part} row")]
    if last.baseline is not None:
        gain = last.mean - last.baseline
        words = f"better a row than independent {s.unit}s"
        if gain < 0:
            words = f"against independent {s.unit}s, which do better"
        tiles.append((_nats(gain), words))
    return tiles


def _nats(x: float) -> str:
    return f"{x:.1f} nats".replace("-", "\u2212")


def _reconstruction(s: Subject) -> list[tuple[str, str]]:
    found = s.recall(errors)
    if found is None:
        return []
    mean = float(found.squared.mean())
    return [(number(mean), f"mean squared error of a reconstructed {s.unit}")]


def _size(s: Subject) -> list[tuple[str, str]]:
    tiles = [(number(s.data.n_rows), f"training rows of {number(s.data.n_features)} {s.unit}s")]
    parameters = getattr(getattr(s.model, "module_", None), "parameters", None)
    if parameters is not None:
        total = sum(p.numel() for p in parameters())
        tiles.append((number(total), "parameters learned"))
    return tiles


def _training(s: Subject) -> list[tuple[str, str]]:
    history = getattr(s.model, "history_", {})
    n = len(history.get("epoch", ()))
    spent = s.recall(seconds)
    if not n or spent is None:
        return []
    return [(span_of_time(spent), f"of training, {number(n)} epoch{'s' * (n != 1)}")]
