"""Callbacks for `model.set_callbacks(...)`, in scikit-learn's own protocol (`sklearn.callback`).

The engine runs one task per epoch and hands its report (every term of `history_`) over as
`metadata`. A callback with `state_dict` and `load_state_dict` is part of the checkpoint.
"""

import copy
import json
import math
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from sklearn.callback import ProgressBar

from unlabeled.validation import check_number

__all__ = [
    "Callback",
    "EarlyStopping",
    "History",
    "Monitor",
    "ProgressBar",
    "Snapshot",
    "TensorBoard",
]

_MOST_ROWS = 100  # of a frame: what a picture shows


class Callback:
    """Base with empty hooks; override `on_epoch(estimator, report)`, return True to stop."""

    def setup(self, estimator, context):
        """Before the first epoch."""

    def teardown(self, estimator, context):
        """After the last, also when fit was interrupted."""

    def on_fit_task_begin(self, estimator, context):
        """Nothing."""

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        """Call `on_epoch` at the end of every epoch."""
        if context.task_name == "epoch" and metadata:
            return self.on_epoch(estimator, metadata)
        return None

    def on_epoch(self, estimator, report: dict[str, float]):
        """Look at the epoch's report."""


class History(Callback):
    """Keeps the reports of every fit it sees, also those inside GridSearchCV.

    Parameters
    ----------
    path : str or path, optional
        A JSON-lines file that gets one line per epoch as it happens.

    Attributes
    ----------
    runs : list of list of dict
        The reports of each fit.
    """

    def __init__(self, path=None):
        self.path = path
        self.runs: list[list[dict]] = []

    def setup(self, estimator, context):
        """A new run."""
        self.runs.append([])

    def on_epoch(self, estimator, report):
        """Add the report."""
        self.runs[-1].append(dict(report))
        if self.path is not None and _first_process():
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            with open(self.path, "a") as file:
                file.write(json.dumps(report) + "\n")


class EarlyStopping(Callback):
    """Stops when a term has not improved for `patience` epochs.

    Parameters
    ----------
    monitor : str, default="val_reconstruction_error"
        The term of `history_` to look at.
    patience : int, default=10
        Epochs without improvement that are borne.
    min_delta : float, default=0.0
        What counts as an improvement.
    mode : {"min", "max"}, default="min"
        Whether small or large is good.
    restore_best : bool, default=True
        Whether the model ends with the parameters of its best epoch.

    Attributes
    ----------
    best : float
        The best value so far.
    best_epoch : int
        Where it was.
    """

    def __init__(
        self,
        monitor="val_reconstruction_error",
        patience=10,
        *,
        min_delta=0.0,
        mode="min",
        restore_best=True,
    ):
        if mode not in ("min", "max"):
            raise ValueError(f"mode must be 'min' or 'max', got {mode!r}.")
        self.monitor, self.patience, self.min_delta = monitor, patience, min_delta
        self.mode, self.restore_best = mode, restore_best
        self._forget()

    def _forget(self):
        self.best, self.best_epoch, self.waited, self._module = math.inf, 0, 0, None
        if self.mode == "max":
            self.best = -math.inf

    def setup(self, estimator, context):
        """Forget the fit of before."""
        self._forget()

    def on_epoch(self, estimator, report):
        """Compare; True when patience is at its end.

        Raises
        ------
        ValueError
            If the term is not reported.
        """
        if self.monitor not in report and self.monitor in estimator.history_:
            return False  # a Monitor measures it every few epochs, not in this one
        if self.monitor not in report:
            known = ", ".join(name for name in report if name not in ("epoch", "seconds"))
            raise ValueError(
                f"EarlyStopping watches {self.monitor!r}, but only {known} are reported; terms "
                "with val_ need X_val or validation_fraction."
            )
        sign = 1 if self.mode == "min" else -1
        if sign * (self.best - report[self.monitor]) > self.min_delta:
            self.best, self.best_epoch, self.waited = report[self.monitor], report["epoch"], 0
            if self.restore_best:
                self._module = copy.deepcopy(estimator.module_.state_dict())
        else:
            self.waited += 1
        return self.waited >= self.patience

    def teardown(self, estimator, context):
        """Give the model its best parameters back."""
        if self._module is not None:
            estimator.module_.load_state_dict(self._module)
            estimator._forget_estimates()
            self._module = None

    def state_dict(self):
        """Patience, the best value and the best parameters."""
        return {
            "best": self.best,
            "best_epoch": self.best_epoch,
            "waited": self.waited,
            "module": self._module,
        }

    def load_state_dict(self, state):
        """Go on waiting where :meth:`state_dict` was taken."""
        self.best, self.best_epoch = state["best"], state["best_epoch"]
        self.waited, self._module = state["waited"], state["module"]


