"""A film of learning: pictures over the epochs, as an animated GIF."""

__all__ = ["film", "frames_of", "several", "time_lapse"]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .pixels import paint, span, tile
from .rows import Shape, dense, picture_shape

NIGHT = (0x14, 0x15, 0x18, 0xFF)
LETTERS, POINT = (0xE8, 0xE6, 0xE1), (0x56, 0xB4, 0xE9)


def time_lapse(
    snapshots: Any,
    path: str | Path,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    max_frames: int = 60,
    max_images: int = 100,
    n_columns: int | None = None,
    seconds: float = 6.0,
    signed: bool | None = None,
) -> Path:
    """Write an animated GIF of weights or samples over the epochs, or of states along a chain.

    Weights are painted blue below zero, black at zero and vermilion above, on one scale for the
    film; samples from black to white. Rows of two features are points of the plane; others that
    are not pictures become the lines of one picture, rows against features.

    Parameters
    ----------
    snapshots : sequence, mapping, :class:`unlabeled.callbacks.Snapshot` or several of these
        Arrays of shape (n, d), or pairs ``(epoch, array)``, or a mapping from epoch to array, or
        an object with ``frames`` and ``epochs``; all of one shape, in the order of time. An epoch
        may be any text; it is written below the picture. The array that ``sample_chain`` returns
        is such a sequence. A list of ``Snapshot`` is shown side by side, at the epochs that all
        of them have.
    path : str or Path
        The file to write.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    max_frames : int
        If there are more snapshots, this many evenly spaced ones, the last one included.
    max_images : int
        The first so many rows of each.
    n_columns : int, optional
        Pictures in a row of the sheet; about square by default.
    seconds : float
        Length of the film; its last picture stays for two seconds more.
    signed : bool, optional
        Whether these are weights; by default if a value is negative, unless a ``Snapshot`` says
        that it took samples or particles.

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        If there are no snapshots, their shapes differ, or several have no epoch in common.

    Examples
    --------
    >>> import tempfile
    >>> from unlabeled.plot import time_lapse
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     time_lapse([np.zeros((4, 9)), np.eye(4, 9)], f"{folder}/film.gif").name
    'film.gif'
    """
    films = list(snapshots) if several(snapshots) else [snapshots]
    labels, reels = _in_step(films, max_frames)
    sheets = []
    for each, frames in zip(films, reels, strict=True):
        shape = picture_shape(image_shape, d=dense(frames[0]).shape[1], X=frames[0])
        flat = shape is None and dense(frames[0]).shape[1] == 2
        rows = [dense(frame)[: None if flat else max_images] for frame in frames]
        drawn = getattr(each, "take", None) in ("samples", "particles")
        sheets.append(film(rows, shape, n_columns, False if drawn and signed is None else signed))
    together = (_beside(parts) for parts in zip(*sheets, strict=True))
    wide = 480 * len(films)
    images = _few_colours([_caption(p, t, wide) for p, t in zip(together, labels, strict=True)])
    path = Path(path)
    pause = [max(20, round(1000 * seconds / len(images)))] * len(images)
    pause[-1] += 2000
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], duration=pause, loop=0
    )
    return path


def several(snapshots: Any) -> bool:
    """Whether these are several films, each with its ``frames``."""
    return isinstance(snapshots, list | tuple) and all(
        hasattr(each, "frames") for each in snapshots or [None]
    )


def _in_step(films: list[Any], max_frames: int) -> tuple[list[str], list[list[np.ndarray]]]:
    """Return labels, and the arrays of each film at the same times."""
    if len(films) == 1:
        labels, frames = frames_of(films[0], max_frames)
        return labels, [frames]
    reels = [dict(zip(each.epochs, each.frames, strict=True)) for each in films]
    common = [epoch for epoch in reels[0] if all(epoch in reel for reel in reels)]
    if not common:
        raise ValueError(
            "time_lapse shows several films at the epochs that all of them have, and there are "
            "none: give all snapshots the same every and max_frames."
        )
    cut = [frames_of([(e, reel[e]) for e in common], max_frames) for reel in reels]
    return cut[0][0], [frames for _, frames in cut]


def frames_of(snapshots: Any, max_frames: int) -> tuple[list[str], list[np.ndarray]]:
    """Return labels and arrays of at most ``max_frames`` evenly spaced snapshots."""
    if hasattr(snapshots, "frames"):
        snapshots = zip(snapshots.epochs, snapshots.frames, strict=True)
    pairs = list(snapshots.items() if isinstance(snapshots, Mapping) else snapshots)
    if not pairs:
        raise ValueError("time_lapse needs at least one snapshot, got none: pass arrays (n, d).")
    if not isinstance(pairs[0], tuple):
        pairs = [("", frame) for frame in pairs]
    keep = np.unique(np.linspace(0, len(pairs) - 1, max_frames).round().astype(int))
    labels = [label if isinstance(label, str) else f"epoch {label}" for label, _ in pairs]
    shapes = {np.shape(frame) for _, frame in pairs}
    if len(shapes) > 1:
        raise ValueError(f"time_lapse needs snapshots of one shape, got {sorted(shapes)}.")
    return [labels[i] for i in keep], [pairs[i][1] for i in keep]


