"""Ratings as rows: what is missing is NaN, whatever held them."""

import warnings

import numpy as np
import scipy.sparse as sp
import torch
from torch import nn

from unlabeled.engine.rows import Rows, SparseRows

__all__ = ["RatingRows", "StoredRatings", "check_scale", "collect", "require_on_scale"]

_CHUNK = 2**20  # values that are looked at together
_LONG = 100  # values on a scale that is too long to be one


class RatingRows(Rows):
    """Rows of a CSR matrix whose stored values, zeros too, are ratings; the rest is NaN.

    Infinity is stored for what is known to be rated, not how.

    Parameters
    ----------
    R : CSR array of shape (n_rows, n_features)
    targets : CSR array of the same shape, optional
        Other ratings of the same rows, which travel as their labels.

    Attributes
    ----------
    X : CSR array
        What is fetched.
    known : CSR array
        All that was given.
    """

    def __init__(self, R, targets=None):
        super().__init__(R, *R.shape)
        self.known, self.targets = R, targets

    def take(self, index):
        return _dense(self.X[index])

    def labels(self, index, device="cpu"):
        if self.targets is None:
            return None
        return _dense(self.targets[np.asarray(index)]).to(device)

    def turned(self) -> "RatingRows":
        """The same ratings with rows and columns exchanged."""
        return RatingRows(self.X.T.tocsr())

    def hold_out(self, fraction: float, generator: torch.Generator) -> "RatingRows":
        """Set a part of the ratings apart: they are fetched no more, and are labels of the new.

        Raises
        ------
        ValueError
            If no ratings would be on either side.
        """
        R = self.known
        known = np.flatnonzero(np.isfinite(R.data))
        n = round(fraction * len(known))
        if not 0 < n < len(known):
            raise ValueError(
                f"validation_fraction={fraction} leaves {n} of {len(known)} ratings to validate "
                "on; give more ratings or X_val."
            )
        apart = np.zeros(len(R.data), bool)
        apart[known[torch.randperm(len(known), generator=generator)[:n].numpy()]] = True
        self.X = _chosen(R, ~apart)
        return RatingRows(self.X, _chosen(R, apart))


def _dense(R) -> torch.Tensor:
    x = np.full(R.shape, np.nan, np.float32)
    x[np.repeat(np.arange(len(x)), np.diff(R.indptr)), R.indices] = R.data
    return torch.from_numpy(x)


def collect(rows: Rows, *, zero_counts: bool, keep_unknown: bool = False):
    """All ratings of some rows as a CSR array of float32.

    Parameters
    ----------
    rows : Rows
        NaN is missing, and so is 0 unless `zero_counts`.
    zero_counts : bool
        Whether 0 is on the scale.
    keep_unknown : bool, default=False
        Whether a NaN that is stored in a sparse matrix becomes an infinity instead of a gap.

    Raises
    ------
    ValueError
        If a sparse matrix stores zeros, or an entry twice.
    """
    if isinstance(rows, SparseRows) and not zero_counts:
        return _collect_sparse(rows.X, keep_unknown)
    if isinstance(rows, SparseRows):
        _refuse_stored_zeros(rows.X)
    size = max(1, _CHUNK // rows.n_features)
    parts = []
    for start in range(0, rows.n_rows, size):
        x = rows.fetch(np.arange(start, min(start + size, rows.n_rows))).numpy(force=True)
        there = ~np.isnan(x) if zero_counts else ~np.isnan(x) & (x != 0)
        parts.append(_stored(x, there))
    return sp.vstack(parts, format="csr")


def _stored(x, there):
    """CSR of the values of x that are there, zeros too."""
    starts = np.concatenate([[0], there.sum(1).cumsum()])
    return sp.csr_array((x[there], np.nonzero(there)[1], starts), shape=x.shape)


def _collect_sparse(X, keep_unknown):
    _refuse_stored_zeros(X)
    R = sp.csr_array(X, dtype=np.float32, copy=True)
    R.sort_indices()
    if not R.has_canonical_format:
        raise ValueError("X stores an entry twice: every rating should be there once.")
    unknown = np.isnan(R.data)
    if keep_unknown:
        R.data[unknown] = np.inf
    elif unknown.any():
        R.data[unknown] = 0
        R.eliminate_zeros()
    return R


def _refuse_stored_zeros(X):
    if n := int((X.data == 0).sum()):
        raise ValueError(
            f"X stores {n} zeros, which could be ratings or gaps: call X.eliminate_zeros(), or "
            "move the scale (X.data += 1) if they are ratings."
        )


def check_scale(ratings) -> tuple[float, ...]:
    """The values of a scale, or those that ratings (a CSR array) take, in increasing order.

    Raises
    ------
    ValueError
        If there are none, some come twice, or some are not finite.
    """
    if sp.issparse(ratings):
        values = np.unique(ratings.data[np.isfinite(ratings.data)])
        if len(values) == 0:
            raise ValueError("X holds no rating to take a scale from; say which as `ratings`.")
        if len(values) > _LONG:
            warnings.warn(
                "Softmax units of ratings are meant for values in a short scale, but X has "
                f"{len(values)} different ones: round them, or give the scale as `ratings`.",
                UserWarning,
                stacklevel=2,
            )
    else:
        values = np.sort(np.asarray(ratings, dtype=np.float32).ravel())
        if not (len(values) and np.isfinite(values).all() and np.diff(values).all()):
            raise ValueError(f"ratings must be different finite numbers, got {ratings!r}.")
    return tuple(float(value) for value in values)


def require_on_scale(R, scale) -> None:
    """Raise ValueError if a rating of the CSR array R is no value of `scale`."""
    on_scale = np.isin(R.data, np.array([*scale, np.inf], np.float32))
    if not on_scale.all():
        row, column = (int(at[~on_scale][0]) for at in R.tocoo().coords)
        values = ", ".join(f"{value:g}" for value in scale[:10])
        raise ValueError(
            f"ratings must be among {values}, but row {row}, column {column} has "
            f"{float(R.data[~on_scale][0]):g}; change it or give a longer scale as `ratings`."
        )


def _chosen(R, entries):
    starts = np.concatenate([[0], np.cumsum(entries)])[R.indptr]
    return sp.csr_array((R.data[entries], R.indices[entries], starts), shape=R.shape)


class StoredRatings(nn.Module):
    """A CSR array as buffers, so that it is saved with the machine that learned from it.

    Parameters
    ----------
    n_rows, n_columns, n_stored : int
    """

    starts: torch.Tensor
    columns: torch.Tensor
    values: torch.Tensor

    def __init__(self, n_rows: int, n_columns: int, n_stored: int):
        super().__init__()
        self.shape = n_rows, n_columns
        self.register_buffer("starts", torch.zeros(n_rows + 1, dtype=torch.int64))
        self.register_buffer("columns", torch.zeros(n_stored, dtype=torch.int32))
        self.register_buffer("values", torch.zeros(n_stored))

    def keep(self, R) -> None:
        """Store R (of this shape and size)."""
        for name, value in (("starts", R.indptr), ("columns", R.indices), ("values", R.data)):
            getattr(self, name).copy_(torch.from_numpy(value))

    def array(self):
        """The CSR array."""
        values, columns, starts = (
            t.numpy(force=True) for t in (self.values, self.columns, self.starts)
        )
        return sp.csr_array((values, columns, starts), shape=self.shape)
