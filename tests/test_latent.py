"""Walks in latent space: exact for a linear code, and for every model that can do its part."""

import numpy as np
import pytest
import torch

from unlabeled import latent

RNG = np.random.default_rng(0)


class Turn:
    """Encodes and decodes by a rotation, so that what is done to codes is known for rows."""

    def __init__(self, d=5):
        self.Q = np.linalg.qr(np.random.default_rng(1).normal(size=(d, d)))[0]

    def transform(self, X):
        return X @ torch.from_numpy(self.Q) if torch.is_tensor(X) else np.asarray(X) @ self.Q

    def inverse_transform(self, H):
        return H.double() @ torch.from_numpy(self.Q.T) if torch.is_tensor(H) else H @ self.Q.T


class Generator:
    """Decodes, and cannot encode."""

    def inverse_transform(self, H):
        return np.hstack([H, -H])


class Labelled(Turn):
    """Needs to know the label, which it adds to the code, and takes off when it encodes."""

    def transform(self, X, y):
        return super().transform(X) - np.asarray(y)[:, None]

    def inverse_transform(self, H, y):
        return super().inverse_transform(H + np.asarray(y)[:, None])


def rows(n=3, d=5):
    return RNG.normal(size=(n, d))


def angle(a, b):
    return np.arccos(
        np.clip((a * b).sum(-1) / np.linalg.norm(a, axis=-1) / np.linalg.norm(b), -1, 1)
    )


# ---- paths -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [latent.linear, latent.slerp])
def test_a_path_begins_at_its_start_and_ends_at_its_end(path):
    a, b = rows(20), 3 * rows(20)
    ends = path(a, b, [0, 1])
    assert np.allclose(ends, np.stack([a, b], 1), atol=1e-12)
    assert np.allclose(path(b, a, [0.3])[:, 0], path(a, b, [0.7])[:, 0], atol=1e-12)


@pytest.mark.parametrize("k", [2, 3, 100])
def test_the_arc_is_linear_in_angle_and_in_length(k):
    a, b, t = RNG.normal(size=k), 3 * RNG.normal(size=k), np.linspace(0, 1, 11)
    arc = latent.slerp(a, b, t)
    assert np.allclose(angle(arc, a), t * angle(b, a), atol=1e-7)
    lengths = (1 - t) * np.linalg.norm(a) + t * np.linalg.norm(b)
    assert np.allclose(np.linalg.norm(arc, axis=1), lengths)
    assert np.linalg.matrix_rank(np.vstack([arc, a, b]), tol=1e-9) == 2  # in their plane


def test_the_arc_of_unit_codes_is_shoemakes_formula():
    a, b = (x / np.linalg.norm(x) for x in RNG.normal(size=(2, 4)))
    omega, t = np.arccos(a @ b), 0.3
    expected = (np.sin((1 - t) * omega) * a + np.sin(t * omega) * b) / np.sin(omega)
    assert np.allclose(latent.slerp(a, b, [t])[0], expected)


@pytest.mark.parametrize("scale", [2.0, 1e-3])
def test_arcs_that_are_straight_lines(scale):
    a, t = rows(1)[0], np.linspace(0, 1, 5)
    for start, end in ((a, scale * a), (a, 0 * a), (0 * a, a), (0 * a, 0 * a)):
        arc = latent.slerp(start, end, t)
        assert np.allclose(arc, latent.linear(start, end, t), atol=1e-12)


@pytest.mark.parametrize("k", [2, 5])
@pytest.mark.parametrize("gap", [0.0, 1e-17, 1e-12, 1e-9, 1e-6])
def test_an_arc_between_opposite_codes_goes_half_round(k, gap):
    a = RNG.normal(size=k)
    b = -a + gap * RNG.normal(size=k)
    arc = latent.slerp(a, b, np.linspace(0, 1, 5))
    assert np.allclose(angle(arc, a), np.pi * np.linspace(0, 1, 5), atol=1e-5)
    assert np.allclose(arc[-1], b, atol=1e-7)


def test_codes_of_one_number_have_paths_too():
    assert np.allclose(latent.slerp([2.0], [-2.0], [0, 0.5, 1])[:, 0], [2, 0, -2])


def test_interpolation_is_the_decoded_path():
    model, a, b = Turn(), rows(), rows()
    strip = latent.interpolate(model, a, b, n_steps=4)
    assert np.allclose(strip, latent.linear(a, b, np.linspace(0, 1, 4)), atol=1e-5)
    arc = latent.interpolate(model, a, b, n_steps=4, kind="slerp")
    assert np.allclose(arc, latent.slerp(a, b, np.linspace(0, 1, 4)), atol=1e-5)
    assert not np.allclose(arc, strip, atol=1e-2)


# ---- arithmetic --------------------------------------------------------------------------------


def test_an_attribute_is_the_difference_of_the_mean_codes_and_moves_rows_by_it():
    model, X, has = Turn(), rows(40), RNG.random(40) < 0.3
    d = latent.attribute_vector(model, X, has)
    change = X[has].mean(0) - X[~has].mean(0)
    assert np.allclose(latent.apply_attribute(model, X, d), X + change, atol=1e-5)
    strip = latent.apply_attribute(model, X, d, [-1, 0, 2])
    assert np.allclose(strip[:, 1], X, atol=1e-5)
    assert np.allclose(strip[:, 2] - strip[:, 1], 2 * change, atol=1e-5)


