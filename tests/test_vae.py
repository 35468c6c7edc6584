"""The variational autoencoder against sums, integrals and closed forms."""

import math

import numpy as np
import pytest
import torch
from enumeration import all_states, total_variation, variation_floor
from estimators import digits
from torch.distributions import MultivariateNormal, Normal, kl_divergence

from unlabeled import VAE
from unlabeled.datasets import bars_and_stripes
from unlabeled.sampling import Noise
from unlabeled.variational import Gaussian, VariationalAutoencoder, importance

N_BITS = 6


@pytest.fixture(scope="module")
def bits():
    """A model of 6 bits with one latent variable that ties them together."""
    X = np.tile(bars_and_stripes(3)[:, :N_BITS], (40, 1))
    X = np.where(np.random.default_rng(0).random(X.shape) < 0.1, 1 - X, X).astype(np.float32)
    params = {"n_epochs": 20, "batch_size": 40, "learning_rate": 0.02, "random_state": 0}
    return VAE(1, hidden_layer_sizes=(16,), **params).fit(X)


def grid(n=4001, width=9.0):
    """Points z (n, 1) and the logarithms of their prior weights."""
    z = torch.linspace(-width, width, n, dtype=torch.float64)
    return z[:, None], Normal(0.0, 1.0).log_prob(z) + math.log(2 * width / (n - 1))


def joint(model, X):
    """log p(x, z) of rows at the points of the grid, shape (n, n_points), by quadrature."""
    vae, (z, log_prior) = model._float64(), grid()
    with torch.no_grad():
        f = vae.outputs(z)
    log_odds = torch.where(X[:, None] > 0.5, f, -f)
    return torch.nn.functional.logsigmoid(log_odds).sum(-1) + log_prior


def log_p_exact(model, X):
    return torch.logsumexp(joint(model, torch.as_tensor(X).double()), 1)


# ---- divergence and objective ------------------------------------------------------------------


def test_divergence_is_that_of_torch_and_of_samples():
    mean, log_std = torch.randn(5, 3, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64)
    kl = VariationalAutoencoder.divergence(mean, log_std)
    q, p = Normal(mean, log_std.exp()), Normal(torch.zeros(3).double(), torch.ones(3).double())
    torch.testing.assert_close(kl, kl_divergence(q, p).sum(1))
    z = mean + log_std.exp() * Noise(0).normal((20_000, 5, 3)).double()
    ratio = (q.log_prob(z) - p.log_prob(z)).sum(-1)
    assert ((ratio.mean(0) - kl).abs() < 5 * ratio.std(0) / len(z) ** 0.5).all()


def test_by_default_the_divergence_is_learned_from():
    model = VAE(3, hidden_layer_sizes=(8,), n_epochs=1, random_state=0).fit(digits())
    vae, x = model.module_, torch.tensor(digits()[:20])
    objective, terms = vae.objective(x, Noise(0).normal((20, 1, 3)), beta=model.beta)
    head = vae.encoder.network[-1].weight
    gradients = [torch.autograd.grad(t.sum(), head, retain_graph=True)[0] for t in terms.values()]
    bound, reconstruction, kl = gradients
    assert kl.abs().max() > 0
    torch.testing.assert_close(bound, reconstruction - kl)
    torch.testing.assert_close(torch.autograd.grad(objective.sum(), head)[0], bound)


def test_one_code_gives_the_difference_of_the_terms_and_beta_weighs_it(bits):
    x, e = all_states(N_BITS), Noise(1).normal((64, 1, 1)).double()
    objective, terms = bits._float64().objective(x, e, beta=0.3)
    torch.testing.assert_close(terms["bound"], terms["reconstruction"] - terms["kl"])
    torch.testing.assert_close(objective, terms["reconstruction"] - 0.3 * terms["kl"])


