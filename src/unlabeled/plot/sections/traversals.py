"""What each component of the code does."""

__all__ = ["traversals"]

import numpy as np

from .. import walks
from ..compare import told
from ..markup import Html, chart, number, section, sheet, tag
from ..measures import codes
from ..pixels import paint
from ..rows import take
from ..subject import Subject

N_STEPS, MOST = 9, 8


def traversals(s: Subject) -> Html | None:
    """Return one row, changed along the components that change it most."""
    found = s.recall(codes)
    if found is None or not hasattr(s.model, "inverse_transform") or found.H.shape[1] == 2:
        return None  # of two components, the latent plane shows more
    row = int(np.random.default_rng(s.seed_of("traversals")).integers(len(found.H)))
    y = None if found.y is None else take(found.y, [row])
    chosen = walks.strongest(s.model, found.H, row, MOST if s.shape else 6, **told(s.model, y))
    if not chosen:
        return None
    values = walks.usual(found.H, N_STEPS)[:, chosen]
    paths = walks.led(s.model, found.H[row], chosen, values, y)
    return section("traversals", "Traversals", _words(s, found, chosen), _body(s, paths, chosen))


def _words(s: Subject, found, chosen: list[int]) -> str:
    k, n = found.H.shape[1], len(chosen)
    which = f"the {n} of {number(k)} that change it most" if n < k else "all of them"
    what = "draw" if found.rows is None else f"row of the {s.shown} data"
    return (
        f"One {what}, decoded as one component of its code goes from the 5th to the 95th "
        f"percentile and the others stay: {which}, strongest first."
    )


def _body(s: Subject, paths: np.ndarray, chosen: list[int]) -> Html:
    names = [f"code {j}" for j in chosen]
    if s.shape is None:
        from ..tables import fans

        ends = ("5 %", "95 %")
        return chart(fans(paths, s.names, titles=names, labels=ends), "components of the code")
    pixels = paint(s.images(paths.reshape(-1, paths.shape[-1])), s.limits)
    pixels = pixels.reshape(*paths.shape[:2], *pixels.shape[1:])
    strips = (
        tag("div", tag("span", name), sheet(strip, name, n_columns=N_STEPS), class_="named")
        for name, strip in zip(names, pixels, strict=True)
    )
    return tag("div", *strips)
