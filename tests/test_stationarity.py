"""Restricted machines of every pair of units, and every sampler: chains stay where they belong.

To add a chain: name its world in `WORLDS`, a function that returns one.
"""

from functools import partial
from itertools import product

import pytest
import torch
from stationarity import N_CHAINS, World, assert_stays, drift

from unlabeled import RBM
from unlabeled.energy import (
    CD,
    PCD,
    Bernoulli,
    FastPCD,
    Gaussian,
    Mixed,
    Multinomial,
    NoisyReLU,
    ParallelTempering,
    RestrictedBoltzmannMachine,
    Softmax,
    Spin,
)
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.enumeration import enumerable, states
from unlabeled.sampling import Noise

UNITS = {
    "bernoulli": (Bernoulli(), 3),
    "spin": (Spin(), 3),
    "softmax": (Softmax(3), 6),
    "multinomial": (Multinomial(3), 3),
    "mixed": (Mixed(((Bernoulli(), 1), (Softmax(3), 3), (Spin(), 1))), 5),
    "gaussian": (Gaussian(variance=0.7), 3),
    "relu": (NoisyReLU(), 3),
    "table": (Mixed(((Gaussian(), 2), (Softmax(2), 2), (NoisyReLU(), 1), (Bernoulli(), 1))), 6),
}


WIDE = {"multinomial", "gaussian", "relu", "table"}  # whose values soon run away


def machine(visible="bernoulli", hidden="bernoulli"):
    """A machine with strong weights, whatever its units range over, and base rates of its own."""
    (v, n_visible), (h, n_hidden) = UNITS[visible], UNITS[hidden]
    rbm = RestrictedBoltzmannMachine(n_visible, n_hidden, v, h).requires_grad_(False)
    generator = torch.Generator().manual_seed(3)
    for p in (rbm.W, rbm.b, rbm.c, rbm.base):
        p.copy_(torch.randn(p.shape, generator=generator))
    s, t = (
        unit.statistic(unit.sample(torch.zeros(1000, unit.n_units), Noise(4)))
        for unit in (rbm.visible, rbm.hidden)
    )
    strength = 0.4 if WIDE & {visible, hidden} else 1.2
    rbm.W.mul_(strength / (t.std(0)[:, None] * s.std(0)))
    rbm.base.mul_(0.5 / s.std(0))
    rbm.b.mul_(0.3 / s.std(0)).sub_(t.mean(0) @ rbm.W)  # far from saturation
    rbm.c.mul_(0.3 / t.std(0)).sub_(rbm.W @ s.mean(0))
    return rbm


def tempered(rbm, beta: float):
    """The machine whose p(v) is that of `rbm` on its way from the base rates, at `beta`."""
    shift = {"W": (beta - 1) * rbm.W, "c": (beta - 1) * rbm.c}
    return rbm.displaced(shift | {"b": (1 - beta) * (rbm.base - rbm.b)})


def visible_states(rbm):
    """All states of the visible layer, and their log p up to a constant."""
    v = states(rbm.visible)
    return v, -rbm.free_energy(v)


def block_gibbs(visible, hidden) -> World:
    """Both layers in turn, looked at where states can be listed."""
    rbm = machine(visible, hidden)
    if enumerable(rbm.visible):
        return World([visible_states(rbm)], lambda x, noise: [rbm.sweep(x[0], noise)])
    h = states(rbm.hidden)

    def sweep(x, noise):
        v = rbm.visible.sample(rbm.visible_field(x[0]), noise)
        return [rbm.hidden.sample(rbm.hidden_field(v), noise)]

    return World([(h, -rbm.hidden_free_energy(h))], sweep)


def from_data(sampler, visible="bernoulli", hidden="bernoulli") -> World:
    """A sampler that starts at the data, where the data are draws from the model."""
    rbm = machine(visible, hidden)

    def sweep(x, noise):
        v = x[0]
        return [sampler.negative(rbm, v, rbm.hidden_field(v), len(v), None, noise)[0]]

    return World([visible_states(rbm)], sweep)


def persistent(sampler, visible="bernoulli", hidden="bernoulli") -> World:
    """The chains that a sampler keeps while the model stays as it is."""
    rbm = machine(visible, hidden)
    data = states(rbm.visible)[:5]
    chains = sampler.start(rbm, N_CHAINS, Noise(0))

    def sweep(x, noise):
        chains.v = x[0]
        sampler.gradient(rbm, data, len(data), chains, noise)
        return [chains.v]

    return World([visible_states(rbm)], sweep)


