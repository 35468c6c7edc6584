r"""Products of weights with ratings that are few: what is not rated costs nothing.

Rating e is of row :math:`i_e` and unit :math:`u_e`, whose weights :math:`W_{u k}` (a vector for
each value k, all in one piece of memory) are read once for each. Ratings are in the order of
their rows; `first[i]` is the first of row i.
"""

import numpy as np
from numba import prange

from unlabeled.kernels.compiled import compiled

__all__ = ["gradient", "hidden_fields", "probabilities", "rehearse"]


@compiled(sums=True)
def probabilities(h, first, unit, W, b, p):
    r""":math:`p_{ek} \propto \exp(b_{u_e k} + W_{u_e k}^\top h_{i_e})` of every rating.

    Parameters
    ----------
    h : array of shape (n, n_hidden)
    first : array of int64 of shape (n + 1,)
    unit : array of int64 of shape (n_ratings,)
    W : array of shape (n_units * n_values, n_hidden)
    b : array of shape (n_units * n_values,)
    p : array of shape (n_ratings, n_values)
        Gets them.
    """
    n_values = p.shape[1]
    for i in prange(len(h)):
        h_i = h[i]
        for e in range(first[i], first[i + 1]):
            p_e, start = p[e], unit[e] * n_values
            top = p.dtype.type(-np.inf)
            for k in range(n_values):
                w, total = W[start + k], b[start + k]
                for j in range(w.size):
                    total += w[j] * h_i[j]
                p_e[k] = total
                top = max(top, total)
            norm = p.dtype.type(0)
            for k in range(n_values):
                p_e[k] = np.exp(p_e[k] - top)
                norm += p_e[k]
            for k in range(n_values):
                p_e[k] /= norm


@compiled
def hidden_fields(p, first, unit, W, c, f):
    r""":math:`f_i = c + \sum_e \sum_k p_{ek} W_{u_e k}` over the ratings of row i.

    Parameters
    ----------
    p : array of shape (n_ratings, n_values)
    first, unit, W : as in `probabilities`
    c : array of shape (n_hidden,)
    f : array of shape (n, n_hidden)
        Gets the fields.
    """
    n_values = p.shape[1]
    for i in prange(len(f)):
        f_i = f[i]
        f_i[:] = c
        for e in range(first[i], first[i + 1]):
            for k in range(n_values):
                p_ek = p[e, k]
                if p_ek != 0:
                    w = W[unit[e] * n_values + k]
                    for j in range(w.size):
                        f_i[j] += p_ek * w[j]


@compiled
def gradient(x, v, g, h, first, row, scale, G):
    r""":math:`G_{uk} = s \sum_{e: u_e = u} (x_{ek} g_{i_e} - v_{ek} h_{i_e})`.

    Here ratings are in the order of their units.

    Parameters
    ----------
    x, v : arrays of shape (n_ratings, n_values)
    g, h : arrays of shape (n, n_hidden)
    first : array of int64 of shape (n_units + 1,)
    row : array of int64 of shape (n_ratings,)
    scale : number of their type
    G : array of shape (n_units * n_values, n_hidden)
        Gets the sums.
    """
    n_values = x.shape[1]
    for u in prange(len(first) - 1):
        for k in range(n_values):
            G_uk = G[u * n_values + k]
            G_uk[:] = 0
            for e in range(first[u], first[u + 1]):
                g_i, h_i = g[row[e]], h[row[e]]
                a, b = scale * x[e, k], scale * v[e, k]
                for j in range(G_uk.size):
                    G_uk[j] += a * g_i[j] - b * h_i[j]


def rehearse():
    """Call every kernel once for both types, in one thread and in several."""
    first, unit = np.array([0, 1, 2]), np.array([0, 1])
    for dtype in (np.float32, np.float64):
        W, h = np.ones((4, 3), dtype), np.ones((2, 3), dtype)
        p, G = np.full((2, 2), 0.5, dtype), np.empty_like(W)
        for together in (False, True):
            probabilities(h, first, unit, W, W[:, 0].copy(), p.copy(), together=together)
            hidden_fields(p, first, unit, W, h[0], h.copy(), together=together)
            gradient(p, p, h, h, first, unit, dtype(1), G, together=together)
