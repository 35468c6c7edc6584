"""learnergy (gugarosa/learnergy). Its RBM needs none of the packages that it plots with."""

__all__ = ["PACKAGES", "REQUIREMENTS", "rbm"]

REQUIREMENTS = ("learnergy==2.0.2",)
PACKAGES = ("learnergy", "torch", "numpy")


def rbm(data, *, n_components, n_epochs, batch_size, learning_rate):
    """`RBM.fit` on a `TensorDataset`."""
    import torch
    from learnergy.models.bernoulli import RBM
    from torch.utils.data import TensorDataset

    X = torch.from_numpy(data["X"])
    rows = TensorDataset(X, torch.zeros(len(X)))

    def train():
        model = RBM(X.shape[1], n_components, steps=1, learning_rate=learning_rate)
        model.fit(rows, batch_size=batch_size, epochs=n_epochs)
        return model

    def read(model):
        W, b, c = (p.detach().numpy() for p in (model.W, model.a, model.b))
        return {"W": W.T, "b": b, "c": c}

    return train, read
