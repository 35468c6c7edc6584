"""What a trained model is good for: sample, encode, reconstruct, predict, score, report."""

from dataclasses import replace
from pathlib import Path

import numpy as np

import unlabeled
from unlabeled.cli.fit import is_grey, labels_told
from unlabeled.cli.mistakes import Mistake, UsageMistake, did_you_mean
from unlabeled.cli.parser import Parser
from unlabeled.cli.progress import say
from unlabeled.cli.runs import model_name, open_run
from unlabeled.cli.signatures import method_options
from unlabeled.cli.sources import DATA_HELP, LABELS_HELP, read_source
from unlabeled.cli.tables import need, write_table
from unlabeled.cli.treatment import choose_treatment

__all__ = ["encode", "predict", "reconstruct", "report", "sample", "score"]

_N_SAMPLES = 100
_FILE_HELP = "where to write the rows: .npy, .npz, .csv or .parquet"


def sample(argv: list[str]) -> None:
    """Run ``unlabeled sample DIR ...``."""
    parser = Parser(
        "sample",
        "Draw new rows from a trained model.",
        usage="unlabeled sample DIR [--option value ...]",
        epilog="'unlabeled sample DIR --help' adds every option of the model's sampler.",
    )
    _add_folder(parser, f"{_FILE_HELP}, or a .png sheet of pictures (DIR/samples.npy)")
    parser.add_argument("--unscale", action="store_true", help="in the units of the data")
    parser.add_argument(
        "--label", metavar="CLASS", help="of one class, if the model knows classes"
    )
    if argv and not argv[0].startswith("-"):
        parser.add_options("sampling", _sampling_options(Path(argv[0])))
    args, params = parser.parse(argv)
    model, treatment, _ = open_run(args.dir)
    params = {"n_samples": _N_SAMPLES, **params}
    if args.label is not None:
        params["y"] = [_class_of(model, args.label)] * params["n_samples"]
    rows = model.sample(**params)
    if args.unscale and treatment:
        rows = treatment.undo(rows)
    _write(args, args.out or args.dir / "samples.npy", rows, model, pictures=True)


def encode(argv: list[str]) -> None:
    """Run ``unlabeled encode DIR DATA ...``."""
    parser = Parser("encode", "Write what a model's hidden units say about rows.")
    args, model, X, source = _open(parser, argv, f"{_FILE_HELP} (DIR/codes.npy)", "transform")
    codes = model.transform(X, **labels_told(model, source))
    _write(args, args.out or args.dir / "codes.npy", codes, model)


def reconstruct(argv: list[str]) -> None:
    """Run ``unlabeled reconstruct DIR DATA ...``."""
    parser = Parser("reconstruct", "Write rows as a model sees them, and say how far off it is.")
    help_ = f"{_FILE_HELP}, or a .png sheet (DIR/reconstructions.npy)"
    args, model, X, source = _open(parser, argv, help_, "reconstruct")
    told = labels_told(model, source)
    rows = model.reconstruct(X, **told)
    _write(args, args.out or args.dir / "reconstructions.npy", rows, model, pictures=True)
    error = float(np.mean(model.reconstruction_error(X, **told)))
    print(f"reconstruction error {error:.4g} per row of {source.name}")


def predict(argv: list[str]) -> None:
    """Run ``unlabeled predict DIR DATA ...``."""
    parser = Parser("predict", "Write the classes of rows, and count errors if they are known.")
    args, model, X, source = _open(parser, argv, f"{_FILE_HELP} (DIR/classes.npy)", "predict")
    found = np.array(model.predict(X).tolist())
    _write(args, args.out or args.dir / "classes.npy", found, model)
    if source.y is not None:
        error = 100 * (1 - model.score(X, source.y))
        print(f"error {error:.2f} % of {len(found):,} rows of {source.name}")


