"""Ratings: every formula against enumeration, and what must never reach a prediction."""

import itertools
import math

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from unlabeled import RBMRecommender, load
from unlabeled.callbacks import EarlyStopping
from unlabeled.energy.fold_in import fold_in, prior_of_units
from unlabeled.energy.ratings import RatingMachine
from unlabeled.sampling import Noise
from unlabeled.schedules import Linear

NONE = math.nan
KINDS = pytest.mark.parametrize("kind", ["item", "user"])


def machine(conditional=False, n_units=4, n_values=3, n_hidden=3, scale=1.0):
    """Weights far from zero, in float64."""
    found = RatingMachine(n_units, n_values, n_hidden, conditional).double()
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for p in found.parameters():
            p.copy_(scale * torch.randn(p.shape, generator=generator, dtype=torch.float64))
    return found


def rows(*ratings):
    return torch.tensor(ratings, dtype=torch.float64)


def enumerated(rbm, x):
    """All ratings of the units that x has, and their log p by the joint energy alone."""
    units = torch.arange(rbm.n_units)[~torch.isnan(x[0])]
    states = list(itertools.product(rbm.scale.tolist(), repeat=len(units)))
    every = x.repeat(len(states), 1)
    every[:, units] = torch.tensor(states, dtype=torch.float64)
    v = rbm.one_hot(every)
    h = torch.tensor(list(itertools.product([0.0, 1.0], repeat=len(rbm.c))), dtype=v.dtype)
    joint = torch.stack([-rbm.energy(v, g.expand(len(v), -1)) for g in h])
    return every, torch.logsumexp(joint, 0) - torch.logsumexp(joint.flatten(), 0)


# ---- the machine -------------------------------------------------------------------------------


@pytest.mark.parametrize("conditional", [False, True])
def test_the_free_energy_sums_the_hidden_units_out(conditional):
    rbm = machine(conditional)
    every, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    free = -rbm.free_energy(rbm.one_hot(every))
    torch.testing.assert_close(free - torch.logsumexp(free, 0), log_p)
    assert float(log_p.detach().exp().sum()) == pytest.approx(1)


def test_a_missing_unit_is_a_machine_without_it():
    rbm = machine()
    small = machine(n_units=3)
    kept = [0, 2, 3]
    with torch.no_grad():
        small.W.copy_(rbm.W.view(3, 4, 3)[:, kept].flatten(1))
        small.b.copy_(rbm.b.view(4, 3)[kept].flatten())
        small.c.copy_(rbm.c)
    _, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    _, log_q = enumerated(small, rows([1.0, 2.0, 3.0]))
    torch.testing.assert_close(log_p, log_q)


def exact_gradient(rbm, x):
    """d(-log p) / d(parameter) by autograd of the enumerated likelihood, a mean over rows."""
    loss = 0.0
    for row in x.split(1):
        every, log_p = enumerated(rbm, row)
        same = ((every == row) | torch.isnan(row)).all(1)
        loss = loss - log_p[same].sum() / len(x)
    names, parameters = zip(*rbm.named_parameters(), strict=True)
    return dict(zip(names, torch.autograd.grad(loss, parameters), strict=True))


@pytest.mark.parametrize("conditional", [False, True])
def test_the_gradient_with_the_model_enumerated_is_autograds(conditional):
    rbm, x = machine(conditional), rows([1.0, NONE, 2.0, 3.0])
    expected = exact_gradient(rbm, x)
    with torch.no_grad():
        every, log_p = enumerated(rbm, x)
        v, data = rbm.one_hot(every), rbm.one_hot(x).expand(len(every), -1)
        weight = log_p.exp().unsqueeze(1)
        h, g = (torch.sigmoid(rbm.hidden_field(u)) for u in (data, v))
        found = {}
        for k, p in enumerate(weight[:, 0]):  # each state in its proportion
            one = slice(k, k + 1)
            r = rbm.seen(data[one])
            for name, value in rbm.difference(data[one], h[one], v[one], g[one], r, 1).items():
                found[name] = found.get(name, 0) + p * value
    assert found.keys() == expected.keys()
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, msg=name)


