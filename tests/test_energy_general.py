"""The general machine against enumeration: energies, sums, gradients, stationarity, annealing."""

import math

import pytest
import torch
from enumeration import all_states, machine, total_variation, variation_floor

from unlabeled.energy import Bernoulli, Exact, ParallelTempering, Spin, partition
from unlabeled.energy.general import phases, scan
from unlabeled.energy.general.annealing import GeneralPath
from unlabeled.energy.general.graph import classes_of, edges_among, lattice
from unlabeled.energy.general.ising import bits_of_spins, spins_of_bits
from unlabeled.energy.general.joint import begin
from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.energy.general.posterior import POSTERIORS
from unlabeled.sampling import Noise

EDGES = [None, ("vh",), ("vv", "vh"), ("vh", "hh"), ("vv",)]
UNITS = [Bernoulli(), Spin()]
every_kind = pytest.mark.parametrize("edges", EDGES, ids=str)
every_unit = pytest.mark.parametrize("unit", UNITS, ids=str)


def general(edges=None, unit=None, n_visible=3, n_hidden=3, scale=1.0, seed=0):
    """A machine with couplings far from zero, in float64."""
    generator = torch.Generator().manual_seed(seed)
    m = GeneralBoltzmannMachine(n_visible, n_hidden, edges, unit).double()
    U, b, base = (
        torch.randn(shape, generator=generator, dtype=torch.float64) * scale
        for shape in (m.U.shape, m.b.shape, m.b.shape)
    )
    m.couple(m.on_edges(U), b)
    m.base[:n_visible] = base[:n_visible]
    m.mu.copy_(torch.rand(len(b), generator=generator, dtype=torch.float64))
    return m.requires_grad_(False)


def states(m):
    low, high = m.values
    return low + (high - low) * all_states(len(m.b))


def minus_energy(x, U, b):
    """Pair by pair, the upper triangle alone."""
    pairs = torch.combinations(torch.arange(len(b)))
    return x @ b + sum(U[i, j] * x[:, i] * x[:, j] for i, j in pairs)


def log_p_star(m, U=None, b=None):
    """log sum over h of exp(-E), in order of the visible states."""
    joint = minus_energy(states(m), m.U if U is None else U, m.b if b is None else b)
    return torch.logsumexp(joint.view(2**m.n_visible, -1), 1)


def visible(m):
    return states(m)[:: 2**m.n_hidden, : m.n_visible]


# ---- energies and sums -------------------------------------------------------------------------


@every_unit
@every_kind
def test_energy_free_energy_and_partition_function(edges, unit):
    m = general(edges, unit, n_visible=4)
    torch.testing.assert_close(-m.energy(states(m)), minus_energy(states(m), m.U, m.b))
    torch.testing.assert_close(-m.free_energy(visible(m)), log_p_star(m))
    found = m.everything.log_sum(m.b.new_empty(1, 0))
    torch.testing.assert_close(found[0], torch.logsumexp(log_p_star(m), 0))


@every_unit
@every_kind
def test_pseudo_likelihood(edges, unit):
    m = general(edges, unit)
    log_p, truth = log_p_star(m), torch.zeros(8, dtype=torch.float64)
    for k in range(3):
        flipped = log_p[torch.arange(8) ^ (4 >> k)]
        truth += log_p - torch.logaddexp(log_p, flipped)
    torch.testing.assert_close(m.pseudo_log_likelihood(visible(m)), truth)


def test_a_lattice_is_summed_over_its_smaller_colour():
    m = general(lattice(3, 3), n_visible=9, n_hidden=0)
    assert len(m.everything.listed) == 4
    found = m.everything.log_sum(m.b.new_empty(1, 0))
    torch.testing.assert_close(found[0], torch.logsumexp(-m.energy(all_states(9)), 0))


def test_with_the_edges_of_a_restricted_machine_it_is_one():
    rbm = machine(n_visible=4, n_hidden=3).requires_grad_(False)
    m = GeneralBoltzmannMachine(4, 3, ("vh",)).double().requires_grad_(False)
    U = torch.zeros(7, 7, dtype=torch.float64)
    U[4:, :4], U[:4, 4:] = rbm.W, rbm.W.t()
    m.couple(U, torch.cat([rbm.b, rbm.c]))
    m.mu.copy_(torch.cat([rbm.mu, rbm.lam]))
    v = all_states(4)
    torch.testing.assert_close(m.free_energy(v), rbm.free_energy(v))
    torch.testing.assert_close(m.bound(v), rbm.free_energy(v))
    torch.testing.assert_close(m.settle(v)[:, 4:], torch.sigmoid(rbm.hidden_field(v)))
    torch.testing.assert_close(
        float(m.everything.log_sum(v.new_empty(1, 0))), partition.exact(rbm).value
    )
    data = v[[1, 3, 3, 6]]
    ours, mean = phases.gradient(Exact(), None, m, data, 4, None, Noise(0))
    theirs, s_mean, t_mean = Exact().gradient(rbm, data, 4, None, Noise(0))
    torch.testing.assert_close(mean, torch.cat([s_mean, t_mean]))
    for _ in range(2):  # as it is, and centred
        torch.testing.assert_close(ours["U"][4:, :4], theirs["W"])
        torch.testing.assert_close(ours["b"], torch.cat([theirs["b"], theirs["c"]]))
        m.centre(ours), rbm.centre(theirs)


