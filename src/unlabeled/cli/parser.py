"""argparse with options made from signatures, and with answers to misspelt words."""

import argparse
import re
from typing import Any

from unlabeled.cli.mistakes import UsageMistake, did_you_mean
from unlabeled.cli.signatures import REQUIRED, Option
from unlabeled.cli.values import TRUTH, parse_value, reader

__all__ = ["Parser"]

_KINDS = {int: "INT", float: "NUMBER", tuple: "N,N", str: "NAME"}


class Parser(argparse.ArgumentParser):
    """One command's parser; mistakes raise :class:`UsageMistake` with the nearest option.

    Options may be typed with underscores as in Python; a switch may be typed ``--centered``,
    ``--no-centered``, ``--centered false`` or ``--centered=false``.
    """

    def __init__(self, command: str, description: str, **words):
        super().__init__(
            prog=f"unlabeled {command}",
            description=description,
            allow_abbrev=False,
            formatter_class=_Formatter,
            **words,
        )
        self._options: list[Option] = []

    def add_options(self, title: str, options: list[Option]) -> None:
        """One option per parameter, in a group of their own in the help."""
        group = self.add_argument_group(title)
        self._options += options
        for option in options:
            kind: dict[str, Any] = {"action": argparse.BooleanOptionalAction}
            if not option.is_switch:
                kind = {"type": reader(option), "metavar": _metavar(option)}
            group.add_argument(
                option.flag,
                dest=_key(option),
                default=argparse.SUPPRESS,
                required=option.default is REQUIRED,
                help=_help(option),
                **kind,
            )

    def parse(self, argv: list[str]) -> tuple[argparse.Namespace, dict]:
        """The command's own arguments, and the parameters that were typed, by name.

        Raises
        ------
        UsageMistake
            If a word or an option is not known, or a value is wrong.
        """
        known, extra = self.parse_known_args(self._plain(argv))
        if extra:
            self.error(self._unknown(extra))
        typed = vars(known)
        return known, {o.name: typed[_key(o)] for o in self._options if _key(o) in typed}

    def error(self, message: str):
        """Raise instead of exiting, so that :func:`main` alone decides how a mistake looks."""
        raise UsageMistake(f"{message.rstrip('.')}; see {self.prog} --help")

    def _plain(self, argv):
        """The words with dashes for underscores, and switches without a value."""
        switches = {o.flag: o for o in self._options if o.is_switch}
        words = []
        for word in argv:
            if word.startswith("--"):
                flag, equals, value = word.partition("=")
                words.append(flag.replace("_", "-") + equals + value)
            elif words and words[-1] in switches and word.lower() in TRUTH:
                words[-1] += f"={word}"
            else:
                words.append(word)
        return [_switch(word, switches) for word in words]

    def _unknown(self, extra):
        options = [word for word in extra if word.startswith("-")]
        if not options:
            return f"unexpected argument {extra[0]!r}"
        flag = options[0].partition("=")[0]
        return f"there is no option {flag}{did_you_mean(flag, self._option_string_actions)}"


def _switch(word, switches):
    flag, _, value = word.partition("=")
    if not value or flag not in switches:
        return word
    return flag if parse_value(value, switches[flag]) else f"--no-{flag[2:]}"


def _key(option):
    return f"parameter {option.name}"


def _metavar(option):
    return _KINDS.get(type(option.default), "VALUE")


def _help(option):
    """The docstring's words without its markup, and the numpydoc type."""
    kind = option.kind
    if "default" not in kind and option.default is not REQUIRED:
        kind = f"{kind}, default={option.default!r}".lstrip(", ")
    text = re.sub(r":\w+:`~?([^`]*)`", r"\1", f"{option.text} ({kind})".strip())
    return text.replace("`", "").replace("%", "%%")


class _Formatter(argparse.HelpFormatter):
    def __init__(self, prog):
        super().__init__(prog, max_help_position=28)
