"""Where a model lives and in which precision its products are taken."""

import os

import torch

__all__ = ["PRECISIONS", "choose_device", "choose_precision"]

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}


def choose_device(device: str, X=None) -> torch.device:
    """The named device; "auto" is where the tensor `X` is, else CUDA if there is one, else CPU.

    Of several processes that torchrun started on a machine, each takes a GPU of its own.

    Raises
    ------
    ValueError
        If the device does not exist here.
    """
    if device == "auto":
        if isinstance(X, torch.Tensor):
            return X.device
        return _own_cuda() if torch.cuda.is_available() else torch.device("cpu")
    try:
        chosen = torch.device(device)
    except (RuntimeError, TypeError) as error:
        raise ValueError(f"device must be 'auto', 'cpu' or 'cuda', got {device!r}.") from error
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f"device={device!r} was asked for, but torch sees no CUDA device here.")
    return _own_cuda() if device == "cuda" else chosen


def _own_cuda() -> torch.device:
    own = os.environ.get("LOCAL_RANK")
    return torch.device("cuda" if own is None else f"cuda:{own}")


def choose_precision(precision: str) -> torch.dtype:
    """The dtype of matrix products.

    Raises
    ------
    ValueError
        If the name is not known.
    """
    if precision not in PRECISIONS:
        known = ", ".join(repr(name) for name in PRECISIONS)
        raise ValueError(f"precision must be one of {known}, got {precision!r}.")
    return PRECISIONS[precision]
