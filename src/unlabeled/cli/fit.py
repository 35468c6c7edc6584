"""``unlabeled fit``: train a model, save it, show it, and say how good it is."""

import argparse
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

import unlabeled
from unlabeled.cli.mistakes import Mistake, UsageMistake, did_you_mean
from unlabeled.cli.parser import Parser
from unlabeled.cli.progress import HistoryFile, progress_callbacks, say
from unlabeled.cli.runs import claim, write_run
from unlabeled.cli.signatures import model_options, summary
from unlabeled.cli.sources import DATA_HELP, LABELS_HELP, hold_out, read_source
from unlabeled.cli.tables import need
from unlabeled.cli.treatment import choose_treatment

__all__ = ["fit", "is_grey", "labels_told", "model_names", "write_report"]


def fit(argv: list[str]) -> None:
    """Run ``unlabeled fit MODEL DATA ...``."""
    name = _model_name(argv)
    args, params = _parser(name).parse(argv[1:])
    if args.report:
        need("matplotlib", "the report (--no-report does without)")
    folder = args.out or Path(f"{name.lower()}-{_stem(args.data)}")
    model = _make(name, params)
    train, test, watch = _sources(args)
    labels = _labels(model, train, test, watch)
    run: dict[str, Any] = {"request": _request(name, args, params)}
    claim(folder, run["request"], resume=args.resume, overwrite=args.overwrite)
    run["treatment"] = treatment = _treatment(train, args)
    write_run(folder, run)
    say(f"{train}; {treatment}", args.quiet)
    X, X_test, X_val = (s and treatment(s.X) for s in (train, test, watch))
    seconds = _learn(model, X, X_val, labels, folder, args)
    model.save(folder)
    run["results"] = {"seconds": round(seconds, 3), "epochs": len(model.history_["epoch"])}
    run["results"] |= _measure(model, test or train, X if test is None else X_test, args.quiet)
    write_run(folder, run)
    if args.report is not False:
        title = f"{name} on {train.name}"
        shown = {"X_val": X_val, "X_test": X_test, "title": title}
        shown |= {"y": train.y, "y_val": watch and watch.y, "y_test": test and test.y}
        write_report(model, X, folder, quiet=args.quiet, **shown)
    if not args.quiet:
        print(_headline(name, folder, run["results"]))


def model_names() -> list[str]:
    """Public names that may be models: the classes at the top of the library.

    Applications on models (`unlabeled.tasks`) are none.
    """
    homes = unlabeled._HOME.items()
    return [name for name, home in homes if name[0].isupper() and ".tasks." not in home]


def _model_name(argv):
    if not argv or argv[0] in ("-h", "--help"):
        _parser(None).print_help()
        raise SystemExit(0)
    if argv[0].startswith("-"):
        raise UsageMistake("the model comes first: unlabeled fit MODEL DATA [--option value ...]")
    if argv[0] not in model_names():
        near = did_you_mean(argv[0], model_names())
        raise UsageMistake(f"there is no model {argv[0]!r}{near}; see 'unlabeled models'.")
    return argv[0]


def _parser(name):
    about = f"Train a model on data. {summary(name)}" if name else "Train a model on data."
    parser = Parser(
        f"fit {name or 'MODEL'}",
        about,
        usage=f"unlabeled fit {name or 'MODEL'} DATA [--option value ...]",
        epilog=None if name else "'unlabeled fit MODEL --help' adds every option of the model.",
    )
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    _add_data_options(parser.add_argument_group("data"))
    _add_run_options(parser.add_argument_group("run"))
    if name:
        parser.add_options(f"parameters of {name}", model_options(name))
    return parser


def _add_data_options(group):
    group.add_argument(
        "--test-data",
        metavar="DATA",
        help="rows to measure on, never to learn from (default: a data set's own test part)",
    )
    group.add_argument(
        "--holdout",
        type=_fraction,
        metavar="FRACTION",
        help="set this part of DATA apart, at random, as test data",
    )
    group.add_argument("--val-data", metavar="DATA", help="rows to watch after every epoch")
    group.add_argument(
        "--scale",
        default="auto",
        metavar="HOW",
        help="a number to divide by; minmax: each column to [0, 1]; standard: each to mean 0 and "
        "standard deviation 1; none; auto (default): levels of grey are divided by their maximum",
    )
    group.add_argument(
        "--binarize",
        type=float,
        metavar="THRESHOLD",
        help="after --scale, values above it become 1 and the others 0",
    )
    group.add_argument(
        "--drop",
        type=lambda text: text.split(","),
        default=[],
        metavar="A,B",
        help="columns of a table to leave out",
    )
    group.add_argument("--labels", metavar="NAME", help=LABELS_HELP)


def _add_run_options(group):
    switch = argparse.BooleanOptionalAction
    group.add_argument("--out", type=Path, metavar="DIR", help="folder of the run (MODEL-DATA)")
    group.add_argument("--resume", action="store_true", help="go on where the run in DIR stopped")
    group.add_argument("--overwrite", action="store_true", help="replace the run in DIR")
    group.add_argument("--report", action=switch, help="write DIR/report.html (default: yes)")
    group.add_argument("--quiet", action="store_true", help="say nothing unless it fails")
    group.add_argument("--debug", action="store_true", help="show where an error came from")


def _fraction(text):
    value = float(text)
    if not 0 < value < 1:
        raise UsageMistake(f"--holdout expects a fraction between 0 and 1, got {text}.")
    return value


