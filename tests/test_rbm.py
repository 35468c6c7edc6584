"""The estimator: what it draws, completes, scores and learns."""

import math

import numpy as np
import pytest
import torch
from enumeration import all_states, codes, log_p_visible, machine, total_variation, variation_floor

from unlabeled import RBM, datasets, load
from unlabeled.energy import CD, PCD, Bernoulli
from unlabeled.energy.sparsity import Sparsity


@pytest.fixture(scope="module")
def digits():
    return datasets.load("digits", binarize=0.5)


@pytest.fixture(scope="module")
def fitted(digits):
    return RBM(16, n_epochs=20, random_state=0).fit(digits)


def small(scale=1.0, n_visible=4, n_hidden=3, seed=0):
    """An estimator around a machine that can be enumerated."""
    X = all_states(n_visible).numpy()
    model = RBM(n_hidden, n_epochs=0, random_state=0).fit(X)
    model.module_ = (
        machine(n_visible=n_visible, n_hidden=n_hidden, scale=scale, seed=seed)
        .float()
        .requires_grad_(False)
    )
    return model, log_p_visible(model.module_.double()), model.module_.float()


def test_density_is_normalised_and_equals_enumeration():
    model, log_p, _ = small()
    scores = model.score_samples(all_states(4).numpy())
    assert scores.dtype == np.float64
    np.testing.assert_allclose(scores, log_p.numpy(), atol=1e-10)
    assert np.exp(scores).sum() == pytest.approx(1, abs=1e-12)
    assert model.score_kind_ == "exact"


def test_gaussian_density_integrates_to_one():
    grid = np.linspace(-12, 12, 4001)[:, None]
    X = np.random.default_rng(0).normal(1.0, 0.5, (200, 1))
    model = RBM(3, visible="gaussian", n_epochs=30, learning_rate=0.01, random_state=0).fit(X)
    density = np.exp(model.score_samples(grid)).sum() * (grid[1, 0] - grid[0, 0])
    assert density == pytest.approx(1, abs=1e-6)


def test_samples_have_the_frequencies_of_the_model():
    model, log_p, _ = small()
    v = torch.from_numpy(model.sample(20_000, n_steps=60, random_state=0))
    assert total_variation(v, log_p.exp()) < 4 * variation_floor(log_p.exp(), 20_000)


def test_sampling_starts_where_it_is_told_and_shows_means():
    model, _, rbm = small()
    start = np.tile(all_states(4).numpy()[[9]], (30_000, 1))
    mean = model.sample(30_000, n_steps=1, start=start, mean=True, random_state=0).mean(0)
    h = all_states(3).float()
    v = torch.from_numpy(start[:1]).float()
    p = torch.softmax((h * rbm.hidden_field(v)).sum(1), 0)
    np.testing.assert_allclose(mean, (p @ torch.sigmoid(rbm.visible_field(h))).numpy(), atol=0.01)
    with pytest.raises(ValueError, match=r"row for each of the 2 chains, got shape \(3, 4\)"):
        model.sample(2, start=start[:3])


def test_completions_have_the_conditional_frequencies():
    model, log_p, _ = small()
    v = all_states(4)
    row, missing = v[6].numpy(), np.array([True, False, True, False])
    agrees = (v[:, ~missing] == v[6, ~missing]).all(1)
    p = torch.where(agrees, log_p.exp(), 0.0)
    p = p / p.sum()
    drawn = model.complete(row[None], missing, n_samples=20_000, n_steps=60, random_state=0)
    assert drawn.shape == (20_000, 1, 4)
    assert total_variation(torch.from_numpy(drawn[:, 0]), p) < 4 * variation_floor(p, 20_000)


def test_completion_keeps_what_is_seen_and_reads_nan_as_missing(fitted, digits):
    X = digits[:20].astype(np.float32)
    X[:, ::2] = np.nan
    by_nan = fitted.complete(X, n_steps=5, random_state=1)
    by_mask = fitted.complete(digits[:20], np.isnan(X), n_steps=5, random_state=1)
    np.testing.assert_array_equal(by_nan, by_mask)
    np.testing.assert_array_equal(by_nan[:, 1::2], digits[:20, 1::2])
    assert set(np.unique(by_nan)) <= {0.0, 1.0}


def test_completion_refuses_bad_masks(fitted, digits):
    with pytest.raises(ValueError, match=r"missing must be boolean of shape \(5, 64\) or \(64,\)"):
        fitted.complete(digits[:5], np.zeros((5, 3), bool))
    X = digits[:5].astype(float)
    X[0, 0] = np.nan
    with pytest.raises(ValueError, match="NaN where `missing` is False"):
        fitted.complete(X, np.zeros((5, 64), bool))


