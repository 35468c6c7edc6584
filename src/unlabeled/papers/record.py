"""What a number needs beside it: when, where, with what, by which commit."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path

__all__ = ["circumstances"]

_MATRICES = {"avx512f": "AVX-512", "avx512_bf16": "AVX-512 bf16", "amx_bf16": "AMX"}


def circumstances() -> dict:
    """Date, hardware, threads, versions and commit of the running code."""
    import sklearn
    import torch

    import unlabeled

    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "hardware": gpu or processor(),
        "threads": torch.get_num_threads(),
        "load": round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None,
        "versions": {
            "unlabeled": unlabeled.__version__,
            "torch": str(torch.__version__),
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
        "commit": commit(),
    }


def processor() -> str:
    """A name for the CPU, with its cores and what it has for matrices."""
    name, flags = platform.processor() or platform.machine(), ""
    if os.path.exists("/proc/cpuinfo"):
        facts = dict(
            line.split(":", 1)
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if ":" in line
        )
        facts = {key.strip(): value.strip() for key, value in facts.items()}
        name, flags = facts.get("model name", name), facts.get("flags", "")
    has = [label for flag, label in _MATRICES.items() if flag in flags.split()]
    return ", ".join([f"{name}, {os.cpu_count()} cores", *has])


def commit() -> str | None:
    """The commit of the source tree, with "+" if it has changes; None outside of one."""
    here = Path(__file__).parents[1]
    try:
        head = _git(here, "rev-parse", "--short=10", "HEAD")
        return head + ("+" if _git(here, "status", "--porcelain", "--", ".") else "")
    except (OSError, subprocess.CalledProcessError):
        return None


def _git(folder, *words) -> str:
    done = subprocess.run(["git", *words], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()
