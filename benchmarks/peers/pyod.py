"""PyOD (yzhao062/pyod)."""

__all__ = ["PACKAGES", "REQUIREMENTS", "autoencoders"]

REQUIREMENTS = ("pyod==3.6.7", "tqdm==4.70.1")
PACKAGES = ("pyod", "torch", "numpy")


def autoencoders(
    data, *, model, n_components, hidden_layer_sizes, n_epochs, batch_size, learning_rate, n_seen
):
    """`train` of an `AutoEncoder` or a `VAE`, on the loader that its `fit` makes."""
    import torch
    from pyod.utils.torch_utility import TorchDataset

    X = data["X"]
    detector = _detector(model, n_components, list(hidden_layer_sizes))(
        preprocessing=False,
        lr=learning_rate,
        epoch_num=n_epochs,
        batch_size=batch_size,
        device="cpu",
        verbose=0,
        hidden_activation_name="relu",
        batch_norm=False,
        dropout_rate=0.0,
    )
    detector.data_num, detector.feature_size = X.shape

    def train():
        detector.build_model()
        detector.training_prepare()
        loader = torch.utils.data.DataLoader(
            TorchDataset(X=X, y=None), batch_size=batch_size, shuffle=True, drop_last=True
        )
        detector.train(loader)
        return detector.model.eval()

    def read(network):
        with torch.no_grad():
            out = network(torch.from_numpy(X[:n_seen]))
        return {"rebuilt": (out[0] if isinstance(out, tuple) else out).numpy()}

    return train, read


def _detector(model, n_components, sizes):
    from functools import partial

    from pyod.models.auto_encoder import AutoEncoder
    from pyod.models.vae import VAE

    if model == "AE":
        return partial(AutoEncoder, hidden_neuron_list=[*sizes, n_components])
    return partial(
        VAE,
        encoder_neuron_list=sizes,
        decoder_neuron_list=sizes[::-1],
        latent_dim=n_components,
    )
