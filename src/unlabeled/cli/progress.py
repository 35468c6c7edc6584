"""What a run says while it lasts: a bar, or a line now and then; and the file of its history."""

import json
import sys
import time
from importlib.util import find_spec
from pathlib import Path

__all__ = ["EpochLines", "HistoryFile", "progress_callbacks", "say"]


def say(text: str, quiet: bool = False) -> None:
    """A remark for the person at the terminal, apart from the results on standard output."""
    if not quiet:
        print(text, file=sys.stderr, flush=True)


def progress_callbacks(quiet: bool) -> list:
    """scikit-learn's bar on a terminal where rich is installed, else lines; none if `quiet`."""
    if quiet:
        return []
    if sys.stderr.isatty() and sys.stdout.isatty() and find_spec("rich"):
        from sklearn.callback import ProgressBar

        return [ProgressBar()]
    return [EpochLines()]


class _Callback:
    """The parts of scikit-learn's callback protocol that nothing is done in."""

    def setup(self, estimator, context):
        """Nothing to prepare."""

    def teardown(self, estimator, context):
        """Nothing to close."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing to say yet."""


class EpochLines(_Callback):
    """A line for the first epoch, the last, and others no faster than one in `every` seconds.

    Parameters
    ----------
    every : float, default=2.0
        Seconds.
    """

    def __init__(self, every: float = 2.0):
        self.every = every
        self._last = -float("inf")

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        """Say the terms of the epoch that ended."""
        if not metadata:
            return
        n, now = estimator.n_epochs, time.monotonic()
        if now - self._last >= self.every or metadata["epoch"] == n:
            self._last = now
            terms = [
                f"{name.replace('_', ' ')} {value:.4g}"
                for name, value in metadata.items()
                if name not in ("epoch", "seconds")
            ]
            epoch = f"{metadata['epoch']:>{len(str(n))}}/{n}"
            say("  ".join([f"epoch {epoch}", f"{metadata['seconds']:.2g} s", *terms]))


class HistoryFile(_Callback):
    """Every epoch's terms as one line of JSON, written as they come.

    Parameters
    ----------
    path : Path
        A run that is resumed writes the epochs before it again, so that each is there once.
    """

    def __init__(self, path: Path):
        self.path = path

    def on_fit_task_begin(self, estimator, context):
        """Begin the file with what a resumed run already knows."""
        if context.parent is None:
            names, columns = list(estimator.history_), estimator.history_.values()
            rows = [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]
            self.path.write_text("".join(map(_line, rows)), encoding="utf-8")

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        """Add the epoch that ended."""
        if metadata:
            with self.path.open("a", encoding="utf-8") as file:
                file.write(_line(metadata))


def _line(row: dict) -> str:
    return json.dumps(row) + "\n"
