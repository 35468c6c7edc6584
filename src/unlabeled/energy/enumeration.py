"""All states of a layer, in order."""

import math
from collections.abc import Iterator

import torch

from unlabeled.energy.units import Unit

__all__ = [
    "MAX_UNITS",
    "blocks",
    "enumerable",
    "n_states",
    "parts",
    "smaller_is_hidden",
    "states",
]

MAX_UNITS = 20
_BLOCK = 2**13  # states that are in memory together
_PART = 2**10  # states of some units of a layer that is taken apart


def enumerable(unit: Unit) -> bool:
    """Whether the states of this layer are few enough to be summed over."""
    return 0 < n_states(unit) <= 2**MAX_UNITS


def n_states(unit: Unit) -> int:
    """Number of joint states of the layer; 0 if they cannot be counted."""
    return math.prod(_radices(unit))


def states(unit: Unit, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """The states `start` to `stop` of a layer, counted with the last unit fastest.

    Returns
    -------
    tensor of shape (stop - start, n_units), float32

    Examples
    --------
    >>> from unlabeled.energy import Bernoulli, Softmax
    >>> states(Bernoulli().build(2)).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    >>> states(Softmax(2).build(2)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    """
    return _rows(unit, torch.arange(start, n_states(unit) if stop is None else stop))


def parts(unit: Unit, like: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The states in which only some first units, or only the others, have left the first value.

    State i of the former and k of the latter are together state i * len(latter) + k of the layer.
    The latter are about a thousand at most.

    Examples
    --------
    >>> from unlabeled.energy import Bernoulli
    >>> first, second = parts(Bernoulli().build(11), torch.zeros(()))
    >>> len(first), len(second), first[1].sum(), second[1].sum()
    (2, 1024, tensor(1.), tensor(1.))
    """
    n_second = 1
    for radix in reversed(_radices(unit)):
        if n_second * radix > _PART:
            break
        n_second *= radix
    first = torch.arange(0, n_states(unit), n_second)
    return _rows(unit, first).to(like), _rows(unit, torch.arange(n_second)).to(like)


def _radices(unit) -> list[int]:
    """Number of values of every cell of the layer, in order; a single 0 if one is a continuum."""
    radices = []
    for _, kind in unit.kinds():
        support = kind.support
        if support is None:
            return [0]
        radices += [len(support)] * (kind.n_units // _values(support).shape[1])
    return radices


def _values(support) -> torch.Tensor:
    """The values of a cell, (n_values, its columns)."""
    return torch.tensor(support).reshape(len(support), -1)


def _rows(unit, index):
    columns = []
    for _, kind in reversed(unit.kinds()):
        values = _values(kind.support)
        k, n_cells = len(values), kind.n_units // values.shape[1]
        powers = k ** torch.arange(n_cells - 1, -1, -1)
        columns.insert(0, values[index[:, None] // powers % k].flatten(1))
        index = index // k**n_cells
    return torch.cat(columns, 1)


def blocks(unit: Unit, like: torch.Tensor) -> Iterator[torch.Tensor]:
    """All states of a layer, some thousand rows at a time, in the dtype and place of `like`."""
    total = n_states(unit)
    for start in range(0, total, _BLOCK):
        yield states(unit, start, min(start + _BLOCK, total)).to(like)


def smaller_is_hidden(rbm) -> bool:
    """Whether of the two layers the hidden one is to be enumerated.

    Raises
    ------
    ValueError
        If neither can be.
    """
    sizes = [n_states(unit) if enumerable(unit) else None for unit in (rbm.visible, rbm.hidden)]
    if sizes == [None, None]:
        raise ValueError(
            f"only a layer of at most {MAX_UNITS} discrete units can be summed over, got "
            f"{rbm.visible.n_units} visible and {rbm.hidden.n_units} hidden units; "
            "use a sampler, or annealing."
        )
    return sizes[0] is None or (sizes[1] is not None and sizes[1] <= sizes[0])
