"""Where a model lives and in which precision its products are taken."""

import os
import warnings
from functools import cache

import torch

__all__ = ["PRECISIONS", "choose_device", "choose_precision", "products_dtype"]

PRECISIONS = {"float32": torch.float32, "bf16": torch.bfloat16}

_FLAGS = ("amx_bf16", "avx512_bf16", "bf16", "sve_bf16")  # units that multiply bf16: x86, Arm
_ROWS = 64  # on a CPU, batches of fewer gain less by bf16 than the casts of the weights cost


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
    """The dtype of a precision, as it is asked for.

    Raises
    ------
    ValueError
        If the name is not known.
    """
    if precision not in PRECISIONS:
        known = ", ".join(repr(name) for name in PRECISIONS)
        raise ValueError(f"precision must be one of {known}, got {precision!r}.")
    return PRECISIONS[precision]


def products_dtype(precision: str, device: torch.device | str, batch_size: int) -> torch.dtype:
    """The dtype in which matrix products are taken here: float32 where bf16 would not be faster.

    That is on a device that does not multiply in bf16, about which a warning says so once, and
    on a CPU for batches of fewer than 64 rows.

    Parameters
    ----------
    precision : {"float32", "bf16"}
        What was asked for.
    device : torch.device or str
        Where the model lives.
    batch_size : int
        Rows of a minibatch.

    Raises
    ------
    ValueError
        If the name is not known.

    Examples
    --------
    >>> products_dtype("bf16", "cpu", 10), products_dtype("float32", "cuda", 1000)
    (torch.float32, torch.float32)
    """
    dtype, kind = choose_precision(precision), torch.device(device).type
    if dtype is torch.float32 or (kind == "cpu" and batch_size < _ROWS):
        return torch.float32
    return dtype if _multiplies_bf16(kind) else torch.float32


@cache
def _multiplies_bf16(kind: str) -> bool:
    """Whether the processors of this kind do, with a warning if not: once, as it is cached."""
    fast = torch.cuda.is_bf16_supported(False) if kind == "cuda" else _cpu_multiplies_bf16()
    if not fast:
        what = "GPU" if kind == "cuda" else "CPU"
        warnings.warn(
            f"precision='bf16' is float32 here: this {what} has no fast products in bf16.",
            stacklevel=2,
        )
    return fast


def _cpu_multiplies_bf16() -> bool:
    if not torch.backends.mkldnn.is_available():
        return False
    if hasattr(torch.cpu, "get_capabilities"):
        flags = torch.cpu.get_capabilities()
        return any(flags.get(name, False) for name in _FLAGS)
    return getattr(torch.cpu, "_is_avx512_bf16_supported", bool)()
