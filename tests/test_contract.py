"""What every public estimator promises in docs/contract.md, on real digits."""

import inspect
import pickle
import random

import numpy as np
import pytest
import torch
from estimators import (
    REALS,
    answers,
    assert_same_model,
    differ,
    digits,
    each,
    each_with,
    fitted,
    make,
    steady,
    timeless,
    told,
    weights,
)
from sklearn.base import clone, is_classifier

from unlabeled.engine import device

SHARED = ("n_epochs", "batch_size", "validation_fraction", "random_state", "verbose", "device")
GRADIENT = ("learning_rate", "schedule", "optimizer", "max_gradient_norm", "precision")


# ---- constructing ------------------------------------------------------------------------------


@each()
def test_the_constructor_stores_its_arguments_and_nothing_else(cls):
    parameters = inspect.signature(cls.__init__).parameters
    given = {name: object() for name in parameters if name != "self"}
    model = cls(**given)
    assert vars(model) == given
    assert all(getattr(model, name) is value for name, value in given.items())


@each()
def test_only_the_size_is_positional_and_shared_words_are_there(cls):
    parameters = list(inspect.signature(cls.__init__).parameters.values())[1:]
    positional = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert positional in ([], ["n_components"], ["hidden_layer_sizes"])
    names = {p.name for p in parameters}
    assert names >= set(SHARED)
    assert "optimizer" not in names or names >= set(GRADIENT)


@each()
def test_the_docstring_describes_every_parameter(cls):
    text = inspect.getdoc(cls)
    for name in inspect.signature(cls.__init__).parameters:
        assert name == "self" or f"\n{name} : " in text, name


@each()
def test_clone_forgets_what_was_learned_and_learns_the_same(cls):
    model = fitted(cls)
    twin = clone(model)
    assert {k: repr(v) for k, v in twin.get_params().items()} == {
        k: repr(v) for k, v in model.get_params().items()
    }
    assert not hasattr(twin, "module_")
    assert_same_model(twin.fit(*told(cls)), model)


@each()
def test_set_params_is_what_the_next_fit_uses(cls):
    model = fitted(cls).set_params(random_state=7, n_epochs=1)
    assert_same_model(model.fit(*told(cls)), make(cls, random_state=7, n_epochs=1).fit(*told(cls)))


# ---- learning ----------------------------------------------------------------------------------


@each()
def test_fit_returns_self_and_ignores_labels_that_it_needs_not(cls):
    model = make(cls)
    X, *y = told(cls)
    assert model.fit(X, *(y or [np.arange(len(X)) % 3])) is model
    assert_same_model(model, fitted(cls))


@each("score_samples")
def test_learning_raises_the_log_density_of_rows_held_out(cls):
    train, test = told(cls, digits()[:250]), digits()[250:]
    before = make(cls, n_epochs=0).fit(*train).score_samples(test).mean()
    after = make(cls, n_epochs=40, batch_size=10).fit(*train).score_samples(test).mean()
    assert after > before + 0.3


@each("predict_proba")
def test_learning_raises_the_accuracy_of_rows_held_out(cls):
    train, test = told(cls, digits()[:250]), told(cls, digits()[250:], 250)
    before = make(cls, n_epochs=0).fit(*train).score(*test)
    assert make(cls, n_epochs=40, batch_size=10).fit(*train).score(*test) > before + 0.3


@each()
def test_no_epochs_leave_a_model_that_answers(cls):
    model = make(cls, n_epochs=0).fit(*told(cls))
    assert timeless(model.history_) == {"epoch": []}
    assert all(np.isfinite(x).all() for x in answers(model, digits()).values())


@each()
def test_same_seed_same_model_other_seed_other_model(cls):
    assert_same_model(make(cls).fit(*told(cls)), fitted(cls))
    assert differ(make(cls, random_state=1).fit(*told(cls)), fitted(cls))
    assert differ(make(cls, random_state=None).fit(*told(cls)), fitted(cls))


@each()
def test_a_generator_object_moves_on_between_fits(cls):
    one, two = np.random.default_rng(3), np.random.default_rng(3)
    first, second = (make(cls, random_state=one).fit(*told(cls)) for _ in range(2))
    assert differ(first, second)
    assert_same_model(make(cls, random_state=two).fit(*told(cls)), first)
    make(cls, random_state=np.random.RandomState(3)).fit(*told(cls))


def global_states():
    numpy_state = pickle.dumps(np.random.get_state())  # noqa: NPY002
    return random.getstate(), numpy_state, torch.get_rng_state().tolist()


@each()
def test_global_generators_are_neither_read_nor_moved(cls, monkeypatch):
    def fail(*args):
        raise AssertionError("the generators of CUDA were seeded")

    monkeypatch.setattr(torch.cuda, "manual_seed_all", fail)
    monkeypatch.setattr(torch.cuda, "manual_seed", fail)
    kept = global_states()
    model = make(cls, validation_fraction=0.2).fit(*told(cls)).partial_fit(*told(cls))
    answers(model, digits())
    if hasattr(model, "sample"):
        model.sample(3, random_state=0)
    if hasattr(model, "complete"):
        model.complete(digits()[:2], np.ones(64, bool), random_state=0)
    assert global_states() == kept
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(1)
        assert_same_model(make(cls).fit(*told(cls)), fitted(cls))


