"""The general Boltzmann machine as an estimator: what it learns, scores, draws and refuses."""

import numpy as np
import pytest
import torch
from enumeration import all_states, total_variation, variation_floor
from estimators import assert_same_model, digits
from sklearn.base import clone
from sklearn.utils.estimator_checks import check_estimator

from unlabeled import RBM, BoltzmannMachine, load
from unlabeled.datasets import bars_and_stripes
from unlabeled.energy import CD, PCD, FastPCD, Gaussian, lattice
from unlabeled.energy.general.posterior import SampledPosterior, VariationalPosterior

XOR = np.array([[0, 0, 0], [0, 1, 1], [1, 0, 1], [1, 1, 0]], dtype=np.float32)


def learned(X, **params):
    settings = {"n_epochs": 300, "batch_size": 16, "learning_rate": 2.0, "random_state": 0}
    return BoltzmannMachine(**{**settings, **params}).fit(X)


@pytest.fixture(scope="module")
def bars():
    """Bars and stripes, learned by the exact gradient with hidden units that are joined."""
    return learned(bars_and_stripes(3), n_hidden=3, sampler="exact", schedule="constant")


# ---- learning ----------------------------------------------------------------------------------


def test_the_exact_gradient_comes_near_the_ceiling(bars):
    assert -42.5 < bars.score_samples(bars_and_stripes(3)).sum() <= -41.589


@pytest.mark.parametrize(
    "params",
    [
        {"sampler": PCD(3, n_chains=100)},
        {"sampler": "pt"},
        {"sampler": PCD(2, n_chains=100), "posterior": "gibbs"},
        {"sampler": "pseudo-likelihood", "n_hidden": 0},
    ],
    ids=["pcd", "pt", "gibbs", "pseudo-likelihood"],
)
def test_estimates_come_near_the_exact_gradient(bars, params):
    X = bars_and_stripes(3)
    many = np.tile(X, (4, 1))  # so that draws of the hidden units are many, too
    model = learned(many, **{"n_hidden": 3, "batch_size": 64, **params})
    score = model.score_samples(X).sum()
    assert score > bars.score_samples(X).sum() - 2


def test_with_its_edges_it_learns_what_a_restricted_machine_learns():
    X, same = bars_and_stripes(2), {"n_epochs": 5, "sampler": "exact", "random_state": 0}
    rbm = RBM(3, **same).fit(X)
    start = RBM(3, **{**same, "n_epochs": 0}).fit(X).module_
    ours = BoltzmannMachine(n_hidden=3, edges=("vh",), **{**same, "n_epochs": 0}).fit(X)
    U = torch.zeros(7, 7)
    U[4:, :4], U[:4, 4:] = start.W, start.W.t()
    ours.module_.couple(U.detach(), torch.cat([start.b, start.c]).detach())
    for _ in range(5):
        ours.partial_fit(X)
    steady = RBM(3, **{**same, "n_epochs": 0}).fit(X)
    for _ in range(5):
        steady.partial_fit(X)
    np.testing.assert_allclose(ours.components_, steady.components_, atol=1e-6)
    np.testing.assert_allclose(ours.score_samples(X), steady.score_samples(X), atol=1e-6)
    assert rbm.score(X) == pytest.approx(ours.score(X), abs=0.05)


def test_couplings_of_a_lattice_are_found_by_pseudo_likelihood():
    """Of which no edge was told to be there."""
    edges = lattice(3, 3)
    truth = BoltzmannMachine(unit="spin", n_epochs=0, random_state=0).fit(np.ones((2, 9)))
    truth.module_.couple(0.4 * torch.from_numpy(edges).float(), torch.zeros(9))
    X = truth.sample(6000, n_steps=200, random_state=0)
    found = learned(
        X, unit="spin", sampler="pseudo-likelihood", n_epochs=30, learning_rate=0.5, batch_size=500
    )
    np.testing.assert_allclose(found.couplings_, 0.4 * edges, atol=0.1)


