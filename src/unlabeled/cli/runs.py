"""The folder of a run: the model, its history, its report, and how it was made.

=====================  =====================================================================
config.json            the model, as :func:`unlabeled.load` reads it (with model.safetensors)
history.jsonl          every term of every epoch
run.json               data, options and treatment of values, and the figures at the end
report.html            what was learned, to look at
checkpoint/            from which ``--resume`` goes on
=====================  =====================================================================
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

from unlabeled.cli.mistakes import Mistake
from unlabeled.cli.treatment import Treatment

__all__ = ["claim", "model_name", "open_run", "write_run"]

FILES = ("config.json", "model.safetensors", "history.jsonl", "run.json", "report.html")
FREE = ("n_epochs", "verbose", "device")  # may differ when a run is resumed


def claim(folder: Path, request: dict, *, resume: bool, overwrite: bool) -> None:
    """Make the folder ready for a run, or refuse to touch what it holds.

    Parameters
    ----------
    folder : Path
    request : dict
        What is asked for: model, data and parameters; a run that is resumed must have been
        started with the same, but for its `FREE` ones.
    resume, overwrite : bool

    Raises
    ------
    Mistake
        If the folder holds a run and neither option was given, files that are no run's, or a
        run of something else.
    """
    if folder.exists() and not folder.is_dir():
        raise Mistake(f"--out {folder} is a file; give a folder.")
    before = _read(folder)
    if before is None and folder.exists() and any(folder.iterdir()):
        raise Mistake(f"{folder} is not empty and holds no run; give another folder with --out.")
    if before is not None and resume:
        _require_same(folder, before["request"], request)
    elif before is not None and _holds_work(folder) and not overwrite:
        what = "a finished run" if "results" in before else "an unfinished run"
        raise Mistake(
            f"{folder} holds {what}: --resume goes on with it, --overwrite starts again, "
            "--out chooses another folder."
        )
    elif before is not None:
        _clear(folder)
    folder.mkdir(parents=True, exist_ok=True)


def write_run(folder: Path, run: dict) -> None:
    """Write run.json: the request, the treatment of values, and at the end the results."""
    text = json.dumps(run, indent=2, default=lambda value: asdict(value))
    (folder / "run.json").write_text(text + "\n", encoding="utf-8")


def open_run(folder: Path) -> tuple[Any, Treatment | None, dict]:
    """The model of a folder, the treatment of its values (None if unknown), and run.json.

    Raises
    ------
    Mistake
        If there is no model in the folder.
    """
    model_name(folder)
    run = _read(folder) or {}
    treatment = Treatment(**run["treatment"]) if "treatment" in run else None
    from unlabeled.persistence import load

    return load(folder), treatment, run


def model_name(folder: Path) -> str:
    """Name of the class of the model in a folder, without importing it."""
    if not folder.exists():
        raise Mistake(f"there is no folder {folder}; 'unlabeled fit' makes one.")
    if not (folder / "config.json").is_file():
        unfinished = " but an unfinished run: go on with --resume" if _read(folder) else ""
        raise Mistake(f"{folder} holds no model{unfinished}.")
    return json.loads((folder / "config.json").read_text(encoding="utf-8"))["class"]


def _read(folder):
    path = folder / "run.json"
    try:
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None
    except ValueError as error:
        raise Mistake(f"{path} is damaged ({error}); --out chooses another folder.") from error


def _holds_work(folder):
    return (folder / "config.json").exists() or any((folder / "checkpoint").glob("*"))


def _clear(folder):
    """Remove what a run writes, and nothing else."""
    shutil.rmtree(folder / "checkpoint", ignore_errors=True)
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


def _require_same(folder, before, request):
    for name in {**before, **request}:
        was, asked = before.get(name), request.get(name)
        if name not in FREE and was != asked:
            flag = "--" + name.replace("_", "-")
            was = f"{flag} {was}" if was is not None else f"the default of {flag}"
            asked = "the default" if asked is None else asked
            raise Mistake(
                f"{folder} was started with {was}, not {asked}: repeat its command with "
                "--resume added (more epochs are allowed), or give another folder with --out."
            )
