"""rbms (DsysDML/rbms)."""

import tempfile
from pathlib import Path

__all__ = ["PACKAGES", "REQUIREMENTS", "ais", "log_z", "rbm"]

REQUIREMENTS = ("rbms==0.5.0", "h5py==3.16.0", "tqdm==4.70.1")
PACKAGES = ("rbms", "torch", "numpy", "h5py")


def rbm(data, *, n_components, n_epochs, batch_size, learning_rate, archive):
    """`rbms.training.pcd.train`, with its HDF5 archive; or only the updates that it makes."""
    import numpy as np

    X = data["X"]
    rows = _dataset(X)
    n_updates = n_epochs * -(-len(X) // batch_size)
    sizes = n_components, n_updates, batch_size, learning_rate

    def train():
        return (_train if archive else _updates)(rows, *sizes)

    def read(model):
        arrays = {name: np.asarray(p) for name, p in model.items()}
        return {"W": arrays["weight_matrix"].T, "b": arrays["vbias"], "c": arrays["hbias"]}

    return train, read


def _dataset(X):
    import numpy as np
    from rbms.dataset.dataset_class import RBMDataset

    ones = np.ones(len(X), dtype=np.float32)
    names = np.arange(len(X))
    return RBMDataset(X, names, ones, names, "synthetic", is_binary=True, device="cpu")


def _train(rows, n_components, n_updates, batch_size, learning_rate):
    import torch
    from rbms.io import load_params
    from rbms.training.pcd import train

    with tempfile.TemporaryDirectory() as folder:
        last = n_updates + 1  # the first is the machine before training
        args = {
            "filename": str(Path(folder) / "rbm.h5"),
            "overwrite": True,
            "restore": False,
            "log": False,
            "training_type": "pcd",
            "num_hiddens": n_components,
            "num_updates": last,
            "batch_size": batch_size,
            "num_chains": batch_size,
            "gibbs_steps": 1,
            "learning_rate": learning_rate,
            "beta": 1.0,
            "no_center": True,
            "L1": 0.0,
            "L2": 0.0,
            "seed": 0,
            "train_size": 1.0,
            "test_size": 0.0,
            "device": "cpu",
            "dtype": torch.float32,
        }
        train(rows, rows, "BBRBM", args, torch.float32, checkpoints=[last])
        params = load_params(args["filename"], last, torch.device("cpu"), torch.float32)
        return params.named_parameters()


def _updates(rows, n_components, n_updates, batch_size, learning_rate):
    import torch
    from rbms.bernoulli_bernoulli.classes import BBRBM
    from rbms.training.pcd import fit_batch_pcd

    params = BBRBM.init_parameters(n_components, rows, torch.device("cpu"), torch.float32)
    params.init_grad()
    chains = params.init_chains(batch_size)
    optimizer = torch.optim.SGD(params.parameters(), lr=learning_rate, maximize=True)
    with torch.no_grad():
        for _ in range(n_updates):
            chosen = torch.randperm(len(rows))[:batch_size]
            batch = rows.data[chosen], rows.weights[chosen]
            optimizer.zero_grad(set_to_none=False)
            chains, _ = fit_batch_pcd(
                batch, chains, params, gibbs_steps=1, beta=1.0, centered=False
            )
            optimizer.step()
    return params.named_parameters()


def ais(data, *, n_chains, n_temperatures):
    """`compute_partition_function_ais`."""
    import torch
    from rbms.partition_function.ais import compute_partition_function_ais

    torch.manual_seed(0)
    params = _params(data["W"], data["b"], data["c"])

    def train():
        return compute_partition_function_ais(n_chains, n_temperatures + 1, params)

    return train, lambda log_z: {"log_z": log_z}


def log_z(data, *, n_hidden):
    """`compute_partition_function` over an array of all hidden states."""
    import torch
    from rbms.partition_function.exact import compute_partition_function

    params = _params(data["W"][:n_hidden], data["b"], data["c"][:n_hidden])
    states = (torch.arange(2**n_hidden)[:, None] >> torch.arange(n_hidden) & 1).float()

    def train():
        return compute_partition_function(params, states)

    return train, lambda log_z: {"log_z": log_z}


def _params(W, b, c):
    import torch
    from rbms.bernoulli_bernoulli.classes import BBRBM

    return BBRBM(*(torch.from_numpy(p) for p in (W.T.copy(), b, c)))
