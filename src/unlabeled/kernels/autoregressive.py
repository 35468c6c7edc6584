r"""Draws from a neural autoregressive model, a few rows at a time.

Their fields and hidden units stay in the first cache from the first value to the last. A value
costs a product with the hidden units and, where it comes out as one, new ones:

.. math:: x_d = a_d\,[V_d \cdot \sigma(f) > \theta_d], \qquad f \leftarrow f + x_d W_d
"""

import numpy as np
from numba import float32, prange

from unlabeled.kernels.compiled import compiled
from unlabeled.kernels.functions import exp_minus

__all__ = ["rehearse", "walk"]

TILE = 4  # rows that share what is read of V and W


@compiled(sums=True)
def walk(field, W, V, value, threshold, is_on, logit):
    """Draw every value given those before it.

    Parameters
    ----------
    field : array of shape (n, H), float32
        Of the hidden units before the first value; overwritten.
    W, V : array of shape (D, H), float32
    value : array of shape (n, D), float32
        What a value is if it is not 0.
    threshold : array of shape (n, D), float32
        A value is not 0 where its log-odds, without the bias, are above this.
    is_on : array of bool, shape (n, D)
        Where that came out.
    logit : array of shape (n, D), float32
        The log-odds without the bias.
    """
    n, n_hidden = field.shape
    for k in prange((n + TILE - 1) // TILE):
        rows = slice(k * TILE, min(n, (k + 1) * TILE))
        f_k, value_k, threshold_k = field[rows], value[rows], threshold[rows]
        is_on_k, logit_k = is_on[rows], logit[rows]
        h_k = np.empty((len(f_k), n_hidden), np.float32)
        for i in range(len(f_k)):
            f, h = f_k[i], h_k[i]
            for j in range(f.size):
                h[j] = float32(1.0) / (float32(1.0) + exp_minus(f[j]))
        for d in range(len(W)):
            w, v = W[d], V[d]
            for i in range(len(f_k)):
                h, total = h_k[i], float32(0.0)
                for j in range(h.size):
                    total += h[j] * v[j]
                logit_k[i, d] = total
                is_on_k[i, d] = total > threshold_k[i, d]
                if is_on_k[i, d]:
                    f, a = f_k[i], value_k[i, d]
                    for j in range(f.size):
                        f[j] += a * w[j]
                        h[j] = float32(1.0) / (float32(1.0) + exp_minus(f[j]))


def rehearse() -> None:
    """Call the kernel once, in both ways."""
    for together in (False, True):
        rows, weights = np.zeros((3, 2), np.float32), np.zeros((2, 4), np.float32)
        field, is_on = np.zeros((3, 4), np.float32), np.zeros((3, 2), np.bool_)
        walk(field, weights, weights, rows, rows, is_on, rows.copy(), together=together)
