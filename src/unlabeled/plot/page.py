"""One self-contained HTML file that shows what a model learned."""

__all__ = ["report"]

import re
import warnings
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from .markup import Html, section, tag
from .rows import count
from .subject import Subject

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"


def report(
    model: Any,
    X: Any,
    path: str | Path = "report.html",
    *,
    X_val: Any = None,
    X_test: Any = None,
    title: str | None = None,
    image_shape: tuple[int, ...] | bool | None = None,
    snapshots: Any = None,
    model_path: str | Path | None = None,
    random_state: Any = 0,
    y: Any = None,
    y_val: Any = None,
    y_test: Any = None,
    chain_steps: int = 0,
) -> Path:
    """Write a page that shows what a model learned, in one file without outside parts.

    The model is asked for what it can do (``sample``, ``complete``, ``reconstruct``,
    ``transform``, ``inverse_transform``, ``score_samples``, ``components_``, ``history_``), never
    for its class; a section that it
    cannot fill is left out. A section that fails is named on the page and in a warning.
    Pictures and numbers are a function of the model, the data and ``random_state``; only time,
    memory and versions, all in the last section, change from run to run.

    Parameters
    ----------
    model : object
        A fitted model.
    X : array-like, shape (n, d), or images (n, c, h, w), or a map-style dataset
        The training data. Sparse matrices and frames will do.
    path : str or Path
        File to write; its folder is made. If it is a folder, ``report.html`` in it.
    X_val, X_test : array-like, optional
        Rows that were not trained on. Reconstructions, completions and the likelihood are of
        the test rows, else the validation rows, else the training rows, and say so.
    title : str, optional
        Heading of the page.
    image_shape : tuple of int or False, optional
        (height, width) or (channels, height, width) of a row; inferred if the model or ``X``
        knows it or ``d`` is a square. False: rows are not pictures.
    snapshots : sequence, mapping, :class:`unlabeled.callbacks.Snapshot` or several, optional
        Weights, samples or particles over the epochs, as for :func:`unlabeled.plot.time_lapse`.
    model_path : str or Path, optional
        Folder where the model was saved, to be named on the page.
    random_state : int, RandomState or None
        Seed of the rows shown and of what the model draws.
    y, y_val, y_test : array-like, shape (n,), optional
        Labels of the rows. They colour the codes; only a model with ``conditional=True``, which
        needs them, is told.
    chain_steps : int
        Steps of Markov chains to show, with their free energy, of a model that is sampled by them;
        0 shows none.

    Returns
    -------
    path : Path
        The file written.

    Raises
    ------
    ValueError
        If there are no rows, if ``X`` has another number of features than the model was fitted
        on, if ``image_shape`` does not hold them, or if labels do not match the rows or a
        conditional model lacks them.
    sklearn.exceptions.NotFittedError
        If the model is not fitted.
    """
    from unlabeled.validation import check_number, generator_seed

    check_number("chain_steps", chain_steps, 0, integer=True)
    seed = generator_seed(random_state)
    subject = Subject(
        model,
        *(X, X_val, X_test, image_shape, seed, snapshots, model_path, title),
        *(y, y_val, y_test, chain_steps),
    )
    _check(subject)
    path = Path(path)
    path = path / "report.html" if path.is_dir() else path
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(_page(subject), encoding="utf-8")
    return path


def _page(s: Subject) -> str:
    from .sections import SECTIONS

    parts = [part for make in SECTIONS if (part := _made(make, s)) is not None]
    title = s.title or f"{type(s.model).__name__}: what it learned"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("title", title),
        tag("style", Html(files("unlabeled.plot").joinpath("report.css").read_text("utf-8"))),
    )
    top = tag("header", tag("h1", title), tag("p", _lead(s)), _links(parts), class_="top")
    body = tag("body", tag("main", top, *parts))
    return f"<!doctype html>\n{tag('html', head, body, lang='en')}\n"


def _made(make: Callable[[Subject], Html | None], s: Subject) -> Html | None:
    from sklearn.exceptions import NotFittedError

    try:
        return make(s)
    except NotFittedError:
        raise
    except Exception as error:  # a page without one section is better than none
        name, reason = make.__name__, f"{type(error).__name__}: {error}"
        warnings.warn(f"The section {name!r} of the report failed, {reason}", stacklevel=4)
        note = tag("p", "This section could not be made. ", tag("code", reason), class_="note")
        return section(name, name.capitalize(), None, note)


def _lead(s: Subject) -> str:
    n, d = f"{s.data.n_rows:,}".replace(",", "\u202f"), s.data.n_features
    kind = "labelled" if getattr(s.model, "conditional", False) else "unlabelled"
    what = f"{n} {kind} rows of {d} {s.unit}s"
    if s.shape and s.shape[0] == 1:
        what = f"{n} {kind} pictures of {s.shape[1]} × {s.shape[2]} pixels"
    return f"One {type(s.model).__name__}, trained on {what}."


def _links(parts: list[Html]) -> Html:
    found = (re.match(r'<section id="(\w+)"><header><h2>(.*?)</h2>', part) for part in parts)
    return tag("nav", *(tag("a", Html(m[2]), href=f"#{m[1]}") for m in found if m))


def _check(s: Subject) -> None:
    wanted = getattr(s.model, "n_features_in_", s.data.n_features)
    for part, X in s.parts.items():
        shape = getattr(X, "shape", None)
        d = s.data.n_features if shape is None else int(np.prod(shape[1:]))
        if d != wanted:
            raise ValueError(
                f"report needs {part} rows of {wanted} features, as the model was fitted on, got "
                f"shape {tuple(shape or ())}; pass the data that the model saw."
            )
        if count(X) == 0:
            raise ValueError(f"report needs at least one {part} row, got none.")
        _check_labels(s, part, count(X))
    _ = s.shape


def _check_labels(s: Subject, part: str, n: int) -> None:
    y = s.labels.get(part)
    if y is None and getattr(s.model, "conditional", False):
        raise ValueError(
            f"report needs the labels of the {part} rows, as this model is conditional: give y, "
            "y_val or y_test beside X, X_val or X_test."
        )
    if y is not None and count(y) != n:
        raise ValueError(f"report needs a label for each {part} row, got {count(y)} for {n}.")
