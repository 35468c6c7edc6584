"""Choices that carry options of their own: units, samplers, schedules."""

import inspect
import numbers
import sys
from importlib import import_module
from typing import Any

__all__ = ["Spec", "choose", "from_plain", "to_plain"]


class Spec:
    """A small object that is described by the arguments of its constructor.

    Its subclasses store every argument under its own name, so that they print as they were
    written and can be saved as text (see :mod:`unlabeled.persistence`).

    Examples
    --------
    >>> from unlabeled.energy import CD
    >>> CD(n_steps=3)
    CD(n_steps=3)
    >>> CD(3).options()
    {'n_steps': 3}
    """

    @classmethod
    def option_names(cls) -> list[str]:
        """Names of the constructor's arguments, in order."""
        parameters = inspect.signature(cls.__init__).parameters.values()
        named = [p.name for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
        return named[1:]

    def options(self) -> dict:
        """The constructor's arguments as they were given."""
        return {name: getattr(self, name) for name in self.option_names()}

    def __repr__(self):
        inside = ", ".join(f"{name}={value!r}" for name, value in self.options().items())
        return f"{type(self).__name__}({inside})"


def choose(value, names: dict[str, type], kind: type, what: str):
    """Resolve "a name or an object".

    Parameters
    ----------
    value : str or `kind`
        What the user gave.
    names : dict
        The classes that may be asked for by name.
    kind : type
        What an object must be an instance of.
    what : str
        The parameter's name, for the error message.

    Returns
    -------
    `kind`
        `value` itself, or the named class with its default options.

    Raises
    ------
    ValueError
        If the name is not known.
    TypeError
        If it is neither a name nor a `kind`.
    """
    if isinstance(value, str):
        if value not in names:
            known = ", ".join(repr(name) for name in names)
            raise ValueError(f"{what} must be one of {known} or an object, got {value!r}.")
        return names[value]()
    if not isinstance(value, kind):
        raise TypeError(
            f"{what} must be a name or a {kind.__name__} object, got {type(value).__name__}."
        )
    return value


def to_plain(value):
    """A parameter's value as JSON can hold it.

    Raises
    ------
    TypeError
        For functions, networks and other objects that text cannot describe.
    """
    if isinstance(value, Spec):
        name = f"{type(value).__module__}:{type(value).__qualname__}"
        return {"object": name, "options": {k: to_plain(v) for k, v in value.options().items()}}
    if isinstance(value, tuple):
        return {"tuple": [to_plain(x) for x in value]}
    if isinstance(value, list):
        return [to_plain(x) for x in value]
    if isinstance(value, type) and value.__module__.startswith("torch.optim"):
        return {"optimizer": value.__name__}
    if _is_network(value) and "<" not in value.__qualname__:
        return {"network": f"{value.__module__}:{value.__qualname__}"}
    if hasattr(value, "tolist") and getattr(value, "ndim", 0) in (1, 2):  # of few numbers
        return to_plain(value.tolist())
    item = getattr(value, "item", None)  # of a NumPy scalar
    if isinstance(value, numbers.Number) and item is not None:
        return item()
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    raise TypeError(
        f"cannot be written as text: {value!r}; use a number, a name, a torch.optim class, a "
        "torch.nn.Module class from the top of a module, or one of the library's objects (a "
        "schedule instead of a lambda)."
    )


def _is_network(value) -> bool:
    if not isinstance(value, type):
        return False
    import torch

    return issubclass(value, torch.nn.Module)


def from_plain(value):
    """Undo :func:`to_plain`.

    Objects are made only of `Spec` classes, and networks are only `torch.nn.Module` classes, from
    this library, from torch.nn, or from a module that has been imported already.

    Raises
    ------
    ValueError
        If the class is not known here.
    """
    if isinstance(value, list):
        return [from_plain(x) for x in value]
    if not isinstance(value, dict):
        return value
    if "tuple" in value:
        return tuple(from_plain(x) for x in value["tuple"])
    if "optimizer" in value:
        return getattr(import_module("torch.optim"), value["optimizer"])
    if "network" in value:
        return _known(value["network"], _is_network)
    made_of = _known(value["object"], lambda c: isinstance(c, type) and issubclass(c, Spec))
    return made_of(**{k: from_plain(v) for k, v in value["options"].items()})


def _known(place: str, accepted):
    """What "module:name" stands for, if it is accepted."""
    module, _, name = place.partition(":")
    if module.startswith(("unlabeled.", "torch.nn.")):
        import_module(module)
    found: Any = sys.modules.get(module)
    for part in name.split("."):
        found = getattr(found, part, None)
    if not accepted(found):
        raise ValueError(f"{place} is not known here; import its module before loading.")
    return found
