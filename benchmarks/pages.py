"""Tables for the terminal and for the page; every number comes from a record."""

import json
import re
from pathlib import Path

from benchmarks.contest import Benchmark
from benchmarks.running import is_busy

__all__ = ["page", "section", "tables"]


def tables(benchmark: Benchmark, record: dict) -> str:
    """One Markdown table per case, readable as it is."""
    return "\n\n".join(
        _table(case, table, record["rows"] * benchmark.options.get("n_epochs", 1), benchmark)
        for case, table in record["cases"].items()
    )


def section(benchmark: Benchmark, record: dict) -> str:
    """What the page says of one benchmark."""
    notes = [f"- **{c.name}**: {c.note}" for c in benchmark.contestants if c.note]
    parts = [f"## {benchmark.title}", circumstances(record), tables(benchmark, record)]
    return "\n\n".join([*parts, "\n".join(notes)])


def circumstances(record: dict) -> str:
    """When, where, with what."""
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    options = ", ".join(f"`{name}={value}`" for name, value in record["options"].items())
    lines = [
        f"{record['date']}, commit {record['commit']}; {record['hardware']}; "
        f"threads: {record['threads']}; rows: {_number(record['rows'])}; rounds: "
        f"{record['rounds']}, after one to warm up. {options}.",
        f"Versions: {versions}.",
    ]
    if record["missing"]:
        lines.append(f"Left out, as not installed: {', '.join(record['missing'])}.")
    if is_busy(record):
        lines.append(f"**The machine was busy** (load {record['load']} before the first round).")
    return "\n\n".join(lines)


def page(text: str, name: str, content: str) -> str:
    """`text` with what stands between the marks of a benchmark replaced.

    Parameters
    ----------
    text : str
        With a line `<!-- NAME -->` and, further down, a line `<!-- /NAME -->`.
    name : str
        Of the benchmark.
    content : str
        What is to stand there.

    Raises
    ------
    ValueError
        If the marks are not there.

    Examples
    --------
    >>> page("<!-- rbm -->old<!-- /rbm -->", "rbm", "new")
    '<!-- rbm -->\\n\\nnew\\n\\n<!-- /rbm -->'
    """
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    pattern = re.compile(f"{re.escape(begin)}.*?{re.escape(end)}", re.DOTALL)
    if not pattern.search(text):
        raise ValueError(f"the page should have a place for {name!r}: {begin} ... {end}")
    return pattern.sub(lambda match: f"{begin}\n\n{content}\n\n{end}", text, count=1)


def read(folder: Path, name: str) -> dict | None:
    """The record of a benchmark that is kept in a folder."""
    path = folder / f"benchmark-{name}.json"
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _table(case, table, n, benchmark):
    head = [case, "rows/s", "seconds (least .. most)", "times ours (in a round)"]
    rows = [[*head, "MB more", benchmark.worth_name]]
    rows += [_row(name, entry, n) for name, entry in table.items()]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]])


def _row(name, entry, n):
    return [
        name,
        _number(n / entry["median"]),
        f"{entry['median']:.3f} ({entry['least']:.3f} .. {entry['most']:.3f})",
        f"{entry['ratio']:.2f} ({entry['ratio_least']:.2f} .. {entry['ratio_most']:.2f})",
        _megabytes(entry.get("megabytes")),
        f"{entry['worth']:.1f}",
    ]


def _megabytes(grown) -> str:
    return "–" if grown is None else f"{grown:.0f}"


def _line(cells, widths):
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "| " + " | ".join(padded) + " |"


def _number(x) -> str:
    """Three digits, thousands apart: 45 300."""
    x = float(x)
    digits = max(0, len(str(int(x))) - 3)
    return f"{round(x, -digits):,.0f}".replace(",", " ")
