r"""Bernoulli draws: exponential, random number and comparison in one pass; normal numbers.

.. math:: x = [\,u\,(1 + e^{-f}) < 1\,], \qquad u \sim U[0, 1)
"""

import numpy as np
import torch
from numba import float32, prange

from unlabeled.kernels.compiled import compiled, part
from unlabeled.kernels.functions import cos_sin_turn, exp_minus, log
from unlabeled.kernels.generator import PIECE, key_of_piece, new_bits, uniform

__all__ = ["bernoulli", "bernoulli_bf16", "draw", "fill_normal", "normal", "rehearse"]

_ENOUGH = 2**20  # values, half a millisecond of one thread, that are worth waiting for others
_ONE_BF16 = np.uint16(0x3F80)


@part
def _is_one(value, bits, are_logits):
    if are_logits:
        return uniform(bits) * (float32(1.0) + exp_minus(value)) < float32(1.0)
    return uniform(bits) < value


@part
def _widened(bf16):
    return np.uint32(np.uint32(bf16) << np.uint32(16)).view(np.float32)


@part
def _n_pieces_of(starts, block):
    return (starts[block + 1] - starts[block] + PIECE - 1) // PIECE


@part
def _n_pieces(starts):
    n = 0
    for block in range(starts.size - 1):
        n += _n_pieces_of(starts, block)
    return n


@part
def _piece(starts, first_block, key, k):
    """Begin and end of piece k of all blocks, and at least as many random bits as it has values.

    (The index of a `prange` has no sign, hence np.int64(k).)
    """
    block, piece = 0, np.int64(k)
    while piece >= _n_pieces_of(starts, block):
        piece -= _n_pieces_of(starts, block)
        block += 1
    begin = starts[block] + piece * PIECE
    end = min(begin + PIECE, starts[block + 1])
    # An even number, as :func:`normal` wants two for two.
    bits = new_bits(key_of_piece(key, first_block + block, piece), (end - begin + 1) // 2 * 2)
    return begin, end, bits


@compiled
def bernoulli(given, are_logits, x, starts, first_block, key):
    """Draw x = 1 with probability p, else 0.

    Parameters
    ----------
    given : array of shape (n,), float32
        p, or its log-odds.
    are_logits : bool
        Which of them.
    x : array of shape (n,), float32
    starts : array of int64 of shape (n_blocks + 1,)
        Where each block of values begins, and n.
    first_block : int
        Number of the first of these blocks among those of all processes.
    key : int
        Of the draw.
    """
    for k in prange(_n_pieces(starts)):
        begin, end, bits = _piece(starts, first_block, key, k)
        given_k, x_k = given[begin:end], x[begin:end]
        for i in range(given_k.size):
            x_k[i] = float32(_is_one(given_k[i], bits[i], are_logits))


@compiled
def bernoulli_bf16(given, are_logits, x, starts, first_block, key):
    """The same for bfloat16, whose bits are given as uint16."""
    for k in prange(_n_pieces(starts)):
        begin, end, bits = _piece(starts, first_block, key, k)
        given_k, x_k = given[begin:end], x[begin:end]
        for i in range(given_k.size):
            is_one = _is_one(_widened(given_k[i]), bits[i], are_logits)
            x_k[i] = _ONE_BF16 if is_one else np.uint16(0)


@compiled
def normal(x, starts, first_block, key):
    r"""Fill x with standard normal numbers, as Box and Muller (1958) do: two from two.

    .. math:: \sqrt{-2 \log u} \, (\cos 2 \pi t, \sin 2 \pi t), \qquad t, u \sim U(0, 1)
    """
    for k in prange(_n_pieces(starts)):
        begin, end, bits = _piece(starts, first_block, key, k)
        half = (end - begin + 1) // 2
        first, second, pair = bits[:half], bits[half : 2 * half], np.empty(2 * half, np.float32)
        x_k, y_k = pair[:half], pair[half:]
        for i in range(half):
            r = np.sqrt(float32(-2.0) * log(uniform(first[i]) + float32(2.0**-25)))
            c, s = cos_sin_turn(uniform(second[i]))
            x_k[i], y_k[i] = r * c, r * s
        x[begin:end] = pair[: end - begin]


_KERNELS = {torch.float32: bernoulli, torch.bfloat16: bernoulli_bf16}


def draw(given: torch.Tensor, are_logits: bool, edges, first_block: int, key: int):
    """Draw zeros and ones.

    Parameters
    ----------
    given : tensor of shape (n, ...), float32 or bfloat16
        Probabilities, or log-odds.
    are_logits : bool
        Which of them.
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
    where = _starts(x, edges), first_block, key
    kernel, together = _KERNELS[given.dtype], x.numel() >= _ENOUGH
    kernel(_flat(given), are_logits, _flat(x), *where, together=together)
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
    where = np.array([0, 5]), 0, 1
    for together in (False, True):
        for dtype, kernel in _KERNELS.items():
            given = _flat(torch.zeros(5, dtype=dtype))
            kernel(given, True, np.empty_like(given), *where, together=together)
        normal(np.empty(5, np.float32), *where, together=together)
