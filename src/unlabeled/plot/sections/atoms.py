"""The patterns that rows are made of."""

__all__ = ["atoms"]

import numpy as np

from .. import grid, measures
from ..atoms import own_scale, usage
from ..markup import Html, chart, number, section, sheet
from ..pixels import paint
from ..subject import Subject


def atoms(s: Subject) -> Html | None:
    """Return the atoms of a dictionary, most used first; None if the norms of weights matter."""
    if not grid.is_dictionary(s.model):
        return None
    weights = grid.weights_of(s.model)
    if weights.shape[1] != s.data.n_features:
        return None
    share = _share(s, weights)
    order = np.arange(len(weights)) if share is None else np.argsort(-share, kind="stable")
    order = order[: s.fits(130) if s.shape else 40]
    words = _words(s, len(weights), share, len(order))
    return section("atoms", "Atoms", words, _body(s, weights, share, order))


def _share(s: Subject, weights: np.ndarray) -> np.ndarray | None:
    """Return each atom's share in the energy of the rows, if the model encodes."""
    found = s.recall(measures.codes)
    if found is None or found.rows is None or found.H.shape[1] != len(weights):
        return None
    return usage(weights, found.H)


def _words(s: Subject, k: int, share: np.ndarray | None, shown: int) -> str:
    words = (
        "Rows are weighted sums of these, each shown on its own scale, blue below zero, vermilion "
        f"above: {f'{shown} of {number(k)}' if shown < k else f'all {number(k)}'}"
    )
    if share is None:
        return words + "."
    half = int(np.searchsorted(np.sort(share)[::-1].cumsum(), 0.5)) + 1
    idle = int((share == 0).sum())
    words += f", most used first. {number(half)} carry half of the energy of the {s.shown} rows"
    return words + (f", {number(idle)} none of it." if idle else ".")


def _body(s: Subject, weights: np.ndarray, share: np.ndarray | None, order: np.ndarray) -> Html:
    scaled = own_scale(weights[order])
    if s.shape is None:
        from ..tables import heatmap

        label = "atom" if share is None else "atoms, most used first"
        return chart(heatmap(scaled, s.names, signed=True, rows=label).figure, "atoms")
    pixels = paint(s.images(scaled), (-1, 1), signed=True)
    titles = None if share is None else [f"{100 * share[j]:.2g} % of the energy" for j in order]
    return sheet(pixels, "atoms of the dictionary", kind="signed", titles=titles)
