"""The recommender: what it finds, what must never reach a prediction, and what is refused."""

import copy
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from unlabeled import RBMRecommender, load
from unlabeled.callbacks import EarlyStopping
from unlabeled.metrics import ranking_scores
from unlabeled.schedules import Linear

KINDS = pytest.mark.parametrize("kind", ["item", "user"])


def world(n_users=80, n_items=60, seed=0):
    """Two kinds of people and two kinds of items; they like their own."""
    rng = np.random.default_rng(seed)
    match = rng.integers(2, size=(n_users, 1)) == rng.integers(2, size=n_items)
    truth = np.clip(np.where(match, 4, 2) + rng.integers(-1, 2, (n_users, n_items)), 1, 5)
    X = np.where(rng.random(truth.shape) < 0.3, truth, 0)
    X[0, :2], X[1, :2] = (1, 5), (2, 4)
    return sp.csr_array(X.astype(np.float32)), truth, np.where(match, 4, 2)


def small(kind, **params):
    settings = {"n_epochs": 60, "batch_size": 10, "learning_rate": 0.1, "random_state": 0}
    return RBMRecommender(8, kind=kind, **{**settings, **params})


@cache
def _trained(kind):
    return small(kind).fit(world()[0])


def trained(kind):
    """Fitted on `world()`; a copy, so that a test may change it."""
    return copy.deepcopy(_trained(kind))


@KINDS
@pytest.mark.parametrize("prediction", ["exact", "mean-field"])
def test_it_finds_who_likes_what(kind, prediction):
    X, truth, mean = world()
    model = trained(kind).set_params(prediction=prediction)
    users, items = np.nonzero(X.toarray() == 0)
    error = model.predict_ratings(users, items) - truth[users, items]
    least = np.sqrt(np.mean((mean - truth)[users, items] ** 2))
    plain = np.sqrt(np.mean((X.data.mean() - truth[users, items]) ** 2))
    assert np.sqrt(np.mean(error**2)) < least + 0.35 * (plain - least)
    assert model.ratings_ == (1, 2, 3, 4, 5)
    assert model.history_["rmse"][-1] < model.history_["rmse"][0]


@KINDS
def test_a_rating_has_no_part_in_its_own_prediction(kind):
    X, *_ = world()
    model = trained(kind)
    user, item = (int(k[3]) for k in X.nonzero())
    before = model.predict_ratings([user], [item])
    other = X.copy()
    other[user, item] = 5.0 if X[user, item] != 5 else 1.0
    model.module_.ratings.keep(other)
    assert model.predict_ratings([user], [item]) == pytest.approx(before, abs=1e-6)
    column = int(X[[user]].indices[1 if X[[user]].indices[0] == item else 0])
    cell = (
        (user, column)
        if kind == "user"
        else (int(np.flatnonzero(X[:, [item]].toarray())[0]), item)
    )
    if cell != (user, item):
        other[cell] = 5.0 if X[cell] != 5 else 1.0
        model.module_.ratings.keep(other)
        assert model.predict_ratings([user], [item]) != pytest.approx(before, abs=1e-6)


@KINDS
def test_predictions_are_those_of_the_machine(kind):
    X, *_ = world()
    model = trained(kind)
    users, items = np.array([0, 5, 5, 79]), np.array([1, 2, 59, 0])
    rbm, x = model.machine_, torch.from_numpy(X.toarray())
    x = x if kind == "user" else x.T
    pairs = zip(users, items, strict=True) if kind == "user" else zip(items, users, strict=True)
    with torch.no_grad():
        for found, (row, unit) in zip(model.predict_ratings(users, items), pairs, strict=True):
            others = x[[row]].clone()
            others[0, unit] = 0
            each = others.repeat(5, 1)
            each[:, unit] = rbm.scale
            p = torch.softmax(-rbm.free_energy(rbm.one_hot(each)), 0)
            assert found == pytest.approx(float(p @ rbm.scale), abs=1e-5)


@KINDS
def test_nothing_that_went_in_comes_out(kind):
    """The leak: with the ratings to be found among the input, none of them is found."""
    X, truth, _ = world()
    model = trained(kind)
    X, truth = X[:20], truth[:20]
    whole = sp.csr_array(np.where(X.toarray() == 0, truth, X.toarray())).astype(np.float32)
    leaked = model.recommend(whole, k=10)
    assert (leaked.items == -1).all() and np.isnan(leaked.scores).all()
    honest = model.recommend(X, k=10)
    assert (np.take_along_axis(X.toarray(), honest.items, 1) == 0).all()
    assert (np.diff(honest.scores, axis=1) <= 0).all()
    hidden = (whole - X) >= 4
    assert ranking_scores(honest.items, hidden).precision > 0.5
    assert ranking_scores(leaked.items, hidden).precision == 0
    assert (model.recommend(whole, k=10, exclude_seen=False).items >= 0).all()


