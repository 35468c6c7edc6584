"""Rows from a file and back: .npy, .npz, .csv, .parquet and folders of images."""

from importlib.util import find_spec
from pathlib import Path

import numpy as np

from unlabeled.cli.mistakes import Mistake, did_you_mean

__all__ = ["READERS", "WRITERS", "read_table", "write_table"]

_IMAGES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")


def read_table(path: Path, part: str | None = None):
    """Rows of a file or a folder of images, in the file's own type.

    Parameters
    ----------
    path : Path
        A ``.npy`` (memory-mapped), ``.npz``, ``.csv`` or ``.parquet`` file, or a folder whose
        images (searched below it too, in the order of their paths) all have one size.
    part : str or None
        The array of an ``.npz`` file to read; may be left out where there is one.

    Returns
    -------
    ndarray of shape (n, d) or (n, c, h, w), or DataFrame
        Images are uint8, with one channel where all are grey and three else; transparency is
        not read.

    Raises
    ------
    Mistake
        If the file cannot be read so, or needs a package that is not installed.
    """
    if path.is_dir():
        return _read_images(path)
    if path.suffix.lower() not in READERS:
        raise Mistake(
            f"{path} is not a table that can be read: expected {', '.join(READERS)} or a folder "
            f"of images, got {path.suffix or 'no extension'}."
        )
    try:
        return READERS[path.suffix.lower()](path, part)
    except (ValueError, OSError, EOFError) as error:
        raise Mistake(f"{path} cannot be read: {error}") from error


def write_table(path: Path, rows: np.ndarray, names=None) -> None:
    """Write rows of shape (n, ...) to a ``.npy``, ``.npz``, ``.csv`` or ``.parquet`` file.

    Tables of the last two kinds are flattened to (n, d) and have the column `names`, where
    there are d of them, else x0, x1, ...

    Raises
    ------
    Mistake
        If the extension is another, or needs a package that is not installed.
    """
    write = WRITERS.get(path.suffix.lower())
    if write is None:
        raise Mistake(
            f"--out {path} must end in {', '.join(WRITERS)}, got {path.suffix or 'no extension'}."
        )
    path.parent.mkdir(parents=True, exist_ok=True)
    write(path, rows, names)


def need(package: str, what: str) -> None:
    """Refuse with a sentence where an optional package is missing."""
    if find_spec(package) is None:
        name = {"PIL": "pillow"}.get(package, package)
        raise Mistake(f"{what} needs {name}, which is not installed: pip install {name}")


def _read_npy(path, part):
    return np.load(path, mmap_mode="r", allow_pickle=False)


def _read_npz(path, part):
    with np.load(path, allow_pickle=False) as archive:
        names = archive.files
        if part is None and len(names) > 1:
            raise Mistake(f"{path} holds {', '.join(names)}; say which, as in {path}:{names[0]}")
        if part is not None and part not in names:
            near = did_you_mean(part, names)
            raise Mistake(f"{path} has no array {part!r}{near}; it holds {', '.join(names)}.")
        return archive[part or names[0]]


def _read_csv(path, part):
    need("pandas", f"reading {path}")
    import pandas as pd

    return pd.read_csv(path)


def _read_parquet(path, part):
    need("pandas", f"reading {path}")
    import pandas as pd

    try:
        return pd.read_parquet(path)
    except ImportError:
        raise Mistake(
            f"reading {path} needs pyarrow beside pandas, which is not installed: "
            "pip install pyarrow"
        ) from None


def _read_images(folder):
    need("PIL", f"reading the images of {folder}")
    from PIL import Image

    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in _IMAGES)
    if not paths:
        raise Mistake(f"{folder} holds no images: expected {', '.join(_IMAGES)}.")
    images = [_open_image(path, Image) for path in paths]
    grey = all(image.ndim == 2 for image in images)
    stack = [image if grey or image.ndim == 3 else _three(image) for image in images]
    for path, image in zip(paths, stack, strict=True):
        if image.shape != stack[0].shape:
            raise Mistake(
                f"images must have one size: {paths[0].name} is {_size(stack[0])} and "
                f"{path.name} is {_size(image)} (width x height); resize them first."
            )
    X = np.stack(stack)
    return X[:, None] if grey else X.transpose(0, 3, 1, 2)


def _open_image(path, Image):
    try:
        with Image.open(path) as image:
            if image.mode.startswith(("I", "F")):
                raise Mistake(f"{path} has more than 8 bits per pixel; save it with 8 bits first.")
            return np.asarray(image.convert("L" if image.mode in ("1", "L", "LA") else "RGB"))
    except OSError as error:
        raise Mistake(f"{path} cannot be read as an image: {error}") from error


def _three(image):
    return np.repeat(image[:, :, None], 3, axis=2)


def _size(image):
    return f"{image.shape[1]}x{image.shape[0]}"


def _frame(rows, names):
    import pandas as pd

    flat = np.asarray(rows).reshape(len(rows), -1)
    if names is None or len(names) != flat.shape[1]:
        names = [f"x{i}" for i in range(flat.shape[1])]
    return pd.DataFrame(flat, columns=list(names))


def _write_csv(path, rows, names):
    need("pandas", f"writing {path}")
    _frame(rows, names).to_csv(path, index=False)


def _write_parquet(path, rows, names):
    need("pandas", f"writing {path}")
    try:
        _frame(rows, names).to_parquet(path, index=False)
    except ImportError:
        raise Mistake(f"writing {path} needs pyarrow beside pandas: pip install pyarrow") from None


READERS = {".npy": _read_npy, ".npz": _read_npz, ".csv": _read_csv, ".parquet": _read_parquet}
WRITERS = {
    ".npy": lambda path, rows, names: np.save(path, rows),
    ".npz": lambda path, rows, names: np.savez_compressed(path, X=rows),
    ".csv": _write_csv,
    ".parquet": _write_parquet,
}
