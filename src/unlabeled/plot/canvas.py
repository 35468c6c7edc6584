"""Figures without pyplot: nothing global is made, opened or left behind."""

__all__ = [
    "FAINT",
    "INK",
    "MUTED",
    "SERIES",
    "Picture",
    "class_colours",
    "clean",
    "new_figure",
    "show_sheet",
]

from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

INK, MUTED, FAINT = "#1d1f23", "#6a6f78", "#d9d6ce"
DPI = 110
SERIES = ("#0072b2", "#d55e00")  # training and validation; given and drawn
# Ten that colour-blind readers tell apart, on white and on black (Petroff 2021).
CLASSES = (
    *("#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"),
    *("#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"),
)


class Picture(Figure):
    """A matplotlib figure that a notebook shows although pyplot never heard of it."""

    def _repr_png_(self) -> bytes:
        from io import BytesIO

        buffer = BytesIO()
        self.savefig(buffer, format="png", dpi=self.dpi)
        return buffer.getvalue()


def new_figure(width: float, height: float, *, tight: bool = True) -> Picture:
    """Return an empty figure of the given size in inches, laid out without overlaps."""
    layout = "constrained" if tight else None
    figure = Picture(figsize=(width, height), dpi=DPI, layout=layout)
    FigureCanvasAgg(figure)
    return figure


def class_colours(n: int) -> list[str]:
    """Return a colour for each of ``n`` classes; they repeat after ten."""
    return [CLASSES[i % len(CLASSES)] for i in range(n)]


def clean(ax: Any, title: str | None = None) -> Any:
    """Take the frame off axes, keep the left and bottom lines thin, and set a title."""
    ax.patch.set_visible(False)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set(color=FAINT, linewidth=0.8)
    ax.tick_params(colors=MUTED, labelsize=8, length=2.5, width=0.8, color=FAINT)
    if title is not None:
        ax.set_title(title, loc="left", fontsize=9.5, color=INK, pad=6, parse_math=False)
    return ax


def show_sheet(sheet: np.ndarray, ax: Any = None, *, width: float = 6.4) -> Any:
    """Show a sheet of pixels, shape (h, w, 4), on ``ax`` or on a figure made to fit it."""
    if ax is not None:
        ax.imshow(sheet, interpolation="auto")
        ax.set_axis_off()
        return ax
    h, w = sheet.shape[:2]
    k = max(1, round(width * DPI / w))  # a whole factor: every picture equally sharp
    figure = new_figure(k * w / DPI, k * h / DPI, tight=False)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.imshow(sheet, interpolation="nearest")
    ax.set_axis_off()
    return ax