@KINDS
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("prediction", ["exact", "mean-field"])
def test_recommendations_to_the_users_of_fit_agree_with_their_ratings(
    kind, conditional, prediction
):
    X, *_ = world()
    model = small(kind, n_epochs=5, conditional=conditional, prediction=prediction).fit(X)
    best = model.recommend(k=4)
    users = np.repeat(np.arange(80), 4)
    expected = model.predict_ratings(users, best.items.ravel()).reshape(80, 4)
    np.testing.assert_allclose(best.scores, expected, atol=1e-5)
    if kind == "user":
        np.testing.assert_allclose(model.recommend(X, k=4).scores, best.scores, atol=1e-5)


def test_a_new_person_of_an_item_machine_is_fitted():
    X, truth, mean = world(110)
    model = small("item").fit(X[:80])
    found = model.expected_ratings(X[80:])
    unseen = X[80:].toarray() == 0
    error = np.sqrt(np.mean((found - truth[80:])[unseen] ** 2))
    least = np.sqrt(np.mean((mean - truth)[80:][unseen] ** 2))
    plain = np.sqrt(np.mean((X.data.mean() - truth[80:][unseen]) ** 2))
    assert error < least + 0.5 * (plain - least)
    nobody = model.expected_ratings(sp.csr_array((1, 60)))
    assert nobody.std() < found.std(1).mean()


@KINDS
def test_similar_items_are_of_one_kind(kind):
    _, _, mean = world()
    model = trained(kind)
    same = [
        (mean[0] == mean[0, item])[model.similar_items(item, 5).items].mean() for item in range(60)
    ]
    assert np.mean(same) > 0.9
    assert model.item_factors_.shape == (60, 8)


@KINDS
def test_missing_may_be_zero_nan_or_not_there(kind):
    X, *_ = world()
    pd = pytest.importorskip("pandas")
    dense, gaps = X.toarray(), np.where(X.toarray() == 0, np.nan, X.toarray())
    first = small(kind, n_epochs=2).fit(X)
    stored = sp.csr_array(X)
    stored.data = np.where(np.arange(X.nnz) == 0, np.nan, X.data)
    gone = dense.copy()
    gone[X.nonzero()[0][0], X.nonzero()[1][0]] = 0
    for pair in [(X, dense), (X, gaps), (X, pd.DataFrame(gaps)), (stored, gone)]:
        one, two = (small(kind, n_epochs=2).fit(Y).predict_ratings([3], [4]) for Y in pair)
        assert one == two
    assert first.predict_ratings([3], [4]) == small(kind, n_epochs=2).fit(X).predict_ratings(
        [3], [4]
    )


def test_zero_is_a_rating_where_the_scale_has_it():
    gaps = np.array([[0.0, 1.0, np.nan], [1.0, np.nan, 0.0], [0.0, 0.0, 1.0]])
    model = small("user", n_epochs=1, ratings=(0, 1)).fit(gaps)
    assert model.module_.ratings.array().nnz == 7
    assert model.ratings_ == (0, 1)


def test_what_is_known_to_be_rated_speaks_to_a_conditional_machine():
    X, *_ = world()
    told = sp.csr_array(X)
    told.data = np.where(np.arange(X.nnz) % 7 == 0, np.nan, X.data)
    silent = sp.csr_array(np.nan_to_num(told.toarray()))
    plain, informed = (small("user", conditional=True, n_epochs=5).fit(Y) for Y in (silent, told))
    assert not torch.equal(plain.machine_.D, informed.machine_.D)
    row = told[[0]]
    codes = [m.expected_ratings(Y) for m, Y in [(informed, row), (informed, silent[[0]])]]
    assert (codes[0] != codes[1]).any()
    plain, informed = (small("user", n_epochs=1).fit(Y) for Y in (silent, told))
    assert torch.equal(plain.machine_.W, informed.machine_.W)


@KINDS
def test_ratings_held_out_are_not_learned_from_and_stop_it(kind):
    X, *_ = world()
    model = small(kind, validation_fraction=0.1, n_epochs=4).fit(X)
    assert len(model.history_["val_rmse"]) == 4
    rows = model._rows_to_learn(X)
    held_out = rows.hold_out(0.1, torch.Generator().manual_seed(0))
    assert rows.X.nnz + held_out.targets.nnz == X.nnz == rows.known.nnz
    assert not (rows.X != 0).multiply(held_out.targets != 0).nnz
    stop = EarlyStopping("val_rmse", patience=2, min_delta=1e9)
    stopped = small(kind, validation_fraction=0.1, n_epochs=20).set_callbacks(stop).fit(X)
    assert len(stopped.history_["epoch"]) == 3