def _stem(data):
    path = Path(data.split(":")[0] if not Path(data).exists() else data)
    return path.resolve().stem if path.exists() else path.name


def _make(name, params):
    from unlabeled.base import Estimator

    cls = getattr(unlabeled, name)
    if not issubclass(cls, Estimator):
        raise UsageMistake(f"{name} is not trained by itself; see 'unlabeled models'.")
    return cls(**params)


def _sources(args):
    """Rows to learn from, to measure on and to watch; the last two may be None."""
    if args.test_data and args.holdout:
        raise UsageMistake("--test-data and --holdout exclude each other; give one of them.")
    train, test = read_source(args.data, labels=args.labels), None
    if args.holdout:
        train, test = hold_out(train, args.holdout)
    elif args.test_data:
        test = read_source(args.test_data, prefer="test", labels=args.labels)
    elif train.test:
        test = read_source(train.test)
    if not args.val_data:
        return train, test, None
    return train, test, read_source(args.val_data, prefer="valid", labels=args.labels)


def _labels(model, train, test, watch) -> dict:
    """What `fit` is told beside the rows, all of which have labels if the model learns them."""
    if not model._learns_labels:
        return {}
    for source in filter(None, (train, test, watch)):
        if source.y is None:
            raise Mistake(
                f"{type(model).__name__} learns from labels, and {source.name} comes without: "
                "name them with --labels, a column of a table or an array of an .npz file."
            )
    return {"y": train.y, "y_val": watch and watch.y}


def _treatment(train, args):
    in_table = args.labels is not None and hasattr(train.X, "columns")
    drop = [*args.drop, *[args.labels] * (in_table and args.labels not in args.drop)]
    return choose_treatment(train, args.scale, args.binarize, drop)


def _request(name, args, params):
    """What makes a run that run: the words that a resumed one must repeat."""
    words = ("data", "test_data", "holdout", "val_data", "scale", "binarize", "drop", "labels")
    plain = {key: value if _is_plain(value) else repr(value) for key, value in params.items()}
    return {"model": name, **{word: getattr(args, word) for word in words}, **plain}


def _is_plain(value):
    return value is None or isinstance(value, bool | int | float | str)


def _learn(model, X, X_val, labels, folder, args) -> float:
    """Fit; returns the seconds that it took."""
    checkpoint = folder / "checkpoint"
    model.set_callbacks(*progress_callbacks(args.quiet), HistoryFile(folder / "history.jsonl"))
    began = time.perf_counter()
    try:
        model.fit(X, X_val=X_val, checkpoint=checkpoint, **labels)
    except KeyboardInterrupt:
        saved = any(checkpoint.glob("*"))
        hint = "Repeat the command with --resume to go on." if saved else "Nothing was saved yet."
        raise KeyboardInterrupt(hint) from None
    finally:
        model.set_callbacks()
    return time.perf_counter() - began


def _measure(model, source, X, quiet) -> dict:
    """Headline figures of what the model can do, on the given rows."""
    found, told = {"measured_on": source.name}, labels_told(model, source)
    if hasattr(model, "predict_proba"):
        found["error"] = 1 - model.score(X, source.y)
    if hasattr(model, "reconstruction_error"):
        found["reconstruction_error"] = float(np.mean(model.reconstruction_error(X, **told)))
    if hasattr(model, "score_samples"):
        if is_grey(X):
            found["kind"] = "none: these values are no bits (--binarize 0.5 makes them bits)"
        else:
            say("estimating the log-likelihood ...", quiet)
            found["log_likelihood"] = float(np.mean(model.score_samples(X, **told)))
            found["kind"] = model.score_kind_
    return found


def labels_told(model, source) -> dict:
    """What a model has to be told of rows: their labels, if it is conditional."""
    return {"y": source.y} if model._is_conditional and source.y is not None else {}


def is_grey(X) -> bool:
    """Whether values are levels between 0 and 1, which no model of bits gives a likelihood to."""
    values = np.asarray(X)
    bits = (values == 0) | (values == 1)
    return bool(values.min() >= 0 and values.max() <= 1 and not bits.all())


def write_report(model, X, folder: Path, *, quiet: bool = False, **options) -> Path | None:
    """Write the folder's report.html; says why not, and returns None, without matplotlib."""
    if not find_spec("matplotlib"):
        say("no report: it needs matplotlib (pip install 'unlabeled[plot]')", quiet)
        return None
    from unlabeled.plot import report

    say("writing the report ...", quiet)
    return report(model, X, folder / "report.html", model_path=folder, **options)


def _headline(name, folder, results) -> str:
    n = results["epochs"]
    lines = [f"{name}: {n} epoch{'s' * (n != 1)} in {results['seconds']:.1f} s"]
    if "error" in results:
        lines.append(f"  error                 {100 * results['error']:.2f} % of classes")
    if "reconstruction_error" in results:
        lines.append(f"  reconstruction error  {results['reconstruction_error']:.4g} per row")
    if "log_likelihood" in results:
        value, kind = results["log_likelihood"], results["kind"]
        lines.append(f"  log-likelihood        {value:.2f} nats per row ({kind})")
    elif "kind" in results:
        lines.append(f"  log-likelihood        {results['kind']}")
    lines.append(f"  measured on           {results['measured_on']}")
    lines.append(f"  model                 {folder}")
    if (folder / "report.html").exists():
        lines.append(f"  report                {folder / 'report.html'}")
    return "\n".join(lines)
