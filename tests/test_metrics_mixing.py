"""Autocorrelation of chains against a process whose every moment is known."""

import numpy as np
import pytest
import torch

from unlabeled.metrics import autocorrelation, autocorrelation_time, effective_sample_size


def autoregressive(phi, n_steps=4000, n_chains=20, seed=0):
    """x_t = phi x_{t-1} + noise, of variance 1 from its first step on: rho_t = phi^t."""
    e = np.random.default_rng(seed).normal(size=(n_steps, n_chains))
    x = e.copy()
    for t in range(1, n_steps):
        x[t] = phi * x[t - 1] + np.sqrt(1 - phi**2) * e[t]
    return x


@pytest.mark.parametrize("phi", [-0.9, -0.5, 0.0, 0.5, 0.9, 0.97])
def test_an_autoregressive_process_has_its_own_time(phi):
    x = autoregressive(phi)
    np.testing.assert_allclose(autocorrelation(x, 5), phi ** np.arange(6.0), atol=0.02)
    tau = (1 + phi) / (1 - phi)
    assert autocorrelation_time(x) == pytest.approx(tau, rel=0.1)
    assert effective_sample_size(torch.from_numpy(x)) == pytest.approx(x.size / tau, rel=0.1)


def test_the_effective_size_is_what_the_mean_is_worth():
    """Over many repetitions, the variance of the mean is that of so many independent draws."""
    means = autoregressive(0.8, n_steps=500, n_chains=4000).mean(0)
    promised = np.mean([effective_sample_size(autoregressive(0.8, 500, 8, k)) for k in range(20)])
    assert 1 / means.var() == pytest.approx(promised / 8, rel=0.1)


def test_autocorrelation_is_its_sum():
    x = np.random.default_rng(0).normal(size=(7, 3)).cumsum(0)
    d = x - x.mean()
    rho = [(d[: 7 - t] * d[t:]).sum() / (d * d).sum() for t in range(7)]
    np.testing.assert_allclose(autocorrelation(x), rho, atol=1e-12)
    np.testing.assert_allclose(autocorrelation(x[:, 0])[0], 1)


def test_chains_that_stay_apart_do_not_mix():
    x = np.random.default_rng(0).normal(size=(1000, 4))
    assert autocorrelation_time(x) == pytest.approx(1, abs=0.1)
    apart = x + np.array([-5, -5, 5, 5])
    assert autocorrelation_time(apart) > 300
    assert effective_sample_size(apart) < 12


def test_what_tells_nothing_is_refused():
    with pytest.raises(ValueError, match=r"\(n_steps, n_chains\) with at least 2 steps.*\(1, 3\)"):
        autocorrelation(np.zeros((1, 3)))
    with pytest.raises(ValueError, match="x is 3 everywhere; follow a number that varies"):
        autocorrelation_time(np.full((5, 2), 3.0))
    with pytest.raises(ValueError, match="NaN or infinite"):
        effective_sample_size([0.0, np.nan, 1.0])