class Snapshot(Callback):
    """Keeps a picture's worth of the model every few epochs, for a time-lapse.

    What has a name here is kept small, as a film is part of every checkpoint: the first 100 rows,
    in 8 or 16 bits a number where a picture of them does not suffer.

    Parameters
    ----------
    every : int, default=1
        Epochs between frames.
    take : {"components", "samples", "particles"} or callable, default="components"
        What to keep of the estimator: its `components_`; samples (of the same noise in every
        frame); its `particles_`, the chains that go along with learning and show what the model
        dreams of; or what a function of it returns, as it is.
    max_frames : int, default=100
        When a film grows longer, every second frame is dropped and half as many are taken.

    Attributes
    ----------
    frames : list of ndarray
    epochs : list of int
    """

    _takes: ClassVar = {
        "components": lambda model: model.components_,
        "samples": lambda model: model.sample(_MOST_ROWS, random_state=0),
        "particles": lambda model: model.particles_,
    }

    def __init__(self, every=1, take="components", max_frames=100):
        if not (callable(take) or take in self._takes):
            raise ValueError(f"take must be one of {list(self._takes)} or callable, got {take!r}.")
        check_number("every", every, 1, integer=True)
        check_number("max_frames", max_frames, 2, integer=True)
        self.every, self.take, self.max_frames = every, take, max_frames
        self._forget()

    def _forget(self):
        self.frames: list[np.ndarray] = []
        self.epochs: list[int] = []
        self._spacing = self.every

    def setup(self, estimator, context):
        """Start a new film."""
        self._forget()

    def on_epoch(self, estimator, report):
        """Keep a frame if it is time."""
        epoch = int(report["epoch"])
        if epoch % self._spacing == 0 and len(self.frames) == self.max_frames:
            self._thin_out()
        if epoch % self._spacing == 0:
            self.frames.append(self._frame(estimator))
            self.epochs.append(epoch)

    def _frame(self, estimator):
        if callable(self.take):
            return np.array(self.take(estimator), copy=True)
        return _small(np.asarray(self._takes[self.take](estimator))[:_MOST_ROWS])

    def _thin_out(self):
        self._spacing *= 2
        kept = [k for k, epoch in enumerate(self.epochs) if epoch % self._spacing == 0]
        self.frames = [self.frames[k] for k in kept]
        self.epochs = [self.epochs[k] for k in kept]

    def state_dict(self):
        """The film so far."""
        import torch

        frames = [torch.from_numpy(frame) for frame in self.frames]
        return {"frames": frames, "epochs": self.epochs, "spacing": self._spacing}

    def load_state_dict(self, state):
        """Go on filming."""
        self.frames = [frame.numpy() for frame in state["frames"]]
        self.epochs, self._spacing = list(state["epochs"]), state["spacing"]


class Monitor(Callback):
    """Measures something every few epochs; the values become terms of `history_`.

    Parameters
    ----------
    every : int, default=1
        Epochs between measurements.
    **measures : callable
        Functions of the estimator that return a number, under the name of the term.

    Examples
    --------
    >>> Monitor(every=5, pseudo_log_likelihood=lambda m: m.pseudo_log_likelihood(X).mean())
    Monitor(every=5, measures=['pseudo_log_likelihood'])
    """

    def __init__(self, every=1, **measures):
        self.every, self.measures = every, measures

    def __repr__(self):
        return f"Monitor(every={self.every}, measures={list(self.measures)})"

    def on_epoch(self, estimator, report):
        """Measure if it is time and put it into the report and the history."""
        for name, measure in self.measures.items():
            column = estimator.history_.setdefault(name, [])
            column.extend([math.nan] * (len(estimator.history_["epoch"]) - len(column)))
            if report["epoch"] % self.every == 0:
                column[-1] = report[name] = _agreed(float(measure(estimator)))


class TensorBoard(Callback):
    """Writes every term for TensorBoard (needs the extra `tensorboard`).

    Parameters
    ----------
    folder : str or path
    """

    def __init__(self, folder):
        self.folder = folder
        self._writer: Any = None

    def setup(self, estimator, context):
        """Open the log.

        Raises
        ------
        ImportError
            If tensorboard is not installed.
        """
        try:
            from torch.utils.tensorboard import SummaryWriter
        except ImportError as error:
            raise ImportError(
                "TensorBoard needs the package tensorboard: pip install 'unlabeled[tensorboard]'."
            ) from error
        if _first_process():
            self._writer = SummaryWriter(str(self.folder))

    def on_epoch(self, estimator, report):
        """Write the terms."""
        if self._writer is None:
            return
        for name, value in report.items():
            if name != "epoch":
                self._writer.add_scalar(name, value, report["epoch"])

    def teardown(self, estimator, context):
        """Close the log."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None


def _agreed(value: float) -> float:
    """The first process's value in all of them, so that none decides otherwise."""
    from unlabeled.engine.distributed import same_everywhere

    return same_everywhere(value)


def _first_process() -> bool:
    from unlabeled.engine.distributed import rank

    return rank() == 0


def _small(frame: np.ndarray) -> np.ndarray:
    """The rows in as few bits as lose nothing, or less than a thousandth of their range."""
    with np.errstate(all="ignore"):
        for dtype, loss in ((np.uint8, 0.0), (np.float16, 1e-3)):
            small = frame.astype(dtype)
            if np.abs(small - frame).max() <= loss * np.ptp(frame):
                return small
    return frame.copy()
