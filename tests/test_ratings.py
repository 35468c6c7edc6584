"""The machine of ratings and its new units, every formula against enumeration."""

import itertools
import math

import pytest
import torch

from unlabeled.energy.ratings.fold_in import fold_in, prior_of_units
from unlabeled.energy.ratings.machine import RatingMachine
from unlabeled.sampling import Noise

NONE = math.nan


def machine(conditional=False, n_units=4, n_values=3, n_hidden=3, scale=1.0):
    """Weights far from zero, in float64."""
    found = RatingMachine(n_units, n_values, n_hidden, conditional).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in found.parameters():
            p.copy_(scale * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    return found


def rows(*ratings):
    return torch.tensor(ratings, dtype=torch.float64)


def enumerated(rbm, x):
    """All ratings of the units that x has, and their log p by the joint energy alone."""
    units = torch.arange(rbm.n_units)[~torch.isnan(x[0])]
    states = list(itertools.product(rbm.scale.tolist(), repeat=len(units)))
    every = x.repeat(len(states), 1)
    every[:, units] = torch.tensor(states, dtype=torch.float64)
    v = rbm.one_hot(every)
    h = torch.tensor(list(itertools.product([0.0, 1.0], repeat=len(rbm.c))), dtype=v.dtype)
    joint = torch.stack([-rbm.energy(v, g.expand(len(v), -1)) for g in h])
    return every, torch.logsumexp(joint, 0) - torch.logsumexp(joint.flatten(), 0)


@pytest.mark.parametrize("conditional", [False, True])
def test_the_free_energy_sums_the_hidden_units_out(conditional):
    rbm = machine(conditional)
    every, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    free = -rbm.free_energy(rbm.one_hot(every))
    torch.testing.assert_close(free - torch.logsumexp(free, 0), log_p)
    assert float(log_p.detach().exp().sum()) == pytest.approx(1)


def test_a_missing_unit_is_a_machine_without_it():
    rbm = machine()
    small = machine(n_units=3)
    kept = [0, 2, 3]
    with torch.no_grad():
        small.W.copy_(rbm.W.view(3, 4, 3)[:, kept].flatten(1))
        small.b.copy_(rbm.b.view(4, 3)[kept].flatten())
        small.c.copy_(rbm.c)
    _, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    _, log_q = enumerated(small, rows([1.0, 2.0, 3.0]))
    torch.testing.assert_close(log_p, log_q)


def exact_gradient(rbm, x):
    """d(-log p) / d(parameter) by autograd of the enumerated likelihood, a mean over rows."""
    loss = 0.0
    for row in x.split(1):
        every, log_p = enumerated(rbm, row)
        same = ((every == row) | torch.isnan(row)).all(1)
        loss = loss - log_p[same].sum() / len(x)
    names, parameters = zip(*rbm.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


@pytest.mark.parametrize("conditional", [False, True])
def test_the_gradient_with_the_model_enumerated_is_autograds(conditional):
    rbm, x = machine(conditional), rows([1.0, NONE, 2.0, 3.0])
    expected = exact_gradient(rbm, x)
    with torch.no_grad():
        every, log_p = enumerated(rbm, x)
        v, data = rbm.one_hot(every), rbm.one_hot(x).expand(len(every), -1)
        weight = log_p.exp().unsqueeze(1)
        h, g = (torch.sigmoid(rbm.hidden_field(u)) for u in (data, v))
        found = {}
        for k, p in enumerate(weight[:, 0]):  # each state in its proportion
            one = slice(k, k + 1)
            r = rbm.seen(data[one])
            for name, value in rbm.difference(data[one], h[one], v[one], g[one], r, 1).items():
                found[name] = found.get(name, 0) + p * value
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)


@torch.no_grad()
def test_long_contrastive_divergence_is_the_exact_gradient():
    rbm, x = machine(scale=0.5), rows([1.0, NONE, 2.0, 3.0], [NONE, 3.0, NONE, 1.0])
    n = 20_000
    v = rbm.one_hot(x.repeat(n // 2, 1))
    found, _ = rbm.contrast(v, n, Noise(0), n_steps=40)
    with torch.enable_grad():
        expected = exact_gradient(rbm, x)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=4 * 0.7 / math.sqrt(n / 2))


@torch.no_grad()
def test_gibbs_sampling_stays_at_the_model():
    rbm, x = machine(), rows([1.0, NONE, 2.0, 3.0])
    every, log_p = enumerated(rbm, x)
    p, n = log_p.exp(), 40_000
    noise, r = Noise(0), (~torch.isnan(x)).double().expand(n, -1)
    start = torch.multinomial(p, n, replacement=True, generator=torch.Generator().manual_seed(0))
    v, states = rbm.one_hot(every[start]), rbm.one_hot(every)
    floor = float(0.5 * torch.sqrt(2 * p * (1 - p) / (torch.pi * n)).sum())
    for _ in range(4):
        v = rbm.sweep(rbm.hidden_field(v), r, noise)
        counts = torch.bincount((v @ states.T).argmax(1), minlength=len(p)).double()
        assert float(0.5 * (counts / n - p).abs().sum()) < 4 * floor


@torch.no_grad()
def test_means_instead_of_draws_are_one_step_of_the_formula():
    rbm, x = machine(), rows([1.0, NONE, 2.0, 3.0])
    h = torch.sigmoid(rbm.hidden_field(rbm.one_hot(x)))
    v = rbm.sweep(rbm.hidden_field(rbm.one_hot(x)), (~torch.isnan(x)).double(), None)
    expected = torch.softmax((h @ rbm.W + rbm.b).view(4, 3), -1)
    expected[1] = 0
    torch.testing.assert_close(v.view(4, 3), expected)


@pytest.mark.parametrize("conditional", [False, True])
@torch.no_grad()
def test_what_nobody_rated_learns_nothing(conditional):
    rbm = machine(conditional)
    v = rbm.one_hot(rows([1.0, NONE, 2.0, NONE], [3.0, NONE, NONE, 1.0]))
    for noise in (Noise(0), None):
        gradient, _ = rbm.contrast(v, 2, noise, n_steps=2)
        assert (gradient["W"].view(3, 4, 3)[:, 1] == 0).all()
        assert (gradient["b"].view(4, 3)[1] == 0).all()
        assert gradient["W"].view(3, 4, 3)[:, 0].abs().sum() > 0
        if conditional:
            assert (gradient["D"][:, 1] == 0).all()


@pytest.mark.parametrize("conditional", [False, True])
@torch.no_grad()
def test_the_conditional_of_a_rating_is_exact(conditional):
    rbm = machine(conditional)
    every, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    p = log_p.exp()
    for seen in ((1.0, 3.0), (2.0, 1.0)):
        match = (every[:, 0] == seen[0]) & (every[:, 3] == seen[1])
        expected = torch.stack([p[match & (every[:, 2] == k)].sum() for k in rbm.scale])
        v = rbm.one_hot(rows([seen[0], NONE, NONE, seen[1]]))
        unit = torch.tensor([2])
        f = rbm.asked(rbm.hidden_field(v), unit, torch.zeros(1, dtype=v.dtype))
        torch.testing.assert_close(rbm.conditional(f, unit)[0], expected / expected.sum())
        full = rbm.one_hot(rows([seen[0], NONE, 3.0, seen[1]]))
        g = rbm.without(rbm.hidden_field(full), unit, torch.tensor([2]))
        torch.testing.assert_close(g, f)


@torch.no_grad()
def test_one_mean_field_step_is_exact_where_a_hidden_unit_is_certain():
    rbm = machine(n_hidden=2)
    rbm.c.copy_(torch.tensor([60.0, -60.0]))
    f, unit = rbm.hidden_field(rbm.one_hot(rows([1.0, NONE, NONE, 2.0]))), torch.tensor([2])
    torch.testing.assert_close(rbm.mean_field(f, unit), rbm.conditional(f, unit))


@torch.no_grad()
def test_all_units_at_once_are_each_of_them():
    rbm = machine(scale=3.0)
    x = rows([1.0, NONE, NONE, 2.0], [NONE, 3.0, NONE, NONE])
    f = rbm.hidden_field(rbm.one_hot(x))
    for one, every in [
        (rbm.conditional, rbm.all_conditionals),
        (rbm.mean_field, rbm.all_mean_fields),
    ]:
        expected = [one(f, torch.full((2,), unit)) for unit in range(4)]
        torch.testing.assert_close(every(f), torch.stack(expected, 1))


def test_base_rates_start_the_biases():
    rbm = RatingMachine(2, 3, 1)
    rbm.fit_base(torch.tensor([[10.0, 20.0, 70.0], [0.0, 0.0, 0.0]]), prior=1e-3)
    p = torch.softmax(rbm.b.view(2, 3), 1)
    torch.testing.assert_close(
        p, torch.tensor([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]]), atol=1e-3, rtol=0
    )


@torch.no_grad()
def test_fold_in_is_the_maximum_of_its_objective():
    rbm = machine(n_units=6)
    generator = torch.Generator().manual_seed(1)
    h = torch.rand(8, 3, generator=generator, dtype=torch.float64)
    x = torch.randint(0, 4, (2, 8), generator=generator)
    v = torch.stack([x == k for k in (1, 2, 3)], -1).double()
    mean, std = prior_of_units(rbm)
    found = fold_in(h, v, (mean, std), n_steps=3000)

    def objective(theta):
        field = torch.cat([h, h.new_ones(8, 1)], 1) @ theta
        fit = (torch.log_softmax(field, -1) * v).sum()
        return fit - 0.5 * (((theta - mean) / std) ** 2).sum()

    with torch.enable_grad():
        theta = found.clone().requires_grad_()
        (slope,) = torch.autograd.grad(objective(theta), theta)
    assert slope.abs().max() < 1e-4
    nobody = fold_in(h, torch.zeros_like(v), (mean, std))
    torch.testing.assert_close(nobody, mean.expand_as(nobody))
