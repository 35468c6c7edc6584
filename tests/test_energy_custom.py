"""A unit of one's own gets samplers, partition functions, saving and the estimator for it."""

import math

import numpy as np
import pytest
import torch
from torch.nn.functional import softplus

from unlabeled import RBM, datasets, load
from unlabeled.energy import RestrictedBoltzmannMachine, Unit, partition
from unlabeled.energy.annealing import RBMPath
from unlabeled.sampling import Noise, bernoulli


class Spin(Unit):
    """-1 or 1: K(f) = log(2 cosh f), mean tanh f."""

    support = (-1.0, 1.0)
    low, high = -1.0, 1.0

    def __init__(self):
        super().__init__()

    def fit_field(self, mean, variance):
        return torch.atanh(mean.clamp(-0.98, 0.98))

    def cumulant(self, f):
        return (f.abs() + softplus(-2 * f.abs())).sum(-1)

    def mean(self, f):
        return torch.tanh(f)

    def sample(self, f, noise):
        return 2 * bernoulli(torch.sigmoid(2 * f), noise) - 1


@pytest.fixture(scope="module")
def spins():
    return 2.0 * datasets.bars_and_stripes(3).astype(np.float32) - 1


@pytest.fixture(scope="module")
def fitted(spins):
    return RBM(
        8,
        visible=Spin(),
        hidden=Spin(),
        sampler="exact",
        n_epochs=800,
        batch_size=16,
        learning_rate=0.1,
        random_state=0,
    ).fit(spins)


def test_it_learns_what_bernoulli_units_learn(fitted, spins):
    assert -43.5 < fitted.score_samples(spins).sum() <= -41.589
    drawn = fitted.sample(300, n_steps=100, random_state=0)
    known = (drawn[:, None] == spins).all(2).any(1)
    assert set(np.unique(drawn)) == {-1.0, 1.0} and known.mean() > 0.8


def test_a_spin_machine_is_a_bernoulli_machine_in_other_words(fitted):
    """s = 2 x - 1 maps (W, b, c) to (4 W, 2 b - 2 W'1, 2 c - 2 W 1) up to a constant."""
    spin = fitted.module_.double().requires_grad_(False)
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
    fitted.module_.float()


def test_it_is_annealed(fitted):
    rbm = fitted.module_.double().requires_grad_(False)
    log_w, _ = partition.annealed(RBMPath(rbm), partition.temperatures(1000), 100, Noise(0))
    assert math.isclose(partition.estimate(log_w).value, partition.exact(rbm).value, abs_tol=0.05)
    fitted.module_.float()


def test_it_is_saved_by_name(fitted, spins, tmp_path):
    fitted.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(spins), fitted.transform(spins))


def test_data_of_another_range_are_warned_about(spins):
    with pytest.warns(UserWarning, match=r"Spin units are meant for values in \[-1, 1\]"):
        RBM(2, visible=Spin(), n_epochs=1, learning_rate=0.01, random_state=0).fit(3 * spins)
