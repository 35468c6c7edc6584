"""Topics of documents: what the estimator learns, answers and refuses."""

import copy
import math
from functools import cache

import numpy as np
import pytest
import scipy.sparse as sp
import torch

from unlabeled import ReplicatedSoftmax, load
from unlabeled.schedules import Linear

WORDS = ("rain", "wind", "cloud", "flour", "salt", "oil", "and")


def documents(n=300, seed=0):
    """Of weather or of cooking, 3 to 20 words each, and both with `and`."""
    rng = np.random.default_rng(seed)
    weather, cooking = [4, 3, 2, 0, 0, 0, 2], [0, 0, 0, 4, 3, 2, 2]
    lengths = rng.integers(3, 21, n)
    p = np.where(rng.random(n)[:, None] < 0.5, weather, cooking) / 11
    return sp.csr_matrix(np.stack([rng.multinomial(*x) for x in zip(lengths, p, strict=True)]))


@cache
def _fitted(**params):
    common = {"learning_rate": 0.02, "n_epochs": 100, "n_steps": 3, "random_state": 0}
    return ReplicatedSoftmax(2, **common | params).fit(documents())


def fitted(**params):
    """A model of the weather and of cooking; a copy, so that a test may change it."""
    return copy.deepcopy(_fitted(**params)).set_params(vocabulary=WORDS)


@pytest.mark.parametrize("sampler", ["cd", "pcd", "pt"])
def test_it_learns_what_words_come_together(sampler):
    model, X = fitted(sampler=sampler), documents(200, seed=1)
    unigram = ReplicatedSoftmax(1, n_epochs=0, random_state=0).fit(documents()).perplexity(X)
    truth = np.exp(-np.mean([_log_p(v) / v.sum() for v in X.toarray()]))
    found = model.perplexity(X).value
    assert unigram.value > 5.5
    assert truth < found < 1.2 * truth
    weather, cooking = model.reconstruct(np.eye(7)[[0, 3]])
    assert weather[:3].sum() > 5 * weather[3:6].sum()
    assert cooking[3:6].sum() > 5 * cooking[:3].sum()


def _log_p(v):
    p = np.array([[4, 3, 2, 0, 0, 0, 2], [0, 0, 0, 4, 3, 2, 2]]) / 11
    return np.log(0.5 * np.prod(p**v, 1).sum())


def test_scores_are_of_count_vectors_and_perplexity_of_sequences():
    model, X = fitted(), documents(50, seed=1)
    D = np.asarray(X.sum(1))[:, 0]
    coefficient = [
        math.lgamma(v.sum() + 1) - sum(math.lgamma(k + 1) for k in v) for v in X.toarray()
    ]
    per_word = (model.score_samples(X) - coefficient) / D
    perplexity = model.perplexity(X)
    assert perplexity.value == pytest.approx(np.exp(-per_word.mean()))
    assert perplexity.per_word == pytest.approx(np.exp(-(per_word * D).sum() / D.sum()))
    assert model.score_kind_ == "exact" and perplexity.standard_error == 0
    expected = -model.free_energy(X) - [z.value for z in model.log_partition(D.astype(int))]
    np.testing.assert_allclose(model.score_samples(X), expected)
    p = model.next_word_proba(X)
    assert p.shape == (50, 7) and p.dtype == np.float64
    np.testing.assert_allclose(p.sum(1), 1)
    tensor = model.score_samples(torch.from_numpy(X.toarray()))
    np.testing.assert_allclose(tensor.numpy(), expected)


def test_annealed_and_summed_partition_functions_agree(monkeypatch):
    model, X = fitted(), documents(50, seed=1)
    exact = model.perplexity(X)
    sums = [z.value for z in model.log_partition([1, 7, 20])]
    monkeypatch.setattr("unlabeled.energy.counts.by_length.enumerable", lambda unit: False)
    model._forget_estimates()
    assert model.score_kind_ == "ais"
    annealed = model.perplexity(X, random_state=0)
    assert 0 < annealed.standard_error < 0.05
    assert abs(annealed.value - exact.value) < 5 * annealed.standard_error
    for z, value in zip(model.log_partition([1, 7, 20]), sums, strict=True):
        assert z.kind == "ais" and abs(z.value - value) <= 5 * z.standard_error + 1e-9
    short = model.score_samples(X[np.asarray(X.sum(1))[:, 0] < 10])
    np.testing.assert_array_equal(model.score_samples(X)[np.asarray(X.sum(1))[:, 0] < 10], short)


