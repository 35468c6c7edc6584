"""Distances between all pairs of rows, a bounded block of them at a time."""

from collections.abc import Iterator

import numpy as np

__all__ = ["blocks", "nearest", "radii", "squared_distances"]

_VALUES = 2**22  # numbers in a block, 32 MiB


def blocks(n_rows: int, n_columns: int) -> Iterator[slice]:
    """Slices of `n_rows` so that a matrix with `n_columns` columns stays small."""
    step = max(1, _VALUES // max(1, n_columns))
    return (slice(start, start + step) for start in range(0, n_rows, step))


def squared_distances(A: np.ndarray, B: np.ndarray) -> Iterator[tuple[slice, np.ndarray]]:
    """Squared Euclidean distances of some rows of `A` to all rows of `B`, block after block."""
    centre = B.mean(0)  # nearer to the origin, less is lost in the difference of squares
    B = B - centre
    squares = (B**2).sum(1)
    for rows in blocks(len(A), len(B)):
        a = A[rows] - centre
        D = a @ B.T
        D *= -2
        D += (a**2).sum(1)[:, None]
        D += squares
        yield rows, np.maximum(D, 0, out=D)


def radii(A: np.ndarray, k: int) -> np.ndarray:
    """Squared distance of each row to the k-th nearest other row."""
    found = np.empty(len(A))
    for rows, D in squared_distances(A, A):
        D[np.arange(len(D)), np.arange(rows.start, rows.start + len(D))] = np.inf
        found[rows] = np.partition(D, k - 1, axis=1)[:, k - 1]
    return found


def nearest(A: np.ndarray, B: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The nearest row of `B` to each row of `A`, and its distance: exactly 0 for a copy."""
    found = np.empty(len(A), np.intp)
    for rows, D in squared_distances(A, B):
        found[rows] = D.argmin(1)
    distance = np.empty(len(A))
    for rows in blocks(len(A), A.shape[1]):
        distance[rows] = np.sqrt(((A[rows] - B[found[rows]]) ** 2).sum(1))
    return found, distance
