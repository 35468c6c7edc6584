"""Checks of what users pass in, without copies and a chunk at a time."""

import numbers
import warnings

import numpy as np
import scipy.sparse as sp
import torch
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, column_or_1d, validate_data

from unlabeled.engine.rows import ArrayRows, DatasetRows, Rows, as_rows, first_of, spread_out

__all__ = [
    "check_choice",
    "check_codes",
    "check_labels",
    "check_number",
    "check_rows",
    "check_sizes",
    "generator_seed",
    "image_shape_of",
    "is_dataset",
    "label_codes",
    "warn_outside",
]

_CHUNK = 2**24  # values that are looked at together


def is_dataset(X) -> bool:
    """Whether X is a map-style dataset and nothing that scikit-learn or torch calls an array."""
    known = (np.ndarray, torch.Tensor, list, tuple, dict, str)
    if isinstance(X, known) or sp.issparse(X) or hasattr(X, "__array__") or hasattr(X, "columns"):
        return False
    return hasattr(X, "__len__") and hasattr(X, "__getitem__")


def image_shape_of(X) -> tuple[int, ...] | None:
    """(c, h, w) of images given as (n, c, h, w) or as items of a Dataset; None for others."""
    if is_dataset(X):
        shape = tuple(first_of(X[0]).shape) if len(X) else ()
    else:
        shape = tuple(getattr(X, "shape", ()))[1:]
    return tuple(int(k) for k in shape) if len(shape) == 3 else None


