"""Whatever holds numbers, as a NumPy array."""

import sys

import numpy as np

__all__ = ["to_numpy"]


def to_numpy(X) -> np.ndarray:
    """`X` as an array; a tensor is detached and brought to the CPU, bfloat16 as float32."""
    torch = sys.modules.get("torch")  # a tensor exists only if torch was imported
    if torch is not None and isinstance(X, torch.Tensor):
        X = X.detach().cpu()
        return (X.float() if X.dtype == torch.bfloat16 else X).numpy()
    return np.asarray(X)
