"""The classification RBM against sums over all its states."""

import numpy as np
import pytest
import torch
from enumeration import all_states, total_variation, variation_floor
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from unlabeled import ClassRBM
from unlabeled.energy import Bernoulli, ClassMachine, Gaussian
from unlabeled.engine.training import Batch
from unlabeled.papers import larochelle_bengio_2008
from unlabeled.sampling import Noise

N, K, H = 4, 3, 3
KINDS = {"bits": Bernoulli(), "reals": Gaussian(variance=0.7)}


def machine(kind="bits", seed=0, scale=1.0):
    """Far from zero, in float64."""
    rbm = ClassMachine(N, K, H, KINDS[kind]).double()
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for p in (rbm.W, rbm.b, rbm.c):
            p.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64) * scale)
    return rbm


def log_joint(rbm) -> torch.Tensor:
    """log p(v, y, h) of all states, (16, 3, 8), from the energy as it is written."""
    (W, U), (b, d) = rbm.W.split([N, K], 1), rbm.b.split([N, K])
    v, h = all_states(N)[:, None, None], all_states(H)
    fields = rbm.c + v @ W.t() + U.t()[:, None]  # (16, 3, 1, H) and the class
    minus_energy = v @ b + d[:, None] + (fields * h).sum(-1)
    return minus_energy - torch.logsumexp(minus_energy.flatten(), 0)


def estimator(rbm, **params):
    """An estimator around a machine, as if it had been fitted; exact where it samples."""
    model = ClassRBM(H, sampler="exact", n_epochs=0, random_state=0, **params)
    mark = params.get("unlabelled")
    X, y = np.eye(K + 1, N, dtype=np.float32), [*range(K), 0 if mark is None else mark]
    model.fit(X, y).module_ = rbm
    return model


def batch(kind="bits", seed=1, unlabelled=False):
    generator = torch.Generator().manual_seed(seed)
    x = torch.rand(7, N, generator=generator, dtype=torch.float64)
    x = x * 3 - 1 if kind == "reals" else x.round()
    y = torch.tensor([0, 1, 2, 2, 0, 1, 1])
    y = torch.where(torch.arange(7) % 2 == 0, -1, y) if unlabelled else y
    return Batch(x, torch.arange(7), 7, Noise(0).at(1), 0.0, y)


# ---- what is known in closed form --------------------------------------------------------------


def test_everything_but_the_partition_function_is_in_closed_form():
    rbm, v = machine(), all_states(N)
    joint = log_joint(rbm).detach()
    of_rows = torch.logsumexp(joint, 2)  # (16, 3)
    torch.testing.assert_close(rbm.log_posterior(v).detach(), torch.log_softmax(of_rows, 1))
    marginal = torch.logsumexp(of_rows, 1)
    minus_f = -rbm.marginal_free_energy(v).detach()
    torch.testing.assert_close(minus_f - torch.logsumexp(minus_f, 0), marginal)
    mean = (joint.exp()[..., None] * all_states(H)).sum((1, 2)) / marginal.exp()[:, None]
    torch.testing.assert_close(rbm.hidden_mean(v).detach(), mean)


def test_rows_are_taken_a_few_at_a_time(monkeypatch):
    rbm, v = machine(), all_states(N)
    whole = [f(v) for f in (rbm.log_posterior, rbm.marginal_free_energy, rbm.hidden_mean)]
    monkeypatch.setattr("unlabeled.energy.classes.machine._VALUES", 5 * K * H)
    for f, value in zip(
        (rbm.log_posterior, rbm.marginal_free_energy, rbm.hidden_mean), whole, strict=True
    ):
        torch.testing.assert_close(f(v), value)


