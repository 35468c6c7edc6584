"""Several processes that train one model, started by torchrun (or what sets its variables).

Nothing here starts processes. Gradients and statistics are summed in one flattened `all_reduce`;
alone, every function is the identity. Where processes work apart for some updates, each takes its
own share, times their number, for the sum, and parameters are averaged afterwards: the average of
plain gradient steps from the same parameters is the step that they would have made together.
"""

import atexit
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

import torch
import torch.distributed as dist

__all__ = [
    "apart",
    "average_over_processes",
    "gather_rows",
    "join",
    "rank",
    "same_everywhere",
    "sum_over_processes",
    "world",
]

_working_apart = False


def join(device: torch.device) -> None:
    """Join the process group that the launcher describes, if there is one and nobody has yet."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and dist.is_available() and not _together():
        if device.type == "cuda":
            torch.cuda.set_device(device)
        # Its functions have the group as a default: imported later, as torch's optimizers do,
        # they would keep the group and its threads alive beyond `_leave`.
        import_module("torch.distributed.nn.functional")
        dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
        atexit.register(_leave)


def world() -> int:
    """Number of processes."""
    return dist.get_world_size() if _together() else 1


def rank() -> int:
    """This process's number, from 0."""
    return dist.get_rank() if _together() else 0


def sum_over_processes(tensors: list[torch.Tensor]) -> None:
    """Replace each tensor by its sum over the processes, with one `all_reduce`."""
    if not _together() or not tensors:
        return
    if _working_apart:
        for tensor in tensors:
            tensor.mul_(world())
        return
    flat = torch.cat([t.reshape(-1) for t in tensors])
    dist.all_reduce(flat)
    for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


@contextmanager
def apart() -> Iterator[None]:
    """Let this process go on without waiting for the others."""
    global _working_apart
    _working_apart = True
    try:
        yield
    finally:
        _working_apart = False


def average_over_processes(module: torch.nn.Module) -> None:
    """Replace parameters and buffers of a module by their means over the processes."""
    floats = [t for t in module.state_dict().values() if t.is_floating_point()]
    sum_over_processes(floats)
    for tensor in floats:
        tensor.div_(world())


def gather_rows(x: torch.Tensor) -> torch.Tensor:
    """The rows of all processes, in the order of their ranks (their numbers may differ)."""
    if not _together() or _working_apart:
        return x
    counts = [torch.zeros((), dtype=torch.int64, device=x.device) for _ in range(world())]
    dist.all_gather(counts, torch.tensor(len(x), device=x.device))
    most = max(int(n) for n in counts)
    padded = torch.cat([x, x.new_zeros(most - len(x), *x.shape[1:])])
    parts = [torch.empty_like(padded) for _ in counts]
    dist.all_gather(parts, padded)
    return torch.cat([part[: int(n)] for part, n in zip(parts, counts, strict=True)])


def same_everywhere(value):
    """The first process's number, in every process."""
    if not _together():
        return value
    box = [value]
    dist.broadcast_object_list(box, src=0)
    return box[0]


def _leave() -> None:
    """Without a goodbye a process that ends later than the others may be aborted.

    So may one whose group's threads still run, and hold tensors, while Python ends.
    """
    if dist.is_initialized():
        dist.destroy_process_group()


def _together() -> bool:
    return dist.is_available() and dist.is_initialized()