def test_many_codes_give_the_value_and_the_gradient_of_the_bound(bits):
    x, e, K = all_states(N_BITS), Noise(1).normal((64, 7, 1)).double(), 7
    vae = bits._float64()
    objective, terms = vae.objective(x, e)
    mean, log_std = vae.posterior(x)
    z = mean[:, None] + log_std.exp()[:, None] * e
    q, p = Normal(mean[:, None], log_std.exp()[:, None]), Normal(0.0, 1.0)
    f = vae.outputs(z)
    log_p = torch.distributions.Bernoulli(logits=f).log_prob(x[:, None].expand_as(f)).sum(-1)
    log_w = log_p + (p.log_prob(z) - q.log_prob(z)).sum(-1)
    torch.testing.assert_close(objective, torch.log(log_w.exp().mean(1)))
    torch.testing.assert_close(terms["reconstruction"], log_p.mean(1))
    W = vae.decoder.network[0].weight
    weighted = (log_w.softmax(1).detach() * log_w).sum()  # the self-normalised estimator
    ours, theirs = (
        torch.autograd.grad(t, W, retain_graph=True)[0] for t in (objective.sum(), weighted)
    )
    torch.testing.assert_close(ours, theirs)
    assert math.log(K) > 0 and (objective.sum() - weighted).abs() > 0.1, "values differ"


# ---- likelihood --------------------------------------------------------------------------------


def test_before_fit_nobody_knows_the_kind_of_score(bits):
    assert bits.score_kind_ == "lower bound"
    assert not hasattr(VAE(), "score_kind_")


def test_probabilities_of_all_rows_add_up_to_one(bits):
    X = all_states(N_BITS)
    exact = log_p_exact(bits, X)
    assert float(exact.exp().sum()) == pytest.approx(1, abs=1e-9)
    estimate = bits.log_likelihood(X, n_importance=20_000, random_state=0)
    torch.testing.assert_close(estimate, exact, rtol=0, atol=0.05)
    assert float(estimate.exp().sum()) == pytest.approx(1, abs=0.01)


def test_samples_come_as_often_as_their_probabilities_say(bits):
    p = log_p_exact(bits, all_states(N_BITS)).exp()
    drawn = torch.from_numpy(bits.sample(100_000, random_state=0))
    assert total_variation(drawn, p) < 1.5 * variation_floor(p, len(drawn))


def test_the_bound_rises_with_the_number_of_codes_to_the_likelihood(bits):
    X = all_states(N_BITS)
    exact = float(log_p_exact(bits, X).mean())
    scores = [
        np.mean([bits.log_likelihood(X, n_importance=K, random_state=s).mean() for s in range(40)])
        for K in (1, 2, 5, 50)
    ]
    assert scores == sorted(scores)
    assert scores[0] < exact - 0.02 and abs(scores[-1] - exact) < 0.005


def test_one_importance_sample_has_the_mean_of_the_bound_in_closed_form(bits):
    X = all_states(N_BITS)
    draws = [bits.log_likelihood(X, n_importance=1, random_state=s).mean() for s in range(100)]
    e = Noise(5).normal((64, 5_000, 1)).double()
    vae = bits._float64()
    with torch.no_grad():
        mean, log_std = vae.posterior(X)
        log_p, _ = vae.log_weights(X, mean, log_std, e)
    bound = float((log_p.mean(1) - vae.divergence(mean, log_std)).mean())
    assert abs(np.mean(draws) - bound) < 5 * np.std(draws) / len(draws) ** 0.5 + 1e-3


@pytest.mark.parametrize("asked", [1, 3, 7, 100])
def test_exactly_as_many_codes_as_asked_for(bits, asked, monkeypatch):
    drawn, normal = [], Noise.normal
    monkeypatch.setattr(
        Noise, "normal", lambda self, shape: drawn.append(shape) or normal(self, shape)
    )
    monkeypatch.setattr("unlabeled.variational.importance._AT_ONCE", 5 * 4 * N_BITS)
    monkeypatch.setattr("unlabeled.base.INFERENCE_ROWS", 5)
    bits.log_likelihood(all_states(N_BITS)[:13], n_importance=asked, random_state=0)
    assert all(k <= 6 for _, k, _ in drawn)
    assert sum(n * k for n, k, _ in drawn) == 13 * asked
    with pytest.raises(ValueError, match="n_importance must be >= 1"):
        bits.log_likelihood(all_states(N_BITS), n_importance=0)


def test_parts_make_the_same_bound(bits, monkeypatch):
    X = all_states(N_BITS)
    whole = bits.score_samples(X)
    monkeypatch.setattr("unlabeled.variational.importance._AT_ONCE", 1)
    torch.testing.assert_close(bits.score_samples(X), whole, rtol=1e-12, atol=0)


