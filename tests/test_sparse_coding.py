"""Sparse coding as an estimator: what it recovers, what gaps and idle atoms do."""

import numpy as np
import pytest
import torch
from sklearn.decomposition import sparse_encode

from unlabeled import SparseCoding
from unlabeled.sampling import Noise
from unlabeled.sparse import BCD, FISTA, KSVD, OMP, Dictionary, FeatureSign


def planted(n=1500, n_components=24, n_features=16, n_nonzero=2, seed=0):
    """Rows that are sums of few atoms, and the atoms."""
    rng = np.random.default_rng(seed)
    D = rng.normal(size=(n_components, n_features))
    D /= np.linalg.norm(D, axis=1, keepdims=True)
    h = np.zeros((n, n_components))
    for row in h:
        chosen = rng.choice(n_components, n_nonzero, replace=False)
        row[chosen] = rng.choice([-1, 1], n_nonzero) * rng.uniform(1, 2, n_nonzero)
    return (h @ D + 0.01 * rng.normal(size=(n, n_features))).astype(np.float32), D


def recovered(model, D):
    """Share of the atoms that were found, up to their signs."""
    return float((np.abs(D @ model.components_.T).max(1) > 0.97).mean())


@pytest.mark.parametrize(
    "params",
    [
        {},
        {"update": "lagrange_dual"},
        {"update": "ksvd", "solver": OMP(2)},
        {"solver": "feature_sign", "batch_size": 2000, "n_epochs": 40},
    ],
    ids=str,
)
def test_a_planted_dictionary_is_found(params):
    X, D = planted()
    common = {"alpha": 0.1, "forgetting": 10, "n_epochs": 10, "batch_size": 64}
    model = SparseCoding(24, random_state=0, **{**common, **params}).fit(X)
    assert recovered(model, D) >= 0.9


def test_a_planted_dictionary_is_found_through_gaps():
    X, D = planted(1000)
    X[np.random.default_rng(1).random(X.shape) < 0.15] = np.nan
    model = SparseCoding(24, alpha=0.1, forgetting=10, n_epochs=12, batch_size=64, random_state=0)
    assert recovered(model.fit(X), D) >= 0.85


def test_a_batch_of_all_rows_lowers_the_objective_in_every_epoch():
    X, _ = planted(300)
    model = SparseCoding(24, alpha=0.1, solver=FISTA(1e-5), batch_size=300, n_epochs=30)
    objective = model.set_params(random_state=0).fit(X).history_["objective"]
    assert max(np.diff(objective)) <= 1e-5 * objective[0]


def test_score_is_minus_the_objective_of_scikit_learn():
    X, _ = planted(100)
    model = SparseCoding(24, alpha=0.3, n_epochs=2, random_state=0).fit(X)
    D = model.components_.astype(float)
    H = sparse_encode(X.astype(float), D, algorithm="lasso_cd", alpha=0.3, max_iter=10_000)
    best = ((X - H @ D) ** 2).sum(1) / 2 + 0.3 * np.abs(H).sum(1)
    np.testing.assert_allclose(model.objective(X), best, rtol=1e-4)
    assert model.objective(X).dtype == np.float64
    assert model.score(X) == -model.objective(X).mean()
    model.set_params(solver=OMP(3))
    error = model.reconstruction_error(X)
    np.testing.assert_allclose(model.objective(X), error / 2, rtol=1e-4, atol=1e-6)


def test_components_have_unit_norm_and_codes_their_signs():
    X, _ = planted(300)
    model = SparseCoding(24, alpha=0.1, positive_code=True, n_epochs=3, random_state=0).fit(X)
    np.testing.assert_allclose(np.linalg.norm(model.components_, axis=1), 1, rtol=1e-5)
    H = model.transform(X)
    assert (H >= 0).all() and (H > 0).any() and (H == 0).mean() > 0.5
    assert model.history_["sparsity"][-1] == pytest.approx((H != 0).mean(), abs=0.05)


def test_gaps_are_filled_with_what_the_atoms_say():
    X, D = planted(400)
    model = SparseCoding(24, alpha=0.02, n_epochs=1, random_state=0).fit(X)
    model.module_.D.data = torch.tensor(D, dtype=torch.float32)
    gaps = np.random.default_rng(2).random(X.shape) < 0.15
    filled = model.reconstruct(np.where(gaps, np.nan, X))
    assert np.isfinite(filled).all()
    assert np.median(np.abs(filled - X)[gaps]) < 0.2 * np.median(np.abs(X[gaps]))
    error = model.reconstruction_error(np.where(gaps, np.nan, X), per_feature=True)
    assert (error[gaps] == 0).all() and (error[~gaps] > 0).any()


def test_idle_atoms_start_again_from_rows_that_are_badly_explained():
    X, _ = planted(600)
    model = SparseCoding(24, alpha=0.1, n_epochs=2, batch_size=50, random_state=0).fit(X)
    away = 1e-6 * torch.linalg.qr(torch.randn(16, 16))[0][:8]
    model.module_.D.data[:8] = away  # of no use to any row
    statistics = model.module_.statistics
    statistics.drop(torch.arange(8))
    model.partial_fit(X[:100])
    assert torch.equal(model.module_.D[:8], away) and statistics.idle[:8].tolist() == [100] * 8
    model.partial_fit(X)
    np.testing.assert_allclose(np.linalg.norm(model.components_, axis=1), 1, rtol=1e-5)
    assert int(statistics.idle.max()) < 600


