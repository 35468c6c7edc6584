"""Ours."""

__all__ = [
    "PACKAGES",
    "REQUIREMENTS",
    "ais",
    "autoencoders",
    "dictionary",
    "first_call",
    "log_z",
    "members",
    "memmap",
    "nade",
    "overhead",
    "rbm",
    "recommender",
    "sparse_codes",
]

REQUIREMENTS = ()
PACKAGES = ("unlabeled", "torch", "numpy")


def rbm(data, *, n_components, **options):
    """`RBM.fit`, by CD-1 at a constant rate."""
    import numpy as np

    from unlabeled import RBM

    X = data["X"]

    def train():
        fixed = {"sampler": "cd", "schedule": "constant", "device": "cpu", "random_state": 0}
        return RBM(n_components, **fixed, **options).fit(X)

    def read(model):
        b, c = model.intercept_visible_, model.intercept_hidden_
        return {"W": model.components_, "b": b, "c": c, "backend": np.array(model.backend_)}

    return train, read


def first_call(data, *, array, **options):
    """`RBM.fit` as in `rbm`, on another array; all that it imports is imported before."""
    from importlib import import_module

    import_module("torch._dynamo")  # by the first optimizer that is made
    if options["backend"] == "fast":
        import_module("numba")
    return rbm({"X": data[array]}, **options)


def autoencoders(data, *, model, n_seen, **options):
    """`fit` of an `Autoencoder` or a `VAE`, rectified, at a constant rate."""
    import unlabeled

    X, member = data["X"], {"AE": unlabeled.Autoencoder, "VAE": unlabeled.VAE}[model]
    fixed = {"activation": "relu", "schedule": "constant", "random_state": 0, "device": "cpu"}
    return (
        lambda: member(**fixed, **options).fit(X),
        lambda fitted: {"rebuilt": fitted.reconstruct(X[:n_seen])},
    )


