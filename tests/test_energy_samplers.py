"""Gradient estimates against the gradient, and what they learn."""

import math

import pytest
import torch
from enumeration import all_states, log_p_visible, machine

from unlabeled import RBM
from unlabeled.datasets import bars_and_stripes
from unlabeled.energy.gibbs import CD, PCD, Chains, Exact
from unlabeled.sampling import Noise


def exact_gradient(rbm, v):
    weight = torch.full((len(v),), 1 / len(v), dtype=v.dtype)
    data = rbm.gradient(v, rbm.hidden_field(v), weight)
    states = all_states(rbm.visible.n_units)
    model = rbm.gradient(states, rbm.hidden_field(states), log_p_visible(rbm).exp().detach())
    return {name: model[name] - data[name] for name in data}


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(4, 3), (3, 5)])
def test_exact_from_either_layer(n_visible, n_hidden):
    rbm = machine(n_visible=n_visible, n_hidden=n_hidden).requires_grad_(False)
    v = all_states(n_visible)[[1, 3, 3, 6]]
    found, *_ = Exact().gradient(rbm, v, 4, None, Noise(0))
    for name, slope in exact_gradient(rbm, v).items():
        torch.testing.assert_close(found[name], slope)


def test_exact_with_gaussian_units_is_autograd_of_the_likelihood():
    rbm = machine("gaussian", n_visible=3)
    v = torch.randn(5, 3, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    log_z = torch.logsumexp(-rbm.hidden_free_energy(all_states(3)), 0)
    objective = rbm.free_energy(v).mean() + log_z
    names, parameters = zip(*rbm.named_parameters(), strict=True)
    auto = dict(zip(names, torch.autograd.grad(objective, parameters), strict=True))
    found, *_ = Exact().gradient(rbm, v, 5, None, Noise(0))
    for name in names:
        torch.testing.assert_close(found[name].detach(), auto[name], msg=name)


def test_exact_refuses_what_it_cannot_sum():
    with pytest.raises(ValueError, match="only a layer of at most 20 discrete units"):
        RBM(21, sampler="exact", n_epochs=1).fit(torch.zeros(30, 21))


@pytest.mark.parametrize("sampler", [CD(200), PCD(200)], ids=repr)
def test_long_chains_give_the_exact_gradient(sampler):
    rbm = machine(scale=0.5).requires_grad_(False)
    v = all_states(4)[[1, 3, 3, 6]].repeat(5000, 1)
    noise = Noise(0)
    chains = sampler.start(rbm, len(v), noise)
    if chains is not None:
        chains.v = chains.v.double()
    found, *_ = sampler.gradient(rbm, v, len(v), chains, noise)
    for name, slope in exact_gradient(rbm, v).items():
        torch.testing.assert_close(
            found[name], slope, rtol=0, atol=4 * 0.5 / math.sqrt(len(v)) * 1.5
        )


def test_each_phase_is_a_mean_over_its_own_rows():
    """scikit-learn 1.9 divides both by the batch's rows: a ragged batch then learns nonsense."""
    rbm = machine(scale=0.5).requires_grad_(False)
    v = all_states(4)[[5]]  # one row against 20 000 chains
    p = log_p_visible(rbm).exp()
    x = all_states(4)[
        torch.multinomial(p, 20_000, True, generator=torch.Generator().manual_seed(0))
    ]
    found, *_ = PCD().gradient(rbm, v, 1, Chains(x, len(x), Noise(0)), Noise(1))
    for name, slope in exact_gradient(rbm, v).items():
        torch.testing.assert_close(found[name], slope, rtol=0, atol=0.02)


@pytest.mark.parametrize("n_rows", [1000, 1001])
def test_a_ragged_last_batch_does_not_change_what_is_learned(n_rows):
    """scikit-learn's own machine falls from -4.93 to -9.11 nats here."""
    p = torch.tensor([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8])
    X = (torch.rand(n_rows, 8, generator=torch.Generator().manual_seed(0)) < p).float().numpy()
    entropy = float((p * p.log() + (1 - p) * (1 - p).log()).sum())
    for batch_size in (100, 500):
        model = RBM(4, n_epochs=30, batch_size=batch_size, random_state=0).fit(X)
        assert model.score(X) == pytest.approx(entropy, abs=0.08)


def test_partial_fit_with_many_rows_and_small_batches():
    """scikit-learn's ends at -818 nats with all hidden units on."""
    X = (torch.rand(1000, 8, generator=torch.Generator().manual_seed(1)) < 0.5).float().numpy()
    model = RBM(4, batch_size=10, random_state=0)
    for _ in range(5):
        model.partial_fit(X)
    assert model.score(X) == pytest.approx(8 * math.log(0.5), abs=0.15)


@pytest.mark.parametrize(("n_components", "bar"), [(6, -42.8), (9, -42.1)])
def test_exact_gradient_learns_bars_and_stripes(n_components, bar):
    X = bars_and_stripes(3)
    model = RBM(
        n_components,
        sampler="exact",
        n_epochs=1500,
        batch_size=16,
        learning_rate=0.8,
        schedule="constant",
        random_state=0,
    ).fit(X)
    assert bar <= model.score_samples(X).sum() <= -41.589


def test_sampled_gradients_come_near_the_exact_one():
    X = bars_and_stripes(3)
    score = {}
    for sampler in (Exact(), PCD(2, n_chains=200), CD(2)):
        model = RBM(
            6, sampler=sampler, n_epochs=800, batch_size=16, learning_rate=0.3, random_state=1
        )
        score[type(sampler)] = model.fit(X).score_samples(X).sum()
    assert score[PCD] > score[Exact] - 2.0
    assert score[CD] > score[Exact] - 10.0


def test_options_are_checked():
    with pytest.raises(ValueError, match="n_steps must be >= 1, got 0"):
        CD(0)
    with pytest.raises(ValueError, match="n_chains must be >= 1, got -2"):
        PCD(n_chains=-2)