@every_unit
def test_mean_field_bounds_the_free_energy_and_sweeps_lower_it(unit):
    m = general(None, unit, scale=1.5)
    truth, last = m.free_energy(visible(m)), torch.inf
    for n in (1, 2, 4, 100):
        x = m.settle(visible(m), max_sweeps=n)
        low, high = m.values
        p = (x[:, 3:] - low) / (high - low)
        entropy = torch.special.entr(p).sum(1) + torch.special.entr(1 - p).sum(1)
        bound = m.energy(x) - entropy
        assert (bound >= truth - 1e-10).all() and (bound <= last + 1e-10).all()
        last = bound
    torch.testing.assert_close(m.bound(visible(m)), last)
    assert (last > truth + 1e-6).any()


def test_a_row_settles_alone_as_in_company():
    m = general(scale=1.5)
    together = m.settle(visible(m))
    for k in range(8):
        alone = m.settle(visible(m)[[k]])
        torch.testing.assert_close(alone, together[[k]], rtol=0, atol=1e-14)


def test_bits_are_spins_in_other_words():
    spins = general(None, Spin())
    U, b, offset = bits_of_spins(spins.U, spins.b)
    bits = GeneralBoltzmannMachine(3, 3).double()
    bits.couple(U, b)
    difference = spins.energy(states(spins)) - bits.energy(all_states(6)).detach()
    torch.testing.assert_close(difference, torch.full_like(difference, offset))
    J, h, same = spins_of_bits(U, b)
    torch.testing.assert_close(J, spins.U), torch.testing.assert_close(h, spins.b)
    assert same == pytest.approx(offset)


# ---- gradients ---------------------------------------------------------------------------------


def autograd(m, objective):
    """By U, a pair at a time, and by b."""
    U, b = m.U.clone().requires_grad_(), m.b.clone().requires_grad_()
    by_U, by_b = torch.autograd.grad(objective(U, b), [U, b])
    return {"U": m.on_edges(by_U), "b": by_b}


@every_unit
@every_kind
def test_exact_gradient_is_autograd_of_the_likelihood(edges, unit):
    m = general(edges, unit)
    chosen = torch.tensor([1, 3, 3, 6])

    def objective(U, b):
        log_p = log_p_star(m, U, b)
        return torch.logsumexp(log_p, 0) - log_p[chosen].mean()

    found, _ = phases.gradient(Exact(), None, m, visible(m)[chosen], 4, None, Noise(0))
    for name, slope in autograd(m, objective).items():
        torch.testing.assert_close(found[name], slope, msg=name)


@every_unit
def test_pseudo_likelihood_gradient_is_autograd(unit):
    m = general(lattice(2, 3), unit, n_visible=6, n_hidden=0)
    v = states(m)[[3, 9, 9, 60]]

    def objective(U, b):
        symmetric = U.triu(1) + U.triu(1).t()
        f = v @ symmetric + b
        return -((v * f).sum(1) - m.unit.cumulant(f)).mean()

    found, mean = phases.gradient(phases.PseudoLikelihood(), None, m, v, 4, None, Noise(0))
    for name, slope in autograd(m, objective).items():
        torch.testing.assert_close(found[name], slope, msg=name)
    torch.testing.assert_close(mean, v.mean(0))
    assert torch.equal(found["U"], found["U"].t())


def test_centred_gradient_is_that_of_a_machine_that_counts_from_the_means():
    m, chosen = general(("vv", "vh")), torch.tensor([1, 3, 3, 6])

    def objective(U, c):
        symmetric = U.triu(1) + U.triu(1).t()
        log_p = log_p_star(m, U, c - symmetric @ m.mu)
        return torch.logsumexp(log_p, 0) - log_p[chosen].mean()

    with torch.no_grad():
        plain, _ = phases.gradient(Exact(), None, m, visible(m)[chosen], 4, None, Noise(0))
    m.b += m.U @ m.mu  # the same machine, for autograd, in centred coordinates
    slope = autograd(m, objective)
    found = m.centre(plain)
    torch.testing.assert_close(found["U"], slope["U"])
    torch.testing.assert_close(found["b"], slope["b"] - slope["U"] @ m.mu)