def score(argv: list[str]) -> None:
    """Run ``unlabeled score DIR DATA ...``."""
    parser = Parser("score", "Say how likely rows are under a model, in nats per row.")
    help_ = "where to write one log-likelihood per row, if anywhere: .npy, .npz, .csv, .parquet"
    args, model, X, source = _open(parser, argv, help_, "score_samples")
    if is_grey(X):
        say("values between 0 and 1: under a model of bits this is no likelihood", args.quiet)
    scores = model.score_samples(X, **labels_told(model, source))
    if args.out:
        _write(args, args.out, scores, model)
    error = np.std(scores) / np.sqrt(len(scores))
    print(
        f"log-likelihood {np.mean(scores):.2f} nats per row ({model.score_kind_}), "
        f"standard error over {len(scores):,} rows of {source.name}: {error:.2f}"
    )


def report(argv: list[str]) -> None:
    """Run ``unlabeled report DIR DATA ...``."""
    need("matplotlib", "the report")
    from unlabeled import plot

    parser = Parser("report", "Write one HTML file that shows what a model learned.")
    parser.add_argument("--test-data", metavar="DATA", help="rows that it never learned from")
    parser.add_argument(
        "--chain-steps", type=int, default=0, metavar="N", help="show Markov chains of N steps"
    )
    args, model, X, source = _open(parser, argv, "the file (DIR/report.html)")
    test = args.test_data or source.test
    test = read_source(test, prefer="test", labels=args.labels) if test else None
    X_test = test and _treated(test, args)
    title = f"{type(model).__name__} on {source.name}"
    path = args.out or args.dir / "report.html"
    given = {"X_test": X_test, "title": title, "model_path": args.dir}
    given |= {"y": source.y, "y_test": test and test.y}
    print(plot.report(model, X, path, chain_steps=args.chain_steps, **given))


def _add_folder(parser, out_help):
    parser.add_argument("dir", type=Path, metavar="DIR", help="folder of a trained model")
    parser.add_argument("--out", type=Path, metavar="FILE", help=out_help)
    parser.add_argument("--quiet", action="store_true", help="say nothing but the result")
    parser.add_argument("--debug", action="store_true", help="show where an error came from")


def _open(parser, argv, out_help, method=None):
    """Arguments, model, rows as the model sees them, and where they come from."""
    _add_folder(parser, out_help)
    parser.add_argument("data", metavar="DATA", help=DATA_HELP)
    parser.add_argument("--labels", metavar="NAME", help=LABELS_HELP)
    args, _ = parser.parse(argv)
    model_name(args.dir)
    prefer = "train" if method is None else "test"
    source = read_source(args.data, prefer=prefer, labels=args.labels)
    model, args.treatment, _ = open_run(args.dir)
    if method and not hasattr(model, method):
        raise Mistake(f"{type(model).__name__} cannot {method.replace('_', ' ')}.")
    return args, model, _treated(source, args), source


def _treated(source, args):
    treatment = args.treatment or choose_treatment(source)
    say(f"{source}; {treatment}", args.quiet)
    return treatment(source.X)


def _class_of(model, word):
    """The class that is written so."""
    known = {str(label): label for label in getattr(model, "classes_", ())}
    if not known:
        raise Mistake(f"this {type(model).__name__} learned no classes to draw one of.")
    if word not in known:
        raise Mistake(f"there is no class {word!r}{did_you_mean(word, known)}.")
    return known[word]


def _sampling_options(folder):
    cls = getattr(unlabeled, model_name(folder), None)
    if cls is None or not hasattr(cls, "sample"):
        raise UsageMistake(f"the model in {folder} cannot draw samples.")
    options = method_options(cls.sample, skip=("start", "y"))
    return [
        replace(o, default=_N_SAMPLES, kind="int") if o.name == "n_samples" else o for o in options
    ]


def _write(args, path, rows, model, pictures=False):
    shape = getattr(model, "image_shape_", None)
    if pictures and path.suffix.lower() == ".png":
        need("matplotlib", f"writing {path}")
        from unlabeled.plot import image_grid

        path.parent.mkdir(parents=True, exist_ok=True)
        image_grid(rows, shape).savefig(path)
    else:
        names = getattr(model, "feature_names_in_", None) if pictures else None
        write_table(path, rows.reshape(-1, *shape) if pictures and shape else rows, names)
    print(path)
