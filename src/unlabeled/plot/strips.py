"""Pictures in rows and columns that have names."""

__all__ = ["strips"]

from collections.abc import Sequence
from typing import Any

import numpy as np

from .pixels import FRAME, tile


def strips(
    pixels: np.ndarray,
    *,
    rows: Sequence[str] | None = None,
    columns: Sequence[str] | None = None,
    width: float | None = None,
    gap: tuple[int, ...] = FRAME,
    figure: Any = None,
) -> Any:
    """Lay painted pictures out on one sheet, with a name beside each row or above each column.

    Parameters
    ----------
    pixels : ndarray of uint8, shape (n, m, h, w, 4)
        ``n`` rows of ``m`` pictures.
    rows : sequence of n str, optional
    columns : sequence of m str, optional
    width : float, optional
        Of a new figure, in inches; by default 0.85 for each picture of a row.
    gap : tuple of 4 int
        Colour between the pictures.
    figure : matplotlib Figure or SubFigure, optional

    Returns
    -------
    figure : matplotlib Figure
    """
    from .canvas import INK, new_figure

    n, m = pixels.shape[:2]
    sheet = tile(pixels.reshape(-1, *pixels.shape[2:]), m, gap=gap)
    h, w = sheet.shape[:2]
    if figure is None:
        names = 0.1 + 0.065 * max(map(len, rows)) if rows else 0.0
        wide = (width or 0.85 * m + names) - names
        figure = new_figure(wide + names, wide * h / w + 0.35)
    ax = figure.add_subplot()
    ax.imshow(sheet, interpolation="auto")
    ax.spines[:].set_visible(False)
    ax.set_xticks((np.arange(m) + 0.5) * w / m if columns else [], columns or [])
    ax.set_yticks((np.arange(n) + 0.5) * h / n if rows else [], rows or [])
    ax.xaxis.tick_top()
    ax.tick_params(length=0, labelsize=9, labelcolor=INK)
    return figure