@each()
@pytest.mark.parametrize("batch_size", [1, 83, 332, 333, 1000])
def test_any_batch_size_and_a_ragged_last_batch(cls, batch_size):
    model = make(cls, batch_size=batch_size, n_epochs=1).fit(*told(cls))
    assert model._training.step == -(-333 // batch_size)
    assert all(torch.isfinite(w).all() for w in weights(model).values())
    assert all(np.isfinite(column).all() for column in model.history_.values())


@each()
@pytest.mark.parametrize("shape", [(1, 64), (333, 1), (1, 1), (2, 64)])
def test_one_row_and_one_column(cls, shape):
    if shape[0] == 1 and is_classifier(make(cls)):
        pytest.skip("needs two classes")
    X = digits()[: shape[0], -shape[1] :] if shape[1] > 1 else digits()[: shape[0], 21:22]
    model = make(cls, **REALS.get(cls.__name__, {})).fit(*told(cls, X))
    assert model.n_features_in_ == shape[1]
    for name, value in answers(model, X).items():
        assert len(value) == shape[0], name
        assert np.isfinite(value).all(), name


@each_with("precision")
def test_bf16_learns_about_the_same(cls, monkeypatch):
    monkeypatch.setattr(device, "_multiplies_bf16", lambda kind: True)  # slowly, if need be
    exact, rough = (
        make(cls, n_epochs=5, batch_size=64, precision=p).fit(*told(cls))
        for p in ("float32", "bf16")
    )
    assert all(w.dtype != torch.bfloat16 for w in weights(rough).values())
    assert differ(exact, rough)
    for name, column in exact.history_.items():
        if name != "seconds":
            assert rough.history_[name][-1] == pytest.approx(column[-1], rel=0.05), name


@each()
def test_partial_fit_is_a_pass_in_batches(cls):
    model = steady(cls)
    for _ in range(2):
        assert model.partial_fit(*told(cls)) is model
    twice = steady(cls, n_epochs=2).fit(*told(cls))
    assert model._training.step == twice._training.step == 14
    assert model.history_["epoch"] == [1, 2]
    ours, theirs = weights(model), weights(twice)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)


@each()
def test_partial_fit_goes_on_after_fit(cls):
    model = steady(cls, n_epochs=2).fit(*told(cls)).partial_fit(*told(cls))
    whole = steady(cls, n_epochs=3).fit(*told(cls))
    ours, theirs = weights(model), weights(whole)
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    assert model.history_["epoch"] == [1, 2, 3]
    assert len({len(column) for column in model.history_.values()}) == 1


@each("score_samples")
def test_partial_fit_drops_what_was_computed_before(cls):
    asked, fresh = steady(cls).fit(*told(cls)), steady(cls).fit(*told(cls))
    asked.score(*told(cls))
    asked.partial_fit(*told(cls)), fresh.partial_fit(*told(cls))
    assert asked.score(*told(cls)) == fresh.score(*told(cls))


@each()
def test_a_second_fit_starts_afresh(cls):
    model = make(cls).fit(*told(cls, digits()[:, :40]))
    answers(model, digits()[:, :40])
    model.fit(*told(cls))
    assert_same_model(model, fitted(cls))
    again, first = answers(model, digits()), answers(fitted(cls), digits())
    assert all(np.array_equal(again[name], first[name]) for name in first)


@each()
def test_history_has_a_number_for_every_epoch_and_term(cls, capsys):
    model = make(cls, n_epochs=3, validation_fraction=0.1, verbose=1).fit(*told(cls))
    history = model.history_
    assert history["epoch"] == [1, 2, 3]
    assert {len(column) for column in history.values()} == {3}
    assert all(type(x) is float for name in history if name != "epoch" for x in history[name])
    assert all(seconds > 0 for seconds in history["seconds"])
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 3 and all(name in lines[2] for name in history)
    assert not any(name.startswith("val_") for name in fitted(cls).history_)


@each()
def test_rows_to_watch_are_watched_and_not_learned_from(cls):
    X, *y = told(cls, digits()[:70].copy())
    watched = make(cls).fit(*told(cls), X_val=X, **({"y_val": y[0]} if y else {}))
    ours, theirs = weights(watched), weights(fitted(cls))
    assert all(torch.equal(ours[name], theirs[name]) for name in theirs)
    terms = watched._means(watched._rows_to_learn(X, *y or [None]), torch.arange(70))
    assert terms
    for name, value in terms.items():
        assert watched.history_[f"val_{name}"][-1] == pytest.approx(value, rel=1e-6)


@each()
def test_the_validation_fraction_is_held_out(cls):
    if not cls._holds_out_rows:
        pytest.skip("holds out parts of rows")
    seen = []

    class Watched(cls):
        def _step(self, batch):
            seen.append(batch.index)
            return super()._step(batch)

    Watched(**make(cls, n_epochs=1, validation_fraction=0.25).get_params()).fit(*told(cls))
    rows = torch.cat(seen).tolist()
    assert len(rows) == len(set(rows)) == 333 - 83
