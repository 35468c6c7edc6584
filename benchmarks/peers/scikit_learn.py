"""scikit-learn."""

__all__ = ["PACKAGES", "REQUIREMENTS", "dictionary", "first_call", "rbm", "sparse_codes"]

REQUIREMENTS = ()
PACKAGES = ("scikit-learn", "numpy")


def rbm(data, *, n_components, n_epochs, batch_size, learning_rate):
    """`BernoulliRBM.fit`, which keeps the dtype of its input."""
    from sklearn.neural_network import BernoulliRBM

    X = data["X"]

    def train():
        model = BernoulliRBM(
            n_components,
            n_iter=n_epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            random_state=0,
        )
        return model.fit(X)

    def read(model):
        b, c = model.intercept_visible_, model.intercept_hidden_
        return {"W": model.components_, "b": b, "c": c}

    return train, read


def first_call(data, *, array, **options):
    """`BernoulliRBM.fit` as in `rbm`, on another array."""
    return rbm({"X": data[array]}, **options)


def sparse_codes(data, *, alpha):
    """`sparse_encode` by coordinate descent."""
    import numpy as np
    from sklearn.decomposition import sparse_encode

    X, D = data["X"].astype(np.float64), data["D"].astype(np.float64)
    return lambda: sparse_encode(X, D, algorithm="lasso_cd", alpha=alpha), lambda h: {"h": h}


def dictionary(data, *, side, n_components, alpha, batch_size):
    """One pass of `MiniBatchDictionaryLearning`."""
    X, atoms = data[f"X{side}_{n_components}"], data[f"D{side}"][:n_components]

    def train():
        from sklearn.decomposition import MiniBatchDictionaryLearning

        return MiniBatchDictionaryLearning(
            n_components,
            alpha=alpha,
            max_iter=1,
            batch_size=batch_size,
            dict_init=atoms,
            tol=0,
            max_no_improvement=None,
            random_state=0,
        ).fit(X)

    return train, lambda model: {"D": model.components_}
