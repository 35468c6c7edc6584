r"""Elementary functions as polynomials, which compilers can spread over whole registers.

Each is right to a few roundings of float32 where it says so, and has no branch.
"""

import numpy as np
from numba import float32

from unlabeled.kernels.compiled import part

__all__ = ["cos_sin_turn", "exp_minus", "exp_minus_less_1", "log", "twice_artanh"]

_LOG2_E = float32(1.4426950408889634)
_LN_2 = float32(0.6931471805599453)
_ROUND = float32(1.5 * 2**23)  # added and taken off again: rounds to a whole number
_ROOT_HALF = np.int32(0x3F3504F3)  # the bits of the root of one half


@part
def exp_minus(f):
    """exp(-f), to (3 + |f|) 1e-7 of itself; 2**-126 or 2**127 beyond what float32 holds."""
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
def exp_minus_less_1(y):
    """exp(-y) - 1 for y >= 0, to 3e-7 of itself."""
    y = -y * _LOG2_E
    y = float32(-126.0) if y < float32(-126.0) else y
    shifted = np.float32(y + _ROUND)
    r = np.float32(y - np.float32(shifted - _ROUND)) * _LN_2  # in [-0.35, 0.35]
    p = float32(1.0 / 5040.0)  # exp(r) - 1, the Taylor polynomial
    p = p * r + float32(1.0 / 720.0)
    p = p * r + float32(1.0 / 120.0)
    p = p * r + float32(1.0 / 24.0)
    p = p * r + float32(1.0 / 6.0)
    p = p * r + float32(0.5)
    p = p * r * r + r
    exponent = np.int32(shifted.view(np.int32) + np.int32(127)) << np.int32(23)
    scale = np.int32(exponent).view(np.float32)
    return scale * p + (scale - float32(1.0))


@part
def twice_artanh(w):
    """2 artanh(w) for |w| <= 1/3, to 2e-7 of itself."""
    z = w * w
    p = float32(2.0 / 17.0)  # the Taylor polynomial
    p = p * z + float32(2.0 / 15.0)
    p = p * z + float32(2.0 / 13.0)
    p = p * z + float32(2.0 / 11.0)
    p = p * z + float32(2.0 / 9.0)
    p = p * z + float32(2.0 / 7.0)
    p = p * z + float32(2.0 / 5.0)
    p = p * z + float32(2.0 / 3.0)
    return p * z * w + float32(2.0) * w


@part
def log(x):
    """log(x) for normal x > 0, to 2e-7 of itself or of ln 2."""
    bits = np.float32(x).view(np.int32) - _ROOT_HALF
    exponent = bits >> np.int32(23)
    rest = np.int32((bits & np.int32(0x7FFFFF)) + _ROOT_HALF).view(np.float32)  # within root 2
    w = (rest - float32(1.0)) / (rest + float32(1.0))
    return float32(exponent) * _LN_2 + twice_artanh(w)


@part
def cos_sin_turn(t):
    """cos and sin of 2 pi t for |t| <= 1, to 2e-7."""
    shifted = np.float32(float32(4.0) * t + _ROUND)
    quarter = shifted.view(np.int32)
    a = (t - float32(0.25) * np.float32(shifted - _ROUND)) * float32(2 * np.pi)  # up to pi / 4
    z = a * a
    s = float32(1.0 / 362880.0)
    s = s * z - float32(1.0 / 5040.0)
    s = s * z + float32(1.0 / 120.0)
    s = s * z - float32(1.0 / 6.0)
    s = s * z * a + a
    c = float32(1.0 / 40320.0)
    c = c * z - float32(1.0 / 720.0)
    c = c * z + float32(1.0 / 24.0)
    c = c * z - float32(0.5)
    c = c * z + float32(1.0)
    odd = (quarter & np.int32(1)) == np.int32(1)
    x, y = (s, c) if odd else (c, s)
    q = quarter & np.int32(3)
    x = -x if (q == np.int32(1)) | (q == np.int32(2)) else x
    y = -y if q >= np.int32(2) else y
    return x, y
