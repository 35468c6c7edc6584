"""How fast an RBM learns as it, its batches, its data and the machine grow."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks import pages
from benchmarks.processes import POOLS
from benchmarks.running import n_cores

__all__ = ["AXES", "PICTURE", "TITLE", "VARIANTS", "measure", "points", "section", "tables"]

TITLE = "Growth: CD-1 on 784 bits, rows per second"
ROOT = Path(__file__).parents[1]
PICTURE = "benchmark_growth.svg"
ROUNDS = 2

VARIANTS = {
    "float32": {"precision": "float32", "backend": "torch"},
    "bf16": {"precision": "bf16", "backend": "torch"},
    "fast float32": {"precision": "float32", "backend": "fast"},
    "fast bf16": {"precision": "bf16", "backend": "fast"},
}

AXES = {
    "hidden units": ("n_components", (64, 256, 1024, 4096), {"batch_size": 1024}),
    "batch": ("batch_size", (10, 100, 1024, 8192), {}),
    "rows": ("rows", (10**3, 10**4, 10**5, 10**6, 10**7), {"batch_size": 100}),
}
BASE = {"n_components": 500, "batch_size": 1024, "rows": 60_000, "sync_every": 1}
SYNC_EVERY = 16


def points() -> list[dict]:
    """Everything that is measured: where on which axis, with which sizes, in what."""
    cores = min(2, n_cores())
    together = {"threads": cores, "processes": 1}
    found = [
        {"axis": axis, "at": value, **BASE, **more, name: value, **together}
        for axis, (name, values, more) in AXES.items()
        for value in values
    ]
    ways = [(1, 1, 1), (cores, 1, 1), (1, cores, 1), (1, cores, SYNC_EVERY)]
    for batch_size in (100, 1024):
        for threads, processes, every in ways if cores > 1 else ways[:1]:
            at = f"{_plural(processes, 'process', 'es')} x {_plural(threads, 'thread', 's')}"
            at += f", every {every} steps" if every > 1 else ""
            sizes = {**BASE, "batch_size": batch_size, "sync_every": every}
            in_what = {"threads": threads, "processes": processes}
            found.append({"axis": f"cores, batch {batch_size}", "at": at, **sizes, **in_what})
    return found


def measure(*, tell: Callable[[str], None] = print) -> dict:
    """Measure all points; those with the same processes and threads in one go.

    Parameters
    ----------
    tell : callable, default=print
        Gets a line per go.

    Returns
    -------
    dict
        What `--out` writes: the points, with "rates", and under which circumstances.
    """
    from unlabeled.papers.record import circumstances

    record = {"benchmark": "growth", **circumstances(), "rounds": ROUNDS, "points": points()}
    for processes, threads in sorted({_in_what(point) for point in record["points"]}):
        alike = [p for p in record["points"] if _in_what(p) == (processes, threads)]
        tell(f"{processes} x {threads} threads: {len(alike)} points")
        for point, rates in zip(alike, _rates(alike, processes, threads), strict=True):
            point["rates"] = rates
    return record


def tables(record: dict) -> str:
    """A Markdown table per axis."""
    parts = []
    for axis in dict.fromkeys(point["axis"] for point in record["points"]):
        mine = [point for point in record["points"] if point["axis"] == axis]
        names = list(dict.fromkeys(name for point in mine for name in point["rates"]))
        parts.append(pages.table([[axis, *names], *[_row(point, names) for point in mine]]))
    return "\n\n".join(parts)


def section(record: dict) -> str:
    """What the page says."""
    return "\n\n".join(
        [
            f"## {TITLE}",
            f"{record['date']}, commit {record['commit']}; {record['hardware']}; rounds: "
            f"{record['rounds']}. Where nothing else is said: 500 hidden units, batches of 1 024 "
            "(of 100 where rows grow), 60 000 rows, two threads.",
            f"![Rows per second against size, batch, data and cores](pictures/{PICTURE})",
            "A rate is the batch over the mean time of a step inside `RBM.fit(sampler='cd', "
            "centered=False)`, with fetching the rows and what is reported after an epoch. A "
            "**floor** is what the five matrix products of a step would allow at the rate "
            "measured for products of that shape between those steps. Rows are windows of one "
            "long strip of bits, so that 10^7 of them fit into memory. Processes are started by "
            "torchrun; they sum their gradients in every step or, with `sync_every`, average "
            "their weights after so many.",
            tables(record),
        ]
    )


def _rates(points, processes, threads):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "growing.json"
        path.write_text(json.dumps({"points": points, "variants": VARIANTS, "rounds": ROUNDS}))
        torchrun = ["torch.distributed.run", "--standalone", f"--nproc-per-node={processes}", "-m"]
        launcher = torchrun if processes > 1 else []
        command = [sys.executable, "-m", *launcher, "benchmarks.growing", str(path)]
        environment = {**os.environ, **dict.fromkeys(POOLS, str(threads))}
        subprocess.run(command, check=True, cwd=ROOT, env=environment)
        return json.loads(path.read_text())


def _row(point, names):
    at = point["at"]
    rates = (point["rates"].get(name) for name in names)
    label = at if isinstance(at, str) else f"{at:,}".replace(",", " ")
    return [label, *("–" if rate is None else pages.number(rate) for rate in rates)]


def _in_what(point):
    return point["processes"], point["threads"]


def _plural(n, what, many):
    return f"{n} {what}{many if n > 1 else ''}"