def test_densities_sum_to_one_with_and_without_a_label():
    rbm = machine()
    model, v = estimator(rbm, unlabelled=-1), all_states(N)
    joint = torch.logsumexp(log_joint(rbm), 2).detach()
    log_p = model.score_samples(v)
    torch.testing.assert_close(log_p, torch.logsumexp(joint, 1))
    assert float(log_p.exp().sum()) == pytest.approx(1)
    for y in range(K):
        torch.testing.assert_close(model.score_samples(v, np.full(16, y)), joint[:, y])
    some = torch.arange(16) % 2 == 0
    mixed = model.score_samples(v, torch.where(some, 1, -1))
    torch.testing.assert_close(mixed, torch.where(some, joint[:, 1], log_p))
    log_z = model.log_partition().value
    torch.testing.assert_close(-model.free_energy(v) - log_z, log_p)
    assert model.score_kind_ == "exact"
    annealed = model.log_partition("ais", n_chains=200, n_temperatures=500, random_state=0)
    assert annealed.value == pytest.approx(log_z, abs=0.1)


# ---- gradients ---------------------------------------------------------------------------------


def objective(rbm, rows, discriminative, generative, unlabelled_weight):
    """The mean over rows, with log Z by a sum over all hidden states."""
    log_z = torch.logsumexp(-rbm.hidden_free_energy(all_states(H)), 0)
    total = 0.0
    for v, y in zip(rows.x, rows.y.tolist(), strict=True):
        every = rbm.joined(v.expand(K, -1), torch.arange(K))
        log_p = -rbm.free_energy(every) - log_z  # log p(v, y) of every class
        log_p_v = torch.logsumexp(log_p, 0)
        if y < 0:
            total = total - unlabelled_weight * log_p_v
        else:
            total = total - discriminative * (log_p[y] - log_p_v) - generative * log_p[y]
    return total / len(rows.x)