def film(
    frames: list[np.ndarray],
    shape: Shape | None,
    n_columns: int | None = None,
    signed: bool | None = None,
) -> list[np.ndarray]:
    """Paint frames of shape (n, d) on one scale of colour; each becomes (H, W, 4)."""
    stack = np.stack(frames)
    if shape is None and stack.shape[2] == 2:
        return [_points(points, stack[-1]) for points in stack]
    signed = bool(np.nanmin(stack) < 0) if signed is None else signed
    limits = span(stack[-1] if signed else stack, signed=signed)
    if shape is None:
        lines = paint(stack[:, None], limits, signed=signed)
        return [tile(picture[None], 1, side=240, gap=NIGHT) for picture in lines]
    n = stack.shape[1]
    pixels = paint(stack.reshape(-1, *shape), limits, signed=signed)
    if signed:
        pixels = _over(pixels, (0, 0, 0, 0xFF))
    pixels = pixels.reshape(-1, n, *pixels.shape[1:])
    return [tile(frame, n_columns, side=56, gap=NIGHT) for frame in pixels]


def _points(points: np.ndarray, last: np.ndarray, side: int = 480) -> np.ndarray:
    """Paint points of the plane, shape (n, 2), in a square that holds the last ones."""
    low, high = last.min(axis=0), last.max(axis=0)
    wide = 1.25 * float((high - low).max() or 1.0)
    at = (side * ((points - (low + high) / 2) / wide + 0.5)).round().astype(int)
    sheet = np.tile(np.array(NIGHT, np.uint8), (side, side, 1))
    dot = np.arange(-1, 2)
    x, y = at[:, 0, None, None] + dot, side - 1 - at[:, 1, None, None] + dot[:, None]
    x, y = np.broadcast_arrays(x, y)
    seen = (x >= 0) & (x < side) & (y >= 0) & (y < side)
    sheet[y[seen], x[seen]] = (*POINT, 0xFF)
    return sheet


def _over(pixels: np.ndarray, ground: tuple[int, ...]) -> np.ndarray:
    alpha = pixels[..., 3:] / 255
    out = np.rint(pixels * alpha + np.array(ground) * (1 - alpha)).astype(np.uint8)
    out[..., 3] = 0xFF
    return out


def _beside(sheets: tuple[np.ndarray, ...], gap: int = 24) -> np.ndarray:
    """Lay sheets in a row, their tops in line."""
    height = max(len(sheet) for sheet in sheets)
    ground = np.tile(np.array(NIGHT, np.uint8), (height, gap, 1))
    row: list[np.ndarray] = []
    for sheet in sheets:
        fill = ((0, height - len(sheet)), (0, 0), (0, 0))
        row += [ground, np.pad(sheet, fill)]
    return np.concatenate(row[1:], axis=1)


def _few_colours(images: list[Any]) -> list[Any]:
    """Give all pictures one palette, so that colours keep still and the file small."""
    from PIL import Image

    w, h = images[0].size
    some = images[:: max(1, len(images) // 3)] + images[-1:]
    strip = Image.new("RGB", (w * len(some), h))
    for i, image in enumerate(some):
        strip.paste(image, (i * w, 0))
    palette = strip.quantize(96, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    # The label is too small to win colours of its own.
    steps = np.linspace(NIGHT[:3], LETTERS, 8).round().astype(int)
    palette.putpalette((palette.getpalette() or [])[: 3 * 96] + steps.ravel().tolist())
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _caption(sheet: np.ndarray, label: str, wide: int) -> Any:
    """Set a sheet on the dark ground of the film, enlarged if small, its label below."""
    from PIL import Image, ImageDraw

    k = max(1, wide // sheet.shape[1])
    sheet = _over(sheet, NIGHT).repeat(k, axis=0).repeat(k, axis=1)
    edge, line = 8, 22 if label else 0
    h, w, _ = sheet.shape
    image = Image.new("RGB", (w + 2 * edge, h + 2 * edge + line), NIGHT[:3])
    image.paste(Image.fromarray(sheet[..., :3]), (edge, edge))
    if label:
        ImageDraw.Draw(image).text((edge, h + edge + 6), label, fill=LETTERS, font_size=13)
    return image
