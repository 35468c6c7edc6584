"""scikit-learn."""

__all__ = ["PACKAGES", "REQUIREMENTS", "rbm"]

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
