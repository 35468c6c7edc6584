"""Which of two ways to compute the same thing is taken: plain torch, or compiled kernels.

The answer follows from the device, from what is installed and from what has been compiled on this
machine (`unlabeled compile`), never from a timing: the same seed shall give the same model.
"""

import torch

from unlabeled.kernels import build

__all__ = ["BACKENDS", "choose_backend"]

BACKENDS = ("auto", "torch", "fast")


def choose_backend(backend: str, device: torch.device | str = "cpu") -> str:
    """Return "torch" or "fast".

    Parameters
    ----------
    backend : {"auto", "torch", "fast"}
        "fast" are the compiled kernels, for a CPU, compiled on their first call (seconds, once per
        machine). "auto" takes them where they have been compiled already, so that no call has to
        wait for a compiler.
    device : torch.device or str, default="cpu"
        Where the model lives.

    Raises
    ------
    ValueError
        If the name is not known, or for "fast" on another device than a CPU.
    ImportError
        For "fast" where numba is not installed.

    Examples
    --------
    >>> choose_backend("torch")
    'torch'
    """
    if backend not in BACKENDS:
        raise ValueError(f"backend must be 'auto', 'torch' or 'fast', got {backend!r}.")
    on_cpu = torch.device(device).type == "cpu"
    if backend == "auto":
        return "fast" if on_cpu and build.is_compiled() else "torch"
    if backend == "fast" and not on_cpu:
        raise ValueError(f"backend='fast' has kernels for a CPU only, got device {device}.")
    if backend == "fast" and not build.is_installed():
        raise ImportError("backend='fast' needs numba: pip install 'unlabeled[fast]'.")
    return backend