CASES = {
    "discriminative": (dict(objective="discriminative"), (1, 0, 0)),
    "generative": (dict(objective="generative"), (0, 1, 0)),
    "hybrid": (dict(generative_weight=0.3), (1, 0.3, 0)),
    "semi-supervised": (
        dict(generative_weight=0.3, unlabelled=-1, unlabelled_weight=0.7),
        (1, 0.3, 0.7),
    ),
    "semi-supervised, discriminative": (
        dict(objective="discriminative", unlabelled=-1, unlabelled_weight=0.7),
        (1, 0, 0.7),
    ),
    "semi-supervised, generative": (
        dict(objective="generative", unlabelled=-1, unlabelled_weight=0.7),
        (0, 1, 0.7),
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("case", CASES)
def test_gradients_of_all_objectives_are_those_of_autograd(case, kind):
    params, weights = CASES[case]
    rbm, rows = machine(kind), batch(kind, unlabelled="semi" in case)
    with torch.no_grad():
        ours, s_mean, t_mean = estimator(rbm, **params)._gradient(rows)
    objective(rbm, rows, *weights).backward()
    for name, p in rbm.named_parameters():
        wanted = torch.zeros_like(p) if p.grad is None else p.grad
        torch.testing.assert_close(ours[name], wanted, rtol=1e-9, atol=1e-9, msg=name)
    assert s_mean.shape == (N + K,) and t_mean.shape == (H,)


def test_the_objective_is_a_sum_over_states_and_its_slope_that_of_differences():
    rbm, rows = machine(), batch(unlabelled=True)
    joint = torch.logsumexp(log_joint(rbm), 2)
    number = (rows.x.long() * 2 ** torch.arange(N - 1, -1, -1)).sum(1)
    of_rows = joint[number]
    direct = torch.where(
        rows.y < 0,
        -0.7 * torch.logsumexp(of_rows, 1),
        torch.logsumexp(of_rows, 1) - 1.3 * of_rows.gather(1, rows.y.clamp(min=0)[:, None])[:, 0],
    ).mean()
    value = objective(rbm, rows, 1, 0.3, 0.7)
    torch.testing.assert_close(value, direct)
    with torch.no_grad():
        ours, *_ = estimator(rbm, **CASES["semi-supervised"][0])._gradient(rows)
        for name, p in (("W", rbm.W), ("b", rbm.b), ("c", rbm.c)):
            flat, slope, step = p.view(-1), ours[name].reshape(-1), 1e-5
            for k in range(0, len(flat), 3):
                flat[k] += step
                up = objective(rbm, rows, 1, 0.3, 0.7)
                flat[k] -= 2 * step
                down = objective(rbm, rows, 1, 0.3, 0.7)
                flat[k] += step
                assert float(slope[k]) == pytest.approx(float(up - down) / (2 * step), abs=1e-8)


def test_without_gaps_the_generative_step_is_that_of_a_plain_machine():
    """The quick way, which leaves the classes that a row is not alone, goes to the same place."""
    X, y = np.random.default_rng(0).random((40, N)).round(), np.arange(40) % K
    quick, slow = (
        ClassRBM(H, objective="generative", unlabelled=mark, n_epochs=3, random_state=0)
        for mark in (None, -1)
    )
    quick.set_params(sampler="exact").fit(X, y), slow.set_params(sampler="exact").fit(X, y)
    for name, value in quick.module_.state_dict().items():
        torch.testing.assert_close(value, slow.module_.state_dict()[name], msg=name)


# ---- sampling ----------------------------------------------------------------------------------

MANY = 20_000


def drawn_rows(p):
    """Rows of bits drawn from probabilities of all states."""
    generator = torch.Generator().manual_seed(3)
    return all_states(N)[torch.multinomial(p, MANY, replacement=True, generator=generator)]


@pytest.mark.parametrize("sweeps", [1, 4, 16])
@pytest.mark.parametrize("label", [None, 0, 2])
def test_chains_that_start_at_the_model_stay_there(sweeps, label):
    rbm = machine()
    joint = torch.logsumexp(log_joint(rbm), 2).exp().detach()
    p = joint.sum(1) if label is None else joint[:, label] / joint[:, label].sum()
    labels = () if label is None else (torch.full((MANY,), label),)
    with torch.no_grad():
        chain = estimator(rbm)._chain(drawn_rows(p), Noise(5).at(sweeps), *labels)
        for _ in range(sweeps):
            v = next(chain)
    assert total_variation(v, p) < 4 * variation_floor(p, MANY)


def test_samples_of_a_class_are_of_that_class():
    rbm = machine()
    model, joint = estimator(rbm), torch.logsumexp(log_joint(rbm), 2).exp().detach()
    for y in range(K):
        p = joint[:, y] / joint[:, y].sum()
        drawn = torch.from_numpy(model.sample(MANY, y=y, n_steps=40, random_state=y))
        assert total_variation(drawn, p) < 4 * variation_floor(p, MANY)
    drawn = torch.from_numpy(model.sample(MANY, n_steps=40, random_state=0))
    assert total_variation(drawn, joint.sum(1)) < 4 * variation_floor(joint.sum(1), MANY)
    with pytest.raises(ValueError, match=r"fit has not seen: \[7\]"):
        model.sample(2, y=7)
    with pytest.raises(ValueError, match="a label or 2 of them"):
        model.sample(2, y=[0, 1, 2])


@pytest.mark.parametrize("label", [None, 1])
def test_what_is_missing_is_drawn_given_the_rest_and_the_class(label):
    rbm = machine()
    joint = torch.logsumexp(log_joint(rbm), 2).exp().detach()
    p = joint.sum(1) if label is None else joint[:, label]
    p = torch.where(all_states(N)[:, 0] == 1, p, 0.0)  # the first bit is seen, and 1
    p = p / p.sum()
    y = None if label is None else np.full(1, label)
    drawn = estimator(rbm).complete(
        [[1.0, *[np.nan] * (N - 1)]], y=y, n_samples=MANY, n_steps=40, random_state=0
    )
    drawn = torch.from_numpy(drawn[:, 0])
    assert total_variation(drawn, p) < 4 * variation_floor(p, MANY)


# ---- learning, and scikit-learn ----------------------------------------------------------------


@pytest.fixture(scope="module")
def digits():
    bunch = load_digits()
    return bunch.data[:600] / 16, np.array(list("abcdefghij"))[bunch.target[:600]]


def small(**params):
    common = {"n_epochs": 25, "batch_size": 20, "optimizer": "adam", "learning_rate": 0.01}
    return ClassRBM(24, **{**common, "random_state": 0, **params})


@pytest.mark.parametrize("goal", ["hybrid", "discriminative", "generative"])
def test_it_learns_to_tell_digits_apart(goal, digits):
    X, y = digits
    model = small(objective=goal).fit(X[:500], y[:500], X_val=X[500:], y_val=y[500:])
    assert model.score(X[500:], y[500:]) > 0.75
    history = model.history_
    assert history["val_error"][-1] == pytest.approx(1 - model.score(X[500:], y[500:]), abs=1e-6)
    log_p = model.predict_log_proba(X[500:])[np.arange(100), model.classes_.searchsorted(y[500:])]
    assert history["val_cross_entropy"][-1] == pytest.approx(-log_p.mean(), rel=1e-4)


def test_it_works_in_pipelines_searches_and_cross_validation(digits):
    X, y = digits
    pipeline = make_pipeline(MinMaxScaler(), small(n_epochs=5))
    scores = cross_val_score(pipeline, X, y, cv=2)
    assert scores.min() > 0.5
    search = GridSearchCV(small(), {"n_epochs": [0, 5]}, cv=2).fit(X, y)
    assert search.best_params_ == {"n_epochs": 5}
    assert set(search.predict(X)) <= set("abcdefghij")


def test_rows_without_a_label_are_learned_from_and_make_no_class(digits):
    X, y = digits
    marked = np.where(np.arange(500) < 60, y[:500], "?")
    plain = {"optimizer": "sgd", "momentum": 0.0, "learning_rate": 0.3}
    whole = small(unlabelled="?", unlabelled_weight=1.0, validation_fraction=0.1, **plain)
    whole.set_params(n_components=8).fit(X[:500], marked)
    assert list(whole.classes_) == list("abcdefghij")
    assert whole.class_prior_.sum() == pytest.approx(1)
    alone = small(**plain).set_params(n_components=8).fit(X[:60], y[:60])
    assert whole.score_samples(X[500:]).mean() > alone.score_samples(X[500:]).mean() + 0.5
    assert len(whole.history_["val_error"]) == 25


def test_a_mark_is_no_label(digits):
    X, y = digits
    with pytest.raises(ValueError, match="got 0 class"):
        small(unlabelled="?").fit(X, np.full(600, "?"))
    with pytest.raises(ValueError, match="none of the rows to validate on has a label"):
        marked = np.full(5, "?")
        small(unlabelled="?").fit(X, y, X_val=X[:5], y_val=marked)
    model = small(unlabelled="?", n_epochs=0).fit(X, y)
    for ask in (lambda: model.score(X[:1], ["?"]), lambda: model.sample(1, y="?")):
        with pytest.raises(ValueError, match="fit has not seen"):
            ask()
    with pytest.raises(ValueError, match="y contains NaN"):
        small().fit(X, np.where(np.arange(600) < 3, np.nan, 1.0))


def test_parameters_are_checked(digits):
    for params, sentence in [
        ({"objective": "both"}, "objective must be one of 'hybrid', 'discriminative', 'gen"),
        ({"generative_weight": -1}, "generative_weight must be >= 0"),
        ({"unlabelled_weight": -1}, "unlabelled_weight must be >= 0"),
        ({"visible": "bits"}, "visible must be one of 'bernoulli'"),
    ]:
        with pytest.raises(ValueError, match=sentence):
            small(**params).fit(*digits)


def test_codes_do_not_depend_on_labels_and_weights_are_named(digits):
    X, y = digits
    model = small(n_epochs=2).fit(X, y)
    np.testing.assert_array_equal(model.transform(X, y), model.transform(X))
    W = np.hstack([model.components_, model.class_components_])
    np.testing.assert_array_equal(W, model.module_.W.detach())
    assert model.components_.shape == (24, 64) and model.class_components_.shape == (24, 10)


def test_the_paper_pins_every_parameter_that_decides_what_is_learned():
    free = {"validation_fraction", "device", "random_state", "verbose"}
    for key, run in larochelle_bengio_2008.RUNS.items():
        assert run["params"].keys() == ClassRBM().get_params().keys() - free
        assert larochelle_bengio_2008.model(key, 3).sampler.n_steps == 1
