"""The machine against the sum over all its states."""

import math

import pytest
import torch
from enumeration import all_states, codes, log_p_visible, machine, total_variation, variation_floor

from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.enumeration import states
from unlabeled.energy.partition import annealed, estimate, exact, temperatures
from unlabeled.energy.pseudo import pseudo_log_likelihood
from unlabeled.sampling import Noise

COUNTABLE = [
    ("bernoulli", "bernoulli"),
    ("spin", "bernoulli"),
    ("bernoulli", "spin"),
    ("softmax", "bernoulli"),
    ("multinomial", "bernoulli"),
    ("mixed", "spin"),
    ("spin", "multinomial"),
]
PAIRS = [
    *COUNTABLE,
    ("gaussian", "bernoulli"),
    ("bernoulli", "gaussian-fixed"),
    ("bernoulli", "relu"),
    ("relu", "bernoulli"),
    ("mixed-gaussian", "relu"),
]


def rows(rbm, n=7):
    f = torch.zeros(n, rbm.visible.n_units, dtype=torch.float64)
    return rbm.visible.sample(f, Noise(3)).detach()


def test_states_are_all_states_in_order():
    rbm = machine(n_visible=5)
    assert torch.equal(states(rbm.visible).double(), all_states(5))
    assert torch.equal(states(rbm.visible, 7, 11).double(), all_states(5)[7:11])
    assert torch.equal(codes(all_states(5)), torch.arange(32))


@pytest.mark.parametrize("pair", COUNTABLE, ids="-".join)
def test_free_energies_sum_the_other_layer_out(pair):
    rbm = machine(*pair)
    v, h = states(rbm.visible).double(), states(rbm.hidden).double()
    joint = torch.stack([-rbm.energy(v, x.expand(len(v), -1)) for x in h], 1)
    torch.testing.assert_close(rbm.free_energy(v), -torch.logsumexp(joint, 1))
    torch.testing.assert_close(rbm.hidden_free_energy(h), -torch.logsumexp(joint, 0))


@pytest.mark.parametrize("pair", COUNTABLE, ids="-".join)
def test_both_layers_and_both_together_have_one_partition_function(pair):
    rbm = machine(*pair).requires_grad_(False)
    v, h = states(rbm.visible).double(), states(rbm.hidden).double()
    total = torch.logsumexp(torch.stack([-rbm.energy(v, x.expand(len(v), -1)) for x in h]), (0, 1))
    torch.testing.assert_close(torch.logsumexp(-rbm.free_energy(v), 0), total)
    torch.testing.assert_close(torch.logsumexp(-rbm.hidden_free_energy(h), 0), total)
    assert exact(rbm).value == pytest.approx(float(total), rel=1e-12)


@pytest.mark.parametrize("pair", COUNTABLE, ids="-".join)
def test_annealing_of_every_pair_comes_to_the_partition_function(pair):
    rbm = machine(*pair).requires_grad_(False)
    log_w, _ = annealed(RBMPath(rbm), temperatures(500), 200, Noise(0))
    assert estimate(log_w).value == pytest.approx(exact(rbm).value, abs=0.05)


def test_a_multinomial_layer_weighs_count_vectors_by_their_number_of_orders():
    """All 4^3 sequences of 3 of 4 words, each with 1/3! of its count vector's 3! orders."""
    rbm = machine("multinomial").requires_grad_(False)
    words = torch.cartesian_prod(*[torch.arange(4)] * 3)
    v = torch.nn.functional.one_hot(words, 4).sum(1).double()
    of_a_sequence = v @ rbm.b + rbm.hidden.cumulant(rbm.hidden_field(v))
    log_z = float(torch.logsumexp(of_a_sequence, 0)) - math.log(6)
    assert exact(rbm).value == pytest.approx(log_z, rel=1e-12)


