"""What a benchmark is, the order in which its contestants run, and what is made of the times."""

import math
import time
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any, ClassVar

__all__ = ["Benchmark", "Contestant", "Limit", "Target", "interleave", "summary"]

REST = 0.1  # seconds in which the threads of the last contestant fall asleep


@dataclass(frozen=True)
class Contestant:
    """A row of the table.

    Attributes
    ----------
    name : str
        What the row is called.
    peer : str
        The file in `peers/` that knows the library.
    options : dict
        What this contestant gets besides the benchmark's own options.
    note : str
        What a reader must know to compare it.
    """

    name: str
    peer: str
    options: dict[str, Any] = field(default_factory=dict)
    note: str = ""


@dataclass(frozen=True)
class Target:
    """How many times as fast as a peer a contestant is to be.

    Attributes
    ----------
    case : str
        In which table.
    ours, peer : str
        Names of contestants.
    at_least : float
        Median seconds of the peer over those of ours.
    """

    case: str
    ours: str
    peer: str
    at_least: float

    def measured(self, table: Mapping) -> float | None:
        """The ratio in the table of the case; None where one of the two did not run."""
        if not {self.ours, self.peer} <= table.keys():
            return None
        return table[self.peer]["median"] / table[self.ours]["median"]

    def is_met(self, value: float) -> bool:
        """Whether a measured ratio is large enough."""
        return value >= self.at_least

    def asked(self) -> str:
        """The target in a few signs."""
        return f">= {self.shown(self.at_least)}"

    def shown(self, value: float) -> str:
        """A ratio as it is printed."""
        return f"{value:.{1 if value >= 10 else 2}f}x"


@dataclass(frozen=True)
class Limit:
    """What a contestant must not exceed.

    Attributes
    ----------
    case : str
        In which table.
    ours : str
        Name of a contestant.
    of : {"worth", "megabytes", "median"}
        Which of its numbers.
    at_most : float
    unit : str
        In which they are.
    """

    case: str
    ours: str
    of: str
    at_most: float
    unit: str

    peer: ClassVar[str] = "–"

    def measured(self, table: Mapping) -> float | None:
        """The number in the table of the case; None where it was not measured."""
        return table.get(self.ours, {}).get(self.of)

    def is_met(self, value: float) -> bool:
        """Whether a measured number is small enough."""
        return value <= self.at_most

    def asked(self) -> str:
        """The limit in a few signs."""
        return f"<= {self.shown(self.at_most)}"

    def shown(self, value: float) -> str:
        """A number as it is printed."""
        return f"{value:.3g} {self.unit}"


@dataclass(frozen=True)
class Benchmark:
    """One task, several cases of it, and who takes part.

    Attributes
    ----------
    name, title : str
        Of the command, and of the page.
    rows : int
        Rows of data unless told otherwise.
    data : callable
        Number of rows -> dict of arrays.
    options : dict
        Hyper-parameters, the same for everybody.
    cases : dict of dict
        Options that differ between tables, by the table's name.
    contestants : tuple of Contestant
        The first is what the others are compared with.
    worth : callable
        (what a peer found, data) -> a number that says what was learned.
    worth_name, worth_format : str
        What that number is, and how it is printed.
    targets : tuple of Target or Limit
        What the design asks for.
    rate : str
        What `rows * n_epochs` in a second are called; empty where that means nothing.
    fresh : bool
        Whether each run has a process of its own, so that all that happens once is part of it;
        imports are not.
    quick_rows, quick_options
        Rows, and options that differ, in the quick form; as in the whole by default.
    """

    name: str
    title: str
    rows: int
    data: Callable[[int], dict]
    options: dict[str, Any]
    cases: dict[str, dict[str, Any]]
    contestants: tuple[Contestant, ...]
    worth: Callable[[Mapping, Mapping], float]
    worth_name: str
    worth_format: str = ".1f"
    targets: tuple[Target | Limit, ...] = ()
    rate: str = "rows/s"
    fresh: bool = False
    quick_rows: int | None = None
    quick_options: dict[str, Any] = field(default_factory=dict)

    def quick(self) -> "Benchmark":
        """The same with fewer rows, and with nothing that no target is about."""
        cases = {t.case for t in self.targets}
        names = {name for t in self.targets for name in (t.ours, t.peer)}
        of_worth = any(isinstance(t, Limit) and t.of == "worth" for t in self.targets)
        return replace(
            self,
            rows=self.quick_rows or self.rows,
            options={**self.options, **self.quick_options},
            cases={case: more for case, more in self.cases.items() if case in cases},
            contestants=tuple(c for c in self.contestants if c.name in names),
            worth=self.worth if of_worth else lambda found, data: math.nan,
        )


def interleave(
    contestants: Mapping[Hashable, Callable[[], float]],
    rounds: int,
    *,
    warm_up: int = 1,
    rest: float = REST,
    tell: Callable[[str], None] = lambda line: None,
) -> dict[Hashable, list[float]]:
    """Run everybody once per round: A B C, A B C, ...; a drift of the machine meets all of them.

    Parameters
    ----------
    contestants : mapping of callable
        Each runs once and returns its seconds.
    rounds : int
        Rounds that count.
    warm_up : int, default=1
        Rounds before them.
    rest : float, default=0.1
        Seconds of quiet before each run.
    tell : callable, optional
        Gets a line per round.

    Returns
    -------
    dict of list of float
        Seconds of every round that counts.
    """
    seconds: dict[Hashable, list[float]] = {key: [] for key in contestants}
    for k in range(-warm_up, rounds):
        began = time.perf_counter()
        for key, run in contestants.items():
            time.sleep(rest)
            seconds[key].append(run())
        label = f"round {k + 1} of {rounds}" if k >= 0 else "warm-up"
        tell(f"{label}: {time.perf_counter() - began:.1f} s")
    return {key: values[warm_up:] for key, values in seconds.items()}


def summary(seconds: Mapping[Hashable, list[float]], reference: Hashable) -> dict:
    """Median, spread, and ratio to the reference.

    Parameters
    ----------
    seconds : mapping of list of float
        As from :func:`interleave`.
    reference : hashable
        Whom the others are compared with.

    Returns
    -------
    dict of dict
        "median", "least", "most" in seconds; "ratio" of the medians; "ratio_least" and
        "ratio_most" of the ratios within a round.

    Examples
    --------
    >>> summary({"a": [1.0, 2.0, 3.0], "b": [2.0, 6.0, 6.0]}, "a")["b"]["ratio"]
    3.0
    """
    table = {}
    for key, values in seconds.items():
        within = [a / b for a, b in zip(values, seconds[reference], strict=True)]
        table[key] = {
            "median": median(values),
            "least": min(values),
            "most": max(values),
            "ratio": median(values) / median(seconds[reference]),
            "ratio_least": min(within),
            "ratio_most": max(within),
        }
    return table
