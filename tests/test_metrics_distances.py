"""Fréchet and kernel distance against closed forms, plain loops and what they must notice."""

import warnings

import numpy as np
import pytest
import torch
from scipy.linalg import sqrtm

from unlabeled.metrics import Estimate, frechet_distance, kernel_distance
from unlabeled.metrics import _distances as distances


def draw(n, d=4, seed=0, shift=0.0, scale=1.0):
    return np.random.default_rng(seed).normal(shift, scale, (n, d))


def with_moments(mean, covariance, n=500, seed=0):
    """Rows whose mean and covariance are exactly these."""
    X = draw(n, len(mean), seed)
    X = (X - X.mean(0)) @ np.linalg.inv(
        np.linalg.cholesky(np.cov(X.T, ddof=1).reshape(len(mean), -1))
    ).T
    return X @ np.linalg.cholesky(covariance).T + mean


def positive(d, seed):
    A = draw(d + 2, d, seed)
    return A.T @ A


def classes(n, missing=(), seed=0):
    """Ten clusters of features, some of them left out."""
    rng = np.random.default_rng(seed)
    kept = [k for k in range(10) if k not in missing]
    return 4 * np.eye(10)[rng.choice(kept, n)] + rng.normal(0, 0.5, (n, 10))


def test_frechet_distance_of_gaussians_is_its_formula():
    a, b, S, T = draw(1, 5, 1)[0], draw(1, 5, 2)[0], positive(5, 3), positive(5, 4)
    found = frechet_distance(with_moments(a, S, seed=5), with_moments(b, T, seed=6))
    expected = ((a - b) ** 2).sum() + np.trace(S + T - 2 * sqrtm(S @ T).real)
    assert float(found) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_one_feature():
    real, model = with_moments([1.0], [[4.0]]), with_moments([3.0], [[9.0]], seed=1)
    assert float(frechet_distance(real, model)) == pytest.approx(4 + 1)


def test_frechet_distance_of_a_set_to_itself_is_zero_also_when_singular():
    X = draw(60) @ draw(4, 30, 1)  # rank 4 of 30
    assert float(frechet_distance(X, X)) == pytest.approx(0, abs=1e-6)


def test_frechet_floor_is_what_fresh_real_rows_have():
    X, fresh = draw(2000, seed=1), draw(500, seed=2)
    found = frechet_distance(X, fresh)
    assert found.n_real == 2000 and found.n_model == 500 and found.n_floor == (1500, 500)
    assert 0.3 < float(found) / found.floor < 3


def test_small_samples_make_the_frechet_distance_too_large():
    X = draw(4000, 16, 1)
    large, small = (float(frechet_distance(X, draw(n, 16, 2))) for n in (4000, 100))
    assert small > 10 * large
    assert frechet_distance(X, draw(100, 16, 2)).floor > 0.5 * small


def test_a_missing_class_is_seen_by_both():
    X = classes(4000)
    for distance in (frechet_distance, kernel_distance):
        found = distance(X, classes(2000, missing=(3,), seed=1))
        assert float(found) > 10 * abs(found.floor)


def test_singular_covariances_are_warned_about():
    with pytest.warns(UserWarning, match=r"30 rows of 30 features have a singular covariance"):
        frechet_distance(draw(100, 30), draw(30, 30))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        frechet_distance(draw(100, 30), draw(31, 30))


def plain_discrepancy(A, B):
    def k(x, y):
        return (x @ y / len(x) + 1) ** 3

    within = [
        np.mean([k(X[i], X[j]) for i in range(len(X)) for j in range(len(X)) if i != j])
        for X in (A, B)
    ]
    return sum(within) - 2 * np.mean([k(x, y) for x in A for y in B])


def test_kernel_distance_and_its_jackknife_are_plain_loops(monkeypatch):
    monkeypatch.setattr(distances, "_VALUES", 30)  # many small blocks
    A, B = draw(12, 3, 1), draw(10, 3, 2)
    found = kernel_distance(A, B, normalise=False)
    assert float(found) == pytest.approx(plain_discrepancy(A, B))
    without_a = [plain_discrepancy(np.delete(A, i, 0), B) for i in range(12)]
    without_b = [plain_discrepancy(A, np.delete(B, i, 0)) for i in range(10)]
    expected = 11 * np.var(without_a) + 9 * np.var(without_b)
    assert found.standard_error == pytest.approx(np.sqrt(expected))


