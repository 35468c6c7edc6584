"""Damage to data, for denoising, for completion and for tests of robustness."""

import numpy as np

from .arrays import as_tensor_like, generator, is_tensor, real_numbers

__all__ = ["corrupt"]


def corrupt(
    X,
    kind: str,
    amount: float,
    *,
    fill: float = 0.0,
    value_range: tuple[float, float] = (0.0, 1.0),
    random_state: int | np.random.Generator | np.random.RandomState | None = None,
    return_mask: bool = False,
):
    """Corrupt a copy of `X`; each entry by itself.

    Parameters
    ----------
    X : ndarray or tensor of any shape
        Numbers or booleans; never changed.
    kind : {"mask", "gaussian", "salt_pepper"}
        - "mask": an entry becomes `fill` with probability `amount`;
        - "gaussian": normal noise of standard deviation `amount`, in the units of `X`, is
          added to every entry and nothing is clipped;
        - "salt_pepper": with probability `amount` an entry becomes the lower or the upper
          end of `value_range`, with equal chances.
    amount : float
        A probability, or for "gaussian" a standard deviation.
    fill : float, default=0.0
        What a masked entry becomes; NaN marks it as missing, as `complete` takes it.
    value_range : (float, float), default=(0.0, 1.0)
        What is pepper and what is salt. `X` must lie between them.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; None draws a new one from the operating system. The global
        generators are not used.
    return_mask : bool, default=False
        Whether to return the mask too.

    Returns
    -------
    X_corrupted : ndarray or tensor
        Of the same kind, shape and device. The dtype stays too, except that integers and
        booleans become floating point where the result could not be one of them.
    mask : ndarray or tensor of bool
        True where an entry was drawn for corruption (for "gaussian" everywhere); only if
        `return_mask`.

    Raises
    ------
    ValueError
        If the kind is unknown, the amount is out of range, `X` does not hold real numbers, or
        `X` leaves `value_range` with "salt_pepper".

    References
    ----------
    Vincent, Larochelle, Lajoie, Bengio and Manzagol, Stacked denoising autoencoders, JMLR 11,
    2010, section 3.3. There the number of masked entries per row is fixed; here it is binomial.

    Examples
    --------
    >>> corrupt(np.ones((2, 4)), "mask", 0.5, random_state=0)
    array([[1., 0., 1., 1.],
           [0., 1., 0., 0.]])
    """
    if kind not in _KINDS:
        raise ValueError(f"kind should be one of {[*_KINDS]}, got {kind!r}")
    highest = np.inf if kind == "gaussian" else 1.0
    if not 0 <= amount <= highest:
        raise ValueError(f"amount of {kind!r} should be in [0, {highest:g}], got {amount!r}")
    values = real_numbers(X)
    out, mask = _KINDS[kind](values, amount, generator(random_state), fill, value_range)
    if is_tensor(X):
        out, mask = as_tensor_like(X, out), as_tensor_like(X, mask)
    return (out, mask) if return_mask else out


def _mask(X, amount, rng, fill, value_range):
    mask = _chance(rng, X.shape, amount)
    out = X.astype(_holding(X.dtype, fill))
    out[mask] = fill
    return out, mask


def _gaussian(X, amount, rng, fill, value_range):
    dtype = np.result_type(X.dtype, np.float32) if X.dtype.kind != "f" else X.dtype
    noise = rng.standard_normal(X.shape, dtype=np.float32)
    noise *= amount
    return (X + noise).astype(dtype, copy=False), np.ones(X.shape, dtype=bool)


def _salt_pepper(X, amount, rng, fill, value_range):
    pepper, salt = value_range
    if X.size and (np.nanmin(X) < pepper or np.nanmax(X) > salt):
        raise ValueError(
            f"X should lie in value_range={value_range}, got values from {np.nanmin(X)} to "
            f"{np.nanmax(X)}: pass their range, such as value_range=(0, 255)"
        )
    mask = _chance(rng, X.shape, amount)
    out = X.astype(_holding(X.dtype, pepper, salt))
    out[mask] = np.where(rng.random(mask.sum(), dtype=np.float32) < 0.5, pepper, salt)
    return out, mask


_KINDS = {"mask": _mask, "gaussian": _gaussian, "salt_pepper": _salt_pepper}


def _chance(rng: np.random.Generator, shape: tuple[int, ...], probability: float) -> np.ndarray:
    return rng.random(shape, dtype=np.float32) < probability


def _holding(dtype: np.dtype, *numbers: float) -> np.dtype:
    """`dtype` if it can hold the numbers, else a floating-point one that can."""
    if dtype.kind == "f":
        return dtype
    low, high = (0, 1) if dtype.kind == "b" else (np.iinfo(dtype).min, np.iinfo(dtype).max)
    if all(float(number).is_integer() and low <= number <= high for number in numbers):
        return dtype
    return np.result_type(dtype, np.float32)
