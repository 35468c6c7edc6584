"""How good lists of recommendations are."""

from typing import NamedTuple

import numpy as np
import scipy.sparse as sp

from ._arrays import to_numpy

__all__ = ["RankingScores", "ranking_scores"]


class RankingScores(NamedTuple):
    """What :func:`ranking_scores` returns, each a mean over the rows that count.

    Parameters
    ----------
    precision : float
        Part of the k places that holds something relevant.
    recall : float
        Part of what is relevant that has a place.
    ndcg : float
        Normalised discounted cumulative gain: places count less the lower they are.
    map : float
        Mean average precision: precisions at the places of what is relevant.
    n : int
        Rows that count: those for which something is relevant.
    """

    precision: float
    recall: float
    ndcg: float
    map: float
    n: int


def ranking_scores(recommended, relevant, k: int = 10) -> RankingScores:
    r"""Precision, recall, nDCG and mean average precision of the first k places.

    With :math:`g_i > 0` the gain of a relevant item, :math:`i_1, i_2, \dots` the recommended ones,
    :math:`r_j = [g_{i_j} > 0]` and m the number of relevant items of a row,

    .. math:: P = \frac1k \sum_{j \le k} r_j, \qquad R = \frac1m \sum_{j \le k} r_j, \qquad
              \mathrm{nDCG} = \frac{\sum_{j \le k} g_{i_j} / \log_2(1 + j)}
                                   {\sum_{j \le \min(k, m)} g_{(j)} / \log_2(1 + j)}, \qquad
              \mathrm{AP} = \frac1{\min(k, m)} \sum_{j \le k} \frac{r_j}{j} \sum_{l \le j} r_l

    where :math:`g_{(1)} \ge g_{(2)} \ge \dots` are the row's gains. Rows without any relevant
    item are left out. What is measured means nothing if the relevant items were among the input
    of who recommends: hold them out of it.

    Parameters
    ----------
    recommended : array-like of int of shape (n, at least k)
        Numbers of items, the best first, each at most once in a row; -1 for an empty place.
    relevant : sparse matrix or array-like of shape (n, n_items)
        Gains; 0 or not stored for what is not relevant.
    k : int, default=10
        How many places are looked at.

    Returns
    -------
    RankingScores
        `precision`, `recall`, `ndcg`, `map`, and the number `n` of rows that count.

    Raises
    ------
    ValueError
        If the shapes do not fit, an item is recommended twice or does not exist, a gain is
        negative, or no row has anything relevant.

    References
    ----------
    Järvelin and Kekäläinen, Cumulated gain-based evaluation of IR techniques, ACM Transactions on
    Information Systems 20(4), 2002.

    Examples
    --------
    >>> scores = ranking_scores([[3, 0]], [[1, 0, 1, 0]], k=2)
    >>> scores.precision, scores.recall, scores.map, scores.n
    (0.5, 0.5, 0.25, 1)
    """
    items, gains = _checked(recommended, relevant, k)
    counts = np.diff(gains.indptr) > 0
    if not counts.any():
        raise ValueError("relevant should have something relevant in at least one row.")
    items, gains = items[counts], gains[counts]
    n_relevant = np.diff(gains.indptr)
    found = _gains_of(items, gains)
    hit, place = found > 0, np.arange(1, k + 1)
    discount = 1 / np.log2(1 + place)
    average = (hit * hit.cumsum(1) / place).sum(1) / np.minimum(k, n_relevant)
    return RankingScores(
        float(hit.mean()),
        float((hit.sum(1) / n_relevant).mean()),
        float((found @ discount / _ideal(gains, discount)).mean()),
        float(average.mean()),
        len(items),
    )


def _checked(recommended, relevant, k):
    items = to_numpy(recommended)
    gains = sp.csr_array(relevant if sp.issparse(relevant) else to_numpy(relevant)).astype(float)
    gains.eliminate_zeros()
    if items.ndim != 2 or len(items) != gains.shape[0] or not 1 <= k <= items.shape[1]:
        raise ValueError(
            f"recommended should have a row for each of the {gains.shape[0]} rows of relevant "
            f"and at least k={k} (1 or more) places, got shape {items.shape}."
        )
    if (gains.data < 0).any():
        raise ValueError(f"relevant should hold gains >= 0, got {gains.data.min():g}.")
    items = items[:, :k].astype(np.int64)
    if items.min() < -1 or items.max() >= gains.shape[1]:
        raise ValueError(
            f"recommended should be items from 0 to {gains.shape[1] - 1} or -1, "
            f"got {items.min()} to {items.max()}."
        )
    ordered = np.sort(items, 1)
    if ((np.diff(ordered, axis=1) == 0) & (ordered[:, 1:] >= 0)).any():
        raise ValueError("recommended should have no item twice in a row.")
    return items, gains


def _gains_of(items, gains):
    """Gains of the items in their places; 0 where a place is empty."""
    row = np.repeat(np.arange(len(items)), items.shape[1])
    found = np.asarray(gains[row, items.clip(min=0).ravel()]).reshape(items.shape)
    return np.where(items < 0, 0.0, found)


def _ideal(gains, discount):
    """The largest discounted gain that each row allows."""
    best = (
        np.sort(part)[::-1][: len(discount)] for part in np.split(gains.data, gains.indptr[1:-1])
    )
    return np.array([part @ discount[: len(part)] for part in best])
