"""The anomaly detector: scikit-learn's contract, scores that are the model's, real anomalies."""

import pickle
import re

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from sklearn.base import clone
from sklearn.decomposition import PCA
from sklearn.exceptions import NotFittedError
from sklearn.frozen import FrozenEstimator
from sklearn.metrics import roc_auc_score
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import get_tags
from sklearn.utils.estimator_checks import parametrize_with_checks

from unlabeled import RBM, VAE, SparseCoding, datasets
from unlabeled.tasks import AnomalyDetector


def small(**params):
    params = {"n_epochs": 2, "batch_size": 50, "learning_rate": 0.01, **params}
    return RBM(4, visible="gaussian", random_state=0, **params)


quiet = pytest.mark.filterwarnings(
    "ignore:.* are meant for values in:UserWarning",
    "ignore:X (has|does not have valid) feature names:UserWarning",
)


@quiet
@parametrize_with_checks([AnomalyDetector(small()), AnomalyDetector(small(), "auto")])
def test_scikit_learn(estimator, check):
    check(estimator)


def plane(n, seed=0):
    """Rows near a plane in five dimensions, standardised: what a model has to notice."""
    rng = np.random.default_rng(seed)
    H = rng.normal(size=(n, 2))
    A = np.random.default_rng(7).normal(size=(2, 5))
    X = H @ A / np.linalg.norm(A, axis=0) + rng.normal(0, 0.1, (n, 5))
    return X.astype(np.float32)


@pytest.fixture(scope="module")
def detector():
    return AnomalyDetector(small(n_epochs=20)).fit(plane(400))


@pytest.mark.parametrize(
    ("score_by", "expected"),
    [
        ("auto", lambda m, X: -m.free_energy(X)),
        ("free_energy", lambda m, X: -m.free_energy(X)),
        ("density", lambda m, X: m.score_samples(X)),
        ("reconstruction", lambda m, X: -m.reconstruction_error(X)),
    ],
)
def test_scores_are_the_models(score_by, expected):
    X, T = plane(200), plane(50, 1)
    found = AnomalyDetector(small(), score_by=score_by).fit(X)
    scores = found.score_samples(T)
    assert scores.dtype == np.float64
    np.testing.assert_array_equal(scores, expected(small().fit(X), T))
    np.testing.assert_array_equal(found.decision_function(T), scores - found.offset_)
    np.testing.assert_array_equal(found.predict(T), np.where(scores >= found.offset_, 1, -1))


def test_free_energy_ranks_as_the_density_does():
    X = plane(200)
    a, b = (AnomalyDetector(small(), score_by=s).fit(X) for s in ("free_energy", "density"))
    difference = a.score_samples(X) - b.score_samples(X)
    np.testing.assert_allclose(difference, difference[0], atol=1e-4)
    np.testing.assert_array_equal(a.predict(X), b.predict(X))


@pytest.mark.parametrize("contamination", [0.01, 0.1, 0.5])
def test_contamination_is_the_share_of_training_rows_below_the_offset(contamination):
    X = plane(400)
    found = AnomalyDetector(small(), contamination).fit(X)
    assert (found.predict(X) == -1).mean() == pytest.approx(contamination, abs=1 / 400)
    np.testing.assert_array_equal(found.fit_predict(X), found.predict(X))


def test_automatic_contamination_is_tukeys_fence():
    clean, far = plane(500), plane(10, 1) + 20
    found = AnomalyDetector(small(), "auto").fit(clean)
    first, third = np.percentile(found.score_samples(clean), [25, 75])
    assert found.offset_ == pytest.approx(first - 1.5 * (third - first))
    assert (found.predict(clean) == -1).mean() < 0.08 and (found.predict(far) == -1).all()


def test_the_baseline_is_its_formula():
    X, T = plane(300) * [1, 10, 100, 1, 1.0], plane(40, 1).astype(float)
    X[:, 4] = T[:, 4] = 3
    found = AnomalyDetector(small(n_epochs=1, learning_rate=1e-6)).fit(X)
    scaler = StandardScaler().fit(X)
    expected = -(scaler.transform(T) ** 2).sum(1)
    np.testing.assert_allclose(found.baseline_score_samples(T), expected, rtol=1e-9)


def test_explanations_are_standardised_errors(detector):
    X = plane(400)
    errors = detector.model_.reconstruction_error(X, per_feature=True).astype(np.float64)
    found = detector.explain(X)
    np.testing.assert_allclose(
        found, (errors - errors.mean(0)) / errors.std(0), rtol=1e-4, atol=1e-4
    )
    odd = plane(30, 1)
    odd[np.arange(30), np.arange(30) % 5] += 8
    assert (detector.explain(odd).argmax(1) == np.arange(30) % 5).mean() > 0.9


def test_explanations_need_a_model_that_reconstructs():
    found = AnomalyDetector(GaussianMixture(2, random_state=0)).fit(plane(100))
    assert found.predict(plane(9, 1)).shape == (9,) and not hasattr(found, "explain")
    with pytest.raises(AttributeError):
        found.explain(plane(9, 1))


def test_tensors_give_tensors_and_other_holders_the_same(detector):
    X = plane(20, 1)
    for method in ("score_samples", "predict", "baseline_score_samples", "explain"):
        expected = getattr(detector, method)(X)
        found = getattr(detector, method)(torch.from_numpy(X))
        assert isinstance(found, torch.Tensor) and isinstance(expected, np.ndarray)
        np.testing.assert_array_equal(found.numpy(), expected)
        np.testing.assert_allclose(getattr(detector, method)(csr_array(X)), expected, rtol=1e-6)
    fitted = clone(detector).fit(torch.from_numpy(plane(400)))
    np.testing.assert_allclose(fitted.score_samples(X), detector.score_samples(X), rtol=1e-5)


