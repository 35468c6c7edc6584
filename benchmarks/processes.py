"""Processes in which peers run: one per library, or a new one for each run."""

import json
import os
import subprocess
from pathlib import Path

from benchmarks.environments import PEERS, interpreter

__all__ = ["Worker", "Workers"]

SCRIPT = Path(__file__).parent / "worker.py"
POOLS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")


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

    def ask(self, benchmark: str, data: Path, options: dict, keep: Path | None = None) -> dict:
        """Let it train once; what it found is kept in the file `keep`.

        Returns
        -------
        dict
            "seconds" of the training call, and by how many "megabytes" its memory grew at most.

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
        return self._answer()

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


class Workers:
    """The processes of all peers of one benchmark; a context that ends them.

    Parameters
    ----------
    folder : path
        For their logs.
    n_threads : int
        Of each.
    fresh : bool, default=False
        Whether every run gets a new process; else each peer has one, which stays.

    Attributes
    ----------
    versions : dict of str
        Of all packages that count.
    megabytes : dict
        By how much a process grew at most, by the file that keeps what was found.
    """

    def __init__(self, folder: Path, n_threads: int, *, fresh: bool = False):
        self.folder, self.n_threads, self.fresh = folder, n_threads, fresh
        self.living: dict[str, Worker] = {}
        self.versions: dict[str, str] = {}
        self.megabytes: dict[Path, float | None] = {}

    def time(self, peer: str, benchmark: str, data: Path, options: dict, keep: Path) -> float:
        """Seconds of one training of a peer (see :meth:`Worker.ask`)."""
        answer = self._worker(peer).ask(benchmark, data, options, keep)
        grown = [m for m in (answer["megabytes"], self.megabytes.get(keep)) if m is not None]
        self.megabytes[keep] = max(grown, default=None)
        if self.fresh:
            self.living.pop(peer).close()
        return answer["seconds"]

    def _worker(self, peer):
        if peer not in self.living:
            log = self.folder / f"{peer}.log"
            worker = Worker(interpreter(peer), PEERS / f"{peer}.py", self.n_threads, log)
            self.living[peer] = worker
            self.versions |= worker.versions
        return self.living[peer]

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *error) -> None:
        while self.living:
            self.living.popitem()[1].close()
