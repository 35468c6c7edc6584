"""Run a benchmark: its contestants in turn, in the processes of their peers."""

import os
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.contest import Benchmark, interleave, summary
from benchmarks.environments import interpreter
from benchmarks.processes import Workers

__all__ = ["is_busy", "n_cores", "run"]

BUSY = 0.5  # load per thread, before the first round, that numbers do not bear


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def is_busy(record: dict) -> bool:
    """Whether the machine had something else to do when a run began."""
    return (record["load"] or 0) > BUSY * record["threads"]


def run(
    benchmark: Benchmark,
    *,
    rounds: int = 7,
    rows: int | None = None,
    threads: int | None = None,
    tell: Callable[[str], None] = print,
) -> dict:
    """Run all contestants whose peers are there.

    Parameters
    ----------
    benchmark : Benchmark
    rounds : int, default=7
        Rounds that count; one more comes before them.
    rows : int, optional
        Rows of data; the benchmark's own number by default.
    threads : int, optional
        For each peer; all cores by default.
    tell : callable, default=print
        Gets the progress, a line at a time.

    Returns
    -------
    dict
        All seconds, the summary of each case, and under which circumstances: what
        `--out` writes and :func:`benchmarks.pages.page` reads.
    """
    from unlabeled.papers.record import circumstances

    rows, threads = rows or benchmark.rows, threads or n_cores()
    record = {**circumstances(), "load": _load(), "threads": threads}
    if is_busy(record):
        tell(f"this machine is busy (load {record['load']}): do not believe what follows")
    present, missing = _present(benchmark, tell)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = benchmark.data(rows)
        for array, values in data.items():
            np.save(folder / f"{array}.npy", values)
        with Workers(folder, threads, fresh=benchmark.fresh) as workers:
            seconds = _seconds(benchmark, present, workers, folder, rounds, tell)
        tables = _tables(benchmark, present, seconds, workers, folder, data)
        record["versions"] |= workers.versions
    return {
        "benchmark": benchmark.name,
        **record,
        "load_after": _load(),
        "rounds": rounds,
        "rows": rows,
        "options": benchmark.options,
        "missing": missing,
        "cases": tables,
    }


def _present(benchmark, tell):
    """Contestants whose peers are set up, and the names of the other peers."""
    there = {c.peer: interpreter(c.peer) is not None for c in benchmark.contestants}
    missing = [peer for peer, is_there in there.items() if not is_there]
    for peer in missing:
        tell(f"{peer} is left out: python -m benchmarks setup {peer}")
    return [c for c in benchmark.contestants if there[c.peer]], missing


def _seconds(benchmark, present, workers, folder, rounds, tell):
    """Interleaved seconds by (case, contestant)."""
    jobs = {}
    for case, more in benchmark.cases.items():
        for c in present:
            options = {**benchmark.options, **more, **c.options}
            kept = _kept(folder, case, c)
            job = partial(workers.time, c.peer, benchmark.name, folder, options, kept)
            jobs[case, c.name] = job
    return interleave(jobs, rounds, tell=tell)


def _tables(benchmark, present, seconds, workers, folder, data):
    """The summary of each case, with all seconds, the memory and what was learned."""
    tables = {}
    for case in benchmark.cases:
        mine = {c.name: seconds[case, c.name] for c in present}
        table = summary(mine, reference=present[0].name)
        for c in present:
            kept = _kept(folder, case, c)
            with np.load(kept) as found:
                table[c.name]["worth"] = benchmark.worth(found, data)
                if "backend" in found:
                    table[c.name]["backend"] = str(found["backend"])
            table[c.name]["megabytes"] = workers.megabytes[kept]
            table[c.name]["seconds"] = [round(s, 5) for s in mine[c.name]]
        tables[case] = table
    return tables


def _kept(folder, case, contestant):
    return folder / f"{case}, {contestant.name}.npz"


def _load(seconds: float = 1.0) -> float | None:
    """How many cores are at work, all processes together: what was before does not count."""
    try:
        busy, idle = _ticks()
        time.sleep(seconds)
        busy_now, idle_now = _ticks()
    except OSError:
        return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
    busy, idle = busy_now - busy, idle_now - idle
    return round(busy / max(1, busy + idle) * os.cpu_count(), 1)


def _ticks():
    """Of all cores since the system started: at work, and not."""
    with open("/proc/stat") as file:
        ticks = [int(number) for number in file.readline().split()[1:]]
    idle = ticks[3] + ticks[4]
    return sum(ticks[:8]) - idle, idle
