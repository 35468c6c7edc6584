"""The gradient from ratings alone against its twin, which multiplies with every unit."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from unlabeled import RBMRecommender
from unlabeled.energy.ratings.machine import RatingMachine
from unlabeled.energy.ratings.sparse import contrast
from unlabeled.sampling import Noise


def machine(conditional=False, n_hidden=7):
    torch.manual_seed(0)
    made = RatingMachine(11, 5, n_hidden, conditional)
    with torch.no_grad():
        for p in made.parameters():
            p.normal_()
    return made.requires_grad_(False)


def ratings(n=13, share=0.4):
    rng = np.random.default_rng(0)
    x = np.where(rng.random((n, 11)) < share, rng.integers(1, 6, (n, 11)), np.nan)
    x[3] = np.nan  # a row without ratings, and a unit
    x[:, 4] = np.nan
    return torch.tensor(x, dtype=torch.float32)


@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("sampled", [False, True])
@pytest.mark.parametrize("n_steps", [1, 3])
def test_the_gradient_is_that_of_the_machine(conditional, sampled, n_steps):
    rbm, x = machine(conditional), ratings()
    noise = [Noise(0) if sampled else None for _ in range(2)]
    found, h = contrast(rbm, x, 20, noise[0], n_steps)
    expected, means = rbm.contrast(rbm.one_hot(x), 20, noise[1], n_steps)
    torch.testing.assert_close(h, means)
    assert found.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(found[name], gradient, msg=name, rtol=1e-4, atol=1e-5)
        assert gradient.abs().max() > 0


def test_what_is_rated_nobody_knows_how_speaks_too():
    rbm, x = machine(conditional=True), ratings()
    r = rbm.seen(rbm.one_hot(x))
    r[3, 4] = 1
    found, h = contrast(rbm, x, 13, None, 1, r)
    expected, means = rbm.contrast(rbm.one_hot(x), 13, None, 1, r)
    torch.testing.assert_close(h, means)
    assert not torch.allclose(h[3], torch.sigmoid(rbm.c))
    torch.testing.assert_close(found["D"], expected["D"])


def test_weights_of_a_unit_lie_together_whatever_happens_to_a_machine(tmp_path):
    X = np.random.default_rng(0).integers(0, 6, (30, 11)) * (np.arange(11) % 3 == 0)
    model = RBMRecommender(4, n_epochs=2, batch_size=10, optimizer="adam", random_state=0).fit(X)
    model.save(tmp_path / "model")
    from unlabeled import load

    for kept in (model, load(tmp_path / "model"), model.partial_fit(X)):
        assert kept.machine_.W.t().is_contiguous()


@pytest.mark.parametrize("kind", ["item", "user"])
@pytest.mark.parametrize("conditional", [False, True])
def test_both_ways_learn_the_same(kind, conditional):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((40, 30)) < 0.2, rng.integers(1, 6, (40, 30)), 0)
    learned = []
    for backend in ("torch", "fast"):
        params = {"kind": kind, "conditional": conditional, "backend": backend}
        model = RBMRecommender(6, n_epochs=5, batch_size=10, random_state=0, **params).fit(X)
        assert model.backend_ == backend
        learned.append(model.machine_.W)
    torch.testing.assert_close(*learned, rtol=1e-3, atol=1e-5)


def test_where_most_is_rated_products_are_whole(monkeypatch):
    import unlabeled.energy.ratings.recommender as recommender

    def never(*args):
        raise AssertionError("most of these ratings are there")

    monkeypatch.setattr(recommender, "contrast", never)
    X = np.random.default_rng(0).integers(1, 6, (20, 10))
    RBMRecommender(3, n_epochs=1, backend="fast", random_state=0).fit(X)
    X[:, :8] = 0
    with pytest.raises(AssertionError, match="most of these"):
        RBMRecommender(3, n_epochs=1, backend="fast", random_state=0).fit(X)