def test_completion_beats_independent_pixels():
    """Half of a bar or stripe determines the rest."""
    X = datasets.bars_and_stripes(3).astype(np.float32)
    model = RBM(
        9, sampler="exact", n_epochs=1500, batch_size=16, learning_rate=0.8, random_state=0
    )
    model.fit(X)
    stripe = np.array([[1, 1, 1, 0, 0, 0, 1, 1, 1]], np.float32)
    missing = np.array([0, 0, 1, 0, 0, 1, 0, 0, 1], bool)
    drawn = model.complete(stripe, missing, n_samples=200, n_steps=50, random_state=0)[:, 0]
    assert (drawn == stripe).all(1).mean() > 0.9


def test_pseudo_log_likelihood_and_free_energy_are_those_of_the_module(fitted, digits):
    rbm = fitted._float64()
    x = torch.from_numpy(digits[:9]).double()
    np.testing.assert_allclose(fitted.free_energy(digits[:9]), rbm.free_energy(x).detach())
    one = torch.stack(
        [x[0], *[torch.where(torch.arange(64) == i, 1 - x[0], x[0]) for i in range(64)]]
    )
    f = rbm.free_energy(one).detach()
    expected = torch.nn.functional.logsigmoid(f[1:] - f[0]).sum()
    assert fitted.pseudo_log_likelihood(digits[:1])[0] == pytest.approx(float(expected))


def test_learning_beats_independent_pixels(digits):
    model = RBM(16, n_epochs=100, random_state=0).fit(digits[:1400])
    p = (digits[:1400].mean(0) * 1400 + 1) / 1402
    test = digits[1400:]
    independent = (test * np.log(p) + (1 - test) * np.log1p(-p)).sum(1).mean()
    assert model.score_kind_ == "exact"
    assert model.score(test) > independent + 3


def test_annealed_score_is_kept_saved_and_dropped_by_learning(digits, tmp_path, monkeypatch):
    model = RBM(24, n_epochs=5, random_state=0).fit(digits)
    calls = []
    genuine = RBM.log_partition

    def counted(self, method="auto", **options):
        calls.append(method)
        return genuine(self, method, **options, **{"n_temperatures": 100} if options else {})

    monkeypatch.setattr(RBM, "log_partition", counted)
    first = model.score_samples(digits[:10])
    assert model.score_kind_ == "ais" and calls.count("ais") == 1
    np.testing.assert_array_equal(model.score_samples(digits[:10]), first)
    assert calls.count("ais") == 1
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.score_samples(digits[:10]), first)
    assert calls.count("ais") == 1
    model.partial_fit(digits)
    model.score_samples(digits[:10])
    assert calls.count("ais") == 2


def test_annealed_log_partition_agrees_with_the_exact_one(fitted):
    truth = fitted.log_partition("exact")
    assert fitted.log_partition() == truth
    found = fitted.log_partition("ais", n_temperatures=1000, random_state=0)
    assert found.kind == "ais" and abs(found.value - truth.value) < 0.05
    around = fitted.log_partition("bracket", n_temperatures=1000, random_state=0)
    assert around.lower <= truth.value <= around.upper
    with pytest.raises(ValueError, match="method must be 'auto', 'exact', 'ais' or 'bracket'"):
        fitted.log_partition("guess")


def test_weight_decay_acts_on_weights_alone(digits):
    """With nothing to learn (rate of the data term ~ 0 at independence) only W shrinks."""
    plain = RBM(8, n_epochs=3, random_state=0, centered=False).fit(digits)
    decayed = RBM(8, n_epochs=3, random_state=0, centered=False, weight_decay=0.5).fit(digits)
    assert np.linalg.norm(decayed.components_) < 0.5 * np.linalg.norm(plain.components_)
    base = plain.module_.base.numpy()
    np.testing.assert_allclose(decayed.intercept_visible_, base, atol=0.3)


def test_sparsity_draws_the_activity_to_its_target(digits):
    for sparsity in (0.1, Sparsity(0.1, weight=1.0)):
        model = RBM(16, n_epochs=30, sparsity=sparsity, random_state=0).fit(digits)
        free = RBM(16, n_epochs=30, random_state=0).fit(digits)
        distance = abs(model.transform(digits).mean(0) - 0.1).mean()
        assert distance < abs(free.transform(digits).mean(0) - 0.1).mean()
    with pytest.raises(ValueError, match="sparsity needs hidden='bernoulli'"):
        RBM(4, hidden="gaussian", sparsity=0.1).fit(digits)


def test_gaussian_units_learn_means_and_variances():
    rng = np.random.default_rng(0)
    X = rng.normal([2.0, -1.0, 0.0], [0.5, 2.0, 1.0], (2000, 3)).astype(np.float32)
    model = RBM(2, visible="gaussian", n_epochs=40, learning_rate=0.02, random_state=0).fit(X)
    drawn = model.sample(4000, n_steps=50, random_state=0)
    np.testing.assert_allclose(drawn.mean(0), X.mean(0), atol=0.15)
    np.testing.assert_allclose(drawn.std(0), X.std(0), rtol=0.1)
    best = -(np.log(X.std(0)) + 0.5 * np.log(2 * np.pi * math.e)).sum()
    assert model.score(X) == pytest.approx(best, abs=0.1)


