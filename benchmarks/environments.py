"""Interpreters for peers that are not installed beside us.

Each gets a virtual environment of its own that also sees our packages, after its own: all run on
the same build of torch and NumPy, and nothing of that size is installed twice.
"""

import subprocess
import sys
import sysconfig
import venv
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from unlabeled.datasets import cache_folder

__all__ = ["folder", "interpreter", "make", "peers"]

PEERS = Path(__file__).parent / "peers"


def peers() -> dict[str, tuple[str, ...]]:
    """What every peer wants to have installed; nothing where our own environment will do."""
    names = sorted(module.name for module in iter_modules([str(PEERS)]))
    return {name: import_module(f"benchmarks.peers.{name}").REQUIREMENTS for name in names}


def folder(peer: str) -> Path:
    """Where a peer's environment is: `benchmarks/PEER` in `unlabeled.datasets.cache_folder()`."""
    return cache_folder() / "benchmarks" / peer


def interpreter(peer: str) -> Path | None:
    """The python that runs a peer; None if it has not been set up, or for other versions."""
    wanted = peers()[peer]
    if not wanted:
        return Path(sys.executable)
    stamp = folder(peer) / "made-for"
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == _stamp(wanted):
        return _python(folder(peer))
    return None


def make(peer: str) -> Path | None:
    """Make a peer's environment anew; None for one that needs none.

    Raises
    ------
    ValueError
        If there is no such peer.
    subprocess.CalledProcessError
        If pip fails.
    """
    known = peers()
    if peer not in known:
        raise ValueError(f"peer must be one of {', '.join(known)}, got {peer!r}.")
    if not known[peer]:
        return None
    place = folder(peer)
    venv.create(place, clear=True, with_pip=True)
    _see_ours(place)
    # Without dependencies: what the requirements name is all, and torch is never among it.
    pip = [_python(place), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--no-deps", *known[peer]], check=True)
    (place / "made-for").write_text(_stamp(known[peer]), encoding="utf-8")
    return place


def _python(place: Path) -> Path:
    return place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def _our_packages() -> list[str]:
    paths = sysconfig.get_paths()
    return sorted({paths["purelib"], paths["platlib"]})


def _see_ours(place: Path) -> None:
    base = {"base": str(place), "platbase": str(place)}
    own = Path(sysconfig.get_path("purelib", "venv", vars=base))
    (own / "beside-us.pth").write_text("\n".join(_our_packages()) + "\n", encoding="utf-8")


def _stamp(requirements) -> str:
    return "\n".join([sys.version, *_our_packages(), *requirements])
