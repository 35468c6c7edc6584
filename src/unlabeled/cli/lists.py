"""What there is: models, data sets, papers."""

from pathlib import Path

import unlabeled
from unlabeled.cli.fit import model_names
from unlabeled.cli.mistakes import UsageMistake, did_you_mean
from unlabeled.cli.parser import Parser
from unlabeled.cli.signatures import summary

__all__ = ["datasets", "models", "reproduce"]


def models(argv: list[str]) -> None:
    """Run ``unlabeled models``."""
    Parser("models", "List the models.").parse(argv)
    from unlabeled.base import Estimator

    names = [name for name in model_names() if issubclass(getattr(unlabeled, name), Estimator)]
    _print_table([(name, summary(name)) for name in names])


def datasets(argv: list[str]) -> None:
    """Run ``unlabeled datasets``."""
    Parser("datasets", "List the data sets.").parse(argv)
    from unlabeled import datasets

    for facts in map(datasets.info, datasets.available()):
        parts = ", ".join(f"{name} {n:,}" for name, n in facts.splits.items())
        size = "x".join(str(n) for n in facts.shape)
        print(f"{facts.name}: {facts.description}\n    {size} {facts.support}; {parts}")


def reproduce(argv: list[str]) -> None:
    """Run ``unlabeled reproduce PAPER ...``."""
    parser = Parser("reproduce", "Measure a published table anew, beside its published figures.")
    parser.add_argument(
        "paper", nargs="?", metavar="PAPER", help="without it, the papers there are"
    )
    parser.add_argument(
        "--only", metavar="A,B", help="only these runs (pcd, or pcd:1 with a seed)"
    )
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR")
    parser.add_argument("--quiet", action="store_true", help="no progress")
    args, _ = parser.parse(argv)
    from unlabeled import papers

    known = papers.available()
    if args.paper is None:
        print("\n".join(known))
        return
    if args.paper not in known:
        near = did_you_mean(args.paper, known)
        raise UsageMistake(
            f"there is no paper {args.paper!r}{near}; there are {', '.join(known)}."
        )
    only = args.only and args.only.split(",")
    papers.reproduce(args.paper, only=only, out=args.out, quiet=args.quiet)


def _print_table(rows):
    width = max(len(name) for name, _ in rows)
    print("\n".join(f"{name:<{width}}  {text}" for name, text in rows))
