"""Everything that moves while a model is fitted, besides the model itself."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch

from unlabeled.engine.device import products_dtype
from unlabeled.engine.distributed import rank, sum_over_processes, world
from unlabeled.engine.order import n_batches, windows
from unlabeled.engine.rows import Rows
from unlabeled.kernels import choose_backend
from unlabeled.sampling.noise import N_BLOCKS, Noise

__all__ = ["Batch", "Training"]


@dataclass
class Batch:
    """One minibatch, as one process sees it.

    Attributes
    ----------
    x : tensor of shape (n, n_features)
        This process's rows.
    index : tensor of int64, shape (n,)
        Their numbers in the training data.
    n_total : int
        Rows of the whole batch, over all processes.
    noise : Noise
        The random numbers of this update, for tensors with `n_total` rows.
    progress : float
        Where training is, from 0 to 1: what schedules look at.
    y : tensor of int64 of shape (n,) or None
        Numbers of the rows' classes, for a model that learns from labels.
    """

    x: torch.Tensor
    index: torch.Tensor
    n_total: int
    noise: Noise
    progress: float
    y: torch.Tensor | None = None


@dataclass
class Training:
    """Position, random streams, and whatever the model must carry from step to step.

    Two things make a run repeatable: the order of rows is a function of (seed, epoch) and the
    noise of (seed, step, block of rows). So a checkpoint needs no generator states, and an epoch
    that was cut short is simply walked again from where it was saved.

    Attributes
    ----------
    parts : dict
        Objects with `state_dict` and `load_state_dict`: optimizers, chains, averages.
    epoch, position, step : int
        Epochs finished, batches done in the present one, updates made in all.
    dtype : torch.dtype
        Of matrix products: `precision`, where that pays on this device.
    sums : dict of tensor
        Sums of the present epoch's terms over rows, and under "" how many rows; float64.
    """

    seed: int
    batch_size: int
    total_steps: int | None
    device: torch.device
    backend: str = "torch"
    precision: str = "float32"
    parts: dict = field(default_factory=dict)
    epoch: int = 0
    position: int = 0
    step: int = 0
    sums: dict = field(default_factory=dict)

    def __post_init__(self):
        processes = world()
        self._is_alone = processes == 1
        shared = N_BLOCKS % processes == 0 and self.device.type == "cpu"
        n_blocks = N_BLOCKS if shared else processes
        self.dtype = products_dtype(self.precision, self.device, self.batch_size)
        self._one = torch.ones((), device=self.device)
        self.noise = Noise(self.seed, self.device, n_blocks, rank(), processes, self.backend)

    @property
    def progress(self) -> float:
        """Updates made, as a fraction of those planned; 0 where none are."""
        return min(1.0, self.step / self.total_steps) if self.total_steps else 0.0

    def batches(self, rows: Rows, index: torch.Tensor) -> Iterator[Batch]:
        """The batches of the present epoch that are still to be done.

        Parameters
        ----------
        rows : Rows
        index : tensor of int64
            Numbers of the training rows.
        """
        done = 0  # batches of the windows before
        try:
            for window in windows(len(index), self.batch_size, self.seed, self.epoch):
                first = self.batch_size * (self.position - done)
                done += n_batches(len(window.rows), self.batch_size)
                if self.position >= done:
                    continue
                rows.expect((int(index[a]), int(index[b - 1]) + 1) for a, b in window.near)
                for numbers in index[window.rows[first:]].split(self.batch_size):
                    yield self._next_batch(rows, numbers)
        finally:
            rows.expect([])

    def _next_batch(self, rows, numbers) -> Batch:
        n = len(numbers)
        noise = self.noise.at(self.step + 1).of(n)
        mine = numbers if self._is_alone else numbers[noise.rows(n)]
        x, y = rows.fetch(mine, self.device), rows.labels(mine, self.device)
        batch = Batch(x, mine, n, noise, self.progress, y)
        self.position, self.step = self.position + 1, self.step + 1
        return batch

    def begin_anew(self) -> None:
        """The next epoch is of other rows, and nobody knows how many will follow."""
        self.position, self.sums, self.total_steps = 0, {}, None

    def add(self, terms: dict[str, torch.Tensor], n: int) -> None:
        """Add this process's means over `n` rows to the epoch's sums, without waiting for them.

        A process may have no rows of a ragged last batch; its means, of nothing, do not count.
        """
        if not self.sums:
            self._sum_up(dict.fromkeys(["", *terms], 0.0))
        if n:
            means = [self._one, *(value.detach() for value in terms.values())]
            self._totals.add_(torch.stack(means), alpha=n)

    def _sum_up(self, sums: dict) -> None:
        """Sums so far; each will be a view of one tensor, which grows in a single addition."""
        self._totals = torch.tensor(list(map(float, sums.values())), dtype=torch.float64)
        self._totals = self._totals.to(self.device)
        self.sums = dict(zip(sums, self._totals, strict=True))

    def finish_epoch(self) -> dict[str, float]:
        """Means of all terms over the epoch's rows; counts the epoch."""
        names, totals = list(self.sums), self._totals
        sum_over_processes([totals])
        _, *means = (totals / totals[0].clamp(min=1)).tolist()
        self.sums, self.position = {}, 0
        self.epoch += 1
        return dict(zip(names[1:], means, strict=True))

    def state_dict(self) -> dict:
        """Everything, as a tree of tensors and plain values; the same in every process."""
        sums = {name: value.clone() for name, value in self.sums.items()}
        sum_over_processes(list(sums.values()))
        return {
            "seed": self.seed,
            "backend": self.backend,
            "epoch": self.epoch,
            "position": self.position,
            "step": self.step,
            "sums": sums,
            "parts": {name: part.state_dict() for name, part in self.parts.items()},
        }

    def load_state_dict(self, state: dict) -> None:
        """Continue where :meth:`state_dict` was taken; on a CPU, with the backend of then.

        Raises
        ------
        ImportError
            If that was "fast" and numba is not installed here.
        """
        if self.device.type == "cpu":
            self.backend = self.noise.backend = choose_backend(state["backend"])
        self.epoch, self.position, self.step = state["epoch"], state["position"], state["step"]
        share = 1 if rank() == 0 else 0
        self._sum_up({name: float(value) * share for name, value in state["sums"].items()})
        for name, part in self.parts.items():
            part.load_state_dict(state["parts"][name])