def check_rows(estimator, X, *, reset: bool, allow_nan: bool = False) -> Rows:
    """Check X and wrap it as rows; the dtype is kept and large arrays are not copied.

    Sets (`reset`) or compares `n_features_in_` and `feature_names_in_`.

    Parameters
    ----------
    estimator : Estimator
    X : array-like, frame, memmap, CSR matrix, tensor, images (n, c, h, w) or Dataset
    reset : bool
        True in fit.
    allow_nan : bool, default=False
        Whether NaN stands for a missing value.

    Raises
    ------
    ValueError
        If X is empty, not two-dimensional (or images), not numeric, has NaN or infinite values,
        or another number of features than the model was fitted on.
    """
    if isinstance(X, torch.Tensor):
        return _check_tensor(estimator, X, reset, allow_nan)
    if is_dataset(X):
        if len(X) == 0:
            raise ValueError("Expected a Dataset with at least one row, got one of length 0.")
        return _check_width(estimator, DatasetRows(X, allow_nan), reset)
    if image_shape_of(X) is not None and not sp.issparse(X):
        X = np.asanyarray(X)
        X = X.reshape(len(X), -1) if len(X) else X.reshape(0, int(np.prod(X.shape[1:])))
    finite = "allow-nan" if allow_nan else True
    if isinstance(X, np.ndarray) and X.ndim == 2 and X.dtype.kind in "uifb" and X.size > _CHUNK:
        rows = ArrayRows(X)
        for start in range(0, len(X), step := max(1, _CHUNK // X.shape[1])):
            check_array(X[start : start + step], dtype=None, ensure_all_finite=finite)
            rows.release()
        validate_data(estimator, X, reset=reset, skip_check_array=True)
        return rows
    X = validate_data(
        estimator,
        X,
        reset=reset,
        dtype="numeric",
        accept_sparse="csr",
        ensure_all_finite=finite,
        force_writeable=isinstance(X, np.ndarray) and X.size <= _CHUNK,
    )
    return as_rows(X)


def _check_tensor(estimator, X, reset, allow_nan):
    if X.ndim not in (2, 4) or X.numel() == 0:
        raise ValueError(
            "Expected a tensor of shape (n, n_features) or (n, c, h, w) with at least one row and "
            f"one feature, got shape {tuple(X.shape)}."
        )
    if X.layout is not torch.strided:
        raise ValueError(
            f"Expected a dense tensor, got layout {X.layout}; give X.to_dense() or a scipy matrix."
        )
    if X.is_complex():
        raise ValueError("Complex data not supported: expected a real tensor.")
    return _check_width(estimator, as_rows(_finite(X.detach(), allow_nan)), reset)


def check_labels(estimator, y, n_rows: int, *, reset: bool, classes=None) -> torch.Tensor:
    """Check labels and number their classes.

    Sets (`reset`) `classes_` and `class_prior_`, the share of each class among the labels.

    Parameters
    ----------
    estimator : Estimator
        One with a parameter `unlabelled` takes that label, unless it is None, for none at all.
    y : array-like of shape (n_rows,)
        Numbers or strings.
    n_rows : int
    reset : bool
        True in fit.
    classes : array-like, optional
        With `reset`: all labels that will ever come; by default those of y.

    Returns
    -------
    tensor of int64, shape (n_rows,)
        -1 where there is no label.

    Raises
    ------
    ValueError
        If there are none, another number than rows, or some that fit has not seen.
    """
    if y is None:
        name = type(estimator).__name__ + (
            "(conditional=True)" if estimator._is_conditional else ""
        )
        raise ValueError(
            f"{name} requires y to be passed, but the target y is None: give y, a label for every "
            "row (and y_val with X_val)."
        )
    y = column_or_1d(_plain(y), warn=True)
    if len(y) != n_rows:
        raise ValueError(f"y must have a label for every row, got {len(y)} for {n_rows} rows.")
    if y.dtype.kind == "f" and not np.isfinite(y).all():
        raise ValueError("y contains NaN or infinity; give every row a label.")
    mark = getattr(estimator, "unlabelled", None)
    known = np.full(n_rows, True) if mark is None else np.asarray(y != mark)
    if reset:
        named = column_or_1d(_plain(y[known] if classes is None else classes), warn=True)
        check_classification_targets(named)
        estimator.classes_ = np.unique(named)
    codes = torch.full((n_rows,), -1)
    codes[torch.from_numpy(known)] = label_codes(estimator.classes_, y[known])
    if reset:
        counts = np.bincount(codes[codes >= 0], minlength=len(estimator.classes_))
        estimator.class_prior_ = counts / max(1, known.sum())
    return codes


def label_codes(classes: np.ndarray, y) -> torch.Tensor:
    """Numbers of labels among the (sorted) `classes`, int64.

    Raises
    ------
    ValueError
        If some labels are none of the classes.
    """
    y = np.asarray(_plain(y))
    words = _are_words(y), _are_words(classes)
    if words[0] != words[1]:  # NumPy would compare numbers as words, in the order of words
        kinds = ["words" if kind else "numbers" for kind in words]
        raise ValueError(f"y has {kinds[0]} for labels, but fit has seen {kinds[1]}.")
    codes = np.searchsorted(classes, y)
    strange = classes[codes.clip(max=len(classes) - 1)] != y
    if strange.any():
        raise ValueError(
            f"y has labels that fit has not seen: {np.unique(y[strange])[:5].tolist()}; "
            f"known are {classes[:10].tolist()}."
        )
    return torch.from_numpy(codes)


def _are_words(labels: np.ndarray) -> bool:
    kind = labels.dtype.kind
    return kind in "US" or (kind == "O" and all(isinstance(label, str) for label in labels))


def _plain(y):
    return y.numpy(force=True) if isinstance(y, torch.Tensor) else y


def check_codes(H, n_components: int) -> Rows:
    """Check what `inverse_transform` is given and wrap it as rows.

    Raises
    ------
    ValueError
        If H is not numeric, has NaN or infinite values, or is not of shape (n, n_components).
    """
    if isinstance(H, torch.Tensor):
        H = _finite(H.detach(), allow_nan=False)
    else:
        H = check_array(H, dtype="numeric", accept_sparse="csr", input_name="H")
    if H.ndim != 2 or H.shape[1] != n_components:
        raise ValueError(f"Expected codes of shape (n, {n_components}), got {tuple(H.shape)}.")
    return as_rows(H)


def _finite(X: torch.Tensor, allow_nan: bool) -> torch.Tensor:
    for part in X.split(max(1, _CHUNK // max(1, X[:1].numel()))):
        bad = torch.isinf(part) if allow_nan else ~torch.isfinite(part)
        if bool(bad.any()):
            raise ValueError("Input X contains NaN or infinity; remove or fill such values first.")
    return X


def _check_width(estimator, rows, reset):
    if reset:
        estimator.n_features_in_ = rows.n_features
        vars(estimator).pop("feature_names_in_", None)
    elif rows.n_features != estimator.n_features_in_:
        raise ValueError(
            f"X has {rows.n_features} features, but {type(estimator).__name__} is expecting "
            f"{estimator.n_features_in_} features as input."
        )
    return rows


def warn_outside(
    rows: Rows, low: float, high: float, what: str, columns: slice = slice(None)
) -> None:
    """Warn once if any of (at most 10 000, evenly spread) rows leaves [low, high] in `columns`."""
    index = spread_out(rows.n_rows, 10_000)
    pieces = np.array_split(index, -(-len(index) * rows.n_features // _CHUNK))
    ranges = [torch.aminmax(rows.fetch(piece)[:, columns]) for piece in pieces]
    least, most = min(float(r.min) for r in ranges), max(float(r.max) for r in ranges)
    if least < low or most > high:
        warnings.warn(
            f"{what} are meant for values in [{low:g}, {high:g}], but X goes from {least:g} to "
            f"{most:g}; scale it, e.g. with sklearn.preprocessing.MinMaxScaler or X / 255.",
            UserWarning,
            stacklevel=4,
        )


def check_number(name: str, value, low, high=None, *, integer: bool = False, closed=True) -> None:
    """Raise unless `value` is a number (an integer) of at least `low` and at most `high`.

    Raises
    ------
    TypeError
        If it is no such number.
    ValueError
        If it is outside; `closed=False` excludes `low`.
    """
    kind = numbers.Integral if integer else numbers.Real
    if not isinstance(value, kind) or isinstance(value, bool):
        wanted = "an integer" if integer else "a number"
        raise TypeError(f"{name} must be {wanted}, got {value!r}.")
    if not (value >= low if closed else value > low) or (high is not None and value > high):
        bound = f"{'>=' if closed else '>'} {low}"
        bound += "" if high is None else f" and <= {high}"
        raise ValueError(f"{name} must be {bound}, got {value!r}.")


def check_sizes(name: str, sizes) -> None:
    """Raise unless `sizes` is a tuple (or list) of integers of at least 1; it may be empty.

    Raises
    ------
    TypeError, ValueError
        If it is not.
    """
    if not isinstance(sizes, (tuple, list)):
        raise TypeError(f"{name} must be a tuple of integers, got {sizes!r}.")
    for size in sizes:
        check_number(f"each of {name}", size, 1, integer=True)


def check_choice(name: str, value, known) -> None:
    """Raise unless `value` is one of the `known` names.

    Raises
    ------
    ValueError
        If it is not; the message lists them.
    """
    if not isinstance(value, str) or value not in known:
        words = ", ".join(repr(word) for word in known)
        raise ValueError(f"{name} must be one of {words}, got {value!r}.")


def generator_seed(random_state) -> int:
    """A seed from None (fresh entropy), an integer, a NumPy RandomState or Generator.

    An integer always gives the same seed; a generator object moves on by one draw. The global
    generators are neither read nor moved.
    """
    if random_state is None:
        return int(np.random.SeedSequence().generate_state(1)[0] >> 1)
    if isinstance(random_state, np.random.Generator):
        return int(random_state.integers(2**31 - 1))
    if isinstance(random_state, np.random.RandomState):
        return int(random_state.randint(2**31 - 1))
    check_number("random_state", random_state, 0, integer=True)
    return int(random_state)
