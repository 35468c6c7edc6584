"""A unit of one's own gets samplers, partition functions, saving and the estimator for it."""

import math

import numpy as np
import pytest
import torch

from unlabeled import RBM, datasets, load
from unlabeled.energy import (
    PCD,
    FastPCD,
    ParallelTempering,
    RestrictedBoltzmannMachine,
    Spin,
    Unit,
    check_unit,
    partition,
)
from unlabeled.energy.annealing import RBMPath
from unlabeled.sampling import Noise, categorical


class Trit(Unit):
    """-1, 0 or 1: K(f) = log(1 + 2 cosh f), mean 2 sinh f / (1 + 2 cosh f)."""

    support = (-1.0, 0.0, 1.0)
    low, high = -1.0, 1.0

    def __init__(self):
        super().__init__()

    def fit_field(self, mean, variance):
        """From m = (x - 1/x) / (x + 1 + 1/x) with x = e^f."""
        m = mean.clamp(-0.98, 0.98)
        return torch.log((m + (4 - 3 * m**2).sqrt()) / (2 * (1 - m)))

    def _p(self, f):
        return torch.softmax(f[..., None] * f.new_tensor(self.support), -1)

    def cumulant(self, f):
        return torch.logsumexp(f[..., None] * f.new_tensor(self.support), -1).sum(-1)

    def mean(self, f):
        return self._p(f) @ f.new_tensor(self.support)

    def sample(self, f, noise):
        return categorical(self._p(f), noise) @ f.new_tensor(self.support)


@pytest.fixture(scope="module")
def trits():
    return 2.0 * datasets.bars_and_stripes(3).astype(np.float32) - 1


def learned(trits, sampler, learning_rate):
    return RBM(
        5,
        visible=Trit(),
        hidden=Trit(),
        sampler=sampler,
        n_epochs=400,
        batch_size=16,
        learning_rate=learning_rate,
        random_state=0,
    ).fit(trits)


@pytest.fixture(scope="module")
def fitted(trits):
    return learned(trits, "exact", 0.3)


def test_it_is_what_it_says():
    check_unit(Trit())


def test_it_learns_what_bernoulli_units_learn(fitted, trits):
    assert -48 < fitted.score_samples(trits).sum() <= -41.589
    drawn = fitted.sample(300, n_steps=100, random_state=0)
    known = (drawn[:, None] == trits).all(2).any(1)
    assert set(np.unique(drawn)) >= {-1.0, 1.0} and known.mean() > 0.6


@pytest.mark.parametrize("sampler", [PCD, FastPCD, ParallelTempering])
def test_every_sampler_takes_it(sampler, trits):
    """Nine independent bits would come to -6.2 nats."""
    assert learned(trits, sampler(n_chains=100), 0.1).score(trits) > -5.0


def test_a_spin_machine_is_a_bernoulli_machine_in_other_words():
    """s = 2 x - 1 maps (W, b, c) to (4 W, 2 b - 2 W'1, 2 c - 2 W 1) up to a constant."""
    spin = RestrictedBoltzmannMachine(9, 8, Spin(), Spin()).double().requires_grad_(False)
    spin.W.normal_(generator=torch.Generator().manual_seed(1))
    bits = RestrictedBoltzmannMachine(9, 8).double().requires_grad_(False)
    bits.W.copy_(4 * spin.W)
    bits.b.copy_(2 * (spin.b - spin.W.sum(0)))
    bits.c.copy_(2 * (spin.c - spin.W.sum(1)))
    x = torch.randint(0, 2, (50, 9), generator=torch.Generator().manual_seed(0)).double()
    log_p = [
        -rbm.free_energy(v) - partition.exact(rbm).value
        for rbm, v in ((bits, x), (spin, 2 * x - 1))
    ]
    torch.testing.assert_close(*log_p)


def test_it_is_annealed(fitted):
    rbm = fitted.module_.double().requires_grad_(False)
    log_w, _ = partition.annealed(RBMPath(rbm), partition.temperatures(1000), 100, Noise(0))
    assert math.isclose(partition.estimate(log_w).value, partition.exact(rbm).value, abs_tol=0.05)
    fitted.module_.float()


def test_it_is_saved_by_name(fitted, trits, tmp_path):
    fitted.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(trits), fitted.transform(trits))


def test_data_of_another_range_are_warned_about(trits):
    with pytest.warns(UserWarning, match=r"Trit units are meant for values in \[-1, 1\]"):
        RBM(2, visible=Trit(), n_epochs=1, learning_rate=0.01, random_state=0).fit(3 * trits)
