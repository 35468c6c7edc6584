"""Values of options, from the text of a command line: numbers, tuples, names, objects.

Nothing is evaluated: an object is built only from the syntax tree of a call of one of the
library's own parameter classes with literal arguments, such as ``PCD(n_steps=25)``.
"""

import ast
import inspect
import re
from collections.abc import Callable
from importlib import import_module

import unlabeled
from unlabeled.cli.mistakes import UsageMistake, did_you_mean
from unlabeled.cli.signatures import Option

__all__ = ["TRUTH", "parameter_classes", "parse_value", "reader"]

TRUTH = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def parse_value(text: str, option: Option):
    """The value that a user means by `text` for this option.

    Raises
    ------
    UsageMistake
        If the text is not a value of the kind of the option's default, or names an object
        that is not a parameter class of the library.

    Examples
    --------
    >>> parse_value("1e-3", Option("learning_rate", 0.01))
    0.001
    >>> parse_value("pcd", Option("sampler", "pcd"))
    'pcd'
    >>> parse_value("500,250", Option("hidden_layer_sizes", (256,)))
    (500, 250)
    """
    text = text.strip()
    if text in ("None", "none") and not isinstance(option.default, str):
        return None
    call = _call(text)
    if call is not None:
        return _build(call, text, option.kind)
    return _of_kind(option)(text, option)


def reader(option: Option) -> Callable[[str], object]:
    """`parse_value` of one option, for argparse's ``type=``."""
    return lambda text: parse_value(text, option)


def _of_kind(option):
    default = option.default
    if isinstance(default, bool):
        return _truth
    if isinstance(default, int | float):
        return _number
    if isinstance(default, tuple):
        return _tuple
    return _literal if default is None or not isinstance(default, str) else _name


def _truth(text, option):
    if text.lower() in TRUTH:
        return TRUTH[text.lower()]
    return _else_name(text, option, "true or false")


def _number(text, option):
    try:
        number = float(text)
    except ValueError:
        return _else_name(text, option, "a number")
    if isinstance(option.default, float):
        return number
    if number.is_integer():
        return int(text) if text.lstrip("+-").isdigit() else int(number)
    if "float" in option.kind:
        return number
    raise UsageMistake(f"{option.flag} expects a whole number, got {text!r}.")


def _tuple(text, option):
    value = _literal(text, option)
    if isinstance(value, str) and "str" not in option.kind:
        raise UsageMistake(f"{option.flag} expects values such as 500,250, got {text!r}.")
    return tuple(value) if isinstance(value, tuple | list) else (value,)


def _name(text, option):
    others = re.sub(r"\{.*?\}", "", option.kind)
    if re.search(r"\b(int|float|bool|tuple|None)\b", others):
        return _literal(text, option)
    choices = _choices(option)
    if choices and text not in choices and " or " not in others:
        raise UsageMistake(
            f"{option.flag} expects one of {', '.join(choices)}, got {text!r}"
            f"{did_you_mean(text, choices)}."
        )
    return text


def _literal(text, option):
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text


def _else_name(text, option, expected):
    """A word where a number is usual: only if the docstring says that words are taken."""
    if "str" in option.kind or text in _choices(option):
        return text
    raise UsageMistake(f"{option.flag} expects {expected}, got {text!r}.")


def _choices(option) -> list[str]:
    """The names that a numpydoc type lists in braces: ``{"sgd", "adam"} or callable``."""
    inside = option.kind.partition("{")[2].partition("}")[0]
    return [word.strip().strip("\"'`") for word in inside.split(",") if word.strip()]


def _call(text: str) -> ast.Call | None:
    try:
        node = ast.parse(text, mode="eval").body
    except SyntaxError:
        return None
    return node if isinstance(node, ast.Call) else None


def _build(node: ast.Call, text: str, kind: str = ""):
    """The object that a call describes: its class by name, its arguments literals or calls."""
    name = node.func.id if isinstance(node.func, ast.Name) else ast.unparse(node.func)
    classes = parameter_classes(kind)
    if name not in classes:
        raise UsageMistake(
            f"{name!r} in {text!r} is not a parameter object of the library"
            f"{did_you_mean(name, classes)}; there are {', '.join(sorted(classes))}."
        )
    positional = [_argument(arg, text) for arg in node.args]
    named = {word.arg: _argument(word.value, text) for word in node.keywords if word.arg}
    if len(named) < len(node.keywords):
        raise UsageMistake(f"{text!r} may not unpack with **; write every argument out.")
    return _make(classes[name], positional, named)


def _make(cls, positional, named):
    signature = inspect.signature(cls)
    unknown = [word for word in named if word not in signature.parameters]
    if unknown:
        near = did_you_mean(unknown[0], signature.parameters)
        raise UsageMistake(f"{cls.__name__} has no argument {unknown[0]!r}{near}.")
    try:
        signature.bind(*positional, **named)
        return cls(*positional, **named)
    except (TypeError, ValueError) as error:
        raise UsageMistake(f"{cls.__name__}{signature}: {error}") from error


def _argument(node: ast.expr, text: str):
    if isinstance(node, ast.Call):
        return _build(node, text)
    try:
        return ast.literal_eval(node)
    except ValueError:
        raise UsageMistake(
            f"{ast.unparse(node)!r} in {text!r} must be a plain value (number, text, tuple, "
            "True, False, None) or another parameter object."
        ) from None


def parameter_classes(kind: str = "") -> dict[str, type]:
    """The library's classes for parameters with options of their own, by name.

    They are the kinds of :class:`unlabeled.spec.Spec`: units, samplers, schedules. Of two with
    one name, that comes whose base the parameter's documented type `kind` names.
    """
    from unlabeled.spec import Spec

    for home in unlabeled._HOME.values():
        import_module(home)
    usable = [
        cls
        for cls in _descendants(Spec)
        if cls.__module__.startswith("unlabeled.")
        and not cls.__name__.startswith("_")
        and (not cls.__subclasses__() or "__init__" in vars(cls))  # mere bases have no options
    ]
    words = set(re.findall(r"\w+", kind))
    usable.sort(key=lambda cls: not words.isdisjoint(base.__name__ for base in cls.__mro__[1:]))
    return {cls.__name__: cls for cls in usable}  # the last of a name stays


def _descendants(cls):
    for child in cls.__subclasses__():
        yield child
        yield from _descendants(child)
