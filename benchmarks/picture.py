"""Growth as a picture, drawn from its record."""

from pathlib import Path

from benchmarks.growth import AXES

__all__ = ["draw"]

TOP = {"hidden units": "hidden units", "batch": "rows in a batch", "rows": "rows of data"}
CORES = "cores, batch 1024"


def draw(record: dict, path: Path) -> Path:
    """Write the picture as SVG.

    Parameters
    ----------
    record : dict
        From :func:`benchmarks.growth.measure`.
    path : Path

    Returns
    -------
    Path
    """
    from matplotlib import rc_context

    from unlabeled.plot.canvas import new_figure

    figure = new_figure(8.6, 5.8)
    axes = figure.subplots(2, 2, sharey=True).flat
    for ax, axis in zip(axes, [*AXES, CORES], strict=True):
        _panel(ax, axis, [point for point in record["points"] if point["axis"] == axis])
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    figure.legend(
        list(lines.values()),
        list(lines),
        loc="outside upper left",
        ncols=len(lines),
        frameon=False,
        fontsize=8.5,
        handlelength=1.8,
        columnspacing=1.6,
    )
    with rc_context({"svg.hashsalt": "growth"}):
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)
    return path


def _panel(ax, axis, points):
    from unlabeled.plot.canvas import INK, clean

    clean(ax, TOP.get(axis, "cores, batches of 1 024"))
    ax.set_yscale("log")
    positions = [point["at"] for point in points]
    grows = axis in AXES
    if grows:
        ax.set_xscale("log")
        ax.set_xticks(positions, [_short(n) for n in positions])
    else:
        positions = list(range(len(points)))
        ax.set_xticks(positions, [_lines(point["at"]) for point in points])
        ax.set_xlim(-0.5, len(points) - 0.5)
    for name in dict.fromkeys(name for point in points for name in point["rates"]):
        rates = [point["rates"].get(name, float("nan")) for point in points]
        look = _look(name)
        if not grows:
            mark = {"marker": "_", "markersize": 22} if "floor" in name else {}
            look |= {"linestyle": "none", **mark}
        ax.plot(positions, rates, label=name, **look)
    ax.minorticks_off()
    ax.yaxis.set_major_formatter(lambda y, _: _short(y))
    ax.grid(axis="y", color="#eeece6", lw=0.6)
    if ax.get_subplotspec().is_first_col():
        ax.set_ylabel("rows/s", fontsize=8.5, color=INK)


def _look(name):
    """Colour says precision; a floor is dotted, plain torch open and thin, kernels filled."""
    from unlabeled.plot.canvas import SERIES

    look = {"color": SERIES["bf16" in name], "lw": 1.6, "markersize": 4.5}
    if "floor" in name:
        return look | {"linestyle": ":", "lw": 1.3}
    if "fast" in name:
        return look | {"marker": "o"}
    return look | {"lw": 1.1, "marker": "o", "markerfacecolor": "white"}


def _short(n) -> str:
    """1 024, 10 k, 10 M: round thousands and millions in words."""
    for size, unit in ((1_000_000, " M"), (1000, " k")):
        if n >= size and n % size == 0:
            return f"{n / size:.0f}{unit}"
    return f"{n:,.0f}".replace(",", " ")


def _lines(at) -> str:
    return at.replace(" x ", "\n").replace(", ", ",\n")
