"""Compiling all kernels ahead of their use, and knowing whether that has been done.

numba keeps machine code in its own cache, beside the sources. What is kept here is a stamp that
names everything the code depends on: the versions of numba, LLVM and Python, the processor, and
the kernels' sources, with their place.
"""

import hashlib
import platform
import sys
from functools import cache
from importlib import import_module, metadata, util
from pathlib import Path

import torch

from unlabeled.folders import cache_folder

__all__ = ["MODULES", "compile_all", "is_compiled", "is_installed"]

MODULES = ("annealing", "autoregressive", "dictionary", "draws", "lasso", "ratings")
"""Files of this room with kernels; each has `rehearse()`, which calls all of them once."""


def is_installed() -> bool:
    """Whether numba is there; it is not imported."""
    return util.find_spec("numba") is not None


def is_compiled() -> bool:
    """Whether the kernels have been compiled for this processor, numba and Python."""
    return is_installed() and stamp_path().exists()


def compile_all() -> Path:
    """Compile every kernel, or load it from numba's cache; seconds, once per machine.

    Returns
    -------
    Path
        The stamp.

    Raises
    ------
    ImportError
        Without numba.
    """
    if not is_installed():
        raise ImportError("the kernels need numba: pip install 'unlabeled[fast]'.")
    for name in MODULES:
        import_module(f"unlabeled.kernels.{name}").rehearse()
    path = stamp_path()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{line}\n" for line in _depends_on()), encoding="utf-8")
    return path


def stamp_path() -> Path:
    """Where the stamp of kernels like these on a machine like this is, or would be."""
    name = hashlib.sha256("\n".join(_depends_on()).encode()).hexdigest()[:16]
    return cache_folder() / "kernels" / name


@cache
def _depends_on() -> tuple[str, ...]:
    sources = sorted(Path(__file__).parent.glob("*.py"))
    content = hashlib.sha256(b"".join(path.read_bytes() for path in sources)).hexdigest()
    versions = (f"{name} {metadata.version(name)}" for name in ("numba", "llvmlite", "numpy"))
    processor = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    place = f"sources {content} in {Path(__file__).parent}"
    return (*versions, f"python {sys.version}", processor, place)
