"""Precision, recall, density, coverage and modes on supports that are known."""

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from unlabeled.metrics import _distances as distances
from unlabeled.metrics import (
    classifier_score,
    density_coverage,
    frechet_distance,
    mode_coverage,
    precision_recall,
)


def uniform(n, low, high, seed):
    return np.random.default_rng(seed).uniform(low, high, (n, 2))


def draw(n, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


def values(pair):
    return [float(estimate) for estimate in pair]


def by_hand(real, model, k):
    """Precision, recall, density and coverage from whole distance matrices."""
    reach_real = np.sort(cdist(real, real), 1)[:, k]
    reach_model = np.sort(cdist(model, model), 1)[:, k]
    inside = cdist(model, real) <= reach_real
    back = cdist(real, model) <= reach_model
    return (
        inside.any(1).mean(),
        back.any(1).mean(),
        inside.sum() / k / len(model),
        (inside.any(0).mean()),
    )


@pytest.mark.parametrize("k", [1, 4])
def test_all_four_are_their_definitions(k, monkeypatch):
    monkeypatch.setattr(distances, "_VALUES", 200)  # many small blocks
    real, model = draw(90, seed=1), draw(70, seed=2) + 0.5
    found = [*precision_recall(real, model, k=k), *density_coverage(real, model, k=k)]
    np.testing.assert_allclose(values(found), by_hand(real, model, k))


def test_overlapping_supports_are_measured():
    """Two squares that share a quarter of either; balls reach a little beyond the edges."""
    real, model = uniform(3000, 0, 1, 1), uniform(3000, 0.5, 1.5, 2)
    assert values(precision_recall(real, model)) == pytest.approx([0.25, 0.25], abs=0.04)
    density, coverage = values(density_coverage(real, model))
    assert density == pytest.approx(0.25, abs=0.03)
    assert coverage == pytest.approx(0.25, abs=0.03)


def test_disjoint_supports_share_nothing():
    real, model = uniform(200, 0, 1, 1), uniform(200, 5, 6, 2)
    assert values([*precision_recall(real, model), *density_coverage(real, model)]) == [0] * 4


@pytest.mark.parametrize("n_model", [500, 2000])
def test_fresh_real_rows_reach_the_floor(n_model):
    real, fresh = draw(2000, seed=1), draw(n_model, seed=2)
    for estimate in (*precision_recall(real, fresh), *density_coverage(real, fresh)):
        assert float(estimate) == pytest.approx(estimate.floor, abs=0.05)
        n_kept, n_played = estimate.n_floor
        assert n_kept + n_played == 2000 and n_played / n_kept == pytest.approx(n_model / 2000)


@pytest.mark.parametrize(
    ("n_real", "n_model", "k", "n_floor"),
    [(100, 3000, 3, (4, 96)), (100, 3000, 5, (6, 94)), (10, 4, 3, (6, 4)), (12, 6, 5, (6, 6))],
)
def test_both_parts_of_the_floor_have_k_neighbours(n_real, n_model, k, n_floor):
    real, model = draw(n_real, seed=1), draw(n_model, seed=2)
    found = [*precision_recall(real, model, k=k), *density_coverage(real, model, k=k)]
    assert {estimate.n_floor for estimate in found} == {n_floor}
    order = np.random.default_rng(0).permutation(n_real)
    played, kept = real[order[: n_floor[1]]], real[order[n_floor[1] :]]
    np.testing.assert_allclose([e.floor for e in found], by_hand(kept, played, k))


def test_coverage_of_equal_sets_is_known():
    _, coverage = density_coverage(draw(4000, seed=1), draw(4000, seed=2), k=3)
    assert float(coverage) == pytest.approx(1 - 2**-3, abs=0.02)


def test_total_collapse_is_seen_by_recall_and_coverage_and_not_by_the_classifier_score():
    rng = np.random.default_rng(0)
    y = np.arange(4000) % 10
    real = 4 * np.eye(10)[y] + rng.normal(0, 0.5, (4000, 10))
    model = real[:50].repeat(20, 0)
    precision, recall = precision_recall(real, model)
    assert float(precision) == 1 and float(recall) < 0.02 < 0.8 < recall.floor
    _, coverage = density_coverage(real, model)
    assert float(coverage) < 0.2 < 0.5 < coverage.floor
    likely = np.exp(4 * real)
    P = likely / likely.sum(1, keepdims=True)
    score = classifier_score(P, P[:50].repeat(20, 0))
    assert float(score) > 0.95 * score.floor
    missing = real[y != 3][:1000]
    assert float(frechet_distance(real, model)) < 3 * float(frechet_distance(real, missing))


def test_outliers_of_the_real_rows_inflate_precision_and_not_density():
    real = np.concatenate([draw(1000, 2, 1), [[100.0, 0], [-100.0, 0], [0, 100.0], [0, -100.0]]])
    model = draw(500, 2, 2) + 20
    assert float(precision_recall(real, model).precision) > 0.9
    assert float(density_coverage(real, model).density) < 1
    assert float(density_coverage(real, model).coverage) < 0.01


def test_neighbours_must_exist():
    for measure in (precision_recall, density_coverage):
        with pytest.raises(ValueError, match="k must be at least 1, got 0"):
            measure(draw(9), draw(9), k=0)
        with pytest.raises(ValueError, match="model rows must have at least 10 rows"):
            measure(draw(30), draw(9), k=9)
        with pytest.raises(
            ValueError, match=r"real rows must have at least 20 rows .* \(19, 3\)\."
        ):
            measure(draw(19), draw(30), k=9)


# ---- modes -----------------------------------------------------------------------------------

RING = np.array([[np.cos(t), np.sin(t)] for t in 2 * np.pi * np.arange(8) / 8])


def ring(n, kept=8, seed=0):
    rng = np.random.default_rng(seed)
    return RING[rng.integers(0, kept, n)] + rng.normal(0, 0.01, (n, 2))


def test_true_samples_reach_the_ceilings():
    found = mode_coverage(ring(2500), RING, 0.01)
    assert found.found == float(found) == found.n_modes == 8
    assert found.good_ceiling == pytest.approx(1 - np.exp(-4.5))
    assert found.good == pytest.approx(found.good_ceiling, abs=0.008)
    repeated = [mode_coverage(ring(500, seed=s), RING, 0.01) for s in range(200)]
    mean = np.mean([r.reverse_kl for r in repeated])
    assert mean == pytest.approx(repeated[0].reverse_kl_floor, rel=0.15)


def test_missing_modes_and_bad_samples_are_counted():
    X = np.concatenate([ring(2000, kept=4), np.zeros((500, 2))])
    found = mode_coverage(X, RING, 0.01)
    assert found.found == 4
    assert found.good == pytest.approx(0.8 * found.good_ceiling, abs=0.01)
    assert found.reverse_kl == pytest.approx(np.log(2), abs=0.01)


def test_one_mode_and_none():
    assert mode_coverage(RING[:1].repeat(9, 0), RING, 0.01).reverse_kl == pytest.approx(np.log(8))
    nothing = mode_coverage(np.zeros((9, 2)), RING, 0.01)
    assert nothing.found == nothing.good == 0 and np.isnan(nothing.reverse_kl)


def test_classes_are_modes_too():
    labels = np.random.default_rng(0).integers(0, 900, 26_000)
    found = mode_coverage(labels, 1000)
    assert found.found == len(set(labels)) == 900 and found.good == found.good_ceiling == 1
    q = np.bincount(labels) / 26_000
    assert found.reverse_kl == pytest.approx((q * np.log(1000 * q)).sum())
    assert found.found_ceiling == pytest.approx(1000)
    assert found.reverse_kl_floor == pytest.approx(999 / 2 / 26_000, rel=0.05)


def test_few_draws_cannot_find_all_classes():
    trials = [np.random.default_rng(s).integers(0, 100, 100) for s in range(300)]
    found = [mode_coverage(labels, 100) for labels in trials]
    assert np.mean([f.found for f in found]) == pytest.approx(found[0].found_ceiling, rel=0.01)
    floor = found[0].reverse_kl_floor
    assert np.mean([f.reverse_kl for f in found]) == pytest.approx(floor, rel=0.02)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((ring(9), RING), "scale must be the standard deviation of a mode, got None"),
        ((ring(9), RING, 0), "got 0"),
        ((draw(9, 3), RING, 1), r"got shapes \(9, 3\) and \(8, 2\)"),
        ((np.array([0, 8]), 8), "classes must go from 0 to 7, got 0 to 8"),
        ((np.array([0.5]), 8), r"integers of shape \(n,\), got float64"),
    ],
)
def test_wrong_modes_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        mode_coverage(*arguments)