def test_the_model_is_cloned_unless_frozen():
    X, model = plane(200), small()
    found = AnomalyDetector(model).fit(X)
    assert not hasattr(model, "module_") and found.model_ is not model
    fitted = small().fit(plane(200, 5))
    before = fitted.components_
    frozen = AnomalyDetector(FrozenEstimator(fitted)).fit(X)
    np.testing.assert_array_equal(fitted.components_, before)
    np.testing.assert_array_equal(frozen.score_samples(X), -fitted.free_energy(X))
    assert frozen.explain(X).shape == X.shape


def test_it_can_be_searched_piped_and_pickled(detector):
    pipe = make_pipeline(StandardScaler(), AnomalyDetector(small()))
    grid = {"anomalydetector__model__n_components": [2, 3]}
    X, y = np.concatenate([plane(200), 9 + plane(20, 1)]), np.repeat([1, -1], [200, 20])
    mixed = np.random.default_rng(0).permutation(220)
    search = GridSearchCV(pipe, grid, cv=2, scoring="roc_auc").fit(X[mixed], y[mixed])
    assert search.best_score_ > 0.9
    assert search.best_estimator_[-1].model_.n_components in (2, 3)
    again = pickle.loads(pickle.dumps(detector))
    np.testing.assert_array_equal(again.score_samples(X), detector.score_samples(X))


@pytest.mark.parametrize(
    ("detector", "error", "sentence"),
    [
        (AnomalyDetector(small(), 0.6), ValueError, "contamination must be > 0 and <= 0.5"),
        (AnomalyDetector(small(), 0.0), ValueError, "contamination must be > 0"),
        (AnomalyDetector(small(), "some"), TypeError, "contamination must be a number"),
        (AnomalyDetector(small(), score_by="elbo"), ValueError, "'reconstruction', got 'elbo'"),
        (AnomalyDetector(PCA(), score_by="reconstruction"), TypeError, "got PCA"),
        (AnomalyDetector(StandardScaler()), TypeError, "or reconstruction_error, got Standard"),
    ],
)
def test_what_makes_no_sense_is_refused(detector, error, sentence):
    with pytest.raises(error, match=sentence):
        detector.fit(plane(50))


@pytest.mark.parametrize("wrap", [lambda model: model, FrozenEstimator])
def test_a_model_that_needs_labels_is_refused(wrap):
    X, y = plane(50), np.arange(50) % 2
    model = VAE(2, likelihood="gaussian", conditional=True, n_epochs=1, random_state=0).fit(X, y)
    with pytest.raises(ValueError, match=r"a model that does without labels.*got .*VAE\("):
        AnomalyDetector(wrap(model)).fit(X, y)


@pytest.fixture(scope="module")
def gappy():
    """A detector that has seen gaps, and the rows with them."""
    X = plane(200)
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    return AnomalyDetector(SparseCoding(4, n_epochs=2, random_state=0)).fit(X), X


def test_gaps_are_passed_over_where_the_model_does(gappy):
    found, X = gappy
    assert get_tags(found).input_tags.allow_nan
    np.testing.assert_allclose(found.mean_, np.nanmean(X, 0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(found.scale_, np.nanstd(X, 0, dtype=float), rtol=1e-6)
    np.testing.assert_array_equal(found.score_samples(X), -found.model_.reconstruction_error(X))
    expected = -np.nansum(((X - found.mean_) / found.scale_) ** 2, 1)
    np.testing.assert_allclose(found.baseline_score_samples(X), expected, rtol=1e-6)


def test_a_gap_explains_nothing_and_moves_no_explanation(gappy):
    found, X = gappy
    errors = found.model_.reconstruction_error(X, per_feature=True).astype(float)
    errors[np.isnan(X)] = np.nan
    expected = (errors - np.nanmean(errors, 0)) / np.nanstd(errors, 0)
    explained = found.explain(X)
    assert (explained[np.isnan(X)] == 0).all()
    np.testing.assert_allclose(explained, np.nan_to_num(expected), rtol=1e-4, atol=1e-4)


def test_gaps_are_refused_where_the_model_refuses_them(detector):
    X = plane(9)
    X[3, 2] = np.nan
    assert not get_tags(detector).input_tags.allow_nan
    with pytest.raises(ValueError, match="NaN"):
        detector.baseline_score_samples(X)


def test_nothing_is_said_before_fit():
    for method in ("score_samples", "predict", "baseline_score_samples", "explain"):
        with pytest.raises(NotFittedError):
            getattr(AnomalyDetector(small()), method)(plane(9))


def test_other_rows_than_those_fitted_are_refused(detector):
    for method in ("score_samples", "baseline_score_samples", "explain"):
        with pytest.raises(ValueError, match=re.escape("X has 4 features, but")):
            getattr(detector, method)(plane(9)[:, :4])


@pytest.mark.data
def test_real_anomalies_are_found():
    """Novelty setting: half of the normal rows are learned, the rest is scored."""
    X, y = datasets.load_anomalies("cardio")
    order = np.random.default_rng(0).permutation(np.flatnonzero(y == 0))
    learned, rest = order[: len(order) // 2], order[len(order) // 2 :]
    test = np.concatenate([rest, np.flatnonzero(y)])
    scaler = StandardScaler().fit(X[learned])
    found = AnomalyDetector(small(n_epochs=10)).fit(scaler.transform(X[learned]))
    T = scaler.transform(X[test])
    assert roc_auc_score(y[test], -found.score_samples(T)) > 0.9
    assert roc_auc_score(y[test], -found.baseline_score_samples(T)) == pytest.approx(
        0.96, abs=0.02
    )
