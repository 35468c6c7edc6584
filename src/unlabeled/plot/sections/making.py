"""How the page was made and how to get the model back."""

__all__ = ["making"]

import os
import platform
import sys
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from ..markup import Html, facts, number, section, span_of_time, tag
from ..measures import seconds
from ..subject import Subject

PACKAGES = ("torch", "scikit-learn", "numpy", "matplotlib")


def making(s: Subject) -> Html:
    """Return time, memory, versions, seeds and how to load the model again."""
    pairs = [*_run(s), *_machine(), ("versions", _versions())]
    words = "What it cost, what it ran on, and how to have the model back."
    return section("making", "Making of", words, facts(pairs), *_again(s))


def _run(s: Subject) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    spent = s.recall(seconds)
    if spent is not None:
        n = max(1, len(s.model.history_.get("epoch", ())))
        words = f"{span_of_time(spent)}, {span_of_time(spent / n)} an epoch"
        pairs.append(("training time", words))
    if hasattr(s.model, "random_state"):
        pairs.append(("seed of the model", repr(s.model.random_state)))
    pairs.append(("seed of this page", str(s.seed)))
    return pairs


def _machine() -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    if (peak := peak_memory()) is not None:
        pairs.append(("peak memory of the process that wrote this page", _bytes(peak)))
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available() and torch.cuda.is_initialized():
        pairs.append(("GPU", torch.cuda.get_device_name()))
        pairs.append(("peak memory on it", _bytes(torch.cuda.max_memory_allocated())))
    pairs.append(("machine", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores"))
    return pairs


def peak_memory() -> int | None:
    """Return the peak resident memory of this process in bytes, or None where nobody knows."""
    try:
        import resource
    except ImportError:  # Windows
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return int(peak if sys.platform == "darwin" else 1024 * peak)


def _bytes(n: int) -> str:
    return f"{number(round(n / 2**20))} MiB"


def _versions() -> str:
    from unlabeled import __version__

    found = [f"unlabeled {__version__}", f"Python {platform.python_version()}"]
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return ", ".join(found)


def _again(s: Subject) -> list[Html]:
    if not hasattr(s.model, "save"):
        return []
    folder = "folder" if s.model_path is None else str(s.model_path)
    lines = [] if s.model_path is not None else [f"model.save({folder!r})", ""]
    lines += ["from unlabeled import load", f"model = load({folder!r})"]
    return [tag("h3", "The model again"), tag("pre", tag("code", "\n".join(lines)))]
