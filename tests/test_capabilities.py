"""What the capabilities of every public estimator promise, and what scikit-learn makes of them."""

import numpy as np
import pytest
import torch
from estimators import ROW_BY_ROW, answers, assert_same_model, digits, each, fitted, make, told
from sklearn.base import clone, is_classifier
from sklearn.model_selection import GridSearchCV, KFold
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline


@each()
def test_a_model_keeps_its_capabilities_whole(cls):
    for first, *others in [
        ("transform", "fit_transform", "get_feature_names_out", "set_output"),
        ("reconstruct", "transform", "inverse_transform", "reconstruction_error"),
        ("score_samples", "score"),
        ("predict", "predict_proba", "score"),
    ]:
        if hasattr(cls, first):
            assert all(hasattr(cls, name) for name in others), first
    if hasattr(cls, "score_samples"):
        assert fitted(cls).score_kind_ in ("exact", "ais", "lower bound")


@each()
def test_shapes_and_dtypes(cls):
    model, X = fitted(cls), digits()[:7]
    shapes = {"reconstruct": (7, 64), "reconstruction_error": (7,), "score_samples": (7,)}
    for name, value in answers(model, X).items():
        assert isinstance(value, np.ndarray), name
        assert value.shape == shapes.get(name, value.shape) and len(value) == 7, name
        if name in ("predict_proba", "score_samples", "free_energy", "pseudo_log_likelihood"):
            assert value.dtype == np.float64, name
        elif name != "predict":
            assert value.dtype == np.float32, name
    if hasattr(model, "score"):
        assert type(model.score(*told(cls, X))) is float
    if hasattr(model, "score_samples") and not is_classifier(model):
        assert model.score(X) == pytest.approx(model.score_samples(X).mean(), rel=1e-12)


@each("predict_proba")
def test_probabilities_of_classes(cls):
    model, X = fitted(cls), digits()
    p = model.predict_proba(X)
    assert p.shape == (333, len(model.classes_))
    np.testing.assert_allclose(p.sum(1), 1, rtol=1e-12)
    np.testing.assert_allclose(model.predict_log_proba(X), np.log(p), rtol=1e-9)
    predicted = model.predict(X)
    np.testing.assert_array_equal(predicted, model.classes_[p.argmax(1)])
    _, y = told(cls)
    assert model.score(X, y) == np.mean(predicted == y)
    names = np.array(list("abcdefghij"))
    words = make(cls).fit(X, names[y])
    np.testing.assert_array_equal(words.predict(X), names[predicted])
    assert words.score(X, names[y]) == model.score(X, y)


@each("predict_proba")
def test_labels_of_a_classifier_are_checked(cls):
    X, y = told(cls)
    with pytest.raises(ValueError, match="give y, a label for every row"):
        make(cls).fit(X)
    with pytest.raises(ValueError, match="got 3 for 333 rows"):
        make(cls).fit(X, y[:3])
    with pytest.raises(
        ValueError, match=r"at least two classes to tell apart, got 1 class: \[7\]"
    ):
        make(cls).fit(X, np.full(333, 7))
    with pytest.raises(ValueError, match="y_val with X_val"):
        make(cls).fit(X, y, X_val=X)
    with pytest.raises(ValueError, match=r"has not seen: \[77\]"):
        make(cls).fit(X, y, X_val=X, y_val=np.where(y == 3, 77, y))
    with pytest.raises(ValueError, match=r"has not seen: \[77\]"):
        fitted(cls).score(X[:1], [77])
    with pytest.raises(ValueError, match="y has words for labels, but fit has seen numbers"):
        fitted(cls).score(X[:1], ["7"])
    with pytest.raises(ValueError, match=r"has not seen: \[77\]"):
        fitted(cls).partial_fit(X[:1], [77])
    later = make(cls).partial_fit(X[:2], y[:2], classes=np.arange(10))
    assert later.partial_fit(X, y).predict_proba(X).shape == (333, 10)


@each("reconstruct")
def test_reconstruction_is_encoding_and_decoding(cls):
    model, X = fitted(cls), digits()[:20]
    back = model.inverse_transform(model.transform(X))
    np.testing.assert_array_equal(back, model.reconstruct(X))
    per_feature = model.reconstruction_error(X, per_feature=True)
    np.testing.assert_allclose(
        per_feature, (model._compared(torch.tensor(X)).numpy() - back) ** 2, atol=1e-6
    )
    np.testing.assert_allclose(per_feature.sum(1), model.reconstruction_error(X), rtol=1e-5)


