r"""The Lasso of each row by coordinate descent on its few active atoms, by way of the Gram matrix.

With :math:`G = D D^\top`, :math:`b = D x` and :math:`c = b - G h`, atom after atom

.. math::
    h_k \leftarrow S_\alpha(c_k + G_{kk} h_k) / G_{kk}, \qquad c \leftarrow c - G_k \Delta h_k,

over the active atoms alone, whose part of G is small and lies together. Where these are solved,
the atoms that violate :math:`|c_k| \le \alpha` by more than half as much as the worst one join
them, until the duality gap of the whole (:mod:`unlabeled.sparse.lasso`) is small.

References
----------
Friedman, Hastie, Tibshirani. Regularization paths for generalized linear models via coordinate
descent. J. Statistical Software 33(1), 2010.
"""

import numpy as np
from numba import prange

from unlabeled.kernels.compiled import compiled, part

__all__ = ["lasso", "rehearse"]

LANES = 16  # numbers that are updated together
PIECE = 32  # rows that share their scratch
FALL = 30  # by which the gap of the active atoms shall fall before others may join


@compiled(sums=True)
def lasso(b, G, energy, alpha, tol, rounding, max_sweeps, positive, h, solved):
    r"""Minimise :math:`\tfrac12 h^\top G h - b^\top h + \alpha \lVert h \rVert_1` of each row.

    Parameters
    ----------
    b : array of shape (n, n_components)
        D x.
    G : array of shape (n_components, n_components)
        D D'.
    energy : array of shape (n,)
        :math:`\lVert x \rVert^2`.
    alpha : number of their type
    tol, rounding : numbers of their type
        A row is done when its duality gap is below `tol` of its objective, plus `rounding` of its
        energy.
    max_sweeps : int
        Most walks over the active atoms of a row.
    positive : bool
        Only codes >= 0.
    h : array of shape (n, n_components)
        Gets the codes.
    solved : array of bool of shape (n,)
        Gets whether each row was done.
    """
    n, n_components = b.shape
    width = (n_components + LANES - 1) // LANES * LANES
    for piece in prange((n + PIECE - 1) // PIECE):
        c = np.zeros(width, b.dtype)
        own = np.empty((5, width), b.dtype)
        atoms = np.empty(n_components, np.int64)
        is_active = np.zeros(n_components, np.bool_)
        S = np.empty((4 * LANES, 4 * LANES), b.dtype)
        for i in range(piece * PIECE, min((piece + 1) * PIECE, n)):
            stop = (energy[i], alpha, tol, rounding, max_sweeps)
            m, done, S = _solve(b[i], G, stop, positive, c, own, atoms, is_active, S)
            solved[i] = done
            h_i, h_own = h[i], own[0]
            h_i[:] = 0
            for k in range(m):
                h_i[atoms[k]] = h_own[k]
                is_active[atoms[k]] = False


@part
def _solve(b, G, stop, positive, c, own, atoms, is_active, S):
    """One row. Returns how many atoms are active, whether it is solved, and the scratch S.

    Parameters
    ----------
    b : array of shape (n_components,)
    G : array of shape (n_components, n_components)
    stop : tuple
        Energy, alpha, tol, rounding, max_sweeps.
    positive : bool
    c : array of shape (width,)
        Scratch for all correlations.
    own : array of shape (5, width)
        Gets h, b, c and 1 / G_kk of the active atoms; the last row is scratch.
    atoms : array of int64 of shape (n_components,)
        Gets their numbers.
    is_active : array of bool of shape (n_components,)
    S : array of shape (room, room)
        Scratch for their part of G.
    """
    alpha, max_sweeps = stop[1], stop[4]
    m = sweeps = 0
    most = own[4, :LANES]
    c[: b.size] = b
    while True:
        steepest = _steepest(c, most, positive)
        gap, limit = _gap(own, m, steepest, stop, positive)
        if gap <= limit:
            return m, True, S
        enough = gap / FALL
        if sweeps >= max_sweeps:
            return m, False, S
        level = alpha + (steepest - alpha) * b.dtype.type(0.5)
        before, m = m, _violators(c, b.size, level, positive, atoms, is_active, m)
        S = _roomy(S, before, m)
        for k in range(before, m):
            _join(k, b, G, c, own, atoms, S)
        width = _pad(m, own, S)
        while sweeps < max_sweeps:
            _sweep(S, own, m, width, alpha, positive)
            sweeps += 1
            gap, limit = _gap(own, m, alpha, stop, positive)
            if gap <= max(enough, limit):
                break
        _correlations(b, G, own, atoms, m, c)


@part
def _pull(c, positive):
    return c if positive else abs(c)


@part
def _steepest(c, most, positive):
    """The largest pull; c has whole lanes, `most` is scratch for one."""
    most[:] = 0
    for start in range(0, c.size, LANES):
        lane = c[start : start + LANES]
        for k in range(LANES):
            pull = _pull(lane[k], positive)
            most[k] = pull if pull > most[k] else most[k]
    steepest = most[0]
    for k in range(1, LANES):
        steepest = max(steepest, most[k])
    return steepest


@part
def _gap(own, m, steepest, stop, positive):
    """The duality gap, if no other atom pulls more than `steepest`, and what it may be."""
    energy, alpha, tol, rounding, _ = stop
    h, b, c = own[0, :m], own[1, :m], own[2, :m]
    hb = hc = norm = energy - energy
    for k in range(h.size):
        hb += h[k] * b[k]
        hc += h[k] * c[k]
        norm += abs(h[k])
        steepest = max(steepest, _pull(c[k], positive))
    error = (energy - hb - hc) / 2
    penalty = alpha * norm
    scale = alpha / steepest if steepest > alpha else 1.0
    gap = error * (1 - scale) ** 2 + penalty - scale * hc
    return gap, tol * (error + penalty) + rounding * energy


@part
def _violators(c, n, level, positive, atoms, is_active, m):
    """Note the atoms that pull at least `level` after the m active ones; how many are active."""
    for j in range(n):
        if _pull(c[j], positive) >= level and not is_active[j]:
            is_active[j] = True
            atoms[m] = j
            m += 1
    return m


@part
def _roomy(S, before, m):
    """S, of `before` atoms, with room for m."""
    room = len(S)
    if m <= room:
        return S
    while room < m:
        room *= 2
    larger = np.empty((room, room), S.dtype)
    larger[:before, :before] = S[:before, :before]
    return larger


@part
def _join(m, b, G, c, own, atoms, S):
    """Set up the active atom number m."""
    j = atoms[m]
    G_j = G[j]
    own[0, m], own[1, m], own[2, m], own[3, m] = 0, b[j], c[j], 1 / G_j[j]
    for k in range(m + 1):
        S[m, k] = S[k, m] = G_j[atoms[k]]


@part
def _pad(m, own, S):
    """Fill the last lane with atoms that do nothing; returns where it ends."""
    width = (m + LANES - 1) // LANES * LANES
    own[:3, m:width] = 0
    S[:m, m:width] = 0
    return width


@part
def _sweep(S, own, m, width, alpha, positive):
    """Each active atom in turn, exactly."""
    h, c, inverse = own[0, :width], own[2, :width], own[3, :width]
    for k in range(m):
        S_k = S[k, :width]
        z = c[k] + S_k[k] * h[k]
        change = _shrunk(z, alpha, positive) * inverse[k] - h[k]
        if change != 0:
            h[k] += change
            for start in range(0, width, LANES):
                c_lane, S_lane = c[start : start + LANES], S_k[start : start + LANES]
                for lane in range(LANES):
                    c_lane[lane] -= change * S_lane[lane]


@part
def _shrunk(z, alpha, positive):
    """Of the type of z, as everything in the chain from one atom to the next must be."""
    if z > alpha:
        return z - alpha
    if z < -alpha and not positive:
        return z + alpha
    return z - z


@part
def _correlations(b, G, own, atoms, m, c):
    """c = b - G h of all atoms, and of the active ones."""
    for j in range(b.size):
        c[j] = b[j]
    for k in range(m):
        h_k = own[0, k]
        if h_k != 0:
            G_k = G[atoms[k]]
            for j in range(b.size):
                c[j] -= h_k * G_k[j]
    for k in range(m):
        own[2, k] = c[atoms[k]]


def rehearse():
    """Call every kernel once, in both ways and for both types."""
    for together in (False, True):
        for dtype in (np.float32, np.float64):
            number, G = dtype(1e-3), np.eye(3, dtype=dtype)
            h, solved, energy = np.empty_like(G), np.empty(3, bool), np.ones(3, dtype)
            lasso(G, G, energy, number, number, number, 9, False, h, solved, together=together)
