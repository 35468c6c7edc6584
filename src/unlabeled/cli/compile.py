"""Compiling the kernels ahead of their use."""

import time

from unlabeled.cli.parser import Parser

__all__ = ["compile"]


def compile(argv: list[str]) -> None:
    """Run ``unlabeled compile``."""
    Parser(
        "compile",
        "Compile the kernels that backend='fast' uses and 'auto' then takes: seconds, once per "
        "machine and version.",
    ).parse(argv)
    from unlabeled.kernels.build import MODULES, compile_all

    began = time.perf_counter()
    path = compile_all()
    seconds = time.perf_counter() - began
    print(f"kernels for {', '.join(MODULES)}: {seconds:.1f} s. backend='auto' takes them now.")
    print(f"Delete {path} to be back at plain torch.")
