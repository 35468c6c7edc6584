"""From one row to another through the code."""

__all__ = ["interpolations"]

import numpy as np

from .. import walks
from ..compare import told
from ..markup import Html, chart, figure, section, sheet
from ..measures import Codes, codes
from ..pixels import paint
from ..rows import take
from ..subject import Subject

N_STEPS = 9


def interpolations(s: Subject) -> Html | None:
    """Return strips from one row to another, everything between them decoded."""
    found = s.recall(codes)
    if found is None or not hasattr(s.model, "inverse_transform") or len(found.H) < 2:
        return None
    start, end = _pairs(s, found, s.fits(55) // (N_STEPS + 2) + 1 if s.shape else 6)
    if len(start) == 0:
        return None
    rows = found.H if found.rows is None else found.rows
    y = None if found.y is None else take(found.y, start)
    kind = "slerp" if found.rows is None else "linear"
    paths, _ = walks.paths_between(
        s.model, take(rows, start), take(rows, end), N_STEPS, kind, **told(s.model, y)
    )
    return section("interpolations", "Interpolations", _words(s, kind), _body(s, paths))


def _pairs(s: Subject, found: Codes, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the numbers of random starts and ends; of one class, if the model knows classes."""
    rng = np.random.default_rng(s.seed_of("interpolations"))
    order = rng.permutation(len(found.H))
    if getattr(s.model, "conditional", False):
        y = np.asarray(found.y)
        order = order[np.argsort(y[order], kind="stable")]
        same = np.flatnonzero(y[order[1:]] == y[order[:-1]])
        chosen = rng.permutation(same)[:most]
        return order[chosen], order[chosen + 1]
    n = min(most, len(order) // 2)
    return order[:n], order[n : 2 * n]


def _words(s: Subject, kind: str) -> str:
    if kind == "slerp":
        return (
            "Each strip leads from one code to another along the arc between them. The codes are "
            "drawn from the standard normal distribution, as this model cannot encode rows."
        )
    return (
        f"Each strip leads from one row of the {s.shown} data (left) to another (right): codes on "
        "the straight line between theirs, decoded. If what is half-way could be data, there is "
        "no hole between the two."
    )


def _body(s: Subject, paths: np.ndarray) -> Html:
    if s.shape is None:
        from ..tables import fans

        return chart(fans(paths, s.names), "rows on the way to others")
    pixels = paint(s.images(paths.reshape(-1, paths.shape[-1])), s.limits)
    return figure(None, sheet(pixels, "rows on the way to others", n_columns=paths.shape[1]))