def overhead(data, *, task, n_components, n_epochs, batch_size):
    """Updates of a linear autoencoder by `fit`, in a bare loop, or what the one has more."""
    from statistics import median
    from time import perf_counter

    import numpy as np
    import torch

    from unlabeled import Autoencoder

    X = data["X"]
    n_steps = n_epochs * -(-len(X) // batch_size)

    def fit(n_epochs=n_epochs):
        return Autoencoder(
            n_components,
            hidden_layer_sizes=(),
            output="linear",
            n_epochs=n_epochs,
            batch_size=batch_size,
            schedule="constant",
            random_state=0,
        ).fit(X)

    def bare():
        network = fit(0).module_
        optimizer = torch.optim.Adam(network.parameters(), fused=True)
        batches = torch.from_numpy(X).split(batch_size)
        for _ in range(n_epochs):
            for x in batches:
                loss = (network(x) - x).square().sum() / len(x)
                loss.backward()
                optimizer.step()
                optimizer.zero_grad()

    def microseconds(run):
        began = perf_counter()
        run()
        return (perf_counter() - began) / n_steps * 1e6

    def train():
        if task != "difference":
            return microseconds({"fit": fit, "bare": bare}[task])
        return median(microseconds(fit) - microseconds(bare) for _ in range(3))

    return train, lambda found: {"microseconds": np.array(found)}


def memmap(data, *, held, **options):
    """`RBM.fit` on rows in memory, or on a map of the file, of which memory holds nothing."""
    import os

    import numpy as np

    if held == "memory":
        return rbm({"X": data["X"].reshape(-1, data["X"].shape[-1])}, **options)
    path = os.path.join(data.folder, "X.npy")
    file = os.open(path, os.O_RDONLY)
    os.fsync(file)
    os.posix_fadvise(file, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(file)
    X = np.load(path, mmap_mode="r")
    return rbm({"X": X.reshape(-1, X.shape[-1])}, **options)


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


def nade(data, *, task, backend, n_components, n_rows, n_times):
    """Draw rows from a NADE, or score those it drew; naively: 1 % of a full pass per value."""
    import numpy as np
    import torch

    from unlabeled import NADE

    model = NADE(n_components, n_epochs=1, backend=backend, random_state=0).fit(data["X"])
    drawn = model.sample(n_rows, random_state=0)
    x, rng = torch.from_numpy(drawn), torch.Generator().manual_seed(0)

    def value(d):
        p = torch.sigmoid(model.module_.logits(x)[:, d])
        return torch.bernoulli(p, generator=rng)

    tasks = {
        "score": lambda: model.score_samples(drawn),
        "sample": lambda: model.sample(n_rows, random_state=0),
        "naive": lambda: [value(d) for d in range(0, x.shape[1], 100)],
    }

    def train():
        for _ in range(n_times):
            tasks[task]()

    lit = {} if task == "naive" else {"lit": drawn.sum(1)}
    return train, lambda none: {"backend": np.array(backend), **lit}


def sparse_codes(data, *, alpha, solver):
    """`Dictionary.code` in float32, or without a solver `SparseCoding.transform`."""
    import torch

    from unlabeled import SparseCoding, sparse

    X, D = data["X"], torch.from_numpy(data["D"])
    options = {"alpha": alpha, "backend": "fast", "device": "cpu", "random_state": 0}
    model = SparseCoding(len(D), n_epochs=0, **options).fit(X)
    model.module_.D.data.copy_(D)

    def code():
        chosen = getattr(sparse, solver)()
        return model.module_.code(torch.from_numpy(X), chosen, alpha).numpy()

    return (code if solver else lambda: model.transform(X)), lambda h: {"h": h}


def dictionary(data, *, side, n_components, alpha, batch_size, backend, forgetting):
    """`SparseCoding.partial_fit`, as many batches as it takes to come to scikit-learn's level."""
    from unlabeled import SparseCoding

    case = f"{side}_{n_components}"
    X, T, atoms, level = (
        data[name] for name in (f"X{case}", f"T{side}", f"D{side}", f"level{case}")
    )

    def fresh():
        options = {"alpha": alpha, "batch_size": batch_size, "n_epochs": 0}
        where = {"backend": backend, "device": "cpu", "random_state": 0}
        model = SparseCoding(n_components, forgetting=forgetting, **options, **where)
        model.fit(X).module_.D.data.copy_(model.module_.D.new_tensor(atoms[:n_components]))
        return model

    def batches():
        while True:
            for start in range(0, len(X) - batch_size + 1, batch_size):
                yield X[start : start + batch_size]

    key = f"batches{case}, {backend}, {forgetting}"
    if key not in data:
        model = fresh()
        ready = (-model.partial_fit(x).score(T) <= level for x in batches())
        data[key] = next(n for n, is_ready in enumerate(ready, 1) if is_ready)
    model = fresh()

    def train():
        for _, x in zip(range(data[key]), batches(), strict=False):
            model.partial_fit(x)
        return model

    return train, lambda model: {"D": model.components_}


def ais(data, *, n_chains, n_temperatures, backend):
    """`RBM.log_partition` by annealing."""
    import numpy as np

    model = _machine(data, data["X"], backend=backend)
    sizes = {"n_chains": n_chains, "n_temperatures": n_temperatures}

    def train():
        return model.log_partition("ais", **sizes, random_state=0)

    return train, lambda found: {"log_z": found.value, "backend": np.array(model.backend_)}


def log_z(data, *, n_hidden):
    """`RBM.log_partition` by enumeration, of the first hidden units."""
    import numpy as np

    first = {"W": data["W"][:n_hidden], "b": data["b"], "c": data["c"][:n_hidden]}
    model = _machine(first, np.zeros((1, len(data["b"])), np.float32))
    return lambda: model.log_partition("exact"), lambda found: {"log_z": found.value}


def _machine(parameters, X, **options):
    """An RBM that has not learned from X, but been told."""
    import torch

    from unlabeled import RBM

    model = RBM(len(parameters["c"]), n_epochs=0, device="cpu", random_state=0, **options).fit(X)
    for name in ("W", "b", "c"):
        getattr(model.module_, name).data.copy_(torch.from_numpy(parameters[name]))
    return model


def recommender(data, **options):
    """`RBMRecommender.fit`; predictions are made afterwards."""
    import scipy.sparse as sp

    from unlabeled import RBMRecommender

    user, film, stars = data["train"].T
    X = sp.csr_array((stars.astype("float32"), (user, film)), shape=(943, 1682))

    def train():
        return RBMRecommender(**options, device="cpu", random_state=0).fit(X)

    return train, lambda model: {"predicted": model.predict_ratings(*data["test"].T[:2])}
