"""What the generators and corruptions share: private randomness, and tensors beside arrays."""

import sys

import numpy as np

__all__ = ["as_tensor_like", "generator", "is_tensor", "real_numbers"]


def generator(
    random_state: int | np.random.Generator | np.random.RandomState | None,
) -> np.random.Generator:
    """A generator of its own; only one that is passed in is moved on."""
    if isinstance(random_state, np.random.RandomState):
        random_state = random_state.randint(2**31 - 1)
    return np.random.default_rng(random_state)


def is_tensor(X) -> bool:
    """Whether `X` is a tensor, without importing torch."""
    torch = sys.modules.get("torch")  # a tensor exists only if torch was imported
    return torch is not None and isinstance(X, torch.Tensor)


def real_numbers(X) -> np.ndarray:
    """The numbers or booleans of an array or a tensor as an array.

    Raises
    ------
    ValueError
        If they are not real numbers.
    """
    if is_tensor(X):
        X = X.detach().cpu()
        X = (X.float() if X.is_floating_point() and X.itemsize < 4 else X).numpy()  # no bf16 there
    values = np.asarray(X)
    if values.dtype.kind not in "fiub":
        raise ValueError(f"X should be an array of real numbers, got dtype {values.dtype}")
    return values


def as_tensor_like(X, values: np.ndarray):
    """A tensor on the device of `X`, and of its precision if both are floating point."""
    import torch

    result = torch.from_numpy(values).to(X.device)
    return result.to(X.dtype) if result.is_floating_point() and X.is_floating_point() else result