def test_the_standard_error_of_the_kernel_distance_is_its_spread():
    pairs = [
        kernel_distance(draw(150, 2, s), draw(100, 2, 999 - s, shift=0.7), normalise=False)
        for s in range(200)
    ]
    spread = np.std([float(found) for found in pairs])
    assert np.mean([found.standard_error for found in pairs]) == pytest.approx(spread, rel=0.2)


@pytest.mark.parametrize("n", [10, 40])
def test_kernel_distance_is_unbiased_at_any_n(n):
    """Against its expectation by moments: x, x' ~ N(0, 1) and y ~ N(1, 1), d = 1."""
    # (1 + xy)^3 = 1 + 3 xy + 3 x²y² + x³y³ with moments 0, 1, 0 and 1, 2, 4
    within, other, across = 1 + 3, 1 + 3 + 3 * 4 + 16, 1 + 3 * 2
    expected = within + other - 2 * across
    rng = np.random.default_rng(0)
    found = [
        float(kernel_distance(x, y, normalise=False))
        for x, y in ((rng.normal(0, 1, (n, 1)), rng.normal(1, 1, (n, 1))) for _ in range(2000))
    ]
    assert np.mean(found) == pytest.approx(expected, abs=4 * np.std(found) / np.sqrt(2000))


def test_kernel_distance_of_equal_distributions_is_about_zero():
    found = kernel_distance(draw(4000, seed=1), draw(3000, seed=2))
    assert abs(float(found)) < 4 * found.standard_error
    assert abs(found.floor) < 4 * found.standard_error


def test_scale_and_place_of_the_features_do_not_matter_once_normalised():
    X, Y = draw(500, seed=1), draw(500, seed=2, shift=0.3)
    assert float(kernel_distance(100 * X + 5, 100 * Y + 5)) == pytest.approx(
        float(kernel_distance(X, Y))
    )
    raw, ten = (float(kernel_distance(s * X, s * Y, normalise=False)) for s in (10, 100))
    assert ten / raw == pytest.approx(1e6, rel=0.1)


def test_tensors_images_and_small_integers_are_taken():
    X, Y = draw(50, 8, 1), draw(40, 8, 2)
    expected = float(frechet_distance(X, Y))
    tensors = [torch.tensor(A).reshape(-1, 2, 2, 2).requires_grad_() for A in (X, Y)]
    assert float(frechet_distance(*tensors)) == pytest.approx(expected)
    levels = [(10 * A).astype(np.int8) for A in (X, Y)]
    wide = [A.astype(float) for A in levels]
    assert float(frechet_distance(*levels)) == float(frechet_distance(*wide))


@pytest.mark.parametrize("distance", [frechet_distance, kernel_distance])
@pytest.mark.parametrize(
    ("real", "model", "sentence"),
    [
        (np.ones(9), np.ones((9, 2)), r"real rows must be numbers of shape \(n, d\), got .*9,"),
        (draw(9, 3), draw(9, 2), r"same number of features, got shapes \(9, 3\) and \(9, 2\)"),
        (draw(9, 2), np.full((9, 2), np.nan), "model rows must be finite, got 18 values"),
        (draw(9, 2), draw(1, 2), "model rows must have at least . rows"),
    ],
)
def test_what_is_no_pair_of_feature_sets_is_refused(distance, real, model, sentence):
    with pytest.raises(ValueError, match=sentence):
        distance(real, model)


def test_kernel_distance_cannot_normalise_what_does_not_vary():
    with pytest.raises(ValueError, match="X_real must vary"):
        kernel_distance(np.ones((20, 2)), draw(20, 2))


def test_an_estimate_prints_its_circumstances():
    assert str(Estimate(0.25, 0.01, 1000, 500, (500, 500), 0.031)) == (
        "0.25 ± 0.031 (real against real: 0.01; n = 500 against 1,000 real)"
    )
