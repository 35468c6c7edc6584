"""Predicting ratings of films that were held out."""

import numpy as np

from benchmarks.contest import Benchmark, Contestant

__all__ = ["BENCHMARK", "data"]

CASE = "MovieLens 100k, fold u1"


def data(n_rows: int) -> dict[str, np.ndarray]:
    """The fold u1 of MovieLens 100k, which is downloaded if it is not at hand.

    Parameters
    ----------
    n_rows : int
        Ratings to learn from, at most 80,000.

    Returns
    -------
    dict
        "train" and "test", each of shape (n, 3): user, film, stars.
    """
    from unlabeled.datasets import load_movielens

    train, test = (_triples(X) for X in load_movielens("100k", "u1"))
    chosen = np.random.default_rng(0).permutation(len(train))[:n_rows]
    return {"train": train[np.sort(chosen)], "test": test}


def _triples(X):
    return np.stack([*X.nonzero(), X.data], 1).astype(np.int64)


def worth(found, data) -> float:
    """Root of the mean squared error on the ratings held out, in stars."""
    return float(np.sqrt(np.mean((found["predicted"] - data["test"][:, 2]) ** 2)))


def _theirs(name, method, note):
    return Contestant(name, "surprise", {"method": method}, note)


BENCHMARK = Benchmark(
    name="recommender",
    title="Rating prediction: learning 80,000 ratings of films",
    rows=80_000,
    data=data,
    options={},
    cases={CASE: {}},
    contestants=(
        Contestant(
            "RBM of items",
            "unlabeled",
            {"n_components": 400, "n_epochs": 22, "learning_rate": 0.05, "weight_decay": 1e-3},
            "`RBMRecommender`, with the hyper-parameters of the results.",
        ),
        _theirs("SVD++", "SVDpp", "Surprise's `SVDpp` at its defaults, which it is known for."),
        _theirs("SVD", "SVD", "Surprise's matrix factorisation with biases."),
        _theirs("k-NN with baselines", "KNNBaseline", "Surprise's `KNNBaseline`."),
        _theirs("baselines", "BaselineOnly", "a bias for every user and every film."),
    ),
    worth=worth,
    worth_name="RMSE",
    worth_format=".4f",
    rate="",
)
