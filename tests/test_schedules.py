"""Schedules: their formulas, their ends, and that training follows them."""

import math

import pytest
import torch
from estimators import assert_same_model, digits, make

from unlabeled import RBM
from unlabeled.schedules import (
    SCHEDULES,
    Constant,
    Cosine,
    Linear,
    Schedule,
    Steps,
    Times,
    at,
)

PLACES = [0.0, 0.1, 0.25, 0.5, 0.9, 1.0]


@pytest.mark.parametrize("t", PLACES)
def test_formulas(t):
    assert Constant(3.0)(t) == 3.0
    assert Linear(2.0, 1.0)(t) == pytest.approx(2 - t)
    assert Linear(2.0, 0.0, hold=0.5)(t) == pytest.approx(2 if t < 0.5 else 4 * (1 - t))
    assert Cosine(2.0, 1.0)(t) == pytest.approx(1.5 + 0.5 * math.cos(math.pi * t))
    rising = Cosine(2.0, warmup=0.25)(t)
    fallen = 1 + math.cos(math.pi * (t - 0.25) / 0.75)
    assert rising == pytest.approx(8 * t if t < 0.25 else fallen)
    assert Steps([1, 2, 3], at=[0.25, 0.9])(t) == (1 if t < 0.25 else 2 if t < 0.9 else 3)
    assert Times(0.1, Linear())(t) == pytest.approx(0.1 * (1 - t))
    assert at(5, t) == 5 and at(Linear(), t) == 1 - t


def test_extremes_of_hold_and_warmup():
    assert Linear(hold=1.0)(1.0) == 1.0
    assert Cosine(warmup=1.0)(1.0) == 0.0 and Cosine(warmup=1.0)(0.5) == 0.5


@pytest.mark.parametrize(
    ("values", "places"), [([1], [0.5]), ([1, 2], []), ([1, 2, 3], [0.5, 0.1])]
)
def test_steps_are_checked(values, places):
    with pytest.raises(ValueError, match="one value more than increasing places"):
        Steps(values, at=places)


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_name_is_the_object_with_its_defaults(name):
    by_name = make(RBM, schedule=name).fit(digits())
    assert_same_model(make(RBM, schedule=SCHEDULES[name]()).fit(digits()), by_name)


class Recorded(Schedule):
    """Remembers where it was asked."""

    def __init__(self, seen):
        self.seen = seen

    def __call__(self, progress):
        self.seen.append(progress)
        return 0.5


def test_progress_goes_from_nothing_to_the_last_update():
    rates, momenta = [], []
    make(RBM, schedule=Recorded(rates), momentum=Recorded(momenta)).fit(digits())
    assert rates[-14:] == momenta[-14:] == pytest.approx([k / 14 for k in range(14)])


def test_partial_fit_stays_at_the_start():
    seen = []
    model = make(RBM, schedule=Recorded(seen)).fit(digits())
    del seen[:]
    model.partial_fit(digits())
    assert seen == [0.0] * 7


def test_the_optimizer_gets_what_the_schedule_says():
    model = make(
        RBM, learning_rate=0.2, schedule=Steps([1.0, 0.5], at=[0.5]), momentum=Linear(0, 1)
    )
    groups = []

    class Watched(RBM):
        def _step(self, batch):
            terms = super()._step(batch)
            group = self._training.parts["step"].optimizer.param_groups[0]
            groups.append((group["lr"], group["momentum"]))
            return terms

    Watched(**model.get_params()).fit(digits())
    rates, momenta = zip(*groups, strict=True)
    assert rates == tuple([0.2] * 7 + [0.1] * 7)
    assert momenta == pytest.approx([k / 14 for k in range(14)])


def test_a_learning_rate_that_is_zero_moves_nothing():
    model = make(RBM, learning_rate=0.0, centered=False).fit(digits())
    start = make(RBM, learning_rate=0.0, n_epochs=0).fit(digits())
    assert torch.equal(model.module_.W, start.module_.W)
