"""Metrics against plain formulas and against what they are meant to notice."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import PCA

from unlabeled import datasets
from unlabeled.metrics import linear_probe, reconstruction_error


@pytest.fixture(scope="module")
def digits():
    train = datasets.load("digits", return_labels=True)
    test = datasets.load("digits", "test", return_labels=True)
    return *(part[:600] for part in train), *test


@pytest.mark.parametrize("shape", [(7, 5), (5000, 3), (6, 1, 2, 4), (4,), (0, 3)])
def test_squared_error_is_its_formula(shape):
    rng = np.random.default_rng(0)
    X, R = rng.normal(size=shape), rng.normal(size=shape)
    error = reconstruction_error(X, R)
    assert error.dtype == np.float64
    np.testing.assert_allclose(error, ((X - R) ** 2).reshape(shape[0], -1 if X.size else 3).sum(1))
    np.testing.assert_allclose(reconstruction_error(X, R, per_feature=True), (X - R) ** 2)


def test_cross_entropy_is_torchs():
    rng = np.random.default_rng(0)
    X, R = rng.random((50, 8)), rng.random((50, 8))
    expected = torch.nn.functional.binary_cross_entropy(
        torch.from_numpy(R), torch.from_numpy(X), reduction="none"
    )
    terms = reconstruction_error(X, R, kind="cross_entropy", per_feature=True)
    np.testing.assert_allclose(terms, expected.numpy())
    rows = reconstruction_error(X, R, kind="cross_entropy")
    np.testing.assert_allclose(rows, expected.sum(1).numpy())


def test_cross_entropy_at_certainty():
    X, R = [[0, 1], [0, 1]], [[0.0, 1.0], [1.0, 1.0]]
    assert reconstruction_error(X, R, kind="cross_entropy").tolist() == [0.0, np.inf]


def test_small_integers_do_not_wrap():
    X, R = np.array([[0, 255]], np.uint8), np.array([[255, 0]], np.uint8)
    assert reconstruction_error(X, R).tolist() == [2 * 255.0**2]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_tensors_are_taken(dtype):
    X = torch.ones(3, 2, dtype=dtype, requires_grad=True)
    assert reconstruction_error(X, torch.zeros(3, 2)).tolist() == [2.0, 2.0, 2.0]


@pytest.mark.parametrize(
    ("X", "R", "kind", "sentence"),
    [
        (np.ones((2, 3)), np.ones((2, 4)), "squared", r"got \(2, 3\) and \(2, 4\)"),
        (np.ones((2, 3)), np.ones(3), "squared", r"got \(2, 3\) and \(3,\)"),
        (np.ones((1, 1)), np.ones((1, 1)), "absolute", "'cross_entropy'.*got 'absolute'"),
        ([[np.nan, 1]], [[0, 1]], "squared", "X must have no NaN, got 1"),
        ([[0, 1]], [[0, np.nan]], "cross_entropy", "X_reconstructed must have no NaN"),
        ([[0, 16]], [[0, 1]], "cross_entropy", "X must lie in .* values from 0 to 16"),
        ([[0, 1]], [[-0.5, 1]], "cross_entropy", "X_reconstructed must lie in .* -0.5 to 1"),
    ],
)
def test_wrong_reconstructions_are_refused(X, R, kind, sentence):
    with pytest.raises(ValueError, match=sentence):
        reconstruction_error(X, R, kind=kind)


def test_probe_reads_classes_and_not_noise(digits):
    X, y, X_test, y_test = digits
    assert linear_probe(X, y, X_test, y_test) > 0.85
    noise = np.random.default_rng(0).normal(size=(960, 20))
    assert linear_probe(noise[:600], y, noise[600:], y_test) < 0.2


def test_probe_of_an_encoder_is_that_of_its_features(digits):
    X, y, X_test, y_test = digits
    encoder = PCA(16, random_state=0).fit(X)
    features = encoder.transform(X), encoder.transform(X_test)
    expected = linear_probe(features[0], y, features[1], y_test)
    assert linear_probe(X, y, X_test, y_test, encoder=encoder) == expected
    tensors = [torch.from_numpy(part) for part in (features[0], y, features[1], y_test)]
    assert linear_probe(*tensors) == expected


def test_probe_is_deterministic_and_blind_to_scale(digits):
    X, y, X_test, y_test = digits
    state = np.random.get_state()[1]  # noqa: NPY002
    accuracy = linear_probe(X, y, X_test, y_test)
    assert linear_probe(X * 1000.0 + 7, y, X_test * 1000.0 + 7, y_test) == accuracy
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002


def test_probe_refuses_what_it_cannot_use(digits):
    X, y, X_test, y_test = digits
    with pytest.raises(TypeError, match="with transform, got ndarray"):
        linear_probe(X, y, X_test, y_test, encoder=X)
    with pytest.raises(ValueError, match=r"got shapes \(600, 64\) and \(360, 9\)"):
        linear_probe(X, y, X_test[:, :9], y_test)
    with pytest.raises(ValueError, match=r"shape \(n, d\), got \(600, 8, 8\): flatten"):
        linear_probe(X.reshape(-1, 8, 8), y, X_test, y_test)
