r"""Bernoulli draws from log-odds: exponential, random number and comparison in one pass.

.. math:: x = [\,u\,(1 + e^{-f}) < 1\,], \qquad u \sim U[0, 1)
"""

import numpy as np
from numba import float32, prange

from unlabeled.kernels.compiled import compiled, part
from unlabeled.kernels.generator import PIECE, key_of_piece, new_bits, uniform

__all__ = ["bernoulli_bf16", "bernoulli_float32", "rehearse"]

_ONE_BF16 = np.uint16(0x3F80)
_LOG2_E = float32(1.4426950408889634)
_ROUND = float32(1.5 * 2**23)  # added and taken off again: rounds to a whole number


@part
def exp_minus(f):
    """exp(-f) to 2e-7 of itself; 2**-126 or 2**127 beyond what float32 holds."""
    y = -f * _LOG2_E
    y = float32(-126.0) if y < float32(-126.0) else y
    y = float32(127.0) if y > float32(127.0) else y
    shifted = np.float32(y + _ROUND)
    power = np.float32(y - np.float32(shifted - _ROUND))  # of two, in [-1/2, 1/2]
    p = float32(1.5403530e-4)  # 2**power, the Taylor polynomial
    p = p * power + float32(1.3333558e-3)
    p = p * power + float32(9.6181291e-3)
    p = p * power + float32(5.5504109e-2)
    p = p * power + float32(2.4022651e-1)
    p = p * power + float32(6.9314718e-1)
    p = p * power + float32(1.0)
    exponent = np.int32(shifted.view(np.int32) + np.int32(127)) << np.int32(23)
    return p * np.int32(exponent).view(np.float32)


@part
def _is_one(f, bits):
    return uniform(bits) * (float32(1.0) + exp_minus(f)) < float32(1.0)


@part
def _n_pieces(starts):
    n = 0
    for block in range(starts.size - 1):
        n += (starts[block + 1] - starts[block] + PIECE - 1) // PIECE
    return n


@part
def _place(starts, k):
    """Block, number within the block, begin and end of piece k of all."""
    block = 0
    n = (starts[1] - starts[0] + PIECE - 1) // PIECE
    while k >= n:
        k -= n
        block += 1
        n = (starts[block + 1] - starts[block] + PIECE - 1) // PIECE
    begin = starts[block] + k * PIECE
    return block, k, begin, min(begin + PIECE, starts[block + 1])


@compiled
def bernoulli_float32(f, x, starts, keys):
    """Draw x = 1 with probability sigmoid(f), else 0.

    Parameters
    ----------
    f, x : arrays of shape (n,), float32
    starts : array of int64 of shape (n_blocks + 1,)
        Where each block of values begins, and n.
    keys : array of uint64 of shape (n_blocks,)
        The random stream of each block.
    """
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, k)
        bits = new_bits(key_of_piece(keys[block], piece), end - begin)
        f_k, x_k = f[begin:end], x[begin:end]
        for i in range(f_k.size):
            x_k[i] = float32(_is_one(f_k[i], bits[i]))


@compiled
def bernoulli_bf16(f, x, starts, keys):
    """The same for bfloat16, whose bits are given as uint16."""
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, k)
        bits = new_bits(key_of_piece(keys[block], piece), end - begin)
        f_k, x_k = f[begin:end], x[begin:end]
        for i in range(f_k.size):
            wide = np.uint32(np.uint32(f_k[i]) << np.uint32(16)).view(np.float32)
            x_k[i] = _ONE_BF16 if _is_one(wide, bits[i]) else np.uint16(0)


def rehearse():
    """Call every kernel once, in both ways."""
    starts, keys = np.array([0, 5]), np.zeros(1, np.uint64)
    for together in (False, True):
        for kernel, dtype in ((bernoulli_float32, np.float32), (bernoulli_bf16, np.uint16)):
            f = np.zeros(5, dtype)
            kernel(f, np.empty_like(f), starts, keys, together=together)
