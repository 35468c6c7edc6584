"""Run a benchmark: one process per peer, all of them alive, one at work at a time."""

import json
import os
import subprocess
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.contest import Benchmark, interleave, summary
from benchmarks.environments import PEERS, interpreter

__all__ = ["Worker", "is_busy", "n_cores", "run"]

BUSY = 0.5  # load per thread, before the first round, that numbers do not bear

SCRIPT = Path(__file__).parent / "worker.py"
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


def n_cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()


def is_busy(record: dict) -> bool:
    """Whether the machine had something else to do when a run began."""
    return (record["load"] or 0) > BUSY * record["threads"]


class Worker:
    """A peer in a process of its own.

    Parameters
    ----------
    python : path
        The interpreter that has the peer.
    script : path
        The peer's file.
    n_threads : int
        For every thread pool in it.
    log : path
        Where what it prints goes.

    Attributes
    ----------
    versions : dict of str
        Of the packages that count.
    """

    def __init__(self, python: Path, script: Path, n_threads: int, log: Path):
        self.log = log
        self.megabytes: dict[str, float | None] = {}
        with log.open("w") as stderr:
            self.process = subprocess.Popen(
                [python, "-P", SCRIPT, script],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
                env={**os.environ, **dict.fromkeys(POOLS, str(n_threads))},
            )
        self.versions = self._answer()["versions"]

    def time(self, benchmark: str, data: Path, options: dict, keep: Path | None = None) -> float:
        """Let it train once; what it found is kept in the file `keep`.

        Returns
        -------
        float
            Seconds of the training call; `megabytes` keeps by how much its memory grew at most.

        Raises
        ------
        RuntimeError
            If the peer fails.
        """
        request = {
            "benchmark": benchmark,
            "data": str(data),
            "options": options,
            "keep": None if keep is None else str(keep),
        }
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self._answer()
        grown = [m for m in (answer["megabytes"], self.megabytes.get(str(keep))) if m is not None]
        self.megabytes[str(keep)] = max(grown, default=None)
        return answer["seconds"]

    def _answer(self) -> dict:
        if line := self.process.stdout.readline():
            answer = json.loads(line)
        else:
            self.close()
            answer = {"error": self.log.read_text()}
        if "error" in answer:
            raise RuntimeError(f"a peer failed ({self.process.args[-1]}):\n{answer['error']}")
        return answer

    def close(self) -> None:
        """Let it end."""
        self.process.stdin.close()
        self.process.wait()
        self.process.stdout.close()


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
    record = {**circumstances(), "threads": threads}
    if is_busy(record):
        tell(f"this machine is busy (load {record['load']}): do not believe what follows")
    present, missing = _present(benchmark, tell)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data = benchmark.data(rows)
        for array, values in data.items():
            np.save(folder / f"{array}.npy", values)
        workers: dict[str, Worker] = {}
        try:
            for peer in dict.fromkeys(c.peer for c in present):
                log = folder / f"{peer}.log"
                workers[peer] = Worker(interpreter(peer), PEERS / f"{peer}.py", threads, log)
            seconds = _seconds(benchmark, present, workers, folder, rounds, tell)
        finally:
            for worker in workers.values():
                worker.close()
        tables = _tables(benchmark, present, seconds, workers, folder, data)
        for worker in workers.values():
            record["versions"] |= worker.versions
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
            train = workers[c.peer].time
            kept = _kept(folder, case, c)
            jobs[case, c.name] = partial(train, benchmark.name, folder, options, kept)
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
            table[c.name]["megabytes"] = workers[c.peer].megabytes[str(kept)]
            table[c.name]["seconds"] = [round(s, 5) for s in mine[c.name]]
        tables[case] = table
    return tables


def _kept(folder, case, contestant):
    return folder / f"{case}, {contestant.name}.npz"


def _load():
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else None
