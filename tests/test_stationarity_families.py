"""General machines, and those of classes, counts and ratings: chains stay where they belong.

To add a chain: name its world in `WORLDS`, a function that returns one.
"""

from functools import partial

import pytest
import torch
from stationarity import N_CHAINS, World, assert_stays

from unlabeled import ClassRBM
from unlabeled.energy import Bernoulli, Multinomial, ParallelTempering, Softmax, Spin
from unlabeled.energy.classes.machine import ClassMachine
from unlabeled.energy.counts.ladder import exchanged
from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.enumeration import states
from unlabeled.energy.general.annealing import GeneralPath
from unlabeled.energy.general.joint import begin
from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.energy.ratings.machine import RatingMachine
from unlabeled.sampling import Noise

WORLDS = {}

# ---- general machines --------------------------------------------------------------------------


def graph(unit, edges=None, n_visible=3, n_hidden=2):
    """A general machine with strong couplings, and all its joint states."""
    general = GeneralBoltzmannMachine(n_visible, n_hidden, edges, unit).requires_grad_(False)
    generator = torch.Generator().manual_seed(5)
    U, b, base = (torch.randn(shape, generator=generator) for shape in (general.U.shape, 5, 5))
    U = 1.5 * general.on_edges(U)
    general.couple(U, 0.4 * b - 0.5 * U.sum(1) * float(unit.support[0] == 0))
    general.base.copy_(0.5 * base)
    return general, states(general.unit)


def scanned(unit, edges=None, clamped: tuple[int, ...] = ()) -> World:
    """Every unit once, given all others; some clamped."""
    general, x = graph(unit, edges)
    free = torch.ones(N_CHAINS, x.shape[1], dtype=torch.bool)
    free[:, list(clamped)] = False

    def sweep(now, noise):
        moved = general.sweep(now[0], noise, free=free if clamped else None)
        assert torch.equal(moved[~free], now[0][~free])
        return [moved]

    return World([(x, -general.energy(x))], sweep)


def scanned_at_all_temperatures(unit) -> World:
    """Joint states that change places."""
    general, x = graph(unit)
    sampler = ParallelTempering(n_chains=N_CHAINS, n_temperatures=3)
    chains = begin(sampler, general, N_CHAINS, Noise(0))
    chains.beta = torch.tensor([0.0, 0.5, 1.0])
    at_base = x @ general.base

    def sweep(now, noise):
        chains.v = torch.stack(now, 1)
        chains.move(general, noise, general.scan())
        return list(chains.v.unbind(1))

    rise = -general.energy(x) - at_base
    return World([(x, at_base + float(beta) * rise) for beta in chains.beta], sweep)


def scanned_while_annealed(unit, beta: float, here: float) -> World:
    """The transition to `beta`, from below or from above."""
    general, x = graph(unit)
    path = GeneralPath(general)
    log_p = x @ torch.lerp(general.base, general.b, beta) + beta * 0.5 * ((x @ general.U) * x).sum(
        1
    )
    return World([(x, log_p)], lambda now, noise: [path.step(now[0], here, beta, noise)[1]])


for _unit in (Bernoulli(), Spin()):
    _name = type(_unit).__name__.lower()
    WORLDS |= {
        f"general {_name}": partial(scanned, _unit),
        f"general {_name} without edges in layers": partial(scanned, _unit, ("vh",)),
        f"general {_name}, clamped": partial(scanned, _unit, None, (0, 3)),
        f"general {_name}, tempered": partial(scanned_at_all_temperatures, _unit),
        f"general {_name}, annealed up": partial(scanned_while_annealed, _unit, 0.6, 0.5),
        f"general {_name}, annealed down": partial(scanned_while_annealed, _unit, 0.6, 0.7),
    }

# ---- classes, counts, ratings ------------------------------------------------------------------


def strong(module, scale=1.0):
    """The module with random parameters far from zero."""
    generator = torch.Generator().manual_seed(6)
    for p in module.requires_grad_(False).parameters():
        p.copy_(scale * torch.randn(p.shape, generator=generator))
    return module


def classified(label: int | None) -> World:
    """The chain of a class RBM, its class drawn along or known."""
    model = ClassRBM(2)
    model.module_ = rbm = strong(ClassMachine(3, 3, n_hidden=2), 1.5)
    rbm.b.sub_(rbm.W.sum(0) / 2)  # so that no class is certain
    rbm.c.sub_(rbm.W[:, :3].sum(1) / 2 + rbm.W[:, 3:].mean(1))
    v = states(Bernoulli().build(3))
    known = None if label is None else torch.full((len(v),), label)
    free = rbm.marginal_free_energy(v) if known is None else rbm.free_energy(rbm.joined(v, known))
    y = None if label is None else torch.full((N_CHAINS,), label)
    return World([(v, -free)], lambda x, noise: [next(model._chain(x[0], noise, y))])


def counted(n_draws: int) -> World:
    """Documents of one length."""
    rbm = strong(CountMachine(3, 2))
    v = states(Multinomial(n_draws).build(3))
    return World([(v, -rbm.free_energy(v))], lambda x, noise: [rbm.sweep(x[0], noise)])


def exchanged_along_lengths(*lengths: int) -> World:
    """Documents of neighbouring lengths that exchange their topics."""
    rbm = strong(CountMachine(3, 2))
    chains = [(v, -rbm.free_energy(v)) for v in (states(Multinomial(D).build(3)) for D in lengths)]

    def sweep(x, noise):
        v = torch.stack(x, 1).flatten(0, 1)
        lower = torch.arange(0, len(v), len(x))
        return list(exchanged(rbm, v, lower, noise).unflatten(0, (-1, len(x))).unbind(1))

    return World(chains, sweep)


def rated(conditional: bool) -> World:
    """Ratings of three films by users who have seen the first and the last."""
    rbm = strong(RatingMachine(3, 2, n_hidden=2, conditional=conditional))
    two = states(Softmax(2).build(4))
    v = torch.cat([two[:, :2], torch.zeros(len(two), 2), two[:, 2:]], 1)
    seen = torch.tensor([1.0, 0.0, 1.0]).expand(N_CHAINS, 3)
    return World(
        [(v, -rbm.free_energy(v))],
        lambda x, noise: [rbm.sweep(rbm.hidden_field(x[0]), seen, noise)],
    )


WORLDS |= {
    "classes drawn": partial(classified, None),
    "a class known": partial(classified, 1),
    "counts": partial(counted, 4),
    "topics exchanged": partial(exchanged_along_lengths, 2, 5),
    "ratings": partial(rated, False),
    "ratings given what was seen": partial(rated, True),
}


@pytest.mark.parametrize("name", WORLDS)
def test_chains_stay_where_they_belong(name):
    assert_stays(WORLDS[name]())