@each()
@pytest.mark.parametrize("rows", [1, 50])
def test_answers_depend_neither_on_batches_nor_on_the_order_of_rows(cls, rows, monkeypatch):
    model, X = fitted(cls), digits()
    whole = answers(model, X)
    order = np.random.default_rng(0).permutation(len(X))
    monkeypatch.setattr("unlabeled.base.INFERENCE_ROWS", rows)
    shuffled = answers(model, X[order])
    assert whole and whole.keys() <= set(ROW_BY_ROW)
    for name, value in whole.items():
        tight = 1e-10 if value.dtype == np.float64 else 2e-5
        np.testing.assert_allclose(shuffled[name], value[order], rtol=tight, atol=tight)


@each("sample")
def test_samples_come_from_their_seed(cls):
    model = fitted(cls)
    draws = model.sample(5, random_state=0)
    assert draws.shape == (5, 64) and draws.dtype == np.float32
    np.testing.assert_array_equal(model.sample(5, random_state=0), draws)
    assert (model.sample(5, random_state=1) != draws).any()
    assert (model.sample(5) != model.sample(5)).any()
    assert len(np.unique(draws, axis=0)) > 1
    generator = np.random.default_rng(0)
    first, second = (model.sample(5, random_state=generator) for _ in range(2))
    assert (first != second).any()


@each("complete")
def test_completion_keeps_what_is_seen_bit_by_bit(cls):
    model = fitted(cls)
    X = digits()[:6] * np.float32(0.3) + np.float32(0.1)
    missing = np.zeros((6, 64), bool)
    missing[:, 32:] = True
    hidden = np.where(missing, np.nan, X)
    drawn = model.complete(hidden, n_steps=3, random_state=0)
    assert drawn.dtype == np.float32 and np.isfinite(drawn).all()
    np.testing.assert_array_equal(drawn[~missing], X[~missing])
    for mask in (missing, missing[0], torch.from_numpy(missing)):
        same = model.complete(X, mask, n_steps=3, random_state=0)
        np.testing.assert_array_equal(same, drawn)
    many = model.complete(X, missing, n_samples=4, n_steps=3, random_state=0)
    assert many.shape == (4, 6, 64)
    assert (many[:, :, 32:].std(0) > 0).any() and (many[:, :, :32] == X[:, :32]).all()
    untouched = model.complete(X, np.zeros(64, bool), n_steps=3)
    np.testing.assert_array_equal(untouched, X)


@each("transform")
def test_a_pipeline_may_pass_labels_along(cls):
    _, *y = told(cls)
    y = y[0] if y else digits()[:, 28].astype(int)
    pipeline = make_pipeline(make(cls), GaussianNB()).fit(digits(), y)
    assert pipeline.predict(digits()).shape == (333,)
    assert_same_model(pipeline[0], fitted(cls))


@each("score")
def test_grid_search_compares_scores_on_rows_held_out(cls):
    folds = KFold(2)
    model = make(cls, batch_size=10)
    search = GridSearchCV(model, {"n_epochs": [0, 40]}, cv=folds).fit(*told(cls))
    assert search.best_params_ == {"n_epochs": 40}
    train, test = ([a[index] for a in told(cls)] for index in next(folds.split(digits())))
    ours = clone(model).set_params(n_epochs=40).fit(*train).score(*test)
    assert search.cv_results_["split0_test_score"][1] == ours


@each("transform")
@pytest.mark.parametrize("library", ["pandas", "polars"])
def test_frames_in_and_out(cls, library):
    module = pytest.importorskip(library)
    names = [f"pixel {k}" for k in range(64)]
    if library == "pandas":
        X = module.DataFrame(digits(), columns=names, index=range(1000, 1333))
    else:
        X = module.DataFrame(digits().copy(), schema=names)
    model = make(cls).set_output(transform=library).fit(*told(cls, X))
    assert list(model.feature_names_in_) == names
    H = model.transform(X)
    assert isinstance(H, module.DataFrame)
    assert list(H.columns) == list(model.get_feature_names_out())
    assert list(H.columns)[:2] == [f"{cls.__name__.lower()}{k}" for k in range(2)]
    assert library == "polars" or list(H.index) == list(X.index)
    np.testing.assert_array_equal(H.to_numpy(), fitted(cls).transform(digits()))
    assert_same_model(model, fitted(cls))
    with pytest.raises(ValueError, match="feature names should match"):
        model.transform(X[names[::-1]])