def test_free_energy_of_gaussian_units_by_integration():
    rbm = machine("gaussian", "bernoulli", n_visible=2, n_hidden=3)
    axis = torch.linspace(-20, 20, 801, dtype=torch.float64)
    v = torch.cartesian_prod(axis, axis)
    cell = 2 * math.log(float(axis[1] - axis[0]))
    total = torch.logsumexp(-rbm.free_energy(v), 0) + cell
    h = all_states(3)
    torch.testing.assert_close(
        total, torch.logsumexp(-rbm.hidden_free_energy(h), 0), rtol=1e-6, atol=0
    )
    for x in h[:3]:
        integral = torch.logsumexp(-rbm.energy(v, x.expand(len(v), -1)), 0) + cell
        torch.testing.assert_close(
            -rbm.hidden_free_energy(x[None])[0], integral, rtol=1e-6, atol=1e-6
        )


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_gradients_are_those_of_autograd(pair):
    rbm = machine(*pair)
    weight = torch.tensor([0.5, -0.2, 1.0, 0.3, -1.1, 0.4, -0.9], dtype=torch.float64)
    v = rows(rbm)
    h = rbm.hidden.sample(torch.zeros(7, 3, dtype=torch.float64), Noise(4)).detach()
    for by_hand, energy in [
        (rbm.gradient(v, rbm.hidden_field(v), weight), rbm.free_energy(v)),
        (rbm.hidden_gradient(h, weight), rbm.hidden_free_energy(h)),
    ]:
        names, parameters = zip(*rbm.named_parameters(), strict=True)
        assert sorted(by_hand) == sorted(names)
        auto = torch.autograd.grad(-(weight @ energy), parameters, allow_unused=True)
        for name, slope in zip(names, auto, strict=True):
            torch.testing.assert_close(by_hand[name].detach(), slope, msg=name)


def test_gradient_of_the_exact_likelihood_by_finite_differences():
    rbm = machine()
    v, target = all_states(4), log_p_visible(rbm).exp().detach().roll(3)

    def log_likelihood():
        return float((target @ log_p_visible(rbm)).detach())

    signed = target - log_p_visible(rbm).exp().detach()
    gradient = rbm.gradient(v, rbm.hidden_field(v), signed)
    for name, p in rbm.named_parameters():
        for k in range(p.numel()):
            ends = []
            for step in (1e-5, -2e-5):
                p.data.view(-1)[k] += step
                ends.append(log_likelihood())
            p.data.view(-1)[k] += 1e-5
            slope = (ends[0] - ends[1]) / 2e-5
            assert slope == pytest.approx(float(gradient[name].view(-1)[k].detach()), abs=1e-8)


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_centred_gradient_is_the_gradient_in_centred_coordinates(pair):
    """A small step by autograd in (W, b', c') moves (W, b, c) as `centre` says."""
    rbm = machine(*pair)
    v, mu, lam = rows(rbm), rbm.mu, rbm.lam
    weight = torch.full((7,), 1 / 7, dtype=torch.float64)
    plain = rbm.gradient(v, rbm.hidden_field(v), weight)
    W = rbm.W.detach().clone().requires_grad_()
    b = (rbm.b + lam @ rbm.W).detach().requires_grad_()
    c = (rbm.c + rbm.W @ mu).detach().requires_grad_()
    s = rbm.visible.statistic(v).detach()
    field = c - W @ mu + s @ W.t()
    objective = weight @ (s @ (b - lam @ W) + rbm.hidden.cumulant(field))
    g_W, g_b, g_c = torch.autograd.grad(objective, [W, b, c])
    moved = rbm.centre(plain)
    torch.testing.assert_close(moved["W"].detach(), g_W)
    torch.testing.assert_close(moved["b"].detach(), g_b - lam @ g_W)
    torch.testing.assert_close(moved["c"].detach(), g_c - g_W @ mu)


def test_centred_gradient_does_not_care_which_state_is_called_zero():
    """Flip visible and hidden bits of machine, data and offsets: learning is the same, flipped."""
    rbm, flipped = machine(), machine()
    with torch.no_grad():
        flipped.W.copy_(rbm.W)
        flipped.b.copy_(-(rbm.b + rbm.W.sum(0)))
        flipped.c.copy_(-(rbm.c + rbm.W.sum(1)))
        flipped.mu.copy_(1 - rbm.mu)
        flipped.lam.copy_(1 - rbm.lam)
    v = all_states(4)
    torch.testing.assert_close(log_p_visible(flipped), log_p_visible(rbm).flip(0))
    weight = torch.linspace(-1, 1, 16, dtype=torch.float64)
    weight = weight - weight.mean()
    g = rbm.centre(rbm.gradient(v, rbm.hidden_field(v), weight))
    f = flipped.centre(flipped.gradient(1 - v, flipped.hidden_field(1 - v), weight))
    torch.testing.assert_close(f["W"], g["W"])
    torch.testing.assert_close(f["b"], -(g["b"] + g["W"].sum(0)))
    torch.testing.assert_close(f["c"], -(g["c"] + g["W"].sum(1)))


def test_moving_the_offsets_does_not_move_the_distribution():
    rbm = machine()
    before = log_p_visible(rbm)
    rbm.move_offsets(torch.ones(4).double(), torch.zeros(3).double(), 0.5)
    assert torch.equal(log_p_visible(rbm), before)


