"""`python -m benchmarks`: list, run, set up peers, renew the page."""

import argparse
import json
import sys
from importlib import import_module
from pathlib import Path

from benchmarks import NAMES, environments, growth, pages, picture
from benchmarks.quick import quick
from benchmarks.running import n_cores, run

__all__ = ["main"]

ROOT = Path(__file__).parents[1]


def main(words: list[str] | None = None) -> None:
    """The command line; without a command it says what there is."""
    args = parser().parse_args(words)
    args.do(args)


def parser() -> argparse.ArgumentParser:
    """A command per benchmark, `quick`, `growth`, `setup` and `page`."""
    top = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    top.set_defaults(do=show)
    commands = top.add_subparsers(title="commands", metavar="COMMAND")
    for name in NAMES:
        benchmark = chosen(name)
        one = commands.add_parser(name, help=benchmark.title, description=benchmark.title)
        one.add_argument("--rounds", type=int, default=7, help="that count (default: 7)")
        one.add_argument("--rows", type=int, help=f"of data (default: {benchmark.rows})")
        one.add_argument("--threads", type=int, help=f"of each peer (default: {n_cores()})")
        one.add_argument("--out", type=Path, help="JSON file for the result")
        one.set_defaults(do=measure, name=name)
    short = commands.add_parser("quick", help="all that has targets, in minutes: one table")
    short.add_argument(
        "names", nargs="*", metavar="NAME", choices=[*NAMES, []], help="all by default"
    )
    short.add_argument("--threads", type=int, help=f"of each peer (default: {n_cores()})")
    short.set_defaults(do=shorten)
    grown = commands.add_parser("growth", help=growth.TITLE, description=growth.__doc__)
    grown.add_argument("--out", type=Path, help="JSON file for the result")
    grown.set_defaults(do=grow)
    setup = commands.add_parser("setup", help="make environments for the peers that need one")
    setup.add_argument("peers", nargs="*", help="all by default")
    setup.set_defaults(do=install)
    renew = commands.add_parser("page", help="write results/benchmark-*.json into the page")
    renew.set_defaults(do=write)
    return top


def chosen(name: str):
    """The benchmark of this name."""
    return import_module(f"benchmarks.{name}").BENCHMARK


def show(args) -> None:
    """Say what there is."""
    for name in NAMES:
        print(f"{name:14} {chosen(name).title}")
    print(f"{'growth':14} {growth.TITLE}\n\npeers:")
    for peer in environments.peers():
        python = environments.interpreter(peer)
        print(f"{peer:14} {python or f'not set up: python -m benchmarks setup {peer}'}")


def measure(args) -> None:
    """Run one benchmark, print its tables, write its record."""
    benchmark = chosen(args.name)
    record = run(benchmark, rounds=args.rounds, rows=args.rows, threads=args.threads)
    print(f"\n{pages.circumstances(record)}\n\n{pages.tables(benchmark, record)}")
    keep(record, args.out)


def shorten(args) -> None:
    """Run the quick form and print its table."""
    table = quick([chosen(name) for name in args.names or NAMES], threads=args.threads)
    print(f"\n{table}")


def grow(args) -> None:
    """Measure growth, print its tables, write its record."""
    record = growth.measure()
    print(f"\n{growth.tables(record)}")
    keep(record, args.out)


def keep(record: dict, path: Path | None) -> None:
    """Write a record, if it is to be kept."""
    if path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        print(f"\n{path}")


def install(args) -> None:
    """Make environments."""
    for peer in args.peers or environments.peers():
        place = environments.make(peer)
        print(f"{peer:14} {place or 'needs nothing beside our own environment'}", flush=True)


def write(args) -> None:
    """Renew the page and its picture."""
    path = ROOT / "docs" / "benchmarks.md"
    path.write_text(renewed(path.read_text(encoding="utf-8")), encoding="utf-8")
    print(path)
    if record := pages.read(ROOT / "results", "growth"):
        print(picture.draw(record, ROOT / "docs" / "pictures" / "benchmark_growth.svg"))


def renewed(text: str, folder: Path = ROOT / "results") -> str:
    """The page as the records in a folder make it."""
    for name in NAMES:
        if record := pages.read(folder, name):
            text = pages.page(text, name, pages.section(chosen(name), record))
    if record := pages.read(folder, "growth"):
        text = pages.page(text, "growth", growth.section(record))
    return text


if __name__ == "__main__":
    sys.exit(main())
