"""Features made on the spot, and what can be seen in them."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits

from unlabeled.metrics import fit_features, frechet_distance, kernel_distance, precision_recall


@pytest.fixture(scope="module")
def digits():
    return load_digits(return_X_y=True)


@pytest.fixture(scope="module")
def space(digits):
    X, y = digits
    return fit_features(X, y, image_shape=(1, 8, 8), n_steps=400)


def test_a_classifier_learns_in_a_moment(space, digits):
    X, y = digits
    assert space.accuracy > 0.95 and (space.n_train, space.n_held_out) == (1618, 179)
    H = space.transform(X)
    assert H.shape == (1797, 64) and H.dtype == np.float32
    P = space.predict_proba(X)
    np.testing.assert_allclose(P.sum(1), 1)
    assert (space.predict(X) == y).mean() > 0.95
    assert repr(space).startswith("FeatureSpace(64 features; classifies 9")


def test_a_missing_class_is_clearer_than_in_pixels(space, digits):
    X, y = digits
    ratios = []
    for features in (X, space.transform(X)):
        found = frechet_distance(features[::2], features[1::2][y[1::2] != 4])
        ratios.append(float(found) / found.floor)
    assert ratios[1] > 2.5 * ratios[0] and ratios[1] > 3.5


def test_total_collapse_is_clear_to_recall(space, digits):
    H = space.transform(digits[0])
    recall = precision_recall(H, H[:50].repeat(20, 0)).recall
    assert float(recall) < 0.1 and recall.floor > 0.8


def test_the_same_seed_is_the_same_space_and_nobody_elses_numbers_move(digits):
    X, y = digits
    before = torch.get_rng_state()
    a, b, other = (fit_features(X, y, n_steps=5, random_state=s) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), before)
    np.testing.assert_array_equal(a.transform(X), b.transform(X))
    assert a.accuracy == b.accuracy and not np.array_equal(a.transform(X), other.transform(X))


def test_without_labels_an_autoencoder_is_learned(digits):
    X, _ = digits
    space = fit_features(X, n_components=16, image_shape=(1, 8, 8), n_steps=300)
    assert space.transform(X).shape == (1797, 16) and 0.6 < space.accuracy < 1
    found = kernel_distance(space.transform(X[::2]), space.transform(X[1::2][:, ::-1]))
    assert float(found) > 10 * abs(found.floor)
    with pytest.raises(ValueError, match="class probabilities need labels"):
        space.predict_proba(X)


def test_images_flat_rows_and_tensors_are_the_same(space, digits):
    X = digits[0][:20]
    for same in (X.reshape(-1, 1, 8, 8), torch.from_numpy(X)):
        np.testing.assert_array_equal(space.transform(same), space.transform(X))
    images = fit_features(X.reshape(-1, 1, 8, 8), np.arange(20) % 2, n_steps=2)
    flat = fit_features(X, np.arange(20) % 2, image_shape=(1, 8, 8), n_steps=2)
    np.testing.assert_array_equal(images.transform(X), flat.transform(X))


def test_labels_may_be_words_and_rows_a_table():
    rng = np.random.default_rng(0)
    y = np.array(["cat", "dog"])[rng.integers(0, 2, 300)]
    X = rng.normal((y == "cat")[:, None] * 4, 1, (300, 3)) * [1, 100, 0.01]
    space = fit_features(np.c_[X, np.ones(300)], y, n_components=4, n_steps=60)
    assert space.accuracy > 0.9 and list(space.classes) == ["cat", "dog"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"y": np.zeros(99)}, r"shape \(100,\), got shape \(99,\)"),
        ({"y": np.zeros(100)}, "at least two classes, got only"),
        ({"image_shape": (1, 3, 3)}, r"image_shape must be .* with 8 values, got \(1, 3, 3\)"),
        ({"n_steps": 0}, "n_steps must be >= 1"),
        ({"X": np.ones((9, 8))}, "X must have at least 20 rows"),
    ],
)
def test_wrong_requests_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        fit_features(**{"X": np.random.default_rng(0).normal(size=(100, 8)), **arguments})


def test_rows_of_another_width_are_refused(space):
    with pytest.raises(ValueError, match=r"X must have 64 features, got shape \(3, 8\)"):
        space.transform(np.ones((3, 8)))