def test_gaussian_units_find_two_clouds():
    rng = np.random.default_rng(1)
    X = rng.normal(rng.choice([-1.0, 1.0], (2000, 1)) * [1, 1], 0.2).astype(np.float32)
    model = RBM(
        4,
        visible="gaussian",
        sampler="exact",
        n_epochs=60,
        learning_rate=0.02,
        optimizer="adam",
        random_state=0,
    ).fit(X)
    drawn = model.sample(500, n_steps=20, start=X[:500], random_state=0)
    assert (np.abs(np.abs(drawn) - 1) < 0.6).mean() > 0.95
    best = -np.log(2) - 2 * (np.log(0.2) + 0.5 * np.log(2 * np.pi * math.e))
    assert model.score(X) == pytest.approx(best, abs=0.1)


def test_a_constant_feature_does_no_harm(digits):
    assert (digits[:, 0] == 0).all()
    for visible in ("bernoulli", "gaussian"):
        model = RBM(4, visible=visible, n_epochs=3, learning_rate=0.01, random_state=0).fit(digits)
        assert np.isfinite(model.score_samples(digits[:5])).all()


def test_centring_learns_the_same_from_flipped_bits():
    X = datasets.bars_and_stripes(3)
    scores = [
        RBM(6, sampler="exact", n_epochs=600, batch_size=16, learning_rate=0.3, random_state=0)
        .fit(x)
        .score_samples(x)
        .sum()
        for x in (X, 1 - X)
    ]
    assert abs(scores[0] - scores[1]) < 1.5


def test_chains_persist_and_are_carried_on(digits):
    model = RBM(8, sampler=PCD(1, n_chains=7), n_epochs=1, random_state=0).fit(digits)
    chains = model._training.parts["chains"]
    assert chains.v.shape == (7, 64)
    before = chains.v.clone()
    model.partial_fit(digits[:100])
    assert model._training.parts["chains"] is chains and not torch.equal(before, chains.v)


def test_divergence_is_named(digits):
    with pytest.raises(FloatingPointError, match=r"became (nan|inf|-inf).*rate=1000000\.0"):
        RBM(8, visible="gaussian", learning_rate=1e6, n_epochs=50, random_state=0).fit(digits)


@pytest.mark.parametrize(
    ("params", "error", "message"),
    [
        ({"visible": "binary"}, ValueError, "visible must be one of 'bernoulli', 'spin'"),
        ({"hidden": 3}, TypeError, "hidden must be a name or a Unit object"),
        ({"sampler": "gibbs"}, ValueError, "sampler must be one of 'pcd', 'cd', 'fpcd'"),
        ({"n_components": 0}, ValueError, "n_components must be >= 1, got 0"),
        ({"n_components": 2.5}, TypeError, "n_components must be an integer, got 2.5"),
        ({"momentum": 1.5}, ValueError, "momentum must be >= 0 and <= 1, got 1.5"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be >= 0, got -1"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number, got 'fast'"),
        ({"precision": "half"}, ValueError, "precision must be one of 'float32', 'bf16'"),
        ({"optimizer": "lbfgs"}, ValueError, "optimizer must be one of 'sgd'"),
        ({"schedule": "cyclic"}, ValueError, "schedule must be one of 'linear'"),
        ({"sparsity": 2.0}, ValueError, "sparsity target must be > 0 and <= 1, got 2.0"),
        ({"device": "abacus"}, ValueError, "device must be 'auto', 'cpu' or 'cuda'"),
    ],
)
def test_bad_parameters_are_refused_in_one_sentence(params, error, message, digits):
    with pytest.raises(error, match=message):
        RBM(**{"n_components": 4, **params}).fit(digits)


def test_objects_with_options_stand_for_names(digits):
    named = RBM(4, sampler="cd", visible="bernoulli", n_epochs=2, random_state=0).fit(digits)
    made = RBM(4, sampler=CD(1), visible=Bernoulli(), n_epochs=2, random_state=0).fit(digits)
    np.testing.assert_array_equal(named.components_, made.components_)


@pytest.mark.data
def test_real_digits_are_learned():
    X = datasets.load("binarized-mnist", split="train")[:3000]
    test = datasets.load("binarized-mnist", split="valid")[:500]
    model = RBM(16, n_epochs=10, random_state=0).fit(X)
    p = (X.mean(0) * len(X) + 1) / (len(X) + 2)
    independent = (test * np.log(p) + (1 - test) * np.log1p(-p)).sum(1).mean()
    assert model.score(test) > independent + 20


def test_codes_and_states_agree():
    assert codes(all_states(3)).tolist() == list(range(8))


def test_what_was_read_off_a_model_does_not_move_with_it(digits):
    model = RBM(4, n_epochs=1, random_state=0).fit(digits)
    W = model.components_
    before = W.copy()
    model.partial_fit(digits)
    np.testing.assert_array_equal(W, before)
