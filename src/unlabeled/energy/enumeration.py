"""All states of a layer, in order."""

import torch

from unlabeled.energy.units import Unit

__all__ = ["MAX_UNITS", "enumerable", "n_states", "states"]

MAX_UNITS = 20


def enumerable(unit: Unit) -> bool:
    """Whether the states of this layer are few enough to be summed over."""
    return unit.support is not None and n_states(unit) <= 2**MAX_UNITS


def n_states(unit: Unit) -> int:
    """Number of joint states of the layer."""
    return len(unit.support or ()) ** unit.n_units


def states(unit: Unit, start: int = 0, stop: int | None = None) -> torch.Tensor:
    """The states `start` to `stop` of a layer, counted with the last unit fastest.

    Returns
    -------
    tensor of shape (stop - start, n_units), float32

    Examples
    --------
    >>> from unlabeled.energy import Bernoulli
    >>> states(Bernoulli().build(2)).tolist()
    [[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]
    """
    support = torch.tensor(unit.support)
    k, n = len(support), unit.n_units
    index = torch.arange(start, n_states(unit) if stop is None else stop)
    powers = k ** torch.arange(n - 1, -1, -1)
    return support[index[:, None] // powers % k]
