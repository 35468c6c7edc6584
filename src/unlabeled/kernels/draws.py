r"""Bernoulli draws: exponential, random number and comparison in one pass.

.. math:: x = [\,u\,(1 + e^{-f}) < 1\,], \qquad u \sim U[0, 1)
"""

import numpy as np
import torch
from numba import float32, prange

from unlabeled.kernels.compiled import compiled, part
from unlabeled.kernels.generator import PIECE, key_of_piece, new_bits, uniform

__all__ = ["bernoulli", "bernoulli_logits", "draw", "rehearse"]

_ENOUGH = 2**14  # values for which waking other threads is worth while
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
def _is_one_of(p, bits):
    return uniform(bits) < p


@part
def _is_one_of_logit(f, bits):
    return uniform(bits) * (float32(1.0) + exp_minus(f)) < float32(1.0)


@part
def _widened(bf16):
    return np.uint32(np.uint32(bf16) << np.uint32(16)).view(np.float32)


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
def bernoulli(p, x, starts, first_block, key):
    """Draw x = 1 with probability p, else 0.

    Parameters
    ----------
    p, x : arrays of shape (n,), float32
    starts : array of int64 of shape (n_blocks + 1,)
        Where each block of values begins, and n.
    first_block : int
        Number of the first of these blocks among those of all processes.
    key : int
        Of the draw.
    """
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, np.int64(k))
        bits = new_bits(key_of_piece(key, first_block + block, piece), end - begin)
        p_k, x_k = p[begin:end], x[begin:end]
        for i in range(p_k.size):
            x_k[i] = float32(_is_one_of(p_k[i], bits[i]))


@compiled
def bernoulli_logits(f, x, starts, first_block, key):
    """The same with probability sigmoid(f)."""
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, np.int64(k))
        bits = new_bits(key_of_piece(key, first_block + block, piece), end - begin)
        f_k, x_k = f[begin:end], x[begin:end]
        for i in range(f_k.size):
            x_k[i] = float32(_is_one_of_logit(f_k[i], bits[i]))


@compiled
def bernoulli_bf16(p, x, starts, first_block, key):
    """As `bernoulli` for bfloat16, whose bits are given as uint16."""
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, np.int64(k))
        bits = new_bits(key_of_piece(key, first_block + block, piece), end - begin)
        p_k, x_k = p[begin:end], x[begin:end]
        for i in range(p_k.size):
            x_k[i] = _ONE_BF16 if _is_one_of(_widened(p_k[i]), bits[i]) else np.uint16(0)


@compiled
def bernoulli_logits_bf16(f, x, starts, first_block, key):
    """As `bernoulli_logits` for bfloat16, whose bits are given as uint16."""
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, np.int64(k))
        bits = new_bits(key_of_piece(key, first_block + block, piece), end - begin)
        f_k, x_k = f[begin:end], x[begin:end]
        for i in range(f_k.size):
            x_k[i] = _ONE_BF16 if _is_one_of_logit(_widened(f_k[i]), bits[i]) else np.uint16(0)


_KERNELS = {
    ("bernoulli", torch.float32): bernoulli,
    ("bernoulli", torch.bfloat16): bernoulli_bf16,
    ("bernoulli_logits", torch.float32): bernoulli_logits,
    ("bernoulli_logits", torch.bfloat16): bernoulli_logits_bf16,
}


def draw(name: str, given: torch.Tensor, edges, first_block: int, key: int) -> torch.Tensor:
    """Draw zeros and ones for a tensor of probabilities or log-odds.

    Parameters
    ----------
    name : {"bernoulli", "bernoulli_logits"}
        What `given` holds.
    given : tensor of shape (n, ...), float32 or bfloat16
    edges : list of int
        The row at which each block begins, and n.
    first_block, key : int
        See :func:`bernoulli`.

    Returns
    -------
    tensor like `given`
    """
    given = given.contiguous()
    x = torch.empty_like(given)
    starts = np.array(edges) * (given.numel() // max(1, len(given)))
    kernel = _KERNELS[name, given.dtype]
    kernel(_flat(given), _flat(x), starts, first_block, key, together=x.numel() >= _ENOUGH)
    return x


def _flat(x):
    x = x.detach().view(-1)
    return x.view(torch.uint16).numpy() if x.dtype == torch.bfloat16 else x.numpy()


def rehearse() -> None:
    """Call every kernel once, in both ways."""
    for (_, dtype), kernel in _KERNELS.items():
        given = _flat(torch.zeros(5, dtype=dtype))
        for together in (False, True):
            kernel(given, np.empty_like(given), np.array([0, 5]), 0, 1, together=together)
