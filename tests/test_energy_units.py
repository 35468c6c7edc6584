"""Units: what they say of themselves is held to integration, differentiation and frequencies."""

import math
import re

import numpy as np
import pytest
import torch

from unlabeled import RBM
from unlabeled.energy import (
    Bernoulli,
    Gaussian,
    Mixed,
    Multinomial,
    NoisyReLU,
    Softmax,
    Spin,
    check_unit,
)
from unlabeled.energy.enumeration import n_states, states
from unlabeled.energy.units import UNITS, Unit
from unlabeled.sampling import Noise
from unlabeled.spec import choose

LAYERS = [
    (Bernoulli(), 3),
    (Spin(), 3),
    (Gaussian(variance=0.6), 3),
    (Gaussian(learn_variance=False, variance=2.0), 3),
    (NoisyReLU(), 3),
    (Softmax(3), 6),
    (Multinomial(4), 3),
    (Mixed(((Bernoulli(), 2), (Softmax(3), 3), (Gaussian(variance=0.5), 2))), 7),
]


@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize(("unit", "n_units"), LAYERS, ids=lambda x: f"{x}"[:40])
def test_units_are_what_they_say(unit, n_units, seed):
    check_unit(unit, n_units, seed)


@pytest.mark.parametrize(
    ("name", "wrong", "complaint"),
    [
        ("cumulant", lambda self, f: torch.zeros(len(f)), "cumulant(f) and log sum"),
        ("mean", lambda self, f: f.clone(), "mean(f) and the mean"),
        ("sample", lambda self, f, noise: self.mean(f), r"the mean of x^2"),
        ("fit_field", lambda self, mean, variance: mean, "fit_field"),
    ],
)
def test_the_check_of_units_finds_what_is_wrong(name, wrong, complaint):
    liar = type("Liar", (Spin,), {name: wrong})
    liar.__module__, globals()["Liar"] = __name__, liar
    with pytest.raises(AssertionError, match=re.escape(complaint)):
        check_unit(liar())


@pytest.mark.parametrize("field", [-1e4, -100.0, -30.0, -29.0, 0.0, 30.0, 1e4])
def test_rectified_units_far_out(field):
    """Tails by other means: 1/|f| far below zero, f far above."""
    unit, f = NoisyReLU().build(1), torch.full((20_000, 1), field)
    x, mean = unit.sample(f, Noise(0)), unit.mean(f[:1].double())
    expected = -1 / field if field < -1000 else field if field > 10 else float(mean)
    assert (x >= 0).all() and float(x.mean()) == pytest.approx(expected, rel=0.03)
    assert float(mean) == pytest.approx(expected, rel=1e-4)


def test_one_draw_of_a_multinomial_is_a_softmax():
    f = torch.randn(4, 5, generator=torch.Generator().manual_seed(0))
    one, group = Multinomial(1).build(5), Softmax(5).build(5)
    torch.testing.assert_close(one.cumulant(f), group.cumulant(f))
    torch.testing.assert_close(one.mean(f), group.mean(f))
    assert sorted(one.support) == sorted(group.support)


def test_rows_of_counts_may_have_their_own_totals():
    totals = torch.tensor([[3], [50], [0]])
    unit = Multinomial().build(4).of(totals)
    f = torch.zeros(3, 4)
    assert torch.equal(unit.sample(f, Noise(0)).sum(1, keepdim=True), totals.float())
    torch.testing.assert_close(unit.mean(f), totals.float().expand(3, 4) / 4)
    for row, total in enumerate(totals.flatten().tolist()[:2]):
        alone = Multinomial(total).build(4).cumulant(f[:1])
        torch.testing.assert_close(unit.cumulant(f)[row : row + 1], alone)


def test_states_of_mixed_layers_are_all_of_them():
    layer = Mixed(((Bernoulli(), 2), (Softmax(3), 6), (Multinomial(2), 3))).build(11)
    rows = states(layer)
    assert len(rows) == n_states(layer) == 4 * 9 * 6 == len(rows.unique(dim=0))
    assert (rows[:, 2:5].sum(1) == 1).all() and (rows[:, 8:].sum(1) == 2).all()
    assert n_states(Mixed(((Bernoulli(), 2), (Gaussian(), 1))).build(3)) == 0


def test_layers_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="need a multiple of 3 columns, one for each class, got"):
        Softmax(3).build(7)
    with pytest.raises(ValueError, match=r"a layer of 2 Bernoulli \+ 3 Softmax has 5 columns"):
        Mixed(((Bernoulli(), 2), (Softmax(3), 3))).build(6)
    with pytest.raises(ValueError, match="n_classes must be at least 2, got 1"):
        Softmax(1)
    with pytest.raises(ValueError, match="n_draws must be at least 1, got 0"):
        Multinomial(0)


def test_gaussian_takes_the_variance_of_the_data_unless_told():
    variance = torch.tensor([0.5, 0.0, 4.0])
    unit = Gaussian().build(3)
    unit.fit_field(torch.zeros(3), variance)
    torch.testing.assert_close(unit.log_variance.exp().detach(), torch.tensor([0.5, 1.0, 4.0]))
    told = Gaussian(variance=2.0).build(3)
    told.fit_field(torch.zeros(3), variance)
    torch.testing.assert_close(told.log_variance.exp().detach(), torch.full((3,), 2.0))


def test_two_layers_of_one_kind_do_not_share_parameters():
    kind = Gaussian()
    first, second = kind.build(2), kind.build(2)
    assert first.log_variance is not second.log_variance
    assert list(kind.parameters()) == []


def test_names_and_objects_are_chosen_and_the_rest_refused():
    assert isinstance(choose("gaussian", UNITS, Unit, "visible"), Gaussian)
    with pytest.raises(ValueError, match=r"must be one of 'bernoulli', 'spin'.*got 'trit'"):
        choose("trit", UNITS, Unit, "visible")
    with pytest.raises(TypeError, match="visible must be a name or a Unit object, got int"):
        choose(3, UNITS, Unit, "visible")
    with pytest.raises(ValueError, match="variance must be positive, got -1"):
        Gaussian(variance=-1.0)
    assert math.isinf(Gaussian().high)


def test_each_kind_of_unit_is_warned_of_its_own_columns():
    rng = np.random.default_rng(0)
    bits, reals = rng.random((20, 3)) < 0.5, rng.standard_normal((20, 2))
    X = np.concatenate([bits, reals], axis=1)
    row = Mixed(((Bernoulli(), 3), (Gaussian(), 2)))
    RBM(2, visible=row, n_epochs=0).fit(X)  # reals may be anything, and warnings are errors
    X[:, :3] *= 2
    with pytest.warns(UserWarning, match=r"Bernoulli units .* \[0, 1\], but X goes from 0 to 2"):
        RBM(2, visible=row, n_epochs=0).fit(X)
    with pytest.warns(UserWarning, match=r"NoisyReLU units are meant for values in \[0, inf\]"):
        RBM(2, visible="relu", n_epochs=0).fit(reals)
