r"""Random bits, many lanes at a time: xoshiro128++ (Blackman, Vigna 2021).

A tensor is drawn in pieces of `PIECE` values, each from a generator of its own whose state is made
from the key of the draw, the number of the block of rows and that of the piece in it. So what is
drawn depends neither on the number of threads nor on who draws which piece. `LANES` generators
run side by side: as many as fit into registers of any width that there is.
"""

import numpy as np
from numba import float32, uint32, uint64

from unlabeled.kernels.compiled import part

__all__ = ["LANES", "PIECE", "key_of_piece", "new_bits", "uniform"]

LANES = 64
PIECE = 4096  # values; their bits stay in the first cache

_GOLDEN = uint64(0x9E3779B97F4A7C15)


@part
def _mix(z):
    """SplitMix64's finalizer: neighbouring numbers to unrelated ones."""
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@part
def key_of_piece(key, block, piece):
    """The key of one piece of one block of a draw."""
    return _mix(_mix(uint64(key) + _GOLDEN * uint64(block + 1)) + _GOLDEN * uint64(piece + 1))


@part
def _seed(key, state):
    for k in range(2 * LANES):
        word = _mix(key + _GOLDEN * uint64(k + 1))
        state[2 * k] = uint32(word)
        state[2 * k + 1] = uint32(word >> uint64(32))


@part
def _rotate(x, k):
    return uint32((x << uint32(k)) | (x >> uint32(32 - k)))


@part
def new_bits(key, n):
    """At least n random uint32 from the stream of `key`: so many that all lanes give equally."""
    state = np.empty(4 * LANES, np.uint32)
    bits = np.empty((n + LANES - 1) // LANES * LANES, np.uint32)
    _seed(key, state)
    for start in range(0, bits.size, LANES):
        row = bits[start : start + LANES]
        for k in range(LANES):
            a, b = state[k], state[LANES + k]
            c, d = state[2 * LANES + k], state[3 * LANES + k]
            row[k] = uint32(_rotate(uint32(a + d), 7) + a)
            t = uint32(b << uint32(9))
            c ^= a
            d ^= b
            b ^= c
            a ^= d
            state[k], state[LANES + k] = a, b
            state[2 * LANES + k] = c ^ t
            state[3 * LANES + k] = _rotate(d, 11)
    return bits


@part
def uniform(bits):
    """A multiple of 2**-24 in [0, 1), from the upper 24 of 32 bits."""
    return float32(np.int32(bits >> uint32(8))) * float32(2.0**-24)
