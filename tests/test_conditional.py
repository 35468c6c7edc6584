"""What a model that learns from labels promises, for every estimator with `conditional`."""

import numpy as np
import pytest
import torch
from estimators import (
    ROW_BY_ROW,
    assert_same_model,
    differ,
    digits,
    each_conditional,
    make,
    steady,
)
from sklearn.datasets import load_digits

from unlabeled import load

NAMES = np.array(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"])


def labels():
    return NAMES[load_digits().target[:333]]


def conditional(cls, **params):
    return make(cls, conditional=True, **params)


def ask(model, X, y):
    """Everything that the model answers row by row."""
    return {name: getattr(model, name)(X, y) for name in ROW_BY_ROW if hasattr(model, name)}


@each_conditional()
def test_labels_are_learned_from(cls):
    y = labels()
    model = conditional(cls).fit(digits(), y)
    assert list(model.classes_) == sorted(NAMES)
    np.testing.assert_allclose(model.class_prior_, [np.mean(y == c) for c in model.classes_])
    assert differ(model, conditional(cls).fit(digits(), y[::-1]))
    assert_same_model(conditional(cls).fit(digits(), y), model)
    numbers = np.searchsorted(model.classes_, y)
    assert not differ(conditional(cls).fit(digits(), numbers), model)
    assert not differ(conditional(cls).fit(torch.tensor(digits()), torch.tensor(numbers)), model)


@each_conditional()
def test_answers_depend_on_the_label_of_the_row_alone(cls):
    y = labels()
    model = conditional(cls).fit(digits(), y)
    order = np.random.default_rng(0).permutation(333)
    straight, shuffled = ask(model, digits(), y), ask(model, digits()[order], y[order])
    other = ask(model, digits(), np.roll(y, 1))
    for name, value in straight.items():
        np.testing.assert_allclose(shuffled[name], value[order], rtol=2e-5, atol=2e-5)
        assert (other[name] != value).any(), name


@each_conditional()
def test_samples_of_a_class_of_many_and_of_the_prior(cls):
    model = conditional(cls).fit(digits(), labels())
    ones = model.sample(4, y="one", random_state=0)
    np.testing.assert_array_equal(model.sample(4, y=["one"] * 4, random_state=0), ones)
    assert (model.sample(4, y="two", random_state=0) != ones).any()
    assert model.sample(4, random_state=0).shape == (4, 64)
    with pytest.raises(ValueError, match=r"fit has not seen: \['ten'\]"):
        model.sample(4, y="ten")
    with pytest.raises(ValueError, match="y has numbers for labels, but fit has seen words"):
        model.sample(4, y=1)
    with pytest.raises(ValueError, match="a label or 4 of them"):
        model.sample(4, y=["one", "two"])


@each_conditional()
def test_labels_are_asked_for_and_checked(cls):
    model = conditional(cls)
    with pytest.raises(ValueError, match="give y"):
        model.fit(digits())
    with pytest.raises(ValueError, match="got 3 for 333 rows"):
        model.fit(digits(), labels()[:3])
    with pytest.raises(ValueError, match="Unknown label type"):
        model.fit(digits(), np.linspace(0, 1, 333))
    model.fit(digits(), labels())
    for name in set(ROW_BY_ROW) & set(dir(model)):
        with pytest.raises(ValueError, match="give y"):
            getattr(model, name)(digits())
        with pytest.raises(ValueError, match="has not seen"):
            getattr(model, name)(digits()[:1], ["ten"])
    with pytest.raises(ValueError, match="y_val with X_val"):
        conditional(cls).fit(digits(), labels(), X_val=digits()[:5])
    assert not hasattr(model.set_params(conditional=False).fit(digits()), "classes_")
    with pytest.raises(ValueError, match="is not conditional"):
        make(cls).fit(digits()).sample(2, y="one")


@each_conditional()
def test_labels_are_watched_passed_along_and_kept(cls, tmp_path):
    y = labels()
    model = conditional(cls).fit(digits(), y, X_val=digits()[:70], y_val=y[:70])
    assert any(name.startswith("val_") for name in model.history_)
    held_out = conditional(cls, validation_fraction=0.2).fit(digits(), y)
    assert any(name.startswith("val_") for name in held_out.history_)
    if hasattr(model, "fit_transform"):
        H = conditional(cls).fit_transform(digits(), y)
        np.testing.assert_array_equal(H, model.transform(digits(), y))
    model.save(tmp_path)
    again = load(tmp_path)
    np.testing.assert_array_equal(again.classes_, model.classes_)
    drawn = (m.sample(3, random_state=0) for m in (again, model))
    np.testing.assert_array_equal(*drawn)
    again.partial_fit(digits(), y)


@each_conditional()
def test_partial_fit_knows_the_classes_of_fit(cls):
    y = labels()
    pieces = steady(cls, conditional=True).partial_fit(digits(), y).partial_fit(digits(), y)
    whole = steady(cls, conditional=True, n_epochs=2).fit(digits(), y)
    assert not differ(pieces, whole)
    with pytest.raises(ValueError, match="has not seen"):
        pieces.partial_fit(digits()[:1], ["ten"])


@each_conditional()
def test_numbers_keep_their_order_and_are_no_words(cls):
    y = np.arange(333) % 12  # as words, "10" would come before "2"
    model = conditional(cls).fit(digits(), y)
    many = model.sample(12, y=np.arange(12), random_state=0)
    same = model.sample(12, y=torch.arange(12), random_state=0)
    np.testing.assert_array_equal(many, same)
    with pytest.raises(ValueError, match="y has words for labels, but fit has seen numbers"):
        model.sample(1, y="10")
    objects = conditional(cls).fit(digits(), labels().astype(object))
    assert not differ(objects, conditional(cls).fit(digits(), labels()))
    assert objects.sample(2, y="one").shape == (2, 64)
