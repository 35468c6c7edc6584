"""Surprise (NicolasHug/Surprise): rating prediction in Cython."""

__all__ = ["PACKAGES", "REQUIREMENTS", "recommender"]

REQUIREMENTS = ("scikit-surprise==1.1.5",)
PACKAGES = ("scikit-surprise", "numpy")


def recommender(data, *, method):
    """`fit` of an algorithm at its defaults; predictions are made afterwards."""
    import numpy as np
    import surprise

    triples = [(int(u), int(i), float(r), None) for u, i, r in data["train"]]
    found = surprise.Dataset(surprise.Reader(rating_scale=(1, 5)))
    ratings = found.construct_trainset(triples)
    seed = {"random_state": 0} if method.startswith("SVD") else {"verbose": False}

    def train():
        return getattr(surprise, method)(**seed).fit(ratings)

    def read(model):
        predicted = [model.predict(int(u), int(i)).est for u, i, _ in data["test"]]
        return {"predicted": np.array(predicted)}

    return train, read
