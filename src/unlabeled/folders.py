"""Where this library keeps files of its own."""

import os
import sys
from pathlib import Path

__all__ = ["cache_folder"]


def cache_folder() -> Path:
    """The folder where downloads and what can be made again are kept.

    `UNLABELED_CACHE` if that environment variable is set, else the platform's cache folder:
    `~/.cache/unlabeled` (or `$XDG_CACHE_HOME/unlabeled`) on Linux, `~/Library/Caches/unlabeled`
    on macOS, `%LOCALAPPDATA%\\unlabeled` on Windows.

    Returns
    -------
    Path
        It need not exist yet.
    """
    if chosen := os.environ.get("UNLABELED_CACHE"):
        return Path(chosen).expanduser()
    home = Path.home()
    if sys.platform == "darwin":
        base = home / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache")
    return base / "unlabeled"
