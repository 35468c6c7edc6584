"""States on the way of a chain are those that `sample` and `complete` pass."""

import numpy as np
import pytest
import torch
from estimators import digits, each, fitted, make

from unlabeled import RBM
from unlabeled.energy import PCD, FastPCD, ParallelTempering

HALF = np.arange(64) >= 32


@each("sample_chain")
@pytest.mark.parametrize("mean", [False, True])
def test_states_are_those_that_sampling_passes(cls, mean):
    model = fitted(cls)
    trace = model.sample_chain(3, n_steps=8, every=3, mean=mean, random_state=5)
    assert trace.shape == (2, 3, 64) and trace.dtype == np.float32
    for state, n_steps in zip(trace, (3, 6), strict=True):
        alone = model.sample(3, n_steps=n_steps, mean=mean, random_state=5)
        np.testing.assert_array_equal(state, alone)
    assert (trace[0] != trace[1]).any()


@each("sample_chain", "complete")
def test_states_are_those_that_completion_passes(cls):
    model, X = fitted(cls), digits()[:4]
    asked = {"start": X, "missing": HALF, "random_state": 5}
    trace = model.sample_chain(4, n_steps=4, every=2, **asked)
    for state, n_steps in zip(trace, (2, 4), strict=True):
        whole = model.complete(X, HALF, n_steps=n_steps, random_state=5)
        np.testing.assert_array_equal(state, whole)
    np.testing.assert_array_equal(trace[..., ~HALF], np.stack([X[:, ~HALF]] * 2))
    hidden = np.where(HALF, np.nan, X)
    again = model.sample_chain(4, n_steps=4, every=2, **asked | {"start": hidden})
    np.testing.assert_array_equal(again, trace)
    means = model.sample_chain(4, n_steps=4, every=2, mean=True, **asked)
    np.testing.assert_array_equal(means[..., ~HALF], trace[..., ~HALF])
    assert (means[..., HALF] != trace[..., HALF]).any()


@each("sample_chain")
def test_chains_start_where_they_are_told(cls):
    model, X = fitted(cls), torch.from_numpy(digits()[:2].copy())
    one, other = (
        model.sample_chain(2, n_steps=1, every=1, start=X, random_state=k) for k in (1, 2)
    )
    assert one.shape == other.shape == (1, 2, 64) and (one != other).any()
    again = model.sample_chain(2, n_steps=1, every=1, start=X.numpy(), random_state=1)
    np.testing.assert_array_equal(one, again)


def test_means_are_what_the_next_states_are_drawn_from():
    """Averaged over many chains, the means of step 4 and its draws agree pixel by pixel."""
    model = make(RBM, n_epochs=30).fit(digits())
    means, draws = (
        model.sample_chain(5000, n_steps=4, every=4, mean=mean, random_state=0)[0]
        for mean in (True, False)
    )
    noise = np.sqrt((means * (1 - means)).sum(0)) / 5000
    assert (abs(means.mean(0) - draws.mean(0)) < 5 * noise + 1e-6).all()
    assert means.std(0).max() > 0.05


def test_what_no_chain_can_do_is_refused():
    model = fitted(RBM)
    with pytest.raises(ValueError, match=r"row for each of the 3 chains, got shape \(2, 64\)"):
        model.sample_chain(3, start=digits()[:2])
    with pytest.raises(
        ValueError, match="missing needs the rows of which it is a part: give start"
    ):
        model.sample_chain(3, missing=HALF)
    with pytest.raises(ValueError, match="every must be >= 1 and <= 5, got 6"):
        model.sample_chain(3, n_steps=5, every=6)
    with pytest.raises(ValueError, match="start has NaN where `missing` is False"):
        model.sample_chain(1, start=np.full((1, 64), np.nan), missing=HALF)
    with pytest.raises(ValueError, match="NaN"):
        model.sample_chain(1, start=np.full((1, 64), np.nan))
    with pytest.raises(ValueError, match=r"missing must be boolean of shape \(2, 64\) or \(64,\)"):
        model.sample_chain(2, start=digits()[:2], missing=np.zeros((3, 64), bool))


@pytest.mark.parametrize(
    "sampler", [PCD(n_chains=16), FastPCD(n_chains=16), ParallelTempering(n_chains=16)]
)
def test_particles_are_the_chains_of_learning(sampler):
    model = make(RBM, sampler=sampler).fit(digits())
    assert model.particles_.shape == (16, 64) and set(np.unique(model.particles_)) == {0, 1}
    before = model.particles_
    model.partial_fit(digits()[:50])
    assert (model.particles_ != before).any()


@each("particles_")
def test_particles_have_the_columns_of_the_data(cls):
    model = fitted(cls)
    if "chains" in model._training.parts:
        assert model.particles_.shape[1] == 64 and np.isfinite(model.particles_).all()
        assert len(np.unique(model.particles_, axis=0)) > 1
    else:
        assert not hasattr(model, "particles_")


def test_without_chains_there_are_no_particles():
    with pytest.raises(AttributeError, match="no chains are kept by sampler='cd'"):
        _ = make(RBM, sampler="cd").fit(digits()).particles_
    assert not hasattr(make(RBM), "particles_")
