"""Publishers' files: found on disk or downloaded, and never believed without their checksum."""

import logging
import os
import shutil
import threading
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from http.client import HTTPException
from pathlib import Path
from urllib.request import urlopen

from unlabeled.folders import cache_folder

__all__ = ["CorruptedFileError", "PublishedFile", "fetch"]

TIMEOUT = 60  # seconds without a byte before a server is given up

logger = logging.getLogger(__name__)


class CorruptedFileError(OSError):
    """A file whose content is not what its publisher published."""


@dataclass(frozen=True)
class PublishedFile:
    """A file that a publisher offers, known by its checksum.

    Parameters
    ----------
    name : str
        File name.
    sha256 : str
        Hexadecimal SHA-256 of the file, or of what `unpack` makes of it.
    urls : tuple of str, default=()
        Where it is offered, tried in order. Without one it is only looked for on disk.
    unpack : function of bytes to bytes, optional
        For a container that anybody may have made anew, such as a gzip, so that only its
        content can be compared with the publisher's. A container that cannot be unpacked raises
        ValueError, OSError, EOFError or zlib.error.
    """

    name: str
    sha256: str
    urls: tuple[str, ...] = ()
    unpack: Callable[[bytes], bytes] | None = None


def fetch(folder: str, *files: PublishedFile) -> tuple[PublishedFile, bytes]:
    """Read the first of several equivalent files that is at hand, or download one.

    Looked for in `$UNLABELED_DATA/folder`, then in `cache_folder()/folder`, then on the web.

    Parameters
    ----------
    folder : str
        Name of the data set's folder.
    *files : PublishedFile
        Files with the same data, the preferred one first.

    Returns
    -------
    file : PublishedFile
        The one that was found.
    content : bytes
        Its content, checked against its SHA-256 (unpacked if `file.unpack`).

    Raises
    ------
    CorruptedFileError
        If a file on disk is corrupted or partial; it names the path, the expected and the found
        SHA-256. The file is deleted from the cache, never from `UNLABELED_DATA`.
    OSError
        If no file is on disk and no download succeeds; it says why for each address.
    """
    if data := _data_folder():
        for file in files:
            if (path := data / folder / file.name).is_file():
                return file, _checked(file, path, "replace it, or take it away to download it")
    cache = cache_folder() / folder
    for file in files:
        if (path := cache / file.name).is_file():
            return file, _checked_in_cache(file, path)
    file = next((file for file in files if file.urls), files[0])
    return file, _download(file, cache / file.name)


def _data_folder() -> Path | None:
    if not (named := os.environ.get("UNLABELED_DATA")):
        return None
    path = Path(named).expanduser()
    if not path.is_dir():
        raise FileNotFoundError(
            f"UNLABELED_DATA should name a folder of data sets, got {named!r}, "
            "which is no folder: make it or unset the variable"
        )
    return path


def _checked(file: PublishedFile, path: Path, remedy: str) -> bytes:
    content = path.read_bytes()
    size = len(content)
    try:
        if file.unpack:
            content = file.unpack(content)
        found = sha256(content).hexdigest()
    except (ValueError, EOFError, OSError, zlib.error) as error:
        found = f"what cannot be unpacked ({error})"
    if found != file.sha256:
        raise CorruptedFileError(
            f"{path} is corrupted or partial: expected sha256 {file.sha256}, "
            f"got {found} ({size:,} bytes): {remedy}"
        )
    return content


def _checked_in_cache(file: PublishedFile, path: Path) -> bytes:
    try:
        return _checked(file, path, "it was deleted from the cache, load again to download it")
    except CorruptedFileError:
        path.unlink(missing_ok=True)
        raise


def _download(file: PublishedFile, path: Path) -> bytes:
    failures = []
    for url in file.urls:
        try:
            return _download_from(url, file, path)
        except (OSError, HTTPException) as error:
            failures.append(f"{url}: {error}")
    reasons = "; ".join(failures) or "it is not offered for download"
    raise OSError(
        f"could not download {path} ({reasons}): check the network and the disk, or put the file "
        f"at {path.relative_to(cache_folder())} in a folder named by UNLABELED_DATA"
    )


def _download_from(url: str, file: PublishedFile, path: Path) -> bytes:
    logger.info("downloading %s to %s", url, path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        with urlopen(url, timeout=TIMEOUT) as response, part.open("wb") as out:
            shutil.copyfileobj(response, out, 1 << 20)
            promised = response.headers.get("Content-Length", "unknown")
        content = _checked(file, part, f"{promised} bytes were promised, the download was deleted")
        os.replace(part, path)
        return content
    finally:
        part.unlink(missing_ok=True)
