"""Several processes that train one model, started by torchrun (or what sets its variables).

Nothing here starts processes. Gradients and statistics are summed in one flattened `all_reduce`;
alone, every function is the identity.
"""

import atexit
import os

import torch
import torch.distributed as dist

__all__ = ["gather_rows", "join", "rank", "same_everywhere", "sum_over_processes", "world"]


def join(device: torch.device) -> None:
    """Join the process group that the launcher describes, if there is one and nobody has yet."""
    if int(os.environ.get("WORLD_SIZE", 1)) > 1 and dist.is_available() and not _together():
        if device.type == "cuda":
            torch.cuda.set_device(device)
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
    flat = torch.cat([t.reshape(-1) for t in tensors])
    dist.all_reduce(flat)
    for tensor, part in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(part.view_as(tensor))


def gather_rows(x: torch.Tensor) -> torch.Tensor:
    """The rows of all processes, in the order of their ranks (their numbers may differ)."""
    if not _together():
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
    """Without a goodbye, a process that ends later than the others may be aborted."""
    if dist.is_initialized():
        dist.destroy_process_group()


def _together() -> bool:
    return dist.is_available() and dist.is_initialized()
