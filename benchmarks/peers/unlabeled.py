"""Ours."""

__all__ = ["PACKAGES", "REQUIREMENTS", "rbm"]

REQUIREMENTS = ()
PACKAGES = ("unlabeled", "torch", "numpy")


def rbm(data, *, n_components, n_epochs, batch_size, learning_rate, precision, centered):
    """`RBM.fit`."""
    from unlabeled import RBM

    X = data["X"]

    def train():
        model = RBM(
            n_components,
            sampler="cd",
            centered=centered,
            n_epochs=n_epochs,
            batch_size=batch_size,
            learning_rate=learning_rate,
            schedule="constant",
            device="cpu",
            precision=precision,
            random_state=0,
        )
        return model.fit(X)

    def read(model):
        b, c = model.intercept_visible_, model.intercept_hidden_
        return {"W": model.components_, "b": b, "c": c}

    return train, read
