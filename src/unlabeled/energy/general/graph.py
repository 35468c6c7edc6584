"""Which units of a Boltzmann machine are joined, and which may be updated together.

Units without an edge between them are independent given all others. A colouring of the graph
parts them into such classes: one for each unit of a complete graph, the two layers of a restricted
machine, the black and the white fields of a lattice.
"""

from collections.abc import Collection

import numpy as np
import torch

from unlabeled.validation import check_number

__all__ = ["KINDS", "classes_of", "edges_among", "lattice"]

KINDS = ("vv", "vh", "hh")


def edges_among(edges, n_visible: int, n_hidden: int) -> torch.Tensor:
    """The pairs of units that are joined, as a symmetric matrix; visible units come first.

    Parameters
    ----------
    edges : None, collection of {"vv", "vh", "hh"}, or array-like of bool
        All pairs; all pairs of these kinds (visible-visible, visible-hidden, hidden-hidden); or
        the matrix itself.
    n_visible, n_hidden : int

    Returns
    -------
    tensor of bool, shape (n_visible + n_hidden, n_visible + n_hidden)

    Raises
    ------
    ValueError
        If a kind is unknown, or the matrix is not boolean, symmetric, of that shape, with an empty
        diagonal.
    """
    n = n_visible + n_hidden
    if edges is None or _are_kinds(edges):
        return _of_kinds(KINDS if edges is None else edges, n_visible, n)
    matrix = torch.as_tensor(np.asarray(edges))
    if matrix.dtype != torch.bool or tuple(matrix.shape) != (n, n):
        raise ValueError(
            f"edges must be a boolean matrix of shape ({n}, {n}) for {n_visible} visible and "
            f"{n_hidden} hidden units, got {matrix.dtype} of shape {tuple(matrix.shape)}."
        )
    if not torch.equal(matrix, matrix.t()):
        raise ValueError("edges must be symmetric: edges[i, j] == edges[j, i] for all pairs.")
    if bool(matrix.diagonal().any()):
        raise ValueError("edges must have an empty diagonal: no unit is joined to itself.")
    return matrix.clone()


def _are_kinds(edges) -> bool:
    return isinstance(edges, Collection) and all(isinstance(kind, str) for kind in edges)


def _of_kinds(kinds, n_visible, n):
    unknown = set(kinds) - set(KINDS)
    if isinstance(kinds, str) or unknown:
        raise ValueError(f"edges must be a tuple of kinds among {KINDS}, got {kinds!r}.")
    is_hidden = torch.arange(n) >= n_visible
    number = is_hidden.int()[:, None] + is_hidden.int()  # of hidden ends
    matrix = torch.zeros(n, n, dtype=torch.bool)
    for k, kind in enumerate(KINDS):
        if kind in kinds:
            matrix |= number == k
    return matrix.fill_diagonal_(False)


def lattice(height: int, width: int, *, periodic: bool = False) -> np.ndarray:
    """Edges between neighbours in a picture, numbered row by row as its pixels are.

    Parameters
    ----------
    height, width : int
        Of the picture.
    periodic : bool, default=False
        Whether the last row and column are also joined to the first (a torus).

    Returns
    -------
    ndarray of bool, shape (height * width, height * width)

    Examples
    --------
    >>> lattice(2, 2).sum(0)
    array([2, 2, 2, 2])
    >>> lattice(3, 3, periodic=True).sum(0)
    array([4, 4, 4, 4, 4, 4, 4, 4, 4])
    """
    for name, size in (("height", height), ("width", width)):
        check_number(name, size, 1, integer=True)
    number = np.arange(height * width).reshape(height, width)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    if periodic:
        pairs += [(number[:, -1], number[:, 0]), (number[-1], number[0])]
    edges = np.zeros((number.size, number.size), dtype=bool)
    for one, other in pairs:
        edges[one, other] = edges[other, one] = True
    np.fill_diagonal(edges, False)  # a torus that is one unit wide
    return edges


def classes_of(edges: torch.Tensor) -> list[torch.Tensor]:
    """Classes of units without an edge inside; two of them if the graph is bipartite.

    The next unit to get a class is the one whose neighbours are in most different ones.

    Parameters
    ----------
    edges : tensor of bool, shape (n, n)

    Returns
    -------
    list of tensors of int64
        The numbers of the units of each class, in order; every unit is in one.

    References
    ----------
    Brélaz. New methods to color the vertices of a graph. Communications of the ACM 22(4), 1979.

    Examples
    --------
    >>> [c.tolist() for c in classes_of(torch.from_numpy(lattice(2, 3)))]
    [[1, 3, 5], [0, 2, 4]]
    """
    joined = edges.numpy(force=True)
    n, degree = len(joined), joined.sum(0)
    colour, n_seen = np.full(n, -1), np.zeros(n, dtype=int)
    sees = np.zeros((n, n), dtype=bool)  # whether a unit has a neighbour of this colour
    for _ in range(n):
        unit = int(np.where(colour < 0, n_seen * (n + 1) + degree, -1).argmax())
        colour[unit] = k = int(sees[unit].argmin())
        n_seen += joined[unit] & ~sees[:, k]
        sees[joined[unit], k] = True
    found = range(colour.max() + 1) if n else ()
    return [torch.from_numpy(np.flatnonzero(colour == k)) for k in found]
