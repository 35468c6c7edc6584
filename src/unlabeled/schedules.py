"""Hyper-parameters that move while a model learns.

A schedule maps progress, from 0 at the first update to 1 at the last, to a value. Wherever a
number may move, a plain number stands for one that does not.
"""

import bisect
import math

from unlabeled.spec import Spec

__all__ = ["SCHEDULES", "Constant", "Cosine", "Linear", "Schedule", "Steps", "Times", "at"]


class Schedule(Spec):
    """Base of all schedules."""

    def __call__(self, progress: float) -> float:
        """The value at `progress` in [0, 1]."""
        raise NotImplementedError


class Constant(Schedule):
    """Always the same.

    Parameters
    ----------
    value : float, default=1.0
    """

    def __init__(self, value: float = 1.0):
        self.value = value

    def __call__(self, progress):
        return self.value


class Linear(Schedule):
    """Along a straight line.

    Parameters
    ----------
    start, end : float, default=1.0, 0.0
        The values at both ends.
    hold : float, default=0.0
        Part of the way for which it stays at the start.

    Examples
    --------
    >>> Linear(0.1, 0.0)(0.5)
    0.05
    """

    def __init__(self, start: float = 1.0, end: float = 0.0, hold: float = 0.0):
        self.start, self.end, self.hold = start, end, hold

    def __call__(self, progress):
        t = max(0.0, (progress - self.hold) / (1 - self.hold)) if self.hold < 1 else 0.0
        return self.start + (self.end - self.start) * t


class Cosine(Schedule):
    """Along half a cosine.

    Parameters
    ----------
    start, end : float, default=1.0, 0.0
        The values at both ends.
    warmup : float, default=0.0
        Part of the way over which it first rises in a straight line from 0 to `start`.

    Examples
    --------
    >>> Cosine(0.2)(0.5)
    0.1
    """

    def __init__(self, start: float = 1.0, end: float = 0.0, warmup: float = 0.0):
        self.start, self.end, self.warmup = start, end, warmup

    def __call__(self, progress):
        if progress < self.warmup:
            return self.start * progress / self.warmup
        t = (progress - self.warmup) / (1 - self.warmup) if self.warmup < 1 else 1.0
        return self.end + (self.start - self.end) * 0.5 * (1 + math.cos(math.pi * t))


class Steps(Schedule):
    """Constant pieces.

    Parameters
    ----------
    values : sequence of float
        One more than there are places to change.
    at : sequence of float
        Increasing: `values[k]` holds from `at[k - 1]` on, the first value before that.

    Raises
    ------
    ValueError
        If the lengths do not fit or the places do not increase.

    Examples
    --------
    >>> momentum = Steps([0.5, 0.9], at=[0.1])
    >>> momentum(0.0), momentum(0.1)
    (0.5, 0.9)
    """

    def __init__(self, values, at):
        self.values, self.at = values, at
        if len(values) != len(at) + 1 or list(at) != sorted(at):
            raise ValueError(
                "Steps needs one value more than increasing places to change, got "
                f"{len(values)} values and at={list(at)!r}."
            )

    def __call__(self, progress):
        return self.values[bisect.bisect_right(list(self.at), progress)]


class Times(Schedule):
    """A multiple of another schedule.

    Parameters
    ----------
    factor : float
    schedule : Schedule
    """

    def __init__(self, factor: float, schedule: Schedule):
        self.factor, self.schedule = factor, schedule

    def __call__(self, progress):
        return self.factor * self.schedule(progress)


SCHEDULES = {"linear": Linear, "constant": Constant, "cosine": Cosine}


def at(value, progress: float) -> float:
    """The number itself, or where the schedule is.

    Parameters
    ----------
    value : float or Schedule
    progress : float
        In [0, 1].

    Returns
    -------
    float
    """
    return value(progress) if isinstance(value, Schedule) else value
