"""One update: sum the gradients of all processes, clip, move."""

from collections.abc import Iterable
from typing import Any

import torch

from unlabeled.engine.distributed import sum_over_processes
from unlabeled.schedules import at

__all__ = ["OPTIMIZERS", "GradientStep", "choose_optimizer"]

OPTIMIZERS = {
    "sgd": torch.optim.SGD,
    "adam": torch.optim.Adam,
    "adamw": torch.optim.AdamW,
    "rmsprop": torch.optim.RMSprop,
}

_FUSED = (torch.optim.SGD, torch.optim.Adam, torch.optim.AdamW)


def choose_optimizer(optimizer):
    """A name of `OPTIMIZERS`, or anything that makes a torch optimizer of parameters.

    Raises
    ------
    ValueError
        If it is neither.
    """
    if isinstance(optimizer, str) and optimizer in OPTIMIZERS:
        return OPTIMIZERS[optimizer]
    if not callable(optimizer):
        known = ", ".join(repr(name) for name in OPTIMIZERS)
        raise ValueError(
            f"optimizer must be one of {known} or a torch.optim class, got {optimizer!r}."
        )
    return optimizer


class GradientStep:
    """Applies what has been put into `p.grad`, by hand or by autograd.

    Each process fills `p.grad` with its **share**: shares add up to the gradient of the whole
    batch (divide sums by the rows of the whole batch, not by one's own).

    Parameters
    ----------
    parameters : iterable of Parameter
    optimizer : str or callable
        See :func:`choose_optimizer`.
    max_gradient_norm : float, optional
        Longer gradients are shortened to this Euclidean norm.
    **rates : float or Schedule
        Hyper-parameters of the optimizer by their torch names (`lr`, `momentum`, ...); those that
        it does not have are left out.

    Examples
    --------
    >>> import torch
    >>> w = torch.nn.Parameter(torch.ones(2))
    >>> step = GradientStep([w], "sgd", lr=0.5)
    >>> w.grad = torch.ones(2)
    >>> step(progress=0.0)
    >>> w.tolist()
    [0.5, 0.5]
    """

    def __init__(
        self,
        parameters: Iterable[torch.nn.Parameter],
        optimizer="adam",
        *,
        max_gradient_norm: float | None = None,
        **rates,
    ):
        self.parameters = list(parameters)
        self.max_gradient_norm = max_gradient_norm
        make = choose_optimizer(optimizer)
        fused: dict[str, Any] = {"fused": True} if make in _FUSED else {}
        self.optimizer = make(self.parameters, lr=at(rates["lr"], 0.0), **fused)
        self.rates = {k: v for k, v in rates.items() if k in self.optimizer.defaults}

    def sync(self, *statistics: torch.Tensor) -> None:
        """Sum gradients, and `statistics` in place, over the processes: one `all_reduce`."""
        gradients = [p.grad for p in self.parameters if p.grad is not None]
        sum_over_processes([*gradients, *statistics])

    def apply(self, progress: float) -> None:
        """Clip, set the rates, move the parameters, forget the gradients."""
        if self.max_gradient_norm is not None:
            torch.nn.utils.clip_grad_norm_(self.parameters, self.max_gradient_norm)
        for group in self.optimizer.param_groups:
            group.update({name: at(rate, progress) for name, rate in self.rates.items()})
        self.optimizer.step()
        for p in self.parameters:
            p.grad = None

    def __call__(self, progress: float) -> None:
        """Sync and apply, where nothing comes between."""
        self.sync()
        self.apply(progress)

    def state_dict(self) -> dict:
        """The optimizer's."""
        return self.optimizer.state_dict()

    def load_state_dict(self, state: dict) -> None:
        """The optimizer's, laid out as the parameters are: fused steps go by their place alone."""
        self.optimizer.load_state_dict(state)
        for p, moments in self.optimizer.state.items():
            for name, value in moments.items():
                if isinstance(value, torch.Tensor) and value.shape == p.shape:
                    moments[name] = torch.empty_like(p, dtype=value.dtype).copy_(value)
