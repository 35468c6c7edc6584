"""Tables for the terminal and for the page; every number comes from a record."""

import json
import re
from math import isnan
from pathlib import Path

from benchmarks.contest import Benchmark
from benchmarks.running import is_busy

__all__ = ["asked", "circumstances", "number", "page", "read", "section", "table", "tables"]

WITHOUT_AMX = (
    "What is asked was stated for two cores with AMX, whose bf16 products are several times as "
    "fast as those of this machine, which has none."
)


def tables(benchmark: Benchmark, record: dict) -> str:
    """One Markdown table per case, and under it what was asked of it; readable as it is."""
    parts = []
    for case, table in record["cases"].items():
        parts += [_table(case, table, record, benchmark), _asked(case, table, benchmark)]
    return "\n\n".join(part for part in parts if part)


def asked(targets, cases: dict) -> list[list[str]]:
    """A line per target that could be measured: case, ours, peer, asked, measured, whether met."""
    lines = []
    for target in targets:
        value = target.measured(cases.get(target.case, {}))
        if value is not None:
            met = "met" if target.is_met(value) else "not met"
            names = [target.case, target.ours, target.peer]
            lines.append([*names, target.asked(), target.shown(value), met])
    return lines


def section(benchmark: Benchmark, record: dict) -> str:
    """What the page says of one benchmark."""
    ran = set().union(*record["cases"].values())
    notes = [
        f"- **{c.name}**: {c.note}" for c in benchmark.contestants if c.note and c.name in ran
    ]
    parts = [f"## {benchmark.title}", circumstances(record), tables(benchmark, record)]
    if asked(benchmark.targets, record["cases"]) and "AMX" not in record["hardware"]:
        parts.append(WITHOUT_AMX)
    return "\n\n".join([*parts, "Who they are:", "\n".join(notes)])


def circumstances(record: dict) -> str:
    """When, where, with what."""
    versions = ", ".join(f"{name} {version}" for name, version in record["versions"].items())
    options = ", ".join(f"`{name}={value}`" for name, value in record["options"].items())
    lines = [
        f"{record['date']}, commit {record['commit']}; {record['hardware']}; "
        f"threads: {record['threads']}; rows: {number(record['rows'])}; rounds: "
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


def table(rows: list[list[str]]) -> str:
    """A Markdown table: the head, then the lines; all but the first column to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    rule = ["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]])


def _table(case, entries, record, benchmark):
    n = record["rows"] * (benchmark.options | benchmark.cases.get(case, {})).get("n_epochs", 1)
    rate = [benchmark.rate] if benchmark.rate else []
    seconds = ["seconds (least .. most)", "times ours (in a round)"]
    rows = [[case, *rate, *seconds, "MB more", benchmark.worth_name]]
    rows += [_row(name, entry, n, benchmark) for name, entry in entries.items()]
    return table(rows)


def _row(name, entry, n, benchmark):
    rate = [number(n / entry["median"])] if benchmark.rate else []
    digits = 3 if entry["median"] >= 0.1 else 5
    seconds = [f"{entry[key]:.{digits}f}" for key in ("median", "least", "most")]
    return [
        name,
        *rate,
        f"{seconds[0]} ({seconds[1]} .. {seconds[2]})",
        f"{entry['ratio']:.2f} ({entry['ratio_least']:.2f} .. {entry['ratio_most']:.2f})",
        _megabytes(entry.get("megabytes")),
        "–" if isnan(entry["worth"]) else format(entry["worth"], benchmark.worth_format),
    ]


def _asked(case, entries, benchmark):
    """Lines under a table."""
    mine = [target for target in benchmark.targets if target.case == case]
    return "\n".join(
        f"- {ours}{'' if peer == '–' else f' beside {peer}'}: "
        f"asked {wanted}, measured {value}, {met}."
        for _, ours, peer, wanted, value, met in asked(mine, {case: entries})
    )


def _megabytes(grown) -> str:
    return "–" if grown is None else f"{grown:.0f}"


def _line(cells, widths):
    first, *others = zip(cells, widths, strict=True)
    padded = [first[0].ljust(first[1]), *(cell.rjust(width) for cell, width in others)]
    return "| " + " | ".join(padded) + " |"


def number(x) -> str:
    """Three digits, thousands apart: 45 300."""
    x = float(x)
    digits = max(0, len(str(int(x))) - 3)
    return f"{round(x, -digits):,.0f}".replace(",", " ")