def at_all_temperatures(n_steps=1, visible="bernoulli", hidden="bernoulli") -> World:
    """Parallel tempering, every temperature against its own distribution."""
    rbm = machine(visible, hidden)
    sampler = ParallelTempering(n_steps, n_chains=N_CHAINS, n_temperatures=4)
    chains, data = sampler.start(rbm, N_CHAINS, Noise(0)), states(rbm.visible)[:5]
    chains.beta = torch.tensor([0.0, 0.3, 0.8, 1.0])

    def sweep(x, noise):
        chains.v = torch.stack(x, 1)
        sampler.gradient(rbm, data, len(data), chains, noise)
        return list(chains.v.unbind(1))

    return World([visible_states(tempered(rbm, float(b))) for b in chains.beta], sweep)


def annealed(beta, visible="bernoulli", hidden="bernoulli") -> World:
    """The transition of annealed importance sampling at one temperature."""
    rbm = machine(visible, hidden)
    path = RBMPath(rbm)

    def sweep(x, noise):
        rise, (v, _) = path.step(path.state(x[0]), beta, beta, noise)
        assert not rise.any()
        return [v]

    return World([visible_states(tempered(rbm, beta))], sweep)


def estimated(visible="bernoulli", clamped: tuple[int, ...] = ()) -> World:
    """The chain of an estimator; some columns clamped, as `complete` does."""
    rbm = machine(visible)
    model = RBM(rbm.hidden.n_units, visible=UNITS[visible][0])
    model.module_ = rbm
    missing = torch.ones(N_CHAINS, rbm.visible.n_units, dtype=torch.bool)
    missing[:, list(clamped)] = False

    def sweep(x, noise):
        chain = model._chain(x[0], noise, missing=missing if clamped else None)
        moved = next(chain)
        assert torch.equal(moved[~missing], x[0][~missing])
        return [moved]

    return World([visible_states(rbm)], sweep)


WORLDS = {
    f"gibbs {v}-{h}": partial(block_gibbs, v, h)
    for v, h in product(UNITS, UNITS)
    if {v, h} - {"gaussian", "relu", "table"}
}
for _pair in (("bernoulli", "bernoulli"), ("mixed", "spin"), ("multinomial", "gaussian")):
    _name = "-".join(_pair)
    WORLDS |= {
        f"cd {_name}": partial(from_data, CD(), *_pair),
        f"pcd {_name}": partial(persistent, PCD(), *_pair),
        f"fast pcd at rest {_name}": partial(persistent, FastPCD(), *_pair),
        f"pt {_name}": partial(at_all_temperatures, 1, *_pair),
        **{f"ais at {b} {_name}": partial(annealed, b, *_pair) for b in (0.0, 0.4, 1.0)},
    }
WORLDS |= {
    "tempering, 3 steps": partial(at_all_temperatures, 3),
    "sampling": estimated,
    "completing bits": partial(estimated, clamped=(1,)),
    "completing a mixed row": partial(estimated, "mixed", clamped=(1, 2, 3)),
}


@pytest.mark.parametrize("name", WORLDS)
def test_chains_stay_where_they_belong(name):
    assert_stays(WORLDS[name]())


@pytest.mark.parametrize(
    "wrong",
    {
        "means instead of draws": lambda rbm, v, noise: rbm.visible.sample(
            rbm.visible_field(rbm.hidden.mean(rbm.hidden_field(v))), noise
        ),
        "a bias forgotten": lambda rbm, v, noise: rbm.visible.sample(
            rbm.hidden.sample(rbm.hidden_field(v), noise) @ rbm.W, noise
        ),
        "a temperature of 1.5": lambda rbm, v, noise: rbm.visible.sample(
            rbm.visible_field(rbm.hidden.sample(rbm.hidden_field(v) / 1.5, noise)), noise
        ),
    }.items(),
    ids=lambda item: item[0],
)
def test_a_wrong_step_is_noticed(wrong):
    rbm = machine()
    world = World([visible_states(rbm)], lambda x, noise: [wrong[1](rbm, x[0], noise)])
    assert max(ratio for _, ratio in drift(world)) > 4