def test_further_ratings_of_the_same_users_are_watched_by_an_item_machine():
    X, truth, _ = world()
    further = sp.csr_array(np.where(X.toarray() == 0, truth, 0)).astype(np.float32)
    model = small("item", n_epochs=3).fit(X, X_val=further)
    users, items = further.nonzero()
    error = model.predict_ratings(users, items) - further.data
    assert model.history_["val_rmse"][-1] == pytest.approx(np.sqrt(np.mean(error**2)), rel=1e-5)


@KINDS
def test_saved_and_loaded_it_says_the_same(kind, tmp_path):
    X, *_ = world()
    model = small(kind, n_epochs=2, conditional=True, n_steps=Linear(1, 3)).fit(X)
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.recommend(k=3).items, model.recommend(k=3).items)
    np.testing.assert_array_equal(
        again.predict_ratings([1, 2], [3, 4]), model.predict_ratings([1, 2], [3, 4])
    )


@KINDS
def test_stop_and_go_on_is_never_having_stopped(kind, tmp_path):
    X, *_ = world()
    whole = small(kind, sampler="cd", schedule="constant", n_epochs=4).fit(X)
    small(kind, sampler="cd", schedule="constant", n_epochs=2).fit(X, checkpoint=tmp_path)
    resumed = small(kind, sampler="cd", schedule="constant", n_epochs=4)
    resumed.fit(X, checkpoint=tmp_path)
    assert torch.equal(resumed.machine_.W, whole.machine_.W)


def test_more_users_are_learned_from_by_a_user_machine():
    X, *_ = world()
    model = small("user").partial_fit(X[:50]).partial_fit(X[50:])
    assert model.recommend().items.shape == (30, 10)
    with pytest.raises(ValueError, match="has a unit for each of the 50 users of fit, got 30"):
        small("item").partial_fit(X[:50]).partial_fit(X[50:])


def bad(value, row=2, column=3):
    X = world()[0].tolil()
    X[row, column] = value
    return X.tocsr()


def with_zeros():
    X = world()[0].copy()
    X.data[:4] = 0
    return X


@KINDS
@pytest.mark.parametrize(
    ("X", "params", "sentence"),
    [
        (
            lambda: bad(6.0),
            {"ratings": range(1, 6)},
            "must be among 1, 2, 3, 4, 5, but row 2, col.* has 6",
        ),
        (lambda: bad(2.5), {"ratings": range(1, 6)}, "has 2.5"),
        (with_zeros, {}, "X stores 4 zeros, which could be ratings or gaps"),
        (with_zeros, {"ratings": range(6)}, "X stores 4 zeros"),
        (lambda: sp.csr_array((5, 4)), {}, "X holds no rating to take a scale from"),
        (lambda: world()[0], {"ratings": (1, 1, 2)}, "ratings must be different finite numbers"),
        (lambda: world()[0], {"kind": "film"}, "kind must be one of 'item', 'user', got 'film'"),
        (lambda: world()[0], {"sampler": "pcd"}, "sampler must be one of 'mean-field', 'cd'"),
        (lambda: world()[0], {"validation_fraction": 1e-6}, "leaves 0 of .* ratings"),
        (
            lambda: sp.csr_array(([1.0, 2.0], [0, 0], [0, 2]), shape=(1, 3)),
            {},
            "stores an entry twice",
        ),
    ],
)
def test_refused_and_nothing_trained(kind, X, params, sentence):
    model = small(**{"kind": kind, **params})
    with pytest.raises(ValueError, match=sentence):
        model.fit(X())
    assert not hasattr(model, "module_")


@KINDS
def test_a_fitted_model_refuses_too(kind):
    model = small(kind, n_epochs=1).fit(world()[0])
    for ask in (model.expected_ratings, model.recommend, model.partial_fit):
        with pytest.raises(ValueError, match="must be among 1, 2, 3, 4, 5"):
            ask(bad(7.0))
    with pytest.raises(ValueError, match="users must be from 0 to 79, got 80 to 80"):
        model.predict_ratings([80], [0])
    with pytest.raises(ValueError, match="items must be a list of integers"):
        model.predict_ratings([0], [0.5])
    with pytest.raises(ValueError, match="must pair up, got 2 and 1"):
        model.predict_ratings([0, 1], [0])
    with pytest.raises(ValueError, match="k must be >= 1 and <= 60, got 61"):
        model.recommend(k=61)


def test_a_long_scale_is_doubted():
    X = np.random.default_rng(0).random((30, 20))
    with pytest.warns(UserWarning, match="meant for values in a short scale, but X has 600"):
        small("user", n_epochs=0).fit(X)