def test_samples_are_as_long_as_is_asked():
    model = fitted()
    asked = model.sample(3, lengths=[1, 50, 7], n_steps=5, random_state=0)
    assert asked.sum(1).tolist() == [1, 50, 7]
    assert (model.sample(3, lengths=9, n_steps=5).sum(1) == 9).all()
    lengths = model.sample(2000, n_steps=1, random_state=0).sum(1)
    known = np.asarray(documents().sum(1))[:, 0]
    assert abs(lengths.mean() - known.mean()) < 4 * known.std() / math.sqrt(2000) + 0.1
    assert {*lengths} <= {*known}
    for wrong in (0, [1, 2], 2.5, [[3], [4]]):
        with pytest.raises(ValueError, match="lengths must be a whole number of words from 1"):
            model.sample(3, lengths=wrong)


def test_chains_keep_the_lengths_of_documents():
    model = fitted(sampler="pcd", n_epochs=1, batch_size=60)
    lengths = np.sort(model.particles_.sum(1))
    known = np.sort(np.asarray(documents().sum(1))[:, 0])
    np.testing.assert_allclose(lengths, known[2::5], atol=1)


def test_top_words_have_names():
    model = fitted().set_params(vocabulary=np.array(WORDS, dtype=object))
    W = model.components_
    assert model.top_words_ == [[WORDS[k] for k in np.argsort(-row)] for row in W]
    assert [len(words) for words in model.top_words(2)] == [2, 2]
    assert model.set_params(vocabulary=None).top_words(1) == [[str(row.argmax())] for row in W]
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame(documents().toarray(), columns=WORDS)
    assert {*ReplicatedSoftmax(1, n_epochs=0).fit(frame).top_words_[0]} == {*WORDS}
    with pytest.raises(ValueError, match="a word for each of the 7 columns of X, got 2"):
        ReplicatedSoftmax(2, vocabulary=["rain", "wind"]).fit(documents())


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (-1, "Negative values in data passed to ReplicatedSoftmax: counts are expected, got -1"),
        (0.5, "needs whole counts, got 0.5; it does not take tf-idf"),
        (2.0**25, "documents of at most 16777216 words"),
        (None, r"a word in every document, but 1 of 300 rows have none \(first: row 7\)"),
    ],
)
def test_what_is_no_document_is_refused_and_nothing_is_learned(change, sentence):
    X = documents().toarray().astype(float)
    X[7] = 0
    X[7, 2] = 0 if change is None else change
    model = fitted()
    before = model.components_
    for call in (model.partial_fit, model.transform, model.score_samples, model.perplexity):
        with pytest.raises(ValueError, match=sentence):
            call(X)
        with pytest.raises(ValueError, match=sentence):
            call(sp.csr_matrix(X))
    np.testing.assert_array_equal(model.components_, before)
    with pytest.raises(ValueError, match=sentence):
        ReplicatedSoftmax(2).fit(X)
    with pytest.raises(ValueError, match=sentence):
        ReplicatedSoftmax(2).fit(documents(), X_val=X)


def test_empty_documents_change_nothing_where_they_are_allowed():
    X = np.vstack([documents(20).toarray(), np.zeros((3, 7))])
    model = fitted().set_params(allow_empty=True)
    assert np.abs(model.score_samples(X)[20:]).max() < 1e-9
    assert model.perplexity(X).value == pytest.approx(model.perplexity(X[:20]).value)
    gradient = model.module_.contrast(
        torch.zeros(3, 7), torch.zeros(3, 2), 3, torch.zeros(3, 7), torch.zeros(3, 2), 3
    )[0]
    assert not any(g.any() for g in gradient.values())


@pytest.mark.parametrize(
    "params",
    [{"sampler": "exact"}, {"n_steps": 0}, {"n_steps": Linear(1, 0)}, {"n_components": 0}],
)
def test_parameters_that_make_no_sense(params):
    with pytest.raises(ValueError, match=next(iter(params))):
        ReplicatedSoftmax(**params).fit(documents())


def test_steps_may_grow(monkeypatch):
    seen = []
    cd = "unlabeled.energy.gibbs.CD.negative"
    monkeypatch.setattr(
        cd, lambda self, rbm, v, *rest: (seen.append(self.n_steps), (v, len(v)))[1]
    )
    fitted(sampler="cd", n_steps=Linear(1, 5), n_epochs=10, batch_size=100)
    assert seen == sorted(seen) and {*seen} == {1, 2, 3, 4, 5}


def test_saved_with_its_words(tmp_path):
    model, X = fitted(), documents(20, seed=1)
    model.save(tmp_path)
    again = load(tmp_path)
    assert again.top_words_ == model.top_words_
    np.testing.assert_array_equal(again.score_samples(X), model.score_samples(X))
    np.testing.assert_array_equal(
        *(m.sample(4, random_state=0, n_steps=9) for m in (again, model))
    )
