"""The quick form: what targets are about, with fewer rows and rounds, in one table."""

from collections.abc import Callable

from benchmarks import pages
from benchmarks.contest import Benchmark
from benchmarks.running import run

__all__ = ["HEAD", "quick"]

HEAD = ["workload", "ours", "peer", "asked", "measured", ""]
ROUNDS = 3


def quick(
    benchmarks: list[Benchmark],
    *,
    threads: int | None = None,
    tell: Callable[[str], None] = print,
) -> str:
    """Run the quick form of all that have targets; the table of what was asked and measured.

    Parameters
    ----------
    benchmarks : list of Benchmark
    threads : int, optional
        For each peer; all cores by default.
    tell : callable, default=print
        Gets the progress, a line at a time.

    Returns
    -------
    str
        Under which circumstances, and a Markdown table.
    """
    lines, record = [HEAD], None
    for benchmark in (b.quick() for b in benchmarks if b.targets):
        tell(f"\n{benchmark.title}")
        record = run(benchmark, rounds=ROUNDS, threads=threads, tell=tell)
        for case, *rest in pages.asked(benchmark.targets, record["cases"]):
            lines.append([f"{benchmark.name}, {case}", *rest])
    where = f"{record['hardware']}; threads: {record['threads']}\n\n" if record else ""
    return where + pages.table(lines)
