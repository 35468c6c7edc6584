"""Gradient estimates against the gradient, and what they learn."""

import math

import numpy as np
import pytest
import torch
from enumeration import all_states, log_p_visible, machine
from estimators import Interrupt, assert_same_model

from unlabeled import RBM
from unlabeled.datasets import bars_and_stripes
from unlabeled.energy.fast import FastPCD
from unlabeled.energy.gibbs import CD, PCD, Chains, Exact, MeanField
from unlabeled.energy.tempering import ParallelTempering, equal_rejections
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


@pytest.mark.parametrize(
    "sampler",
    [CD(200), PCD(200), FastPCD(200), ParallelTempering(100, n_temperatures=4)],
    ids=repr,
)
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


def test_fast_weights_that_do_not_learn_change_nothing():
    X = bars_and_stripes(3)
    models = [
        RBM(5, sampler=sampler, n_epochs=20, batch_size=8, random_state=0).fit(X)
        for sampler in (PCD(2), FastPCD(2, learning_rate=0.0))
    ]
    np.testing.assert_array_equal(*[model.components_ for model in models])


def test_fast_weights_follow_the_gradient_and_decay():
    rbm = machine().float().requires_grad_(False)
    sampler, noise = FastPCD(learning_rate=0.5, decay=0.8), Noise(0)
    chains = sampler.start(rbm, 10, noise)
    gradient = {name: torch.randn_like(p) for name, p in rbm.named_parameters()}
    expected = {name: torch.zeros_like(p) for name, p in rbm.named_parameters()}
    for _ in range(3):
        sampler.followed(chains, gradient)
        expected = {name: 0.8 * phi - 0.5 * gradient[name] for name, phi in expected.items()}
    for name, phi in expected.items():
        torch.testing.assert_close(chains.fast[name], phi)
        torch.testing.assert_close(
            rbm.displaced(chains.fast).state_dict()[name], rbm.state_dict()[name] + phi
        )


def two_modes():
    """A machine that is nearly always all on or all off."""
    rbm = machine(n_visible=6, n_hidden=3).float().requires_grad_(False)
    rbm.W.fill_(5.0)
    rbm.b.fill_(-7.5)
    rbm.c.fill_(-15.0)
    rbm.base.zero_()
    return rbm


def test_tempered_chains_cross_where_others_stay():
    rbm, noise = two_modes(), Noise(0)
    off = torch.zeros(64, 6)
    plain, tempered = Chains(off, 64, noise), ParallelTempering(n_temperatures=8)
    chains = tempered.start(rbm, 64, noise)
    chains.v = off[:, None].repeat(1, 8, 1)
    for k in range(400):
        noise.at(k)
        PCD().negative(rbm, None, None, 64, plain, noise)
        tempered.negative(rbm, None, None, 64, chains, noise)
    assert plain.particles.mean() < 0.1 and 0.3 < chains.particles.mean() < 0.7


def test_temperatures_go_where_exchanges_are_equally_frequent():
    rbm, noise, sampler = two_modes(), Noise(0), ParallelTempering(4, n_temperatures=6)
    chains = sampler.start(rbm, 64, noise)
    spread = []
    for k in range(600):
        sampler.negative(rbm, None, None, 64, chains, noise.at(k))
        sampler.followed(chains, {})
        spread.append(float(chains.rejected.max() - chains.rejected.min()))
    assert chains.beta[0] == 0 and chains.beta[-1] == 1 and (chains.beta.diff() > 0).all()
    assert spread[-1] < 0.4 * max(spread[:100])


def test_equal_rejections_stay():
    beta = torch.tensor([0.0, 0.2, 0.7, 1.0])
    torch.testing.assert_close(equal_rejections(beta, torch.full((3,), 0.3)), beta)


def test_mean_field_is_exact_where_units_do_not_depend_on_each_other():
    rbm = machine().requires_grad_(False)
    rbm.W.zero_()
    v = all_states(4)[[1, 3, 3, 6]]
    found, *_ = MeanField().gradient(rbm, v, 4, None, None)
    for name, slope in exact_gradient(rbm, v).items():
        torch.testing.assert_close(found[name], slope)


@pytest.mark.parametrize("sampler", [FastPCD(), ParallelTempering(n_temperatures=3)], ids=repr)
def test_chains_are_taken_up_where_they_were(sampler, tmp_path):
    """Fast weights, temperatures and turns are in a checkpoint."""
    X = bars_and_stripes(3)
    settings = {"sampler": sampler, "batch_size": 8, "random_state": 0}
    whole = RBM(5, n_epochs=6, **settings).fit(X)
    with pytest.raises(KeyboardInterrupt):
        RBM(5, n_epochs=6, **settings).set_callbacks(Interrupt(3)).fit(X, checkpoint=tmp_path)
    assert_same_model(RBM(5, n_epochs=6, **settings).fit(X, checkpoint=tmp_path), whole)


def test_options_are_checked():
    with pytest.raises(ValueError, match="n_steps must be >= 1, got 0"):
        CD(0)
    with pytest.raises(ValueError, match="n_chains must be >= 1, got -2"):
        PCD(n_chains=-2)
    with pytest.raises(ValueError, match="n_temperatures must be >= 2, got 1"):
        ParallelTempering(n_temperatures=1)
    with pytest.raises(ValueError, match="decay must be"):
        FastPCD(decay=1.5)
