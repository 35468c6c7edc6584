"""Torch's own generator, lent for a moment to layers that draw from nothing else."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import torch

from unlabeled.sampling.noise import Noise

__all__ = ["draws_by_itself", "learning", "lent_generator"]

_LENDING = threading.RLock()  # there is one such generator, and several threads may fit
_DRAWING = (
    torch.nn.modules.dropout._DropoutNd,
    torch.nn.RReLU,
    torch.nn.RNNBase,
    torch.nn.MultiheadAttention,
    torch.nn.FractionalMaxPool2d,
    torch.nn.FractionalMaxPool3d,
)


@contextmanager
def lent_generator(seed: int, device: torch.device | str = "cpu") -> Iterator[None]:
    """Seed torch's generator (and that of a CUDA device) meanwhile, and give it back as it was.

    Parameters
    ----------
    seed : int
    device : torch.device or str, default="cpu"
        Where the layers are.
    """
    cuda = torch.device(device).type == "cuda"
    with _LENDING, torch.random.fork_rng(devices=[device] if cuda else []):
        torch.default_generator.manual_seed(seed)
        if cuda:
            with torch.cuda.device(device):
                torch.cuda.manual_seed(seed)
        yield


def draws_by_itself(module: torch.nn.Module) -> bool:
    """Whether a layer has noise of its own, or is of an unknown class and might have."""
    return any(
        isinstance(layer, _DRAWING) or type(layer).__module__.split(".")[0] not in _KNOWN
        for layer in module.modules()
    )


_KNOWN = ("torch", "unlabeled")


@contextmanager
def learning(
    module: torch.nn.Module,
) -> Iterator[Callable[[Noise], AbstractContextManager[None]]]:
    """Put a module into training mode, and into evaluation mode at the end.

    Parameters
    ----------
    module : Module

    Yields
    ------
    callable
        What to do around a step: `own_draws(noise)` lets layers with noise of their own draw
        from that of the step, so that their numbers too are a function of (seed, step).
    """
    module.train()
    try:
        yield _lend if draws_by_itself(module) else _nothing
    finally:
        module.eval()


def _lend(noise: Noise):
    return lent_generator(noise.seed_of_step(), noise.device)


def _nothing(noise: Noise):
    return nullcontext()