@pytest.mark.parametrize("sweeps", [1, 4, 16])
def test_gibbs_sampling_leaves_the_model_alone(sweeps):
    """Chains that start exactly at p stay there, however slowly they mix."""
    rbm, n = machine(n_visible=6, n_hidden=4, scale=2.0), 20_000
    p = log_p_visible(rbm).exp().detach()
    v = all_states(6)[torch.multinomial(p, n, True, generator=torch.Generator().manual_seed(1))]
    noise = Noise(sweeps)
    with torch.no_grad():
        for _ in range(sweeps):
            v = rbm.sweep(v, noise)
    assert total_variation(v, p) < 4 * variation_floor(p, n)


def test_one_sweep_has_the_transition_probabilities_of_the_conditionals():
    rbm, n = machine(n_visible=3, n_hidden=2), 40_000
    v, h = all_states(3), all_states(2)
    start = v[5]
    with torch.no_grad():
        joint = torch.stack([-rbm.energy(v, x.expand(8, -1)) for x in h], 1)  # (v, h)
        p = torch.softmax(joint[5], 0) @ torch.softmax(joint, 0).t()
        after = rbm.sweep(start.expand(n, -1), Noise(0))
    assert total_variation(after, p) < 4 * variation_floor(p, n)


def test_pseudo_likelihood_of_groups_is_the_sum_over_groups():
    """Mixed: a bit, and a class in three columns."""
    rbm = machine("mixed").requires_grad_(False)
    v, log_p = states(rbm.visible).double(), log_p_visible(rbm)
    p = log_p.view(2, 3)  # of the bit, of the class
    bit, group = p - torch.logsumexp(p, 0), p - torch.logsumexp(p, 1, keepdim=True)
    torch.testing.assert_close(pseudo_log_likelihood(rbm, v), (bit + group).flatten())


def test_pseudo_likelihood_is_the_sum_of_the_conditionals():
    rbm = machine(n_visible=5)
    v, log_p = all_states(5), log_p_visible(rbm)
    expected = torch.zeros(32, dtype=torch.float64)
    for i in range(5):
        flipped = v.clone()
        flipped[:, i] = 1 - flipped[:, i]
        expected += log_p - torch.logaddexp(log_p, log_p[codes(flipped)])
    torch.testing.assert_close(pseudo_log_likelihood(rbm, v), expected)
    with pytest.raises(ValueError, match="needs discrete visible units, got Gaussian"):
        pseudo_log_likelihood(machine("gaussian"), v[:, :4])


@pytest.mark.parametrize(
    ("visible", "dtype"), [("bernoulli", torch.bfloat16), ("gaussian", torch.float32)]
)
def test_products_in_bf16_only_inside(visible, dtype):
    """Fields are as coarse as the products where the units bear it."""
    rbm = machine(visible).float()
    v = all_states(rbm.visible.n_units).float()
    exact = rbm.hidden_field(v)
    with torch.no_grad(), rbm.products_in(torch.bfloat16):
        rounded = rbm.hidden_field(v)
    assert rounded.dtype == dtype and not torch.equal(rounded.float(), exact)
    torch.testing.assert_close(rounded.float(), exact.detach(), rtol=0.03, atol=0.03)
    assert torch.equal(rbm.hidden_field(v), exact)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
@pytest.mark.parametrize(("n", "m"), [(6, 6), (6, 5)])
def test_contrast_is_the_difference_of_two_weighted_gradients(visible, n, m):
    rbm = machine(visible).requires_grad_(False)
    v, x = (torch.rand(k, rbm.visible.n_units, dtype=torch.float64) for k in (n, m))
    f, g = rbm.hidden_field(v), rbm.hidden_field(x)
    data = rbm.gradient(v, f, v.new_full((n,), 1 / n))
    model = rbm.gradient(x, g, x.new_full((m,), 1 / m))
    found, s_mean, t_mean = rbm.contrast(v, f, n, x, g, m)
    assert set(found) == set(data)
    for name in data:
        torch.testing.assert_close(found[name], model[name] - data[name], msg=name)
    torch.testing.assert_close(s_mean, data["b"])
    torch.testing.assert_close(t_mean, data["c"])


@pytest.mark.parametrize(("n", "m", "rounding"), [(48, 48, 1e-6), (64, 48, 2**-9)])
def test_phases_weigh_the_same_in_bf16(n, m, rounding):
    """1/n and 1/m are no numbers that bfloat16 has: they come after the products."""
    rbm = machine().float().requires_grad_(False)
    v, x = torch.ones(n, 4), torch.ones(m, 4)
    with rbm.products_in(torch.bfloat16):
        found, *_ = rbm.contrast(v, rbm.hidden_field(v), n, x, rbm.hidden_field(x), m)
    assert found["W"].abs().max() <= rounding
