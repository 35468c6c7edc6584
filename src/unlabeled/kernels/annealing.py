r"""A change of temperature for Bernoulli units: what it adds to the log-weight, and a new draw.

.. math:: \log\frac{1 + e^{tf}}{1 + e^{sf}} = (t - s) f^+
          + 2 \operatorname{artanh} \frac{E_t - E_s}{2 + E_t + E_s}, \qquad E_r = e^{-r |f|}

without a cancellation: with r the smaller of s and t, the other E is :math:`E_r + E_r D`,
:math:`D = e^{-|t - s| |f|} - 1`. The artanh is of numbers between -1/3 and 1/3.
"""

import numpy as np
import torch
from numba import float32, prange

from unlabeled.kernels.compiled import compiled, part
from unlabeled.kernels.functions import exp_minus, exp_minus_less_1, twice_artanh
from unlabeled.kernels.generator import key_of_piece, new_bits, uniform

__all__ = ["anneal", "bernoulli_annealed", "rehearse", "total"]

_ENOUGH = 2**14  # values for which waking other threads is worth while
_LANES = 64


@part
def total(x):
    """The sum of x, in an order of its own that any registers can follow."""
    sums = np.zeros(_LANES, np.float32)
    whole = x.size // _LANES * _LANES
    for start in range(0, whole, _LANES):
        row = x[start : start + _LANES]
        for k in range(_LANES):
            sums[k] += row[k]
    for k in range(x.size - whole):
        sums[k] += x[whole + k]
    for k in range(1, _LANES):
        sums[0] += sums[k]
    return sums[0]


@part
def _both(f, lower, step):
    """e^(-beta |f|) at the smaller beta, and how much less it is at the larger."""
    E = exp_minus(lower * abs(f))
    return E, E * exp_minus_less_1(abs(step) * abs(f))


@part
def _rise(f, E, fall, step):
    up = step * f if f > float32(0.0) else float32(0.0)
    sign = float32(1.0) if step > float32(0.0) else float32(-1.0)
    return up + sign * twice_artanh(fall / (float32(2.0) + E + E + fall))


@part
def _is_one(f, E, bits):
    one = float32(1.0) if f > float32(0.0) else E
    return uniform(bits) * (float32(1.0) + E) < one


@compiled
def bernoulli_annealed(f, lower, step, x, rise, starts, first_block, key):
    """Draw x = 1 with probability sigmoid(there * f), else 0; and the rise of all softplus.

    Parameters
    ----------
    f, x : arrays of shape (n, n_units), float32
        Fields at temperature 1, and the draw.
    lower : float32
        The smaller inverse temperature, not negative.
    step : float32
        there - here, whose digits a difference in float32 would lose.
    rise : array of shape (n,), float32
        Sum over units of softplus(there * f) - softplus(here * f).
    starts : array of int64 of shape (n_blocks + 1,)
        The row at which each block begins, and n.
    first_block : int
        Number of the first of these blocks among those of all processes.
    key : int
        Of the draw.
    """
    for row in prange(len(f)):
        block = np.searchsorted(starts, row, side="right") - 1
        bits = new_bits(key_of_piece(key, first_block + block, row - starts[block]), f.shape[1])
        f_k, x_k, rises = f[row], x[row], np.empty(f.shape[1], np.float32)
        for i in range(f_k.size):
            E, fall = _both(f_k[i], lower, step)
            rises[i] = _rise(f_k[i], E, fall, step)
            x_k[i] = float32(_is_one(f_k[i], E + fall if step > float32(0.0) else E, bits[i]))
        rise[row] = total(rises)


def anneal(f: torch.Tensor, here: float, there: float, edges, first_block: int, key: int):
    """Rise of the softplus and draw of a layer; see :func:`bernoulli_annealed`.

    Parameters
    ----------
    f : tensor of shape (n, n_units), float32
    here, there : float
    edges : list of int
        The row at which each block begins, and n.
    first_block, key : int

    Returns
    -------
    rise : tensor of shape (n,), float32
    x : tensor like `f`
    """
    f = f.detach().contiguous()
    x, rise = torch.empty_like(f), f.new_empty(len(f))
    bernoulli_annealed(
        f.numpy(),
        np.float32(min(here, there)),
        np.float32(there - here),
        x.numpy(),
        rise.numpy(),
        np.array(edges),
        first_block,
        key,
        together=f.numel() >= _ENOUGH,
    )
    return rise, x


def rehearse() -> None:
    """Call every kernel once, in both ways."""
    f = np.zeros((2, 5), np.float32)
    for together in (False, True):
        bernoulli_annealed(
            f,
            np.float32(0.0),
            np.float32(1.0),
            np.empty_like(f),
            np.empty(2, np.float32),
            np.array([0, 2]),
            0,
            1,
            together=together,
        )
