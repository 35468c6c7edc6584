"""The compiled change of temperature against its twin in torch, and annealing with it."""

import math

import numpy as np
import pytest
import torch
from enumeration import machine

pytest.importorskip("numba")

from unlabeled import RBM
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.partition import annealed, bracket, estimate, exact, temperatures
from unlabeled.energy.softplus import bernoulli_annealed, softplus_rise
from unlabeled.kernels import generator
from unlabeled.kernels.annealing import anneal
from unlabeled.kernels.functions import exp_minus_less_1, twice_artanh
from unlabeled.sampling import Noise

KEY = 0x1234_5678_9ABC
STEPS = [
    (0.3, 0.3001),
    (0.3001, 0.3),
    (0.0, 0.4),
    (1.0, 0.1),
    (0.9999, 1.0),
    (0.0, 1.0),
    (0.5, 0.5),
]


def fields(n=100, width=500, scale=5.0):
    return scale * torch.randn(n, width, generator=torch.Generator().manual_seed(0))


def test_exponential_less_1():
    y = np.concatenate([np.geomspace(1e-30, 200, 3000), [0.0]]).astype(np.float32)
    found = np.array([exp_minus_less_1(a) for a in y])
    np.testing.assert_allclose(found, np.expm1(-y.astype(np.float64)), rtol=3e-7)


def test_inverse_hyperbolic_tangent():
    w = np.linspace(-1 / 3, 1 / 3, 3001).astype(np.float32)
    found = np.array([twice_artanh(a) for a in w])
    np.testing.assert_allclose(found, 2 * np.arctanh(w.astype(np.float64)), rtol=2.5e-7)


@pytest.mark.parametrize(("here", "there"), STEPS)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0, 1000.0])
def test_rise_is_that_of_softplus(scale, here, there):
    f = fields(2000, 1, scale)
    here, there = (float(np.float32(beta)) for beta in (here, there))
    rise, _ = anneal(f, here, there, [0, 2000], 0, KEY)
    expected = softplus_rise(f.double(), here, there)
    torch.testing.assert_close(rise.double(), expected, rtol=3e-6, atol=1e-10)


@pytest.mark.parametrize(("here", "there"), STEPS)
def test_rows_are_summed(here, there):
    f = fields()
    rise, _ = anneal(f, here, there, [0, 100], 0, KEY)
    torch.testing.assert_close(rise, softplus_rise(f, here, there), rtol=1e-5, atol=1e-8)


@pytest.mark.parametrize(("here", "there"), STEPS)
def test_draw_is_of_the_uniform_numbers_of_each_row(here, there):
    f, edges, first = fields(7, 130), [0, 3, 7], 2
    _, x = anneal(f, here, there, edges, first, KEY)
    for row in range(7):
        block = int(row >= 3)
        key = np.uint64(generator.key_of_piece(KEY, first + block, row - edges[block]))
        u = (generator.new_bits(key, 130)[:130] >> 8) * 2.0**-24
        p = torch.sigmoid(there * f[row].double()).numpy()
        clear = abs(u - p) > 1e-6
        np.testing.assert_array_equal(x[row].numpy()[clear], (u < p)[clear])


def test_draw_does_not_depend_on_threads():
    f, n = fields(), torch.get_num_threads()
    alone = anneal(f, 0.2, 0.3, [0, 40, 100], 0, KEY)
    try:
        torch.set_num_threads(2)
        together = anneal(f, 0.2, 0.3, [0, 40, 100], 0, KEY)
    finally:
        torch.set_num_threads(n)
    for a, b in zip(alone, together, strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=0)


def test_kernel_is_for_float32_only():
    f = fields(4, 3).double()
    rise, x = bernoulli_annealed(f, 0.1, 0.2, Noise(0, backend="fast"))
    assert rise.dtype == x.dtype == torch.float64
    assert (
        bernoulli_annealed(f.float(), 0.1, 0.2, Noise(0, backend="fast"))[0].dtype == torch.float32
    )


@pytest.fixture(scope="module")
def large():
    """A machine with 20 hidden units that is far from its base."""
    rbm = machine(n_visible=100, n_hidden=20, scale=0.4).requires_grad_(False)
    return rbm, exact(rbm).value


def weights(rbm, backend, n_temperatures, n_chains, seed=0):
    path = RBMPath(rbm.float())
    noise = Noise(seed, backend=backend)
    return annealed(path, temperatures(n_temperatures), n_chains, noise)[0]


@pytest.mark.parametrize("backend", ["torch", "fast"])
def test_annealing_in_float32_finds_the_exact_value(large, backend):
    rbm, truth = large
    found = estimate(weights(rbm, backend, 2000, 200))
    assert abs(found.value - truth) < 4 * found.standard_error
    assert found.standard_error < 0.05


def test_weights_are_distributed_as_those_of_torch_in_float64(large):
    """Means and variances of coarse log-weights, each within 4 of its standard errors."""
    rbm, _ = large
    n = 4000
    fast = weights(rbm, "fast", 30, n)
    plain = annealed(RBMPath(rbm.double()), temperatures(30), n, Noise(1))[0]
    spread = float(plain.std())
    assert abs(float(fast.mean() - plain.mean())) < 4 * spread * math.sqrt(2 / n)
    assert abs(math.log(float(fast.var() / plain.var()))) < 4 * math.sqrt(4 / n)


def test_bracket_by_kernels_covers_the_truth(large):
    rbm, truth = large
    for seed in range(5):
        path, noise = RBMPath(rbm.float()), Noise(seed, backend="fast")
        found = bracket(path, temperatures(300), 100, noise)
        assert found.lower <= truth <= found.upper, seed


def test_an_estimator_anneals_with_its_backend():
    X = np.random.default_rng(0).integers(0, 2, (60, 30)).astype(np.float32)
    found = [
        RBM(25, n_epochs=2, backend=backend, random_state=0)
        .fit(X)
        .log_partition("ais", n_temperatures=500, random_state=1)
        for backend in ("torch", "fast")
    ]
    assert found[0] != found[1]
    assert abs(found[0].value - found[1].value) < 0.1
