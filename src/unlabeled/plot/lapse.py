"""A film of learning: pictures over the epochs, as an animated GIF."""

__all__ = ["film", "frames_of", "time_lapse"]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from .pixels import paint, span, tile
from .rows import Shape, dense, picture_shape

NIGHT = (0x14, 0x15, 0x18, 0xFF)
LETTERS = (0xE8, 0xE6, 0xE1)


def time_lapse(
    snapshots: Any,
    path: str | Path,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    max_frames: int = 60,
    max_images: int = 100,
    n_columns: int | None = None,
    seconds: float = 6.0,
) -> Path:
    """Write an animated GIF of weights or samples over the epochs.

    Values of both signs are painted as weights (blue below zero, black at zero, vermilion
    above, one scale for the film), others from black to white. Rows that are not pictures
    become the lines of one picture, rows against features.

    Parameters
    ----------
    snapshots : sequence, mapping or :class:`unlabeled.callbacks.Snapshot`
        Arrays of shape (n, d), or pairs ``(epoch, array)``, or a mapping from epoch to array, or
        an object with ``frames`` and ``epochs``; all of one shape, in the order of time. An epoch
        may be any text; it is written below the picture.
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

    Returns
    -------
    path : Path

    Raises
    ------
    ValueError
        If there are no snapshots, or their shapes differ.

    Examples
    --------
    >>> import tempfile
    >>> from unlabeled.plot import time_lapse
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     time_lapse([np.zeros((4, 9)), np.eye(4, 9)], f"{folder}/film.gif").name
    'film.gif'
    """
    labels, frames = frames_of(snapshots, max_frames)
    shape = picture_shape(image_shape, d=dense(frames[0]).shape[1], X=frames[0])
    rows = [dense(frame)[:max_images] for frame in frames]
    sheets = film(rows, shape, n_columns)
    images = _few_colours([_caption(p, t) for p, t in zip(sheets, labels, strict=True)])
    path = Path(path)
    pause = [max(20, round(1000 * seconds / len(images)))] * len(images)
    pause[-1] += 2000
    images[0].save(
        path, format="GIF", save_all=True, append_images=images[1:], duration=pause, loop=0
    )
    return path


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
    frames: list[np.ndarray], shape: Shape | None, n_columns: int | None = None
) -> list[np.ndarray]:
    """Paint frames of shape (n, d) on one scale of colour; each becomes (H, W, 4)."""
    stack = np.stack(frames)
    signed = bool(np.nanmin(stack) < 0)
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


def _over(pixels: np.ndarray, ground: tuple[int, ...]) -> np.ndarray:
    alpha = pixels[..., 3:] / 255
    out = np.rint(pixels * alpha + np.array(ground) * (1 - alpha)).astype(np.uint8)
    out[..., 3] = 0xFF
    return out


def _few_colours(images: list[Any]) -> list[Any]:
    """Give all pictures one palette, so that colours keep still and the file small."""
    from PIL import Image

    w, h = images[0].size
    some = images[:: max(1, len(images) // 3)] + images[-1:]
    strip = Image.new("RGB", (w * len(some), h))
    for i, image in enumerate(some):
        strip.paste(image, (i * w, 0))
    palette = strip.quantize(96, dither=Image.Dither.NONE)
    # The label is too small to win colours of its own.
    steps = np.linspace(NIGHT[:3], LETTERS, 8).round().astype(int)
    palette.putpalette((palette.getpalette() or [])[: 3 * 96] + steps.ravel().tolist())
    return [image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images]


def _caption(sheet: np.ndarray, label: str) -> Any:
    """Set a sheet on the dark ground of the film, twice as large if small, its label below."""
    from PIL import Image, ImageDraw

    k = max(1, 480 // sheet.shape[1])
    sheet = _over(sheet, NIGHT).repeat(k, axis=0).repeat(k, axis=1)
    edge, line = 8, 22 if label else 0
    h, w, _ = sheet.shape
    image = Image.new("RGB", (w + 2 * edge, h + 2 * edge + line), NIGHT[:3])
    image.paste(Image.fromarray(sheet[..., :3]), (edge, edge))
    if label:
        ImageDraw.Draw(image).text((edge, h + edge + 6), label, fill=LETTERS, font_size=13)
    return image
