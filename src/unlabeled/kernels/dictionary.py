"""Learning a dictionary: what sparse codes sum up to, and atoms that move one after another."""

import numpy as np
from numba import prange

from unlabeled.kernels.compiled import compiled

__all__ = ["descend", "products", "rehearse"]


@compiled(sums=True)
def descend(u, A, d):
    r"""Each atom of a few to where it lowers the error most, given those before it.

    .. math:: d_j \leftarrow u / \|u\|, \qquad u = u_j - \sum_{k < j} A_{jk} \Delta d_k

    Parameters
    ----------
    u : array of shape (k, n_features)
        Directions of the atoms while none of them has moved; is overwritten.
    A : array of shape (k, k)
    d : array of shape (k, n_features)
        The atoms; gets the new ones.
    """
    for j in range(len(d)):
        u_j, d_j = u[j], d[j]
        for k in range(j):
            change, A_jk = u[k], A[j, k]
            if A_jk != 0:
                for i in range(u_j.size):
                    u_j[i] -= A_jk * change[i]
        energy = u.dtype.type(0)
        for i in range(u_j.size):
            energy += u_j[i] * u_j[i]
        size = np.sqrt(energy)
        for i in range(u_j.size):
            before = d_j[i]
            d_j[i] = u_j[i] / size if size > 0 else before
            u_j[i] = d_j[i] - before


@compiled
def products(h, x, A, B):
    r""":math:`A = h^\top h, B = h^\top x`, of codes that are mostly zero.

    Parameters
    ----------
    h : array of shape (n, n_components)
    x : array of shape (n, n_features)
    A : array of shape (n_components, n_components)
        Gets the first.
    B : array of shape (n_components, n_features)
        Gets the second.
    """
    n, n_components = h.shape
    begins = np.zeros(n + 1, np.int64)
    atoms = np.empty(h.size, np.int32)
    used = 0
    for i in range(n):
        h_i = h[i]
        for k in range(h_i.size):
            if h_i[k] != 0:
                atoms[used] = k
                used += 1
        begins[i + 1] = used
    columns = np.ascontiguousarray(h.T)
    for j in prange(n_components):
        A_j, B_j, h_j = A[j], B[j], columns[j]
        A_j[:] = 0
        B_j[:] = 0
        for i in range(n):
            h_ij = h_j[i]
            if h_ij != 0:
                x_i = x[i]
                for k in range(x_i.size):
                    B_j[k] += h_ij * x_i[k]
                for place in range(begins[i], begins[i + 1]):
                    k = atoms[place]
                    A_j[k] += h_ij * h[i, k]


def rehearse():
    """Call every kernel once for both types, and in both ways what threads can share."""
    for dtype in (np.float32, np.float64):
        eye = np.eye(3, dtype=dtype)
        descend(eye.copy(), eye, eye.copy(), together=False)
        for together in (False, True):
            products(eye, eye, np.empty_like(eye), np.empty_like(eye), together=together)
