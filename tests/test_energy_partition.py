"""Partition functions against enumeration."""

import math

import pytest
import torch
from enumeration import all_states, machine

from unlabeled import RBM
from unlabeled.datasets import bars_and_stripes
from unlabeled.energy import enumeration, partition
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.partition import annealed, bracket, estimate, exact, temperatures
from unlabeled.sampling import Noise

PAIRS = [("bernoulli", "bernoulli"), ("gaussian", "bernoulli"), ("bernoulli", "gaussian-fixed")]


@pytest.fixture(scope="module")
def trained():
    """A multimodal machine: bars and stripes of 4x4, learned by the exact gradient."""
    model = RBM(
        10, sampler="exact", n_epochs=400, batch_size=32, learning_rate=0.5, random_state=0
    ).fit(bars_and_stripes(4))
    return model.module_.double().requires_grad_(False)


@pytest.mark.parametrize(("n_visible", "n_hidden"), [(3, 5), (5, 3), (4, 4), (1, 1)])
def test_exact_is_the_sum_over_everything(n_visible, n_hidden):
    rbm = machine(n_visible=n_visible, n_hidden=n_hidden)
    v, h = all_states(n_visible), all_states(n_hidden)
    joint = torch.cat([-rbm.energy(v, x.expand(len(v), -1)) for x in h])
    found = exact(rbm.requires_grad_(False))
    assert found.value == pytest.approx(float(torch.logsumexp(joint, 0).detach()), abs=1e-10)
    assert (found.lower, found.upper, found.standard_error) == (found.value, found.value, 0.0)


def test_exact_goes_through_many_blocks(monkeypatch):
    rbm = machine("bernoulli", "gaussian-fixed", n_visible=9, n_hidden=10).requires_grad_(False)
    whole = exact(rbm).value
    monkeypatch.setattr(enumeration, "_BLOCK", 7)
    assert exact(rbm).value == pytest.approx(whole, abs=1e-10)


def test_exact_refuses_large_layers():
    with pytest.raises(
        ValueError, match="at most 20 discrete units can be summed over, got 21 visible and 22"
    ):
        exact(machine(n_visible=21, n_hidden=22))


def test_temperatures_rise_from_0_to_1():
    for n in (3, 10, 1000, 14500):
        betas = temperatures(n)
        assert len(betas) == n + 1 and betas[0] == 0 and betas[-1] == 1
        assert (betas.diff() > 0).all()
        assert betas.diff()[0] > betas.diff()[-1]


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_path_goes_from_the_base_model_to_the_model(pair):
    rbm = machine(*pair).requires_grad_(False)
    path = RBMPath(rbm)
    v, f = path.start(50, Noise(0))
    rise, _ = path.step((v, f), 0.0, 1.0, Noise(1))
    nothing = rbm.hidden.cumulant(torch.zeros(3, dtype=torch.float64))
    base = rbm.visible.statistic(v) @ rbm.base - rbm.visible.rest(v).sum(1) + nothing
    torch.testing.assert_close(base + rise, -rbm.free_energy(v))
    half, _ = path.step((v, f), 0.0, 0.4, Noise(1))
    other_half, _ = path.step((v, f), 1.0, 0.4, Noise(1))
    torch.testing.assert_close(half - other_half, rise)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64], ids=str)
@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_annealing_is_unbiased_even_when_it_is_coarse(pair, dtype):
    """E[w] = Z within 4 standard errors with only 20 temperatures."""
    rbm = machine(*pair, scale=0.7).requires_grad_(False)
    truth = exact(rbm).value
    log_w, _ = annealed(RBMPath(rbm.to(dtype)), temperatures(20), 20_000, Noise(1))
    assert log_w.dtype == torch.float64
    ratio = torch.exp(log_w - truth)
    assert abs(float(ratio.mean()) - 1) < 4 * float(ratio.std()) / math.sqrt(len(ratio))
    assert float(log_w.mean()) < truth


@pytest.mark.parametrize(("n", "bar"), [(1000, 0.05), (10_000, 0.005)])
def test_annealing_error(trained, n, bar):
    log_w, _ = annealed(RBMPath(trained), temperatures(n), 100, Noise(2))
    assert abs(estimate(log_w).value - exact(trained).value) < bar


def test_transitions_keep_every_temperature(trained):
    """Weighted by w, the last states are samples of the model: their free energy agrees."""
    log_w, (v, _) = annealed(RBMPath(trained), temperatures(300), 3000, Noise(3))
    states = all_states(16)
    p = torch.softmax(-trained.free_energy(states), 0)
    truth = float(p @ trained.free_energy(states))
    weight = torch.softmax(log_w, 0)
    mean = float(weight @ trained.free_energy(v))
    spread = float(p @ (trained.free_energy(states) - truth) ** 2) ** 0.5
    effective = 1 / float((weight**2).sum())
    assert abs(mean - truth) < 4 * spread / math.sqrt(effective)


def test_estimate_has_the_interval_of_its_weights():
    log_w = torch.log(torch.tensor([1.0, 2.0, 3.0, 2.0], dtype=torch.float64)) + 900
    found = estimate(log_w)
    assert found.value == pytest.approx(900 + math.log(2.0))
    error = (2 / 3) ** 0.5 / 2 / 2
    assert found.standard_error == pytest.approx(error)
    assert found.upper == pytest.approx(found.value + math.log1p(3 * error))
    assert found.lower == pytest.approx(
        found.value + math.log1p(-3 * error) if 3 * error < 1 else 0
    )


def test_reverse_annealing_from_exact_samples_errs_high(trained):
    states = all_states(16)
    p = torch.softmax(-trained.free_energy(states), 0)
    v = states[torch.multinomial(p, 2000, True, generator=torch.Generator().manual_seed(0))]
    path, truth = RBMPath(trained), exact(trained).value
    log_r = partition.reverse_annealed(path, temperatures(30), path.state(v), Noise(4))
    assert float(log_r.mean()) > truth
    ratio = torch.exp(truth - log_r)
    assert abs(float(ratio.mean()) - 1) < 4 * float(ratio.std()) / math.sqrt(len(ratio))


def test_bracket_covers_the_truth(trained):
    truth = exact(trained).value
    for seed in range(10):
        found = bracket(RBMPath(trained), temperatures(500), 100, Noise(seed))
        assert found.lower <= truth <= found.upper, seed
        assert found.lower <= found.value <= found.upper
        assert found.upper - found.lower < 1.0