def test_an_encoder_gives_each_pattern_a_code_of_its_own():
    """4-2-4 (Ackley, Hinton, Sejnowski 1985): two groups that see each other through two bits."""
    kind = np.array([0] * 4 + [1] * 4 + [2] * 2)
    edges = kind[:, None] + kind != 1
    np.fill_diagonal(edges, False)
    X = np.tile(np.eye(4), 2)
    model = learned(X, n_hidden=2, edges=edges, sampler="exact", schedule="constant", n_epochs=250)
    codes = model.transform(X)
    assert sorted(map(tuple, codes.round(1))) == [(0, 0), (0, 1), (1, 0), (1, 1)]
    half = np.where(np.arange(8) < 4, X, np.nan)
    other = model.complete(half, n_samples=50, random_state=0)
    assert (other == X).all(2).mean() > 0.8


# ---- likelihood --------------------------------------------------------------------------------


def test_scores_are_a_distribution_and_annealing_finds_it(bars):
    everything = all_states(9).float().numpy()
    assert bars.score_kind_ == "exact"
    assert np.exp(bars.score_samples(everything)).sum() == pytest.approx(1, abs=1e-9)
    found = bars.log_partition("ais", n_temperatures=1000, random_state=0)
    assert found.value == pytest.approx(bars.log_partition("exact").value, abs=0.3)


def test_what_the_score_is_follows_from_the_edges(monkeypatch):
    from unlabeled.energy.general import summed

    monkeypatch.setattr(summed, "MAX_UNITS", 2)
    X = bars_and_stripes(2)
    kinds = {("vh",): "exact", None: "ais", ("vh", "hh"): "lower bound"}
    for edges, kind in kinds.items():
        n_hidden = {"exact": 2, "ais": 3, "lower bound": 6}[kind]
        model = BoltzmannMachine(n_hidden=n_hidden, edges=edges, n_epochs=5, random_state=0).fit(X)
        assert model.score_kind_ == kind
        estimate = model.log_partition("ais", n_temperatures=200, random_state=0)
        model._log_z = (estimate.value, 0.0, 0.0, 0.0, "ais")
        scores = model.score_samples(X)
        with monkeypatch.context() as patch:
            patch.setattr(summed, "MAX_UNITS", 20)
            model._log_z = None
            difference = scores - model.score_samples(X)
        assert np.abs(difference).max() < 0.1
        with pytest.raises(ValueError, match="at most 2 units can be summed over"):
            if kind == "exact":
                BoltzmannMachine(n_hidden=4, sampler="exact").fit(X)
            else:
                model.log_partition("exact")


# ---- drawing -----------------------------------------------------------------------------------


def test_samples_are_of_the_model(bars):
    p = torch.from_numpy(np.exp(bars.score_samples(all_states(9).float().numpy())))
    x = torch.from_numpy(bars.sample(4000, n_steps=300, random_state=0)).double()
    assert total_variation(x, p) < 4 * variation_floor(p, 4000)
    means = bars.sample(50, n_steps=300, mean=True, random_state=0)
    assert ((means > 0) & (means < 1)).all()


def test_completions_have_the_probabilities_of_what_is_missing(bars):
    x = np.array([1, 1, 1, 0, np.nan, np.nan, np.nan, np.nan, np.nan], np.float32)
    joint = all_states(9)[torch.arange(32) + 32 * 14].float().numpy()  # 1110.....
    p = torch.softmax(torch.from_numpy(bars.score_samples(joint)), 0)
    drawn = bars.complete(np.tile(x, (4000, 1)), n_steps=300, random_state=0)
    assert (drawn[:, :4] == x[:4]).all()
    missing = torch.from_numpy(drawn[:, 4:]).double()
    assert total_variation(missing, p) < 4 * variation_floor(p, 4000)


def test_what_completion_passes_on_its_way(bars):
    start = np.zeros((3, 9), np.float32)
    missing = np.arange(9) > 3
    chain = bars.sample_chain(3, n_steps=20, every=5, start=start, missing=missing, random_state=0)
    assert chain.shape == (4, 3, 9) and not chain[..., :4].any()
    np.testing.assert_array_equal(
        chain[-1], bars.complete(start, missing, n_steps=20, random_state=0)
    )


