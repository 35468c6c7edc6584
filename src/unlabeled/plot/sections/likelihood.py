"""How probable the model finds the data."""

__all__ = ["likelihood"]

from math import log
from typing import Any

import numpy as np

from .. import measures
from ..markup import Html, chart, join, number, section, table, tag
from ..subject import Subject

KINDS = {
    "exact": "Every value is exact.",
    "ais": "The partition function is estimated by annealed importance sampling: if that missed a "
    "mode, the truth is lower.",
    "lower bound": "Every value is a lower bound: the model is at least as good.",
}


def likelihood(s: Subject) -> Html | None:
    """Return mean log-likelihoods with their intervals, beside independent units."""
    scores = s.recall(measures.likelihood)
    if not scores:
        return None
    body: list[Any] = [_table(s, scores), tag("p", join(_notes(s, scores), " "), class_="note")]
    if scores[-1].n_rows >= 20 and np.isfinite(scores[-1].model).all():
        body.insert(0, chart(_chart(s, scores[-1]), "log-likelihoods of the rows"))
    return section("likelihood", "Likelihood", _words(s, scores), *body)


def _words(s: Subject, scores: list[measures.Score]) -> str:
    kind = KINDS.get(str(getattr(s.model, "score_kind_", "")).lower(), "")
    words = f"How probable the model finds whole rows, in nats (larger is better). {kind}"
    if len(scores) == 1:
        words += " Only training rows were given: on new rows expect less."
    return words


def _table(s: Subject, scores: list[measures.Score]) -> Html:
    against = scores[-1].baseline is not None
    head = ["part", "rows", "model", "± s.e."]
    head += [f"bits per {s.unit}", f"independent {s.unit}s"] if against else []
    return table(head, [_line(score, s.data.n_features, against) for score in scores])


def _line(score: measures.Score, d: int, against: bool) -> list[str]:
    cells = [score.part, number(score.n_rows), f"{score.mean:.2f}", f"{score.error:.2f}"]
    if against:
        cells.append(f"{-score.mean / d / log(2):.3f}")
        cells.append("" if score.baseline is None else f"{score.baseline:.2f}")
    return [cell.replace("-", "\u2212") for cell in cells]


def _notes(s: Subject, scores: list[measures.Score]) -> list[str]:
    notes = ["s.e.: standard error of the mean over the rows."]
    if any(score.n_rows < score.of_rows for score in scores):
        most = max(score.n_rows for score in scores)
        notes.append(f"At most {number(most)} random rows of a part are scored.")
    notes += _partition(s, scores[-1])
    if scores[-1].baseline is None:
        notes.append(
            "The data are not all 0 and 1: compare only with models of the same data on the "
            "same scale."
        )
    else:
        notes.append(
            f"Independent {s.unit}s: a rate for each, fitted to the training rows with one "
            "pseudo-count a side."
        )
    return notes


def _partition(s: Subject, score: measures.Score) -> list[str]:
    z = s.recall(measures.partition)
    if z is None:
        return []
    low, high = sorted((score.mean + z.value - z.upper, score.mean + z.value - z.lower))
    if high - low < 1e-9:
        return [f"The log partition function is {z.value:.2f}, exactly."]
    text = (
        f"The log partition function is {z.value:.2f}, between {z.lower:.2f} and {z.upper:.2f}; "
        f"with it the {score.part} value lies between {low:.2f} and {high:.2f}."
    )
    return [text.replace("-", "\u2212")]


def _chart(s: Subject, score: measures.Score) -> Any:
    """Draw the distribution of the rows' log-likelihoods, model against independent units."""
    from ..canvas import INK, MUTED, SERIES, clean, new_figure

    drawing = new_figure(6.9, 1.9)
    ax = clean(drawing.add_subplot())
    ax.spines["left"].set_visible(False)
    groups = [("model", score.model, SERIES[0])]
    if score.independent is not None:
        groups.append((f"independent {s.unit}s", score.independent, MUTED))
    both = np.concatenate([values for _, values, _ in groups])
    edges = np.histogram_bin_edges(both, 60)
    for name, values, colour in groups:
        heights = np.histogram(values, edges)[0] / len(values)
        ax.stairs(heights, edges, fill=True, color=colour, alpha=0.25, lw=0)
        ax.stairs(heights, edges, color=colour, lw=1.3)
        ax.axvline(values.mean(), color=colour, lw=1, ls=(0, (4, 3)))
        ax.annotate(
            f"{name}\nmean {values.mean():.1f}".replace("-", "\u2212"),
            (values.mean(), 1),
            xycoords=("data", "axes fraction"),
            xytext=(5, -1),
            textcoords="offset points",
            va="top",
            fontsize=8.5,
            color=colour,
        )
    ax.margins(y=0.25)
    ax.set_ylim(0)
    ax.set_yticks([])
    ax.set_xlabel(f"log-likelihood of a {score.part} row (nats)", fontsize=8.5, color=INK)
    return drawing
