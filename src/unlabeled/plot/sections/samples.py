"""What the model draws when it is given nothing."""

__all__ = ["samples"]

import inspect

import numpy as np

from ..markup import Html, chart, figure, number, section, sheet, tag
from ..pixels import paint, span
from ..rows import dense
from ..subject import Subject

MOST_PANELS = 16


def samples(s: Subject) -> Html | None:
    """Return samples beside random rows of the training data."""
    if not hasattr(s.model, "sample"):
        return None
    if s.shape is None and s.data.n_features == 2:
        return _points(s)
    return _pictures(s) if s.shape else _distributions(s)


def _pictures(s: Subject) -> Html:
    n, seed = s.fits(60), s.seed_of("samples")
    data = dense(s.choose(n, "samples", "training"))
    smooth = "mean" in inspect.signature(s.model.sample).parameters
    options = {"mean": True} if smooth else {}
    drawn = dense(s.model.sample(n, random_state=seed, **options))
    limits = span(data)
    pair = [
        figure(name, sheet(paint(s.images(rows), limits), name))
        for name, rows in (("training data", data), ("samples", drawn))
    ]
    words = "What the model draws when it is given nothing, beside rows that it was trained on."
    if smooth:
        words += (
            " The pictures show the mean of the distribution that the pixels of each would be "
            "drawn from last, which is smoother than a draw."
        )
    return section("samples", "Samples", words, tag("div", *pair, class_="pair"))


def _points(s: Subject) -> Html:
    from ..canvas import INK, SERIES, clean, new_figure

    data = dense(s.choose(2000, "samples", "training"))
    drawn = dense(s.model.sample(len(data), random_state=s.seed_of("samples")))
    names = s.names or ["feature 0", "feature 1"]
    drawing = new_figure(6.9, 3.5)
    axes = drawing.subplots(1, 2, sharex=True, sharey=True)
    parts = (("training data", data, INK), ("samples", drawn, SERIES[1]))
    for ax, (name, rows, colour) in zip(axes, parts, strict=True):
        clean(ax, name).set_aspect("equal", adjustable="box")
        ax.scatter(*rows.T, s=5, lw=0, alpha=0.6, color=colour, rasterized=True)
        ax.set_xlabel(names[0], fontsize=8.5, color=INK, parse_math=False)
    axes[0].set_ylabel(names[1], fontsize=8.5, color=INK, parse_math=False)
    words = f"{number(len(data))} rows of the training data, and as many that the model drew."
    return section("samples", "Samples", words, chart(drawing, "samples beside data"))


def _distributions(s: Subject) -> Html:
    from ..canvas import INK, SERIES, clean, new_figure
    from ..tables import keys

    data = dense(s.choose(1000, "samples", "training"))
    drawn = dense(s.model.sample(len(data), random_state=s.seed_of("samples")))
    shown = min(data.shape[1], MOST_PANELS)
    drawing = new_figure(6.9, 1.45 * -(-shown // 4) + 0.4)
    axes = drawing.subplots(-(-shown // 4), min(shown, 4), squeeze=False)
    for j, ax in enumerate(axes.flat):
        if j >= shown:
            ax.remove()
            continue
        clean(ax, s.names[j][:22] if s.names else f"feature {j}")
        both = np.concatenate([data[:, j], drawn[:, j]])
        edges = np.histogram_bin_edges(both[np.isfinite(both)], 24)
        for rows, colour in ((data, INK), (drawn, SERIES[1])):
            heights = np.histogram(rows[:, j], edges)[0] / len(rows)
            ax.stairs(heights, edges, color=colour, lw=1.2)
        ax.set_yticks([])
    drawing.legend(
        handles=keys((INK, SERIES[1]), ("data", "samples")),
        loc="outside upper right",
        ncols=2,
        frameon=False,
        fontsize=8.5,
        labelcolor=INK,
    )
    part = "" if shown == data.shape[1] else f" The first {shown} features are shown."
    words = (
        f"How often each value occurs, in {len(data)} rows of the training data and in as many "
        f"samples.{part}"
    )
    return section("samples", "Samples", words, chart(drawing, "distributions of samples"))
