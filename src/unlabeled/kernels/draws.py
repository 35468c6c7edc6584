r"""Bernoulli draws: exponential, random number and comparison in one pass; normal numbers.

.. math:: x = [\,u\,(1 + e^{-f}) < 1\,], \qquad u \sim U[0, 1)
"""

import numpy as np
import torch
from numba import float32, prange

from unlabeled.kernels.compiled import compiled, part
from unlabeled.kernels.functions import cos_sin_turn, exp_minus, log
from unlabeled.kernels.generator import PIECE, key_of_piece, new_bits, uniform

__all__ = ["bernoulli", "bernoulli_logits", "draw", "fill_normal", "normal", "rehearse"]

_ENOUGH = 2**20  # values, half a millisecond of one thread, that are worth waiting for others
_ONE_BF16 = np.uint16(0x3F80)


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


@compiled
def normal(x, starts, first_block, key):
    r"""Fill x with standard normal numbers, as Box and Muller (1958) do: two from two.

    .. math:: \sqrt{-2 \log u} \, (\cos 2 \pi t, \sin 2 \pi t), \qquad t, u \sim U(0, 1)
    """
    for k in prange(_n_pieces(starts)):
        block, piece, begin, end = _place(starts, np.int64(k))
        half = (end - begin + 1) // 2
        bits = new_bits(key_of_piece(key, first_block + block, piece), 2 * half)
        first, second, pair = bits[:half], bits[half : 2 * half], np.empty(2 * half, np.float32)
        x_k, y_k = pair[:half], pair[half:]
        for i in range(half):
            r = np.sqrt(float32(-2.0) * log(uniform(first[i]) + float32(2.0**-25)))
            c, s = cos_sin_turn(uniform(second[i]))
            x_k[i], y_k[i] = r * c, r * s
        x[begin:end] = pair[: end - begin]


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
    kernel, starts = _KERNELS[name, given.dtype], _starts(x, edges)
    kernel(_flat(given), _flat(x), starts, first_block, key, together=x.numel() >= _ENOUGH)
    return x


def fill_normal(x: torch.Tensor, edges, first_block: int, key: int) -> None:
    """Fill a contiguous float32 tensor of shape (n, ...) with standard normal numbers.

    Parameters
    ----------
    x : tensor
    edges, first_block, key
        As in :func:`draw`.
    """
    normal(_flat(x), _starts(x, edges), first_block, key, together=x.numel() >= _ENOUGH)


def _starts(x, edges):
    """Where blocks of rows begin among the values."""
    return np.array(edges) * (x.numel() // max(1, len(x)))


def _flat(x):
    x = x.detach().view(-1)
    return x.view(torch.uint16).numpy() if x.dtype == torch.bfloat16 else x.numpy()


def rehearse() -> None:
    """Call every kernel once, in both ways."""
    for (_, dtype), kernel in _KERNELS.items():
        given = _flat(torch.zeros(5, dtype=dtype))
        for together in (False, True):
            kernel(given, np.empty_like(given), np.array([0, 5]), 0, 1, together=together)
    for together in (False, True):
        normal(np.empty(5, np.float32), np.array([0, 5]), 0, 1, together=together)