def test_an_analogy_adds_the_difference():
    model, a, b, c = Turn(), rows(), rows(), rows()
    assert np.allclose(latent.analogy(model, a, b, c), c + b - a, atol=1e-5)
    assert np.allclose(latent.analogy(model, a[:1], b[:1], c), c + b[:1] - a[:1], atol=1e-5)


def test_a_traversal_moves_one_component_alone():
    model, X = Turn(), rows()
    moved = model.transform(latent.traverse(model, X, 2, [-1.0, 7.0]))
    H = model.transform(X)
    assert moved.shape == (3, 2, 5) and np.allclose(moved[..., 2], [-1, 7], atol=1e-5)
    others = [0, 1, 3, 4]
    assert np.allclose(moved[..., others], H[:, None, others], atol=1e-5)


# ---- any model ---------------------------------------------------------------------------------

WALKS = {
    "interpolate": lambda m, X, **y: latent.interpolate(m, X, 2 * X, **y),
    "apply_attribute": lambda m, X, **y: latent.apply_attribute(m, X, np.ones(5), [0, 1], **y),
    "traverse": lambda m, X, **y: latent.traverse(m, X, 0, [0, 1], **y),
}


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_a_generator_is_given_codes_in_the_place_of_rows(walk):
    assert np.allclose(walk(Generator(), rows()).sum(-1), 0, atol=1e-5)
    assert walk(Generator(), rows()).shape == (3, *walk(Turn(), rows()).shape[1:-1], 10)


def test_the_attribute_of_a_generator_is_one_of_its_codes():
    z = rows(40)
    d = latent.attribute_vector(Generator(), z, z[:, 0] > 0)
    assert np.allclose(d, z[z[:, 0] > 0].mean(0) - z[z[:, 0] <= 0].mean(0))


@pytest.mark.parametrize("walk", WALKS.values(), ids=WALKS)
def test_labels_reach_a_conditional_model(walk):
    X, y = rows(), np.array([3.0, 1.0, 4.0])
    one_by_one = [walk(Labelled(), X[[i]], y=y[[i]]) for i in range(3)]
    assert np.allclose(walk(Labelled(), X, y=y), np.concatenate(one_by_one), atol=1e-5)


def test_an_analogy_between_classes_keeps_the_class():
    model = Labelled()
    a, b, c, y = rows(), rows(), rows(), [np.full(3, k) for k in (1.0, 2.0, 5.0)]
    d = latent.analogy(model, a, b, c, y=y)
    a, b, c = (model.transform(x, k) for x, k in zip((a, b, c), y, strict=True))
    assert np.allclose(model.transform(d, y[2]), c + b - a, atol=1e-5)


def test_a_tensor_in_gives_a_tensor_out():
    X = rows()
    for name, walk in WALKS.items():
        found = walk(Turn(), torch.from_numpy(X))
        assert torch.is_tensor(found), name
        assert np.allclose(found.numpy(), walk(Turn(), X), atol=1e-5)


def test_a_real_model_of_pictures():
    from unlabeled import RBM

    X = (np.random.default_rng(0).random((30, 1, 4, 4)) > 0.5).astype(np.float32)
    rbm = RBM(6, n_epochs=1, random_state=0).fit(X)
    strip = latent.interpolate(rbm, X[:2], X[2:4], 5)
    assert strip.shape == (2, 5, 16) and strip.dtype == np.float32
    assert np.allclose(strip[:, [0, -1]], rbm.reconstruct(X[[0, 2, 1, 3]]).reshape(2, 2, 16))


class Score:
    """Neither encodes nor decodes."""


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda X: latent.interpolate(Score(), X, X), r"inverse_transform\(\); Score has none"),
        (lambda X: latent.attribute_vector(Score(), X, [0, 1, 1]), "Score has none"),
        (lambda X: latent.apply_attribute(Score(), X, np.ones(5)), "Score has none"),
    ],
)
def test_what_a_model_lacks_is_named(call, words):
    with pytest.raises(TypeError, match=words):
        call(rows())


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m, X: latent.interpolate(m, X, X, kind="cubic"), "one of .*'slerp'.*got 'cubic'"),
        (lambda m, X: latent.interpolate(m, X, X, 1), "at least 2"),
        (
            lambda m, X: latent.interpolate(m, X, X[:2]),
            r"one shape, got \(3, 5\) and \(2, 5\)",
        ),
        (lambda m, X: latent.interpolate(m, X[0], X[1]), r"one row is X\[:1\]"),
        (lambda m, X: latent.attribute_vector(m, X, [1, 1, 1]), "False for the others"),
        (lambda m, X: latent.attribute_vector(m, X, [1, 2, 3]), "3 values in shape"),
        (lambda m, X: latent.apply_attribute(m, X, np.ones(4)), r"shape \(5,\), as a code"),
        (lambda m, X: latent.analogy(m, X[:2], X[:2], X), "one row, or 3 as c has, got 2 and 2"),
        (lambda m, X: latent.traverse(m, X, 5, [0]), "from 0 to 4"),
        (lambda m, X: latent.traverse(m, X, 0, 1.0), r"shape \(m,\), got \(\)"),
    ],
)
def test_what_makes_no_sense_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call(Turn(), rows())
