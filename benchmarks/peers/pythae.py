"""pythae (clementchadebec/benchmark_VAE)."""

import tempfile

__all__ = ["PACKAGES", "REQUIREMENTS", "autoencoders"]

REQUIREMENTS = (
    "pythae==0.1.2",
    "annotated-types==0.8.0",
    "cloudpickle==3.1.2",
    "pydantic==2.14.3",
    "pydantic-core==2.50.4",
    "tqdm==4.70.1",
    "typing-inspection==0.4.5",
)
PACKAGES = ("pythae", "torch", "numpy")


def autoencoders(
    data, *, model, n_components, hidden_layer_sizes, n_epochs, batch_size, learning_rate, n_seen
):
    """`BaseTrainer.train` of an `AE` or a `VAE` with networks of the sizes that all have."""
    import torch
    from pythae.data.datasets import BaseDataset
    from pythae.trainers import BaseTrainer, BaseTrainerConfig

    X = torch.from_numpy(data["X"])
    rows = BaseDataset(X, torch.zeros(len(X)))
    network = _model(model, X.shape[1], n_components, hidden_layer_sizes)

    def train():
        with tempfile.TemporaryDirectory() as folder:
            config = BaseTrainerConfig(
                output_dir=folder,
                num_epochs=n_epochs,
                per_device_train_batch_size=batch_size,
                learning_rate=learning_rate,
                optimizer_cls="Adam",
                no_cuda=True,
            )
            BaseTrainer(network, rows, training_config=config).train()
        return network

    def read(network):
        with torch.no_grad():
            h = network.encoder(X[:n_seen]).embedding
            return {"rebuilt": network.decoder(h).reconstruction.numpy()}

    return train, read


def _model(model, d, n_components, sizes):
    import sys
    from itertools import pairwise
    from types import ModuleType

    from pythae.models import AE, VAE, AEConfig, VAEConfig
    from pythae.models.base.base_utils import ModelOutput
    from pythae.models.nn import BaseDecoder, BaseEncoder
    from torch import nn

    def layers(*sizes):
        each = [layer for a, b in pairwise(sizes) for layer in (nn.Linear(a, b), nn.ReLU())]
        return nn.Sequential(*each[:-1])

    class Encoder(BaseEncoder):
        def __init__(self):
            super().__init__()
            n_out = n_components * (2 if model == "VAE" else 1)
            self.latent_dim, self.layers = n_components, layers(d, *sizes, n_out)

        def forward(self, x):
            if model == "AE":
                return ModelOutput(embedding=self.layers(x))
            mean, log_variance = self.layers(x).chunk(2, 1)
            return ModelOutput(embedding=mean, log_covariance=log_variance)

    class Decoder(BaseDecoder):
        def __init__(self):
            super().__init__()
            self.layers = nn.Sequential(layers(n_components, *reversed(sizes), d), nn.Sigmoid())

        def forward(self, z):
            return ModelOutput(reconstruction=self.layers(z))

    # The trainer saves networks of one's own with the module that they come from.
    sys.modules.setdefault(__name__, ModuleType(__name__))
    shape = {"input_dim": (d,), "latent_dim": n_components}
    if model == "AE":
        return AE(AEConfig(**shape), encoder=Encoder(), decoder=Decoder())
    config = VAEConfig(**shape, reconstruction_loss="bce")
    return VAE(config, encoder=Encoder(), decoder=Decoder())