def test_scores_are_repeatable_and_a_row_has_one_whatever_is_beside_it(bits):
    X = all_states(N_BITS)
    scores = bits.score_samples(X)
    assert torch.equal(bits.score_samples(X), scores)
    torch.testing.assert_close(
        bits.score_samples(X.flip(0)[:5]), scores.flip(0)[:5], rtol=1e-12, atol=0
    )
    two = bits.score_samples(X[[3, 3]])
    assert two[0] == two[1], "every row meets the same noise"
    drawn = bits.log_likelihood(X[[3, 3]], n_importance=10, random_state=0)
    assert drawn[0] != drawn[1], "here the noise is fresh"


def test_float32_networks_are_exact_enough_for_an_estimate():
    model = VAE(5, hidden_layer_sizes=(50,), n_epochs=20, random_state=0).fit(digits())
    x, e = torch.tensor(digits()), [Noise(0).normal((333, 200, 5))]
    with torch.no_grad():
        rough = importance.bound(model.module_, x, e)
        fine = importance.bound(model._float64(), x.double(), [e[0].double()])
    assert (rough - fine).abs().max() < 1e-4


def test_points_of_the_score_are_standard_normal_and_even():
    e = importance.even(128, 3, seed=5)
    assert torch.equal(e, importance.even(128, 3, seed=5))
    assert (e != importance.even(128, 3, seed=6)).any()
    assert e.mean(0).abs().max() < 0.02, "128 independent draws: 0.09"
    assert (e.T @ e / 128 - torch.eye(3)).abs().max() < 0.06, "and 0.09 to 0.13"


# ---- the linear model, whose likelihood is known -----------------------------------------------


@pytest.fixture(scope="module")
def linear():
    """Probabilistic PCA as a VAE, its data, and the best mean log-likelihood there is."""
    generator = np.random.default_rng(0)
    W = generator.normal(size=(5, 2))
    X = (generator.normal(size=(500, 2)) @ W.T + 0.6 * generator.normal(size=(500, 5)) + 1).astype(
        np.float32
    )
    params = {"n_epochs": 150, "batch_size": 100, "learning_rate": 0.05, "random_state": 0}
    model = VAE(2, hidden_layer_sizes=(), likelihood=Gaussian(0.36), **params).fit(X)
    return model, X


def exact_density(model):
    """N(b, W W' + s2 I) of a linear decoder."""
    vae = model._float64()
    W, b = vae.decoder.network[0].weight.detach(), vae.base + vae.decoder.network[0].bias.detach()
    s2 = torch.as_tensor(vae.likelihood.sigma2).detach()
    return MultivariateNormal(b, W @ W.T + s2 * torch.eye(len(b), dtype=torch.float64))


def test_bound_of_the_linear_model_converges_to_its_likelihood(linear):
    model, X = linear
    exact = exact_density(model).log_prob(torch.tensor(X).double()).numpy()
    assert -0.01 < model.score(X) - exact.mean() < 0
    gaps = [
        exact.mean() - model.log_likelihood(X, n_importance=K, random_state=0).mean()
        for K in (1, 10, 1000)
    ]
    assert gaps[0] > gaps[1] > -0.01 and abs(gaps[2]) < 1e-3


def test_training_the_linear_model_reaches_the_optimum_in_closed_form(linear):
    model, X = linear
    reached = float(exact_density(model).log_prob(torch.tensor(X).double()).mean())
    assert 0 <= ppca_optimum(X, 2, 0.36) - reached < 0.02


def ppca_optimum(X, k, s2):
    """Largest mean log-likelihood of k factors and fixed noise (Tipping and Bishop 1999)."""
    X = X.astype(np.float64)
    S = np.cov(X.T, bias=True)
    values, vectors = np.linalg.eigh(S)
    values, vectors = values[::-1], vectors[:, ::-1]
    W = vectors[:, :k] * np.sqrt(np.maximum(values[:k] - s2, 0))
    C = W @ W.T + s2 * np.eye(len(S))
    logdet = np.linalg.slogdet(2 * np.pi * C)[1]
    return -0.5 * (logdet + np.trace(np.linalg.solve(C, S)))
