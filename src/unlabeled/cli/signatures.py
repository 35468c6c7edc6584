"""Options of a command, read from the signature and the numpydoc docstring of what it calls.

A class of the library is read from its source, without importing it: importing torch takes
seconds, and neither `--help` nor a misspelt option should wait for it.
"""

import ast
import inspect
import re
from dataclasses import dataclass
from pathlib import Path

import unlabeled

__all__ = ["REQUIRED", "Option", "method_options", "model_options", "summary"]

REQUIRED = inspect.Parameter.empty


@dataclass(frozen=True)
class Option:
    """One parameter: its name, default (or `REQUIRED`), numpydoc type and description."""

    name: str
    default: object
    kind: str = ""
    text: str = ""

    @property
    def flag(self) -> str:
        """The name as it is typed: ``--learning-rate``."""
        return "--" + self.name.replace("_", "-")

    @property
    def is_switch(self) -> bool:
        """Whether it is on or off, and nothing else."""
        others = ("{", "str", " or ")
        return isinstance(self.default, bool) and not any(word in self.kind for word in others)


class _Written(str):
    """A default that is an expression, shown as it is written in the source."""

    __repr__ = str.__str__


def model_options(name: str) -> list[Option]:
    """Options of the constructor of a public class of the library."""
    node = _class_node(name)
    init = None if node is None else _method_node(node, "__init__")
    if node is None or init is None:
        cls = getattr(unlabeled, name)
        return _options(_defaults(cls.__init__), inspect.getdoc(cls) or "")
    return _options(_written_defaults(init.args), ast.get_docstring(node) or "")


def method_options(method, skip=()) -> list[Option]:
    """Options of a bound method, without the parameters named in `skip`."""
    defaults = {k: v for k, v in _defaults(method).items() if k not in skip}
    return _options(defaults, inspect.getdoc(method) or "")


def summary(name: str) -> str:
    """First paragraph of the docstring of a public class, as one line."""
    node = _class_node(name)
    doc = ast.get_docstring(node) if node else inspect.getdoc(getattr(unlabeled, name))
    return " ".join((doc or "").split("\n\n")[0].split())


def _options(defaults: dict, doc: str) -> list[Option]:
    described = _parameters(doc)
    return [Option(n, d, *described.get(n, ("", ""))) for n, d in defaults.items()]


def _defaults(function) -> dict:
    variable = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    parameters = inspect.signature(function).parameters.values()
    return {p.name: p.default for p in parameters if p.name != "self" and p.kind not in variable}


def _written_defaults(args: ast.arguments) -> dict:
    positional = [a.arg for a in args.posonlyargs + args.args][1:]
    padding = [REQUIRED] * (len(positional) - len(args.defaults))
    defaults = dict(zip(positional, padding + [_value(n) for n in args.defaults], strict=True))
    for arg, node in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        defaults[arg.arg] = REQUIRED if node is None else _value(node)
    return defaults


def _value(node: ast.expr):
    try:
        return ast.literal_eval(node)
    except ValueError:
        return _Written(ast.unparse(node))


def _class_node(name: str) -> ast.ClassDef | None:
    home = unlabeled._HOME[name].split(".")
    path = Path(unlabeled.__file__).parent.joinpath(*home[1:]).with_suffix(".py")
    if home[0] != "unlabeled" or not path.is_file():
        return None
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return next((n for n in tree.body if isinstance(n, ast.ClassDef) and n.name == name), None)


def _method_node(node: ast.ClassDef, name: str) -> ast.FunctionDef | None:
    methods = (n for n in node.body if isinstance(n, ast.FunctionDef))
    return next((n for n in methods if n.name == name), None)


def _parameters(doc: str) -> dict[str, tuple[str, str]]:
    """The numpydoc section "Parameters": name -> (type, description)."""
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\w[^\n]*\n-+$|\Z)", doc, re.M | re.S)
    found, current = {}, []
    for line in (section[1] if section else "").splitlines():
        if line[:1].strip():
            names, _, kind = line.partition(" : ")
            current = []
            found |= {name.strip(): (kind, current) for name in names.split(",")}
        else:
            current.append(line.strip())
    return {name: (kind, " ".join(filter(None, text))) for name, (kind, text) in found.items()}
