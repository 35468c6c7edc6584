"""The variational autoencoder as an estimator: options, labels, images, missing features."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from enumeration import all_states, codes, variation_floor
from estimators import differ, digits, make
from sklearn.base import clone
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from torch.nn.functional import logsigmoid

import unlabeled
from unlabeled import VAE
from unlabeled.engine.training import Batch
from unlabeled.sampling import Noise
from unlabeled.schedules import Linear, Steps
from unlabeled.variational import Bernoulli, Gaussian, Likelihood, completion


def small(**params):
    return make(VAE, **params)


# ---- what is learned from ----------------------------------------------------------------------


def test_without_the_divergence_it_is_an_autoencoder():
    free = small(beta=0.0, n_epochs=20).fit(digits()).history_
    plain = small(n_epochs=20).fit(digits()).history_
    assert free["kl"][-1] > 2 * plain["kl"][-1]
    assert free["reconstruction"][-1] > plain["reconstruction"][-1]
    assert free["bound"][-1] == pytest.approx(free["reconstruction"][-1] - free["kl"][-1])


def test_a_schedule_moves_beta():
    assert differ(small(beta=Linear(0.0, 1.0)).fit(digits()), small().fit(digits()))
    late = small(beta=Steps((1.0, 5.0), at=(0.5,)), n_epochs=2).fit(digits())
    first = small(beta=1.0, n_epochs=2).fit(digits())
    assert late.history_["kl"][0] == first.history_["kl"][0]
    assert late.history_["kl"][1] < first.history_["kl"][1]


def test_more_codes_learn_a_higher_likelihood():
    scores = [
        small(n_importance=K, n_epochs=30, batch_size=20).fit(digits()).score(digits())
        for K in (1, 10)
    ]
    assert scores[1] > scores[0]


def test_dynamic_bits_are_drawn_with_their_probabilities_and_anew():
    seen = []

    class Watched(VAE):
        def _objective(self, batch, beta):
            seen.append(self.module_.likelihood.observe(batch.x, batch.noise))
            batch.noise.at(batch.noise.step)
            return super()._objective(batch, beta)

    X = np.full((40, 64), 0.3, np.float32)
    params = {"n_epochs": 50, "batch_size": 40, "hidden_layer_sizes": (2,), "random_state": 0}
    Watched(2, likelihood=Bernoulli(dynamic=True), **params).fit(X)
    bits = torch.stack(seen)
    assert set(bits.unique().tolist()) == {0.0, 1.0}
    assert float(bits.mean()) == pytest.approx(0.3, abs=5 * (0.21 / bits.numel()) ** 0.5)
    assert float(bits.mean(0).std()) == pytest.approx((0.21 / 50) ** 0.5, rel=0.1)


def test_rows_that_are_watched_meet_the_same_bits_in_every_epoch():
    X = np.full((50, 64), 0.5, np.float32)
    model = small(likelihood=Bernoulli(dynamic=True), learning_rate=0.0, n_epochs=3)
    history = model.fit(X, X_val=X).history_
    assert len(set(history["val_bound"])) == 1 and len(set(history["bound"])) == 3


# ---- likelihoods -------------------------------------------------------------------------------


@pytest.mark.parametrize("variance", ["learned", 0.7])
def test_gaussian_likelihood_is_the_normal_density(variance):
    likelihood = Gaussian(variance).build(4)
    f, x = torch.randn(3, 5, 4), torch.randn(3, 1, 4)
    s2 = torch.tensor([0.5, 1.0, 2.0, 1e-9]) if variance == "learned" else torch.full((4,), 0.7)
    likelihood.base(torch.zeros(4), s2)
    s2 = torch.as_tensor(likelihood.sigma2).detach().expand(4)
    expected = torch.distributions.Normal(f, s2.sqrt()).log_prob(x.expand_as(f)).sum(-1)
    torch.testing.assert_close(likelihood.log_prob(x, f), expected)
    drawn = likelihood.sample(torch.zeros(100_000, 4), Noise(0))
    torch.testing.assert_close(drawn.var(0), s2, rtol=0.03, atol=0)


def test_learned_variances_are_those_of_factor_analysis():
    rng = np.random.default_rng(0)
    sigma = np.array([0.4, 0.6, 1.0])
    X = (rng.normal(size=(1000, 1)) + sigma * rng.normal(size=(1000, 3))).astype(np.float32)
    S = np.cov(X.T, bias=True)  # one factor explains every covariance of three features
    expected = [
        S[i, i] - S[i, j] * S[i, k] / S[j, k] for i, j, k in [(0, 1, 2), (1, 0, 2), (2, 0, 1)]
    ]
    params = {"n_epochs": 40, "learning_rate": 0.05, "random_state": 0}
    model = VAE(1, hidden_layer_sizes=(), likelihood="gaussian", **params).fit(X)
    found = model.module_.likelihood.sigma2.detach().numpy()
    np.testing.assert_allclose(found, expected, rtol=0.1)


def test_a_feature_that_never_varies_does_not_wreck_the_bound():
    X = np.random.default_rng(0).normal(size=(400, 12)).astype(np.float32)
    X[:, 3] = 0.5
    params = {"hidden_layer_sizes": (32,), "likelihood": "gaussian", "random_state": 0}
    model = VAE(2, n_epochs=20, learning_rate=0.005, **params)
    without = clone(model).fit(np.delete(X, 3, axis=1)).history_["bound"]
    bounds = model.fit(X).history_["bound"]
    assert bounds[0] > without[0] - 100 and bounds[-1] > without[-1] - 0.5
    constant = VAE(2, n_epochs=0, **params).fit(X[:, [3, 3]]).module_.likelihood
    assert (constant.sigma2 > 0).all()


class Laplace(Likelihood):
    """Two outputs for each feature: a place and the logarithm of a scale."""

    n_outputs = 2

    def __init__(self):
        super().__init__()

    def base(self, mean, variance):
        return torch.cat([mean, 0.5 * torch.log(variance.clamp(min=0.01) / 2)])

    def log_prob(self, x, f):
        place, log_scale = f.chunk(2, -1)
        return -((x - place).abs() * torch.exp(-log_scale) + log_scale + math.log(2)).sum(-1)

    def mean(self, f):
        return f.chunk(2, -1)[0]

    def sample(self, f, noise):
        place, log_scale = f.chunk(2, -1)
        u = noise.uniform(place.shape) - 0.5
        return place - log_scale.exp() * u.sign() * torch.log1p(-2 * u.abs())


@pytest.mark.parametrize("network", [None, "convolutional"])
def test_a_likelihood_of_ones_own_with_two_outputs(network):
    model = small(likelihood=Laplace(), encoder=network, decoder=network, image_shape=(1, 8, 8))
    before = clone(model).set_params(n_epochs=0).fit(digits())
    after = model.set_params(n_epochs=2).fit(digits())
    assert after.score(digits()) > before.score(digits())
    assert (
        after.sample(3, random_state=0).shape == after.reconstruct(digits()[:3]).shape == (3, 64)
    )


# ---- networks ----------------------------------------------------------------------------------


def test_convolutional_networks_learn_images(tmp_path):
    images = digits().reshape(-1, 1, 8, 8)
    params = {"encoder": "convolutional", "decoder": "convolutional", "n_epochs": 3}
    model = small(**params).fit(images)
    assert model.history_["bound"][-1] > model.history_["bound"][0] + 1
    same = small(**params, image_shape=(1, 8, 8)).fit(digits())
    np.testing.assert_array_equal(same.transform(digits()), model.transform(images))
    model.save(tmp_path)
    again = unlabeled.load(tmp_path)
    np.testing.assert_array_equal(again.score_samples(images), model.score_samples(images))
    with pytest.raises(ValueError, match="shape of images"):
        small(**params).fit(digits())


def test_factories_get_their_sizes():
    asked = []

    def factory(n_in, n_out):
        asked.append((n_in, n_out))
        return torch.nn.Linear(n_in, n_out)

    small(n_components=3, encoder=factory, decoder=factory).fit(digits())
    assert asked == [(64, 6), (3, 64)]


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"n_components": 0}, ValueError, "n_components must be >= 1"),
        ({"n_importance": 0}, ValueError, "n_importance must be >= 1"),
        ({"beta": -1.0}, ValueError, "beta must be >= 0"),
        ({"hidden_layer_sizes": (0,)}, ValueError, "hidden_layer_sizes must be >= 1"),
        ({"likelihood": "poisson"}, ValueError, "likelihood must be one of 'bernoulli'"),
        ({"encoder": torch.nn.Linear(2, 2)}, TypeError, "encoder must be a factory"),
        ({"activation": "rel"}, ValueError, "activation must be one of"),
    ],
)
def test_parameters_that_make_no_sense(params, error, words):
    with pytest.raises(error, match=words):
        VAE(**params).fit(digits())


def test_variances_that_make_no_sense():
    for variance in (0.0, -1, "fixed"):
        with pytest.raises(ValueError, match="variance must be 'learned' or a positive number"):
            Gaussian(variance)


# ---- labels ------------------------------------------------------------------------------------


def test_a_conditional_model_draws_the_class_asked_for():
    X, y = load_digits(return_X_y=True)
    X, y = (X > 7).astype(np.float32), np.array([f"digit {k}" for k in y])
    params = {"hidden_layer_sizes": (100,), "learning_rate": 0.003, "random_state": 0}
    model = VAE(8, conditional=True, n_epochs=25, **params).fit(X, y)
    judge = LogisticRegression(max_iter=500).fit(X, y)
    asked = np.repeat(model.classes_, 20)
    drawn = model.sample(200, y=asked, mean=True, random_state=0)
    assert (judge.predict(drawn > 0.5) == asked).mean() > 0.9
    wrong = np.roll(y, 1)
    assert model.score(X, y) > model.score(X, wrong) + 5
    np.testing.assert_array_equal(
        model.reconstruct(X, y), model.inverse_transform(model.transform(X, y), y)
    )
    likelihood = model.log_likelihood(X[:20], y[:20], n_importance=50, random_state=0)
    assert abs(likelihood.mean() - model.score(X[:20], y[:20])) < 1
    upper = np.zeros(64, bool)
    upper[32:] = True
    assert model.complete(X[:3], upper, y=y[:3], n_samples=2, random_state=0).shape == (2, 3, 64)


# ---- missing features --------------------------------------------------------------------------


def test_completions_come_as_often_as_the_posterior_says():
    prototypes = [[0, 0, 0, 0, 0, 0], [1, 1, 1, 1, 1, 1], [1, 1, 0, 1, 1, 0], [0, 0, 1, 0, 0, 1]]
    X = np.tile(prototypes, (160, 1))
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.03, 1 - X, X).astype(np.float32)
    params = {"n_epochs": 30, "batch_size": 40, "learning_rate": 0.02, "random_state": 0}
    model = VAE(1, hidden_layer_sizes=(16,), **params).fit(X)
    states, seen = all_states(6), torch.tensor([1.0, 1.0, 0.0])
    agree = (states[:, :3] == seen).all(1)
    z = torch.linspace(-9, 9, 4001, dtype=torch.float64)[:, None]
    with torch.no_grad():
        f = model._float64().outputs(z)
    log_p = logsigmoid(torch.where(states[:, None] > 0.5, f, -f)).sum(-1) - 0.5 * z[:, 0] ** 2
    p = log_p.logsumexp(1)[agree].softmax(0)
    row = torch.cat([seen, torch.full((3,), math.nan)])[None]
    n = 10_000
    drawn = model.complete(row, n_samples=n, n_steps=100, random_state=0)[:, 0]
    frequency = torch.bincount(codes(drawn[:, 3:]), minlength=8) / n
    assert 0.5 * float((frequency - p).abs().sum()) < 2 * variation_floor(p, n) + 0.005
    prior = model.complete(row, n_samples=n, n_steps=0, random_state=0)[:, 0]
    far = torch.bincount(codes(prior[:, 3:]), minlength=8) / n
    assert 0.5 * float((far - p).abs().sum()) > 0.3, "the chain had something to do"


@pytest.mark.parametrize(("n_steps", "taken"), [(0, 0), (1, 1), (9, 1), (20, 2), (100, 10)])
def test_a_tenth_of_the_steps_takes_every_proposal(n_steps, taken, monkeypatch):
    vae, seen = small().fit(digits()).module_, []
    outputs = vae.outputs
    monkeypatch.setattr(vae, "outputs", lambda z, y: seen.append(z) or outputs(z, y))
    monkeypatch.setattr(
        vae, "log_weights", lambda x, *_: (torch.tensor([[0.0, -math.inf]]), torch.zeros(1, 2))
    )
    x = torch.tensor(digits()[:1])
    with torch.no_grad():
        completion.complete(vae, x, torch.ones_like(x, dtype=torch.bool), Noise(0), n_steps)
    moves = [not torch.equal(*pair) for pair in pairwise(seen)]
    assert moves == [True] * taken + [False] * (n_steps - taken)


# ---- samples -----------------------------------------------------------------------------------


@pytest.mark.parametrize("mean", [False, True])
def test_draws_go_through_the_networks_in_parts(mean, monkeypatch):
    model = small(conditional=True).fit(digits(), np.arange(333) % 3)
    options = {"y": np.arange(30) % 3, "mean": mean, "random_state": 0}
    whole, n_rows = model.sample(30, **options), []
    monkeypatch.setattr("unlabeled.base.INFERENCE_ROWS", 7)
    model.module_.decoder.register_forward_pre_hook(lambda _, given: n_rows.append(len(given[0])))
    parts = model.sample(30, **options)
    assert n_rows == [7, 7, 7, 7, 2] and parts.shape == whole.shape
    if mean:
        np.testing.assert_allclose(parts, whole, rtol=1e-5)


def test_means_are_what_draws_are_drawn_from():
    model = small(n_epochs=10).fit(digits())
    mean = model.sample(50, mean=True, random_state=0)
    drawn = model.sample(50, random_state=0)
    assert ((mean > 0) & (mean < 1)).all() and set(np.unique(drawn)) == {0.0, 1.0}
    assert abs(((drawn - mean) / np.sqrt(mean * (1 - mean))).mean()) < 0.1


def test_the_bound_has_the_noise_of_the_batch_and_no_other():
    model = small().fit(digits())
    x = torch.tensor(digits()[:10])
    batch = Batch(x, torch.arange(10), 10, Noise(3), 0.0)
    first = model._evaluate(batch)
    assert model._evaluate(batch)["bound"] != first["bound"]
    batch.noise.at(0)
    assert model._evaluate(batch) == first
