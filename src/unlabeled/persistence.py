"""Models and interrupted trainings as files: text and tensors, never pickle."""

import json
import numbers
import platform
import sys
import time
from pathlib import Path

import torch
from safetensors.torch import load_file
from safetensors.torch import save as to_bytes

from unlabeled.engine import distributed
from unlabeled.engine.checkpoint import read_tree, write_bytes, write_tree
from unlabeled.engine.rows import fingerprint
from unlabeled.spec import from_plain, to_plain

__all__ = ["Checkpoint", "load", "save"]

FREE = ("n_epochs", "verbose", "device", "random_state")  # may differ when training goes on
_PAUSE = 60.0  # seconds between checkpoints within an epoch


def save(model, folder) -> None:
    """Write a fitted model to `folder`: `config.json` and `model.safetensors`.

    Parameters
    ----------
    model : Estimator
    folder : str or path

    Raises
    ------
    TypeError
        If a parameter cannot be written as text (a lambda, a network of one's own).
    """
    import sklearn

    import unlabeled

    config = {
        "class": type(model).__name__,
        "module": type(model).__module__,
        "params": plain_params(model),
        "fitted": {name: _listed(getattr(model, name)) for name in _fitted_names(model)},
        "versions": {
            "unlabeled": unlabeled.__version__,
            "torch": str(torch.__version__),
            "scikit-learn": sklearn.__version__,
            "python": platform.python_version(),
        },
    }
    tensors = {k: v.detach().cpu().contiguous() for k, v in model.module_.state_dict().items()}
    write_bytes(Path(folder) / "model.safetensors", to_bytes(tensors))
    write_bytes(Path(folder) / "config.json", json.dumps(config, indent=2).encode())


def load(folder, device: str = "cpu"):
    """Read a model that `save` wrote.

    Parameters
    ----------
    folder : str or path
    device : str, default="cpu"
        Where the model shall live, wherever it was fitted.

    Returns
    -------
    Estimator

    Raises
    ------
    FileNotFoundError
        If there is no model in the folder.
    ValueError
        If its class is not known here.
    """
    path = Path(folder) / "config.json"
    if not path.exists():
        raise FileNotFoundError(f"there is no saved model in {folder}: config.json is missing.")
    config = json.loads(path.read_text())
    model = _class_named(config["class"], config["module"])(
        **{name: from_plain(value) for name, value in config["params"].items()}
    )
    for name, value in config["fitted"].items():
        setattr(model, name, _unlisted(name, value))
    model.module_ = model._seeded_module().to(device).eval()
    model.module_.load_state_dict(load_file(Path(folder) / "model.safetensors", device=device))
    return model


def plain_params(model) -> dict:
    """The model's parameters as text can hold them; a random generator object becomes None."""
    params = model.get_params(deep=False)
    if not isinstance(params.get("random_state"), (numbers.Integral, type(None))):
        params["random_state"] = None
    return {name: _plain(name, value) for name, value in params.items()}


def _plain(name, value):
    try:
        return to_plain(value)
    except TypeError as error:
        raise TypeError(f"{name} {error}") from None


def _fitted_names(model):
    return [name for name in model._saved_attributes if hasattr(model, name)]


def _listed(value):
    return value.tolist() if hasattr(value, "tolist") else value


def _unlisted(name, value):
    import numpy as np

    if name == "feature_names_in_":
        return np.array(value, dtype=object)
    if name in ("classes_", "class_prior_"):
        return np.array(value)
    return tuple(value) if isinstance(value, list) else value


def _class_named(name: str, module: str):
    """A public class of the library, or one of a module that has been imported already."""
    import unlabeled

    if module.startswith("unlabeled.") and name in unlabeled.__all__:
        return getattr(unlabeled, name)
    made_of = getattr(sys.modules.get(module), name, None)
    if not (isinstance(made_of, type) and hasattr(made_of, "_saved_attributes")):
        raise ValueError(f"a {name} of {module} was saved; import that module before loading.")
    return made_of


class Checkpoint:
    """One file in a folder from which a training goes on as if it had never stopped.

    Parameters
    ----------
    folder : str, path or None
        None does nothing.
    model : Estimator
        About to be trained.
    rows : Rows
        Its data; the checkpoint of other data is refused.

    Raises
    ------
    ValueError
        If the folder holds a training with other parameters or on other data.
    """

    def __init__(self, folder, model, rows):
        self.model, self.seed, self._state = model, None, None
        self.path = None if folder is None else Path(folder) / "checkpoint.safetensors"
        if self.path is None:
            return
        self.identity = {
            "class": type(model).__name__,
            "params": {k: v for k, v in plain_params(model).items() if k not in FREE},
            "data": fingerprint(rows),
        }
        self._last = time.monotonic()
        if self.path.exists():
            self._state = read_tree(self.path)
            self._require_same(self._state["identity"])
            self.seed = self._state["training"]["seed"]
            self._require_seed(model.random_state)

    def _require_same(self, found):
        for what, wanted in self.identity.items():
            there = found[what]
            if what == "params":
                there, wanted = _differing(there, wanted)
            if there != wanted:
                raise ValueError(
                    f"{self.path} was left by a training with other {what}: {there} there, "
                    f"{wanted} here; choose another folder or delete it."
                )

    def _require_seed(self, random_state):
        if isinstance(random_state, numbers.Integral) and random_state != self.seed:
            raise ValueError(
                f"{self.path} was left by a training with random_state={self.seed}, got "
                f"{random_state}; choose another folder or delete it."
            )

    def restore(self) -> bool:
        """Put everything back; returns whether that training had been stopped early.

        Callbacks get their state back by kind and order among their kind; one that has left takes
        its wish to stop along.
        """
        if self._state is None:
            return False
        state, self._state, model = self._state, None, self.model
        model.module_.load_state_dict(state["module"])
        model._training.load_state_dict(state["training"])
        model.history_ = state["history"]
        waiting = list(_callbacks(model))
        for name, kept in state["callbacks"]:
            callback = next((c for c in waiting if type(c).__name__ == name), None)
            if callback is None:
                state["stopped"] = False
                continue
            waiting.remove(callback)
            if kept is not None:
                callback.load_state_dict(kept)
        return state["stopped"]

    def write(self, stopped: bool = False) -> None:
        """Save the present state, whole or not at all (by the first process, for all)."""
        if self.path is None:
            return
        model = self.model
        tree = {
            "identity": self.identity,
            "module": dict(model.module_.state_dict()),
            "training": model._training.state_dict(),
            "history": model.history_,
            "callbacks": [
                (type(c).__name__, c.state_dict() if hasattr(c, "state_dict") else None)
                for c in _callbacks(model)
            ],
            "stopped": bool(stopped),
        }
        if distributed.rank() == 0:
            write_tree(self.path, tree)
        self._last = time.monotonic()

    def now_and_then(self) -> None:
        """Save within a long epoch, once a minute (one process alone: clocks differ)."""
        if self.path is None or distributed.world() > 1:
            return
        if time.monotonic() - self._last > _PAUSE and self._healthy():
            self.write()

    def _healthy(self) -> bool:
        tensors = [*self.model.module_.state_dict().values(), *self.model._training.sums.values()]
        return all(bool(torch.isfinite(t).all()) for t in tensors)


def _differing(there: dict, here: dict) -> tuple[dict, dict]:
    """What two dictionaries do not share, of each."""
    return (
        {k: v for k, v in there.items() if k not in here or here[k] != v},
        {k: v for k, v in here.items() if k not in there or there[k] != v},
    )


def _callbacks(model):
    return getattr(model, "_skl_callbacks", [])
