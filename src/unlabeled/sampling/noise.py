"""Random numbers that are a function of (seed, step, block of rows)."""

from copy import copy
from itertools import pairwise

import torch

__all__ = ["N_BLOCKS", "Noise", "stream_seed"]

N_BLOCKS = 8  # on CPU; 1, 2, 4 or 8 processes share these blocks and draw the same numbers

_MASK = (1 << 64) - 1
_FOREIGN = 0xF0E1
_COMPILED = 0xFA57


def stream_seed(*keys: int) -> int:
    """One 63-bit seed from several integers (SplitMix64 rounds over the keys).

    Neighbouring keys give unrelated seeds, which the plain sum of them would not.

    Examples
    --------
    >>> stream_seed(0, 1) != stream_seed(1, 0)
    True
    """
    state = 0x243F6A8885A308D3
    for key in keys:
        state = (state ^ (key & _MASK)) + 0x9E3779B97F4A7C15 & _MASK
        state = (state ^ (state >> 30)) * 0xBF58476D1CE4E5B9 & _MASK
        state = (state ^ (state >> 27)) * 0x94D049BB133111EB & _MASK
        state ^= state >> 31
    return state >> 1


class Noise:
    """A source of random numbers for tensors whose rows are cut into blocks.

    Block k of a batch always draws from stream k, seeded by (seed, step, k). A process that holds
    some of the blocks draws only their numbers, and yet those that one process would have drawn
    for them. The global generators of torch and NumPy are never touched.

    Parameters
    ----------
    seed : int
        Seed of the whole run.
    device : torch.device or str, default="cpu"
        Where the numbers are born.
    n_blocks : int, default=1
        Number of blocks over all processes.
    rank, world : int
        This process holds the blocks `rank * n_blocks // world` to
        `(rank + 1) * n_blocks // world`.
    backend : {"torch", "fast"}, default="torch"
        Who draws: torch's generators, or compiled kernels (with other numbers) where there is one.
    """

    def __init__(
        self,
        seed: int,
        device: torch.device | str = "cpu",
        n_blocks: int = 1,
        rank: int = 0,
        world: int = 1,
        backend: str = "torch",
    ):
        self.seed = seed
        self.device = torch.device(device)
        self.n_blocks = n_blocks
        self.blocks = range(rank * n_blocks // world, (rank + 1) * n_blocks // world)
        self.backend = backend
        self.n_rows = None
        self._streams = _Streams(seed, self.device, self.blocks)

    @property
    def step(self) -> int:
        """The update whose numbers these are."""
        return self._streams.step

    def at(self, step: int) -> "Noise":
        """Rewind to the first number of `step`."""
        self._streams.rewind(step)
        return self

    def next_key(self) -> int:
        """63 bits from which a kernel draws for all blocks; others on every call."""
        return self._streams.next_key()

    def seed_of_step(self) -> int:
        """A seed for generators that are not ours, another in every step and process."""
        return stream_seed(self.seed, self.step, self.blocks[0], _FOREIGN)

    def of(self, n_rows: int) -> "Noise":
        """The same streams, for tensors that have `n_rows` rows over all processes."""
        view = copy(self)
        view.n_rows = n_rows
        return view

    def slices(self, n_rows: int) -> list[slice]:
        """Where each local block lies among all `n_rows` rows (of every process)."""
        edges = [n_rows * k // self.n_blocks for k in range(self.n_blocks + 1)]
        return [slice(edges[k], edges[k + 1]) for k in self.blocks]

    def rows(self, n_rows: int) -> slice:
        """The rows, out of `n_rows` over all processes, that this process holds."""
        first, last = self.blocks[0], self.blocks[-1] + 1
        return slice(n_rows * first // self.n_blocks, n_rows * last // self.n_blocks)

    def uniform(self, shape) -> torch.Tensor:
        """Uniform numbers in [0, 1), multiples of 2**-24, float32; `shape` has rows first."""
        if self.device.type != "cpu":
            return self._filled(torch.empty(shape, device=self.device), _fill_uniform)
        rows, width = shape[0], _product(shape[1:])
        words = torch.empty(rows, (width + 1) // 2, dtype=torch.int64)
        bits = self._filled(words, _fill_bits).view(torch.int32)[:, :width]
        u = bits.bitwise_right_shift_(8).to(torch.float32)
        return u.mul_(2.0**-24).add_(0.5).view(shape)

    def ragged(self, lengths: torch.Tensor) -> torch.Tensor:
        """As :meth:`uniform`, `lengths[i]` numbers for row i; flat, one row after another."""
        ends = [0, *lengths.cumsum(0).tolist()]
        edges = self.edges(len(lengths))
        parts = [torch.empty(ends[b] - ends[a], device=self.device) for a, b in pairwise(edges)]
        for part, stream in zip(parts, self._streams.generators(), strict=True):
            part.uniform_(generator=stream)
        return torch.cat(parts)

    def bernoulli(self, p: torch.Tensor) -> torch.Tensor:
        """1 with probability p, else 0, by torch's own kernel: the quickest way on a GPU."""
        x, edges = torch.empty_like(p), self.edges(len(p))
        for part, stream in zip(pairwise(edges), self._streams.generators(), strict=True):
            torch.bernoulli(p[slice(*part)], generator=stream, out=x[slice(*part)])
        return x

    def normal(self, shape) -> torch.Tensor:
        """Standard normal numbers, float32; `shape` has rows first."""
        z = torch.empty(shape, device=self.device)
        if self.backend != "fast":
            return self._filled(z, _fill_normal)
        from unlabeled.kernels.draws import fill_normal

        fill_normal(z, self.edges(len(z)), self.blocks[0], self.next_key())
        return z

    def edges(self, n_rows: int) -> list[int]:
        """Where the local blocks begin among the `n_rows` rows of this process, and `n_rows`.

        Raises
        ------
        ValueError
            If this process holds another number of rows.
        """
        parts = self.slices(self.n_rows or n_rows)
        start = parts[0].start
        if parts[-1].stop - start != n_rows:
            raise ValueError(
                f"this process holds {parts[-1].stop - start} of {self.n_rows} rows, "
                f"but noise for {n_rows} rows was asked for."
            )
        return [0, *(part.stop - start for part in parts)]

    def _filled(self, out, fill):
        edges = self.edges(len(out))
        for part, stream in zip(pairwise(edges), self._streams.generators(), strict=True):
            fill(out[slice(*part)], stream)
        return out


class _Streams:
    """The generators of some blocks, seeded when the first number of a step is drawn."""

    def __init__(self, seed, device, blocks):
        self.seed, self.device, self.blocks = seed, device, blocks
        self.step, self.n_keys, self.fresh = 0, 0, False
        self._generators = None

    def rewind(self, step):
        self.step, self.n_keys, self.fresh = step, 0, False

    def generators(self):
        if self._generators is None:
            self._generators = [torch.Generator(self.device) for _ in self.blocks]
        if not self.fresh:
            for block, generator in zip(self.blocks, self._generators, strict=True):
                generator.manual_seed(stream_seed(self.seed, self.step, block))
            self.fresh = True
        return self._generators

    def next_key(self):
        self.n_keys += 1
        return stream_seed(self.seed, self.step, _COMPILED, self.n_keys)


def _fill_bits(out, stream):
    out.random_(-(2**63), None, generator=stream)


def _fill_uniform(out, stream):
    out.uniform_(generator=stream)


def _fill_normal(out, stream):
    out.normal_(generator=stream)


def _product(sizes) -> int:
    total = 1
    for size in sizes:
        total *= size
    return total
