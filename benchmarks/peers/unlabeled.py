"""Ours."""

__all__ = ["PACKAGES", "REQUIREMENTS", "members", "rbm"]

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


def members(data, *, member, **options):
    """`fit` of any member."""
    import numpy as np

    import unlabeled

    X = data["X"]

    def train():
        return getattr(unlabeled, member)(**options, random_state=0).fit(X)

    def read(model):
        term = next(name for name in model.history_ if name not in ("epoch", "seconds"))
        return {"loss": np.array(model.history_[term][-1])}

    return train, read