@pytest.mark.parametrize("sampler", ["pcd", "pt"])
@pytest.mark.parametrize("posterior", ["mean-field", "gibbs"])
def test_long_chains_give_the_exact_gradient(sampler, posterior):
    """With hidden units that are not joined, whose mean field is no approximation."""
    m, n = general(("vv", "vh"), scale=0.5), 4000
    v = visible(m)[[1, 3, 3, 6]].repeat(n // 4, 1)
    sampler, posterior = phases.SAMPLERS[sampler](30), POSTERIORS[posterior]()
    chains = begin(sampler, m, n, Noise(0))
    chains.v = chains.v.double()
    found, _ = phases.gradient(sampler, posterior, m, v, n, chains, Noise(1))
    exact, _ = phases.gradient(Exact(), posterior, m, v, n, None, Noise(0))
    for name, slope in exact.items():
        torch.testing.assert_close(found[name], slope, rtol=0, atol=6 * 0.5 / math.sqrt(n))


# ---- sampling ----------------------------------------------------------------------------------


def drift(m, move, beta=1.0):
    """Total variation after 5 moves from exact samples at beta, in units of its floor."""
    x = states(m)
    log_p = beta * (x @ (m.b - m.base) + 0.5 * ((x @ m.U) * x).sum(1)) + x @ m.base
    p, n = torch.softmax(log_p, 0), 20_000
    x = x[torch.multinomial(p, n, True, generator=torch.Generator().manual_seed(0))]
    noise = Noise(1)
    for _ in range(5):
        x = move(x, noise)
    low, high = m.values
    return total_variation((x - low) / (high - low), p) / variation_floor(p, n)


@every_unit
@pytest.mark.parametrize("edges", [*EDGES, lattice(2, 3)], ids=lambda e: str(e)[:12])
def test_a_sweep_leaves_the_distribution_as_it_is(edges, unit):
    m = general(edges, unit)
    assert drift(m, m.sweep) < 4


@pytest.mark.parametrize("edges", [None, ("vh",), ("vv",)], ids=str)
@pytest.mark.parametrize(("here", "there"), [(0.3, 0.6), (0.9, 0.6)])
def test_transitions_of_annealing_leave_their_temperature_as_it_is(edges, here, there):
    m = general(edges)
    path = GeneralPath(m)
    assert drift(m, lambda x, noise: path.step(x, here, there, noise)[1], beta=there) < 4


def test_every_temperature_of_parallel_tempering_stays_as_it_is():
    m = general()
    chains = begin(ParallelTempering(n_temperatures=3), m, 20_000, Noise(0))
    x, p = states(m), []
    for k, beta in enumerate(chains.beta):
        inner = x @ (m.b - m.base) + 0.5 * ((x @ m.U) * x).sum(1)
        p.append(torch.softmax(beta * inner + x @ m.base, 0))
        drawn = torch.multinomial(p[k], 20_000, True, generator=torch.Generator().manual_seed(k))
        chains.v[:, k] = x[drawn]
    chains.v, noise = chains.v.double(), Noise(1)
    for _ in range(5):
        chains.move(m, noise, m.scan())
    for k in range(3):
        assert total_variation(chains.v[:, k], p[k]) < 4 * variation_floor(p[k], 20_000)
    assert torch.equal(chains.particles, chains.states[:, :3])


def test_clamped_units_stay_and_the_others_find_their_conditional():
    m, n = general(), 20_000
    p = torch.softmax(-m.energy(states(m))[:8], 0)  # of h given v = 000
    x = states(m)[torch.multinomial(p, n, True, generator=torch.Generator().manual_seed(0))]
    free, noise = (torch.arange(6) >= 3).expand(n, -1), Noise(1)
    for _ in range(5):
        x = m.sweep(x, noise, free=free)
    assert not x[:, :3].any()
    assert total_variation(x[:, 3:], p) < 4 * variation_floor(p, n)


@pytest.mark.parametrize("edges", [None, ("vh", "hh"), lattice(5, 8)], ids=["all", "few", "grid"])
def test_panels_change_nothing(edges, monkeypatch):
    m = general(edges, n_visible=30, n_hidden=10, scale=0.3)
    x, results = m.start(7, Noise(0)).double(), []
    for size in (1, 32, 1000):
        monkeypatch.setattr(scan, "_PANEL", size)
        results.append(m.sweep(x, Noise(1)))
    assert torch.equal(results[0], results[1]) and torch.equal(results[0], results[2])


def test_a_sweep_leaves_its_argument_alone():
    m = general()
    x = m.sweep(m.start(5, Noise(0)).double(), Noise(1))
    before = x.clone()
    assert not torch.equal(m.sweep(x, Noise(2)), before)
    assert torch.equal(x, before)


def test_each_chain_may_have_its_own_temperature():
    m = general(n_visible=20, n_hidden=20, scale=0.3)
    x = m.start(2, Noise(0)).double()
    both = m.sweep(x, Noise(1), beta=torch.tensor([0.3, 0.9], dtype=torch.float64))
    for k, beta in enumerate((0.3, 0.9)):
        assert torch.equal(m.sweep(x, Noise(1), beta=beta)[k], both[k])


# ---- annealing ---------------------------------------------------------------------------------


@every_unit
@every_kind
def test_annealing_is_unbiased_even_when_it_is_coarse(edges, unit):
    m = general(edges, unit, scale=0.7)
    truth = float(m.everything.log_sum(m.b.new_empty(1, 0)))
    log_w, _ = partition.annealed(GeneralPath(m), partition.temperatures(15), 10_000, Noise(1))
    ratio = torch.exp(log_w - truth)
    assert abs(float(ratio.mean()) - 1) < 4 * float(ratio.std()) / math.sqrt(len(ratio))
    assert float(log_w.mean()) < truth


def test_annealing_brackets_the_truth():
    m = general(n_visible=6, n_hidden=4)
    truth = float(m.everything.log_sum(m.b.new_empty(1, 0)))
    found = partition.bracket(GeneralPath(m), partition.temperatures(1000), 100, Noise(0))
    assert abs(found.value - truth) < 0.05
    assert found.lower <= truth <= found.upper and found.upper - found.lower < 0.5


# ---- graphs ------------------------------------------------------------------------------------


def test_classes_are_a_colouring():
    generator = torch.Generator().manual_seed(0)
    edges = (torch.rand(40, 40, generator=generator) < 0.2).triu(1)
    edges |= edges.t().clone()
    classes = classes_of(edges)
    assert sorted(torch.cat(classes).tolist()) == list(range(40))
    assert not any(bool(edges[units][:, units].any()) for units in classes)
    assert len(classes) <= int(edges.sum(0).max()) + 1
    assert len(classes_of(edges_among(None, 9, 0))) == 9


@pytest.mark.parametrize("edges", [edges_among(("vh",), 7, 4), lattice(4, 6), lattice(5, 5)])
def test_a_bipartite_graph_has_two_classes(edges):
    assert len(classes_of(torch.as_tensor(edges))) == 2


def test_hidden_units_are_visited_first():
    m = GeneralBoltzmannMachine(4, 3, ("vh",))
    assert [units.tolist() for units in m.classes] == [[4, 5, 6], [0, 1, 2, 3]]


@pytest.mark.parametrize(
    ("edges", "message"),
    [
        ([[True, False], [False, False]], "boolean matrix of shape .3, 3. for 2 visible and 1"),
        ([[0, 1, 0], [1, 0, 0], [0, 0, 0]], "boolean matrix"),
        ([[False, True, False]] + [[False] * 3] * 2, "must be symmetric"),
        ([[True, False, False]] + [[False] * 3] * 2, "empty diagonal"),
        (("vv", "vw"), "kinds among"),
        ("vv", "must be a tuple of kinds"),
    ],
)
def test_edges_are_checked(edges, message):
    with pytest.raises(ValueError, match=message):
        GeneralBoltzmannMachine(2, 1, edges)


def test_couplings_are_checked():
    m = GeneralBoltzmannMachine(2, 1, ("vh",))
    U = torch.ones(3, 3)
    with pytest.raises(ValueError, match=r"expected couplings of shape \(3, 3\)"):
        m.couple(torch.zeros(2, 2), torch.zeros(2))
    with pytest.raises(ValueError, match="must be symmetric"):
        m.couple(U.triu(), torch.zeros(3))
    with pytest.raises(ValueError, match="zero on the diagonal and where there is no edge"):
        m.couple(U, torch.zeros(3))


def test_too_many_units_are_not_summed_over():
    with pytest.raises(ValueError, match=r"at most 20 units can be summed over.*got 24 and 1"):
        GeneralBoltzmannMachine(20, 5).everything.log_sum(torch.empty(1, 0))