@torch.no_grad()
def test_long_contrastive_divergence_is_the_exact_gradient():
    rbm, x = machine(scale=0.5), rows([1.0, NONE, 2.0, 3.0], [NONE, 3.0, NONE, 1.0])
    n = 20_000
    v = rbm.one_hot(x.repeat(n // 2, 1))
    found, _ = rbm.contrast(v, n, Noise(0), n_steps=40)
    with torch.enable_grad():
        expected = exact_gradient(rbm, x)
    for name, value in expected.items():
        torch.testing.assert_close(found[name], value, rtol=0, atol=4 * 0.7 / math.sqrt(n / 2))


@torch.no_grad()
def test_gibbs_sampling_stays_at_the_model():
    rbm, x = machine(), rows([1.0, NONE, 2.0, 3.0])
    every, log_p = enumerated(rbm, x)
    p, n = log_p.exp(), 40_000
    noise, r = Noise(0), (~torch.isnan(x)).double().expand(n, -1)
    start = torch.multinomial(p, n, replacement=True, generator=torch.Generator().manual_seed(0))
    v, states = rbm.one_hot(every[start]), rbm.one_hot(every)
    floor = float(0.5 * torch.sqrt(2 * p * (1 - p) / (torch.pi * n)).sum())
    for _ in range(4):
        v = rbm.sweep(rbm.hidden_field(v), r, noise)
        counts = torch.bincount((v @ states.T).argmax(1), minlength=len(p)).double()
        assert float(0.5 * (counts / n - p).abs().sum()) < 4 * floor


@torch.no_grad()
def test_means_instead_of_draws_are_one_step_of_the_formula():
    rbm, x = machine(), rows([1.0, NONE, 2.0, 3.0])
    h = torch.sigmoid(rbm.hidden_field(rbm.one_hot(x)))
    v = rbm.sweep(rbm.hidden_field(rbm.one_hot(x)), (~torch.isnan(x)).double(), None)
    expected = torch.softmax((h @ rbm.W + rbm.b).view(4, 3), -1)
    expected[1] = 0
    torch.testing.assert_close(v.view(4, 3), expected)


@pytest.mark.parametrize("conditional", [False, True])
@torch.no_grad()
def test_what_nobody_rated_learns_nothing(conditional):
    rbm = machine(conditional)
    v = rbm.one_hot(rows([1.0, NONE, 2.0, NONE], [3.0, NONE, NONE, 1.0]))
    for noise in (Noise(0), None):
        gradient, _ = rbm.contrast(v, 2, noise, n_steps=2)
        assert (gradient["W"].view(3, 4, 3)[:, 1] == 0).all()
        assert (gradient["b"].view(4, 3)[1] == 0).all()
        assert gradient["W"].view(3, 4, 3)[:, 0].abs().sum() > 0
        if conditional:
            assert (gradient["D"][:, 1] == 0).all()


@pytest.mark.parametrize("conditional", [False, True])
@torch.no_grad()
def test_the_conditional_of_a_rating_is_exact(conditional):
    rbm = machine(conditional)
    every, log_p = enumerated(rbm, rows([1.0, NONE, 2.0, 3.0]))
    p = log_p.exp()
    for seen in ((1.0, 3.0), (2.0, 1.0)):
        match = (every[:, 0] == seen[0]) & (every[:, 3] == seen[1])
        expected = torch.stack([p[match & (every[:, 2] == k)].sum() for k in rbm.scale])
        v = rbm.one_hot(rows([seen[0], NONE, NONE, seen[1]]))
        unit = torch.tensor([2])
        f = rbm.asked(rbm.hidden_field(v), rbm.seen(v), unit)
        torch.testing.assert_close(rbm.conditional(f, unit)[0], expected / expected.sum())
        full = rbm.one_hot(rows([seen[0], NONE, 3.0, seen[1]]))
        g = rbm.without(rbm.hidden_field(full), unit, torch.tensor([2]))
        torch.testing.assert_close(g, f)


@torch.no_grad()
def test_one_mean_field_step_is_exact_where_a_hidden_unit_is_certain():
    rbm = machine(n_hidden=2)
    rbm.c.copy_(torch.tensor([60.0, -60.0]))
    f, unit = rbm.hidden_field(rbm.one_hot(rows([1.0, NONE, NONE, 2.0]))), torch.tensor([2])
    torch.testing.assert_close(rbm.mean_field(f, unit), rbm.conditional(f, unit))


def test_base_rates_start_the_biases():
    rbm = RatingMachine(2, 3, 1)
    rbm.fit_base(torch.tensor([[10.0, 20.0, 70.0], [0.0, 0.0, 0.0]]), prior=1e-3)
    p = torch.softmax(rbm.b.view(2, 3), 1)
    torch.testing.assert_close(
        p, torch.tensor([[0.1, 0.2, 0.7], [0.1, 0.2, 0.7]]), atol=1e-3, rtol=0
    )


@torch.no_grad()
def test_fold_in_is_the_maximum_of_its_objective():
    rbm = machine(n_units=6)
    generator = torch.Generator().manual_seed(1)
    h = torch.rand(8, 3, generator=generator, dtype=torch.float64)
    x = torch.randint(0, 4, (2, 8), generator=generator)
    v = torch.stack([x == k for k in (1, 2, 3)], -1).double()
    mean, std = prior_of_units(rbm)
    found = fold_in(h, v, (mean, std), n_steps=3000)

    def objective(theta):
        field = torch.cat([h, h.new_ones(8, 1)], 1) @ theta
        fit = (torch.log_softmax(field, -1) * v).sum()
        return fit - 0.5 * (((theta - mean) / std) ** 2).sum()

    with torch.enable_grad():
        theta = found.clone().requires_grad_()
        (slope,) = torch.autograd.grad(objective(theta), theta)
    assert slope.abs().max() < 1e-4
    nobody = fold_in(h, torch.zeros_like(v), (mean, std))
    torch.testing.assert_close(nobody, mean.expand_as(nobody))


# ---- the estimator -----------------------------------------------------------------------------


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


@KINDS
@pytest.mark.parametrize("prediction", ["exact", "mean-field"])
def test_it_finds_who_likes_what(kind, prediction):
    X, truth, mean = world()
    model = small(kind, prediction=prediction).fit(X)
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
    model = small(kind, n_epochs=5).fit(X)
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
    model = small(kind, n_epochs=5).fit(X)
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
    hidden = sp.csr_array(np.where(X.toarray() == 0, truth, 0))
    model = small(kind, n_epochs=5).fit(X)
    whole = sp.csr_array(np.where(X.toarray() == 0, truth, X.toarray())).astype(np.float32)
    leaked = model.recommend(whole, k=10)
    assert (leaked.items == -1).all() and np.isnan(leaked.scores).all()
    honest = model.recommend(X, k=10)
    found = np.take_along_axis(hidden.toarray(), honest.items, 1)
    assert (found > 0).all()
    assert (np.take_along_axis(X.toarray(), honest.items, 1) == 0).all()
    assert (np.diff(honest.scores, axis=1) <= 0).all()
    seen = model.recommend(whole, k=10, exclude_seen=False)
    assert (seen.items >= 0).all()


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
    X, truth, mean = world(160)
    model = small("item").fit(X[:80])
    found = model.expected_ratings(X[80:])
    unseen = X[80:].toarray() == 0
    error = np.sqrt(np.mean((found - truth[80:])[unseen] ** 2))
    least = np.sqrt(np.mean((mean - truth)[80:][unseen] ** 2))
    plain = np.sqrt(np.mean((X.data.mean() - truth[80:][unseen]) ** 2))
    assert error < least + 0.4 * (plain - least)
    nobody = model.expected_ratings(sp.csr_array((1, 60)))
    assert nobody.std() < found.std(1).mean()


@KINDS
def test_similar_items_are_of_one_kind(kind):
    X, _, mean = world()
    model = small(kind).fit(X)
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
    plain, informed = (small("user", conditional=True).fit(Y) for Y in (silent, told))
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
