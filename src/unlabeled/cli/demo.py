"""``unlabeled demo``: watch a machine learn digits that nobody has labelled."""

import sys
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from unlabeled.cli.fit import write_report
from unlabeled.cli.parser import Parser
from unlabeled.cli.progress import HistoryFile, progress_callbacks, say
from unlabeled.cli.runs import claim, write_run
from unlabeled.cli.sources import hold_out, read_source
from unlabeled.cli.treatment import choose_treatment

__all__ = ["demo", "independent_bits", "picture"]

# Chosen on rows that were split off the training part.
SETTINGS = {
    "n_components": 64,
    "n_epochs": 120,
    "batch_size": 20,
    "learning_rate": 0.3,
    "weight_decay": 0.001,
    "validation_fraction": 0.1,
}
N_CHAINS = 100
BLOCKS, ASCII = " ▀▄█", " '.#"


def demo(argv: list[str]) -> None:
    """Run ``unlabeled demo``."""
    args = _arguments(argv)
    began = time.perf_counter()
    with _one_thread():
        path, rbm, error, coins = _run(args)
    print(
        f"\nHeld-out log-likelihood, nats per digit\n"
        f"  RBM                 {rbm:8.2f}   (log Z by annealing, standard error {error:.2f})\n"
        f"  independent pixels  {coins:8.2f}\n"
        f"\nmodel   {args.out}\nreport  {path or 'none'}\n"
        f"({time.perf_counter() - began:.0f} s; next: unlabeled sample {args.out}, "
        "unlabeled fit RBM mnist)"
    )


def independent_bits(X: np.ndarray, X_test: np.ndarray) -> float:
    """Mean log-likelihood of test rows in nats if every bit were a coin of its own.

    Each coin's bias is its mean over the rows of `X` with one more 0 and one more 1 counted
    (Laplace), so that no test row is impossible.

    Parameters
    ----------
    X, X_test : arrays of 0 and 1, shapes (n, ...) and (m, ...)

    Returns
    -------
    float

    Examples
    --------
    >>> independent_bits(np.array([[0, 1], [1, 1]]), np.array([[1, 1]]))  # log(1/2 * 3/4)
    -0.980829
    """
    p = (X.sum(0, dtype=np.float64) + 1) / (len(X) + 2)
    return float(np.where(X_test > 0.5, np.log(p), np.log1p(-p)).sum() / len(X_test))


def picture(images: np.ndarray, characters: str = BLOCKS) -> str:
    """Images of 0 and 1 side by side as text, two rows of pixels to a line.

    Parameters
    ----------
    images : array of shape (n, height, width)
    characters : str
        For no pixel, the upper, the lower, and both.

    Examples
    --------
    >>> print(picture(np.array([np.eye(2), np.ones((2, 2))])))
    ▀▄  ██
    """
    on = np.pad(images > 0.5, ((0, 0), (0, images.shape[1] % 2), (0, 0)))
    code = on[:, ::2] + 2 * on[:, 1::2]  # (n, height / 2, width)
    lines = (("".join(characters[k] for k in row) for row in line) for line in code.swapaxes(0, 1))
    return "\n".join("  ".join(line) for line in lines)


def _arguments(argv):
    parser = Parser("demo", "Train an RBM on scikit-learn's digits and show what it learned.")
    parser.add_argument(
        "--out", type=Path, default=Path("unlabeled-demo"), metavar="DIR", help="(unlabeled-demo)"
    )
    parser.add_argument("--random-state", type=int, default=0, metavar="INT", help="(0)")
    parser.add_argument("--quiet", action="store_true", help="only the figures")
    parser.add_argument("--debug", action="store_true", help="show where an error came from")
    return parser.parse(argv)[0]


@contextmanager
def _one_thread():
    """Matrices as small as these are faster without threads, and so on a busy machine too."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _run(args):
    say("An RBM learns handwritten digits, and nobody tells it which is which.\n", args.quiet)
    source = read_source("digits:all")
    train, test = hold_out(source, 0.2)
    treatment = choose_treatment(source, binarize=0.5)
    X, X_test = treatment(train.X), treatment(test.X)
    say(_data_in_words(X, X_test), args.quiet)
    _show(X_test[:8], args.quiet)
    model, films = _learn(X, args, treatment)
    say("Eight digits that it imagines:", args.quiet)
    _show(model.sample(8, random_state=args.random_state).reshape(-1, 1, 8, 8), args.quiet)
    say("estimating the partition function ...", args.quiet)
    rbm, coins = model.score(X_test), independent_bits(X, X_test)
    error = model.log_partition().standard_error
    shown = {"X_test": X_test, "title": "An RBM on handwritten digits", "snapshots": films}
    path = write_report(model, X, args.out, quiet=args.quiet, chain_steps=1000, **shown)
    return path, rbm, error, coins


def _learn(X, args, treatment):
    from unlabeled.callbacks import Snapshot
    from unlabeled.energy import PCD
    from unlabeled.energy.rbm import RBM

    settings = {**SETTINGS, "sampler": PCD(n_chains=N_CHAINS), "random_state": args.random_state}
    request = {
        "model": "RBM",
        "data": "digits:all",
        **settings,
        "sampler": repr(settings["sampler"]),
    }
    claim(args.out, request, resume=False, overwrite=True)
    write_run(args.out, {"request": request, "treatment": treatment})
    history = HistoryFile(args.out / "history.jsonl")
    films = [Snapshot(every=2), Snapshot(every=2, take="particles")]
    model = RBM(**settings).set_callbacks(*progress_callbacks(args.quiet), history, *films)
    model.fit(X).set_callbacks()
    model.save(args.out)
    return model, films


def _data_in_words(X, X_test):
    return (
        f"data    {len(X):,} digits of 8x8 pixels to learn from, {len(X_test)} held out; a pixel\n"
        "        is 1 where it has more than half of the full ink, else 0. Eight of them:"
    )


def _show(images, quiet):
    encoding = sys.stderr.encoding or "ascii"
    characters = BLOCKS if "utf" in encoding.lower() else ASCII
    say(f"\n{picture(images[:, 0], characters)}\n", quiet)