def test_a_row_without_error_replaces_nothing():
    dictionary = Dictionary(3, 2)
    before = dictionary.D.detach().clone()
    x, error = torch.tensor([[3.0, 4.0], [1.0, 0.0]]), torch.tensor([2.0, 0.0])
    assert dictionary.replace(torch.tensor([0, 2]), x, error, Noise(0)).tolist() == [0]
    assert torch.equal(dictionary.D[1:], before[1:])
    assert dictionary.D[0].tolist() == pytest.approx([0.6, 0.8])


def test_an_alpha_above_every_norm_is_pointed_out():
    X = np.random.default_rng(0).normal(size=(50, 4)) / 100
    with pytest.warns(UserWarning, match="every code will be zero; choose a tenth"):
        SparseCoding(6, n_epochs=1, random_state=0).fit(X)
    assert SparseCoding(6, solver="omp", n_epochs=1).fit(X).transform(X).any()


@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        ({"solver": "lars"}, ValueError, "solver must be one of 'lasso', 'cd', 'fista', 'feature"),
        ({"update": FISTA()}, TypeError, "update must be a name or a Update object, got FISTA"),
        ({"solver": "omp", "positive_code": True}, ValueError, "use 'fista' or 'feature_sign'"),
        ({"alpha": -1}, ValueError, "alpha must be >= 0, got -1"),
        ({"alpha": 0}, ValueError, "alpha must be > 0 for FISTA.* a small alpha, or OMP"),
        ({"n_components": 0}, ValueError, "n_components must be >= 1"),
        ({"forgetting": -0.5}, ValueError, "forgetting must be >= 0"),
    ],
)
def test_what_makes_no_sense_is_refused(params, error, sentence):
    with pytest.raises(error, match=sentence):
        SparseCoding(**params).fit(np.eye(5))


def test_objects_print_and_are_saved_as_they_were_written(tmp_path):
    from unlabeled import load

    model = SparseCoding(4, alpha=0.1, solver=FeatureSign(1e-5), update=KSVD(2), n_epochs=1)
    model.fit(np.eye(6)).save(tmp_path)
    twin = load(tmp_path)
    assert repr(twin) == repr(model)
    np.testing.assert_array_equal(twin.transform(np.eye(6)), model.transform(np.eye(6)))
    assert repr(BCD()) == "BCD(n_sweeps=1)"


def test_a_saved_model_remembers_the_rows_that_it_saw(tmp_path):
    from unlabeled import load

    X, _ = planted(300)
    model = SparseCoding(24, alpha=0.1, n_epochs=2, random_state=0).fit(X)
    model.save(tmp_path)
    twin, before = load(tmp_path).partial_fit(X[:5]), model.components_
    atoms = model.partial_fit(X[:5]).components_
    np.testing.assert_allclose(np.abs(twin.components_ - atoms).max(), 0, atol=1e-6)
    assert 0 < np.abs(atoms - before).mean() < 0.05


def test_more_atoms_than_rows_are_learned_by_the_dual():
    X = np.random.default_rng(0).normal(size=(30, 6))
    model = SparseCoding(40, alpha=0.3, update="lagrange_dual", solver=FISTA(1e-6), batch_size=30)
    objective = model.set_params(n_epochs=6, random_state=0).fit(X).history_["objective"]
    assert max(np.diff(objective)) <= 1e-5 * objective[0]
    model.set_params(n_epochs=3, batch_size=10).fit(X)
    np.testing.assert_allclose(np.linalg.norm(model.components_, axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("gaps", [0.0, 0.1])
@pytest.mark.parametrize("update", ["bcd", "lagrange_dual", "ksvd"])
def test_backends_learn_the_same(update, gaps):
    pytest.importorskip("numba")
    X, _ = planted(300)
    X[np.random.default_rng(1).random(X.shape) < gaps] = np.nan
    params = {"alpha": 0.1, "update": update, "n_epochs": 3, "batch_size": 64, "random_state": 0}
    fast, plain = (SparseCoding(24, backend=b, **params).fit(X) for b in ("fast", "torch"))
    assert (fast.backend_, plain.backend_) == ("fast", "torch")
    for one, other in zip(fast.history_["objective"], plain.history_["objective"], strict=True):
        assert one == pytest.approx(other, rel=1e-3)
    np.testing.assert_allclose(
        fast.objective(X), plain.set_params(backend="torch").objective(X), rtol=0.05
    )


def test_one_dictionary_is_scored_alike_by_the_backends():
    pytest.importorskip("numba")
    X, _ = planted(200)
    model = SparseCoding(24, alpha=0.2, n_epochs=1, random_state=0, backend="torch").fit(X)
    plain = model.objective(X)
    np.testing.assert_allclose(model.set_params(backend="fast").objective(X), plain, rtol=2e-4)
    model.set_params(solver="feature_sign")
    np.testing.assert_allclose(model.objective(X), plain, rtol=2e-4)
