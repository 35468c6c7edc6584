"""Recommendations counted by hand, and by a loop that knows no arrays."""

import math

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from unlabeled.metrics import ranking_scores


def by_hand(recommended, relevant, k):
    rows = []
    for items, gains in zip(recommended, relevant, strict=True):
        wanted = {i: g for i, g in enumerate(gains) if g > 0}
        if not wanted:
            continue
        hits, dcg, average = 0, 0.0, 0.0
        for place, item in enumerate(items[:k], 1):
            if item in wanted:
                hits += 1
                dcg += wanted[item] / math.log2(1 + place)
                average += hits / place
        best = sorted(wanted.values(), reverse=True)[:k]
        ideal = sum(g / math.log2(1 + place) for place, g in enumerate(best, 1))
        rows.append((hits / k, hits / len(wanted), dcg / ideal, average / min(k, len(wanted))))
    return (*np.mean(rows, 0), len(rows))


@pytest.mark.parametrize("k", [1, 3, 8])
@pytest.mark.parametrize("clothe", [np.asarray, sp.csr_array, sp.coo_matrix, torch.from_numpy])
def test_it_is_what_a_loop_counts(k, clothe):
    rng = np.random.default_rng(k)
    gains = rng.integers(0, 6, (50, 12)) * (rng.random((50, 12)) < 0.3)
    gains[:3] = 0
    items = rng.permuted(np.tile(np.arange(12), (50, 1)), axis=1)[:, :8]
    items[rng.random(items.shape) < 0.1] = -1
    np.testing.assert_allclose(ranking_scores(items, clothe(gains), k), by_hand(items, gains, k))


def test_the_best_list_and_the_worst():
    gains = np.array([[5, 4, 0, 0], [0, 0, 3, 2]])
    assert ranking_scores([[0, 1], [2, 3]], gains, 2) == (1, 1, 1, 1, 2)
    assert ranking_scores([[2, 3], [0, 1]], gains, 2) == (0, 0, 0, 0, 2)
    swapped = ranking_scores([[1, 0], [3, 2]], gains, 2)
    assert swapped.map == 1 and swapped.ndcg < 1
    assert ranking_scores([[-1, -1], [-1, -1]], gains, 2).recall == 0


@pytest.mark.parametrize(
    ("items", "gains", "k", "sentence"),
    [
        ([[0, 1]], [[1, 0], [0, 1]], 1, "a row for each of the 2 rows of relevant"),
        ([[0, 1]], [[1, 0]], 3, "at least k=3"),
        ([[0, 1]], [[1, 0]], 0, "at least k=0"),
        ([[0, 2]], [[1, 0]], 2, "items from 0 to 1 or -1, got 0 to 2"),
        ([[0, 0]], [[1, 0]], 2, "no item twice"),
        ([[0, 1]], [[-1, 0]], 2, "gains >= 0, got -1"),
        ([[0, 1]], [[0, 0]], 2, "something relevant in at least one row"),
    ],
)
def test_refused_in_a_sentence(items, gains, k, sentence):
    with pytest.raises(ValueError, match=sentence):
        ranking_scores(items, np.array(gains), k)
