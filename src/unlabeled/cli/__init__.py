"""The ``unlabeled`` command.

Every option of a model is made from the model's own signature and docstring, so that the command
line cannot drift from the library. A mistake is answered with a sentence and the nearest right
word; exit codes are 0 (done), 1 (failed), 2 (not understood) and 130 (interrupted).
"""

import os
import sys
import warnings
from importlib import import_module

from unlabeled.cli.mistakes import Mistake, UsageMistake, did_you_mean

__all__ = ["main"]

COMMANDS = {
    "demo": ("unlabeled.cli.demo", "watch a machine learn digits without labels (half a minute)"),
    "fit": ("unlabeled.cli.fit", "train a model on data"),
    "sample": ("unlabeled.cli.use", "draw new rows from a trained model"),
    "encode": ("unlabeled.cli.use", "what a model's hidden units say about rows"),
    "reconstruct": ("unlabeled.cli.use", "rows as a model sees them, and how far off it is"),
    "predict": ("unlabeled.cli.use", "the classes of rows, by a model that learned from labels"),
    "score": ("unlabeled.cli.use", "log-likelihood of rows, in nats"),
    "report": ("unlabeled.cli.use", "one HTML file that shows what a model learned"),
    "models": ("unlabeled.cli.lists", "the models there are"),
    "datasets": ("unlabeled.cli.lists", "the data sets there are"),
    "compile": ("unlabeled.cli.compile", "compile the kernels of the extra `fast`, once"),
    "reproduce": ("unlabeled.cli.lists", "a published table beside measured figures"),
}

HELP = """usage: unlabeled COMMAND ... [--help] [--debug] [--version]

Deep unsupervised learning: learn from data that nobody has labelled.

{commands}

  unlabeled demo                          see it work
  unlabeled fit RBM mnist --out digits    train, save and show a model
  unlabeled fit RBM --help                every option of a model
  unlabeled COMMAND --help                every option of a command

--debug shows where an error came from."""


def main(argv: list[str] | None = None) -> int:
    """Run one command; returns its exit code.

    Parameters
    ----------
    argv : list of str, optional
        The words after ``unlabeled``; those of the process by default.

    Returns
    -------
    int
        0 done, 1 failed, 2 not understood, 130 interrupted.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in words
    try:
        with warnings.catch_warnings():
            warnings.showwarning = _show_warning
            _run([word for word in words if word != "--debug"])
        return 0
    except SystemExit as exit_:
        return int(exit_.code or 0)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (Exception, KeyboardInterrupt) as error:
        if debug and not isinstance(error, KeyboardInterrupt):
            raise
        return _explain(error)


def _run(words: list[str]) -> None:
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help())
        return
    if words[0] in ("-V", "--version"):
        from unlabeled import __version__

        print(f"unlabeled {__version__}")
        return
    name, *rest = words
    if name not in COMMANDS:
        raise UsageMistake(f"there is no command {name!r}{did_you_mean(name, COMMANDS)}.")
    getattr(import_module(COMMANDS[name][0]), name)(rest)


def _help() -> str:
    lines = (f"  {name:<13}{text}" for name, (_, text) in COMMANDS.items())
    return HELP.format(commands="\n".join(lines))


def _explain(error: BaseException) -> int:
    """Say on standard error what went wrong; returns the exit code."""
    if isinstance(error, KeyboardInterrupt):
        print(f"unlabeled: interrupted. {error}".rstrip(), file=sys.stderr)
        return 130
    text = str(error) or type(error).__name__
    known = (Mistake, ValueError, TypeError, ArithmeticError, OSError, ImportError)
    if not isinstance(error, known):
        text = f"{type(error).__name__}: {text} (--debug shows where)"
    print(f"unlabeled: {text}", file=sys.stderr)
    return getattr(error, "exit_code", 1)


def _show_warning(message, category, filename, lineno, file=None, line=None):
    print(f"unlabeled: note: {message}", file=sys.stderr)
