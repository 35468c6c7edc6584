"""What the model draws for the hidden half of a row."""

__all__ = ["completions"]

from typing import Any

import numpy as np

from .. import compare
from ..markup import Html, chart, figure, section, sheet, tag
from ..rows import dense
from ..subject import Subject

N_DRAWS, COUNT = 4, "four"


def completions(s: Subject) -> Html | None:
    """Return rows with one half hidden: what is given, several draws, the truth."""
    if not hasattr(s.model, "complete"):
        return None
    seed = s.seed_of("completions")
    n = min(12, s.fits(84) // (N_DRAWS + 2) + 1) if s.shape else 6
    rows, y = s.choose(n, "completions"), s.labels_of(n, "completions")
    half = "lower half" if s.shape else "last half of the features"
    words = (
        f"The {half} of rows of the {s.shown} data is hidden; the model draws it {COUNT} times "
        "given the rest. "
    )
    if s.shape is None:
        drawing = compare.completions(
            s.model, rows, image_shape=False, n_samples=N_DRAWS, random_state=seed, y=y
        )
        words += "Shaded: hidden. Dotted: the truth."
        return section("completions", "Completions", words, chart(drawing, "completed rows"))
    words += "Drawn parts are tinted blue."
    return section("completions", "Completions", words, _pictures(s, rows, seed, y))


def _pictures(s: Subject, rows: Any, seed: int, y: Any) -> Html:
    truth = dense(rows)
    hidden = np.broadcast_to(compare.half_hidden(truth.shape[1], s.shape), truth.shape).copy()
    draws = compare.complete_rows(s.model, rows, hidden, N_DRAWS, seed, y)
    veil = s.images(hidden) > 0.5
    pixels = compare.completion_pixels(
        s.images(truth), np.stack([s.images(draw) for draw in draws]), veil
    )
    half = -(-len(truth) // 2)
    parts = [_strip(pixels, slice(0, half)), _strip(pixels, slice(half, None))]
    return tag("div", *parts[: 1 + (len(truth) > 1)], class_="pair")


def _strip(pixels: list[np.ndarray], part: slice) -> Html:
    given, *draws, truth = (p[part] for p in pixels)
    drawn = np.stack(draws, axis=1).reshape(-1, *given.shape[1:])
    return tag(
        "div",
        figure("given", sheet(given, "given half", n_columns=1, kind="veiled")),
        figure("draws", sheet(drawn, "completions drawn", n_columns=len(draws))),
        figure("truth", sheet(truth, "whole rows", n_columns=1)),
        class_="strip",
    )