# ---- without hidden units ----------------------------------------------------------------------


def test_without_hidden_units_there_is_no_code():
    model = learned(XOR, n_epochs=2)
    for name in ("transform", "fit_transform", "get_feature_names_out", "set_output"):
        assert not hasattr(model, name), name
        assert hasattr(BoltzmannMachine(n_hidden=1), name), name
    assert not hasattr(model, "components_")
    with pytest.raises(AttributeError, match="has no attribute 'transform'"):
        model.transform(XOR)
    assert model.free_energy(XOR) == pytest.approx(
        model.module_.double().energy(torch.from_numpy(XOR).double()).detach().numpy()
    )
    assert model.history_["pseudo_log_likelihood"][-1] == pytest.approx(
        model.pseudo_log_likelihood(XOR).mean(), rel=1e-5
    )


@pytest.mark.filterwarnings("ignore:.* are meant for values in:UserWarning")
def test_without_hidden_units_it_is_an_estimator_too():
    few = {"n_epochs": 1, "sampler": "pseudo-likelihood", "random_state": 0}
    check_estimator(BoltzmannMachine(**few), on_skip=None)


# ---- keeping -----------------------------------------------------------------------------------


def test_edges_are_kept_and_cloned(tmp_path):
    edges = lattice(2, 2)
    model = BoltzmannMachine(edges=edges, n_epochs=2, random_state=0).fit(bars_and_stripes(2))
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.module_.edges, edges)
    np.testing.assert_array_equal(again.sample(5, random_state=0), model.sample(5, random_state=0))
    assert_same_model(clone(model).fit(bars_and_stripes(2)), model)
    assert not model.couplings_[~edges].any()


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop"])
def test_couplings_stay_symmetric_and_on_their_edges(optimizer):
    model = BoltzmannMachine(
        n_hidden=3,
        edges=("vv", "vh"),
        optimizer=optimizer,
        momentum=0.5,
        weight_decay=1e-3,
        n_epochs=2,
        random_state=0,
    ).fit(digits())
    np.testing.assert_array_equal(model.couplings_, model.couplings_.T)
    assert not model.couplings_[~model.module_.edges.numpy()].any()
    assert model.couplings_[:64, :64].any() and model.biases_.shape == (67,)


# ---- bad input ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"n_hidden": -1}, "n_hidden must be >= 0, got -1"),
        ({"sampler": "cd"}, "sampler must be one of 'pcd', 'pt', 'exact', 'pseudo-likelihood'"),
        ({"sampler": CD()}, "sampler must be one of PCD, .* for such a machine, got CD"),
        ({"sampler": FastPCD()}, "for such a machine, got FastPCD"),
        ({"sampler": "pseudo-likelihood", "n_hidden": 2}, "without hidden units, got n_hidden=2"),
        ({"unit": Gaussian()}, "of a kind with two values, got Gaussian"),
        ({"posterior": "exact"}, "posterior must be one of 'mean-field', 'gibbs'"),
        ({"edges": lattice(3, 3)}, r"shape \(64, 64\) for 64 visible and 0 hidden units"),
        ({"edges": np.triu(np.ones((64, 64), bool), 1)}, "edges must be symmetric"),
        ({"edges": np.ones((64, 64), bool)}, "edges must have an empty diagonal"),
        ({"sampler": "exact"}, "at most 20 units can be summed over.*got 63 and 1"),
    ],
)
def test_bad_parameters_are_refused(params, message):
    model = BoltzmannMachine(**params)
    with pytest.raises(ValueError, match=message):
        model.fit(digits())


def test_options_are_checked():
    with pytest.raises(ValueError, match="tol must be >= 0, got -1"):
        VariationalPosterior(-1)
    with pytest.raises(ValueError, match="n_steps must be >= 1, got 0"):
        SampledPosterior(0)


def test_values_that_no_unit_takes_are_warned_of():
    with pytest.warns(UserWarning, match=r"Spin units are meant for values in \[-1, 1\]"):
        BoltzmannMachine(unit="spin", n_epochs=0).fit(2 * XOR)
