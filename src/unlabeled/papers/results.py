"""Run papers, keep what was measured, print it beside what was published."""

import json
import shutil
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from types import ModuleType

from unlabeled.engine.checkpoint import write_bytes
from unlabeled.papers.record import circumstances

__all__ = ["available", "page", "reproduce", "table"]

_MACHINERY = ("record", "results")


def available() -> list[str]:
    """Names of the papers that can be reproduced.

    Returns
    -------
    list of str
    """
    found = (module.name for module in iter_modules([str(Path(__file__).parent)]))
    return sorted(name.replace("_", "-") for name in found if name not in _MACHINERY)


def paper(name: str) -> ModuleType:
    """The module of a paper.

    Raises
    ------
    ValueError
        If there is none of this name.
    """
    if name not in available():
        raise ValueError(f"paper must be one of {', '.join(available())}, got {name!r}.")
    return import_module(f"unlabeled.papers.{name.replace('-', '_')}")


def reproduce(
    name: str, *, only: str | list[str] | None = None, out="results", quiet: bool = False
) -> dict:
    """Run a paper's experiments and write `<out>/<name>.json` after each.

    Parameters
    ----------
    name : str
        One of :func:`available`.
    only : str or list of str, optional
        Names of the runs wanted, "pcd" or with a seed "pcd:1"; all by default.
    out : str or path, default="results"
        Where results, and checkpoints while a run lasts, are kept.
    quiet : bool, default=False
        Do not print.

    Returns
    -------
    dict
        The content of the file.

    Raises
    ------
    ValueError
        If the paper or a run is not known.
    """
    module, path = paper(name), Path(out) / f"{name}.json"
    for key, seed in _wanted(module, only):
        if not quiet:
            print(f"{name}: {key}, seed {seed}", flush=True)
        folder = Path(out) / ".unfinished" / name / f"{key}-{seed}"
        before = circumstances()
        measured = module.run(key, seed, checkpoint=folder, quiet=quiet)
        _keep(path, module, {"run": key, "seed": seed, "measured": measured, **before})
        shutil.rmtree(folder, ignore_errors=True)  # measured again, it is trained again
    record = json.loads(path.read_text())
    if not quiet:
        print(table(record))
    return record


def _wanted(module, only) -> list[tuple[str, int]]:
    everything = [(key, seed) for key, run in module.RUNS.items() for seed in run["seeds"]]
    if only is None:
        return everything
    chosen = []
    for word in [only] if isinstance(only, str) else only:
        found = [(k, s) for k, s in everything if word in (k, f"{k}:{s}")]
        if not found:
            known = ", ".join(module.RUNS)
            raise ValueError(f"run must be one of {known} (or RUN:SEED), got {word!r}.")
        chosen += found
    return chosen


def _keep(path, module, result):
    record = json.loads(path.read_text()) if path.exists() else {}
    others = [
        r
        for r in record.get("results", [])
        if r["run"] in module.RUNS and (r["run"], r["seed"]) != (result["run"], result["seed"])
    ]
    order = list(module.RUNS)
    record = {
        "title": module.TITLE,
        "citation": module.CITATION,
        "protocol": module.PROTOCOL,
        "columns": module.COLUMNS,
        "runs": {
            key: {name: str(value) if name == "params" else value for name, value in run.items()}
            for key, run in module.RUNS.items()
        },
        "results": sorted([*others, result], key=lambda r: (order.index(r["run"]), r["seed"])),
    }
    write_bytes(path, json.dumps(record, indent=1, ensure_ascii=False).encode())


def table(record: dict) -> str:
    """Every run and seed of a paper, published beside measured.

    Parameters
    ----------
    record : dict
        What :func:`reproduce` returns and writes.

    Returns
    -------
    str
        A Markdown table.
    """
    columns = record["columns"]
    head = ["run", "seed", "published", *columns, "time", "commit"]
    lines = [_row(head), _row(["---"] * len(head))]
    for key, run in record["runs"].items():
        found = [r for r in record["results"] if r["run"] == key]
        first = [run["label"], run.get("published") or "–"]
        for result in found:
            measured = result["measured"]
            values = [_shown(measured.get(column)) for column in columns]
            time = f"{measured['seconds'] / 60:.1f} min"
            lines.append(
                _row([first[0], result["seed"], first[1], *values, time, result["commit"]])
            )
        if len(found) > 1:
            means = [_mean([r["measured"].get(column) for r in found]) for column in columns]
            lines.append(_row([first[0], f"mean of {len(found)}", first[1], *means, "", ""]))
    return "\n".join(lines)


def _mean(values) -> str:
    if not all(isinstance(value, float) for value in values):
        return ""
    return _shown(sum(values) / len(values))


def _shown(value) -> str:
    if isinstance(value, list):
        return f"{_shown(value[0])} … {_shown(value[1])}"
    if isinstance(value, float):
        return f"{value:.2f}" if abs(value) >= 1 else f"{value:.4f}"
    return "–" if value is None else str(value)


def _row(cells) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def page(folder="results") -> str:
    """All results on one page.

    Parameters
    ----------
    folder : str or path, default="results"
        Where :func:`reproduce` wrote them.

    Returns
    -------
    str
        The Markdown of `docs/results.md`.
    """
    parts = [
        "# Results",
        "Made from `results/*.json` by `python -m unlabeled.papers.results`; each number was "
        "measured by `unlabeled reproduce` at the commit beside it. A “+” after a commit means "
        "that the source tree had changes that were not committed yet.",
    ]
    for path in sorted(Path(folder).glob("*.json")):
        record = json.loads(path.read_text())
        if "protocol" in record:
            parts += _section(path.stem, record)
    return "\n\n".join(parts) + "\n"


def _section(name, record):
    machines = sorted({f"{r['hardware']}; threads: {r['threads']}" for r in record["results"]})
    measured = {r["run"] for r in record["results"]}
    notes = [
        f"- **{run['label']}**: {run['note']}"
        for key, run in record["runs"].items()
        if key in measured
    ]
    return [
        f"## {record['title']}",
        f"{record['citation']} — `unlabeled reproduce {name}`",
        "\n".join(f"- {sentence}" for sentence in record["protocol"]),
        table(record),
        "\n".join(notes),
        f"Measured on: {' / '.join(machines)}.",
    ]


if __name__ == "__main__":
    Path("docs/results.md").write_text(page())
