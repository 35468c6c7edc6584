"""What samples say of a model: Parzen windows, classes, copies of the training set."""

import numpy as np
import pytest
from scipy.stats import mannwhitneyu
from sklearn.neighbors import KernelDensity

from unlabeled.metrics import classifier_score, memorisation, parzen_log_likelihood


def draw(n, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


# ---- Parzen windows --------------------------------------------------------------------------


def test_parzen_windows_are_a_kernel_density():
    train, valid, test, model = (draw(n, seed=n) for n in (300, 150, 120, 200))
    found = parzen_log_likelihood(train, valid, test, model)
    density = KernelDensity(bandwidth=found.sigma, rtol=1e-10).fit(model)
    expected = density.score_samples(test)
    assert float(found) == pytest.approx(expected.mean())
    assert found.standard_error == pytest.approx(expected.std() / np.sqrt(120))


def test_the_width_is_the_best_on_validation_rows():
    train, valid, test, model = (draw(n, seed=n) for n in (300, 150, 120, 200))
    sigma = parzen_log_likelihood(train, valid, test, model).sigma

    def score(width):
        return KernelDensity(bandwidth=width).fit(model).score(valid) / 150

    grid = np.geomspace(0.02, 5, 400)
    assert score(sigma) == pytest.approx(max(map(score, grid)), abs=1e-3)


def test_training_rows_as_a_model_are_their_own_ceiling():
    train, valid, test = (draw(n, seed=n) for n in (500, 300, 250))
    found = parzen_log_likelihood(train, valid, test, train[::-1])
    assert found.value == pytest.approx(found.ceiling)
    assert found.standard_error == pytest.approx(found.ceiling_error)


def test_the_ceiling_has_as_many_rows_as_the_model():
    train, valid, test = (draw(n, 6, seed=n) for n in (2000, 300, 250))
    few, many = (parzen_log_likelihood(train, valid, test, draw(n, 6, 9)) for n in (50, 5000))
    assert (few.n_ceiling, many.n_ceiling, few.n_test) == (50, 2000, 250)
    assert few.ceiling < many.ceiling - 0.2
    assert abs(few.value - few.ceiling) < 0.3


def test_a_worse_model_scores_less():
    train, valid, test = (draw(n, seed=n) for n in (500, 300, 250))
    good = parzen_log_likelihood(train, valid, test, draw(500, seed=1))
    wide = parzen_log_likelihood(train, valid, test, 3 * draw(500, seed=1))
    assert wide.value < good.value - 0.5 and wide.ceiling == good.ceiling


def test_parzen_windows_need_validation_rows_of_their_own():
    X = draw(50)
    with pytest.raises(ValueError, match="X_valid must be rows of its own"):
        parzen_log_likelihood(draw(50, seed=1), X, X, X)
    with pytest.raises(ValueError, match="'X_valid': 2"):
        parzen_log_likelihood(X, draw(50, 2), X, X)


# ---- classes ---------------------------------------------------------------------------------


def test_classifier_score_of_sure_classes_is_their_number():
    sure = np.eye(10)[np.arange(1000) % 10]
    found = classifier_score(sure, sure[:500])
    assert float(found) == pytest.approx(10) and found.floor == pytest.approx(10, abs=0.2)
    assert float(classifier_score(sure, np.eye(10)[np.arange(1000) % 3])) == pytest.approx(3)


def test_classifier_score_of_unsure_classes_is_one():
    assert float(classifier_score(*np.full((2, 20, 5), 0.2))) == pytest.approx(1)


def test_classifier_score_is_its_formula():
    P = np.random.default_rng(0).dirichlet(np.ones(4), 200)
    entropy = -(P * np.log(P)).sum(1).mean()
    mean = P.mean(0)
    expected = np.exp(-(mean * np.log(mean)).sum() - entropy)
    assert float(classifier_score(P, P)) == pytest.approx(expected)


@pytest.mark.parametrize("P", [np.full((9, 4), 0.5), np.tile([1.5, -0.5, 0, 0], (9, 1))])
def test_what_is_no_probability_is_refused(P):
    with pytest.raises(ValueError, match="P_model must hold probabilities"):
        classifier_score(np.full((9, 4), 0.25), P)


# ---- copies ----------------------------------------------------------------------------------


def test_copies_with_a_little_noise_are_caught():
    train, held_out, noise = (draw(600, 8, seed) for seed in range(3))
    found = memorisation(train, held_out, train + 0.05 * noise)
    assert float(found) < -20 and found.p_value < 1e-9
    assert found.copied > 0.95 and found.expected == pytest.approx(0.01, abs=0.002)
    np.testing.assert_array_equal(found.nearest, np.arange(600))
    np.testing.assert_allclose(found.distance, 0.05 * np.linalg.norm(noise, axis=1))


def test_held_out_rows_are_not_flagged():
    train, held_out = draw(600, 8, 1), draw(600, 8, 2)
    p = [memorisation(train, held_out, draw(600, 8, seed)).p_value for seed in range(10, 40)]
    assert np.mean(np.array(p) < 0.1) < 0.3
    found = memorisation(train, held_out, draw(600, 8, 3))
    assert found.copied == pytest.approx(found.expected, abs=0.02)


def test_a_share_of_copies_is_found_among_good_rows():
    train, held_out, fresh = (draw(n, 8, n) for n in (1000, 900, 800))
    found = memorisation(train, held_out, np.concatenate([fresh, train[:200]]))
    assert found.copied == pytest.approx(0.2, abs=0.03) and found.p_value < 1e-6
    assert (found.distance[800:] == 0).all() and (found.distance[:800] > 0).all()


def test_a_model_that_misses_the_data_is_no_copier():
    train, held_out = draw(500, 8, 1), draw(500, 8, 2)
    found = memorisation(train, held_out, draw(500, 8, 3) + 3)
    assert float(found) > 20 and found.p_value > 0.999 and found.copied == 0


def test_the_statistic_is_that_of_mann_and_whitney_with_ties_too():
    rng = np.random.default_rng(0)
    train, held_out, model = (rng.integers(0, 2, (n, 9)) for n in (40, 80, 60))
    found = memorisation(train, held_out, model)
    other = memorisation(train, model, held_out)
    expected = mannwhitneyu(
        found.distance,
        other.distance,
        alternative="less",
        use_continuity=False,
        method="asymptotic",
    )
    assert found.p_value == pytest.approx(expected.pvalue)
    assert float(found) == pytest.approx(-float(other))


def test_rows_of_different_width_are_refused():
    with pytest.raises(ValueError, match=r"got shapes \(9, 3\), \(9, 3\) and \(9, 2\)"):
        memorisation(draw(9), draw(9), draw(9, 2))
