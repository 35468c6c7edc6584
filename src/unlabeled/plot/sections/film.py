"""Learning as a film."""

__all__ = ["film"]

from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from ..lapse import several, time_lapse
from ..markup import Html, address, picture, section, tag
from ..subject import Subject

MOST_BYTES = 1_000_000
TAKEN = {
    "components": "the same units",
    "samples": "samples of the same noise",
    "particles": "the chains that go along with learning, which show what the model dreams of",
}


def film(s: Subject) -> Html | None:
    """Return the time-lapse of the snapshots, with fewer frames if it would be large."""
    kept = getattr(s.snapshots, "frames", s.snapshots)
    if kept is None or len(kept) == 0:
        return None
    data = _small_enough(s)
    moving = tag("img", src=address(data, "image/gif"), alt="the film of learning", class_="film")
    still = tag("source", media="(prefers-reduced-motion: reduce)", srcset=_last(data))
    films = s.snapshots if several(s.snapshots) else [s.snapshots]
    shown = "; ".join(TAKEN.get(getattr(each, "take", ""), "the model") for each in films)
    words = f"{shown[0].upper()}{shown[1:]}, from the first epoch kept to the last."
    return section("film", "Time-lapse", words, tag("picture", still, moving))


def _small_enough(s: Subject) -> bytes:
    shape = False if s.shape is None else s.shape
    with TemporaryDirectory() as folder:
        path = Path(folder, "film.gif")
        for n in (48, 24, 12, 6):
            time_lapse(s.snapshots, path, shape, max_frames=n, max_images=s.fits(64))
            if path.stat().st_size <= MOST_BYTES:
                break
        return path.read_bytes()


def _last(data: bytes) -> str:
    from PIL import Image, ImageSequence

    with Image.open(BytesIO(data)) as film:
        *_, last = (frame.convert("RGBA") for frame in ImageSequence.Iterator(film))
    return picture(np.asarray(last))
