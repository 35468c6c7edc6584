"""What is refused, and in which words; what is warned about, and how often."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from estimators import REALS, digits, each, each_with, fitted, make, told
from sklearn.utils import get_tags
from torch.utils.data import TensorDataset

from unlabeled import RBM, validation
from unlabeled.engine.rows import SparseRows, as_rows
from unlabeled.validation import check_number, generator_seed, is_dataset, warn_outside


def with_one(value, dtype=np.float32):
    X = digits().astype(dtype)
    X[300, 5] = value
    return X


class Nothing(torch.utils.data.Dataset):
    def __len__(self):
        return 0

    def __getitem__(self, k):
        raise IndexError(k)


REFUSED = {
    "NaN": (lambda: with_one(np.nan), "contains NaN"),
    "infinity": (lambda: with_one(np.inf), "contains infinity"),
    "NaN in CSR": (lambda: sp.csr_array(with_one(np.nan)), "contains NaN"),
    "NaN in a tensor": (lambda: torch.from_numpy(with_one(np.nan)), "contains NaN or infinity"),
    "infinity in a tensor": (lambda: torch.from_numpy(with_one(-np.inf)), "NaN or infinity"),
    "NaN in a Dataset": (
        lambda: TensorDataset(torch.from_numpy(with_one(np.nan))),
        "Dataset X contains NaN or infinity",
    ),
    "NaN in images": (lambda: with_one(np.nan).reshape(333, 1, 8, 8), "contains NaN"),
    "one row as a vector": (lambda: digits()[0], "Expected 2D array, got 1D array"),
    "a vector tensor": (
        lambda: torch.ones(64),
        r"Expected a tensor of shape .* got shape \(64,\)",
    ),
    "three axes": (lambda: digits().reshape(333, 8, 8), "dim 3"),
    "no rows": (lambda: digits()[:0], r"0 sample\(s\)"),
    "no columns": (lambda: digits()[:, :0], r"0 feature\(s\)"),
    "no rows of a tensor": (lambda: torch.ones(0, 64), "at least one row and one feature"),
    "no images": (lambda: np.ones((0, 1, 8, 8)), r"0 sample\(s\)"),
    "an empty Dataset": (Nothing, "Dataset with at least one row"),
    "complex": (lambda: digits() + 1j, "Complex data not supported"),
    "a complex tensor": (lambda: torch.ones(3, 64) + 1j, "Complex data not supported"),
    "a sparse tensor": (lambda: torch.ones(3, 64).to_sparse(), "Expected a dense tensor"),
    "words": (lambda: [["a", "b"], ["c", "d"]], "numeric"),
    "a number": (lambda: 3, "Expected 2D array"),
}


@each()
@pytest.mark.parametrize("what", REFUSED)
def test_refused_by_fit_in_a_sentence(cls, what):
    X, sentence = REFUSED[what]
    model = make(cls)
    if "NaN" in what and get_tags(model).input_tags.allow_nan:
        model.fit(*told(cls, X()))
        return
    with pytest.raises(ValueError, match=sentence):
        model.fit(*told(cls, X()))
    assert not hasattr(model, "module_")


@each("transform")
@pytest.mark.parametrize("what", [k for k in REFUSED if "images" not in k])
def test_refused_by_a_fitted_model_too(cls, what):
    X, sentence = REFUSED[what]
    model = fitted(cls)
    if "NaN" in what and get_tags(model).input_tags.allow_nan:
        assert torch.as_tensor(model.transform(X())).isfinite().all()
        return
    with pytest.raises(ValueError, match=sentence):
        model.transform(X())


@each()
@pytest.mark.parametrize(
    "clothe",
    [np.asarray, sp.csr_array, lambda X: torch.from_numpy(X.copy()), lambda X: X[None, None]],
)
def test_another_number_of_features_is_refused(cls, clothe):
    X = clothe(digits()[:3, :60])
    n = X.shape[-1] * (X.shape[-2] if X.ndim == 4 else 1)
    sentence = f"X has {n} features, but {cls.__name__} is expecting 64 features as input"
    for method in ("transform", "score_samples", "reconstruct", "partial_fit"):
        if hasattr(cls, method):
            with pytest.raises(ValueError, match=sentence):
                getattr(fitted(cls), method)(X)
    with pytest.raises(ValueError, match=sentence):
        make(cls).fit(*told(cls), X_val=X)


@each("inverse_transform")
@pytest.mark.parametrize("clothe", [np.asarray, torch.from_numpy])
def test_codes_are_checked(cls, clothe):
    model = fitted(cls)
    n = model.n_components
    with pytest.raises(
        ValueError, match=rf"Expected codes of shape \(n, {n}\), got \(2, {n + 1}\)"
    ):
        model.inverse_transform(clothe(np.zeros((2, n + 1))))
    with pytest.raises(ValueError, match="NaN"):
        model.inverse_transform(clothe(np.full((2, n), np.nan)))
    with pytest.raises(ValueError, match=r"Expected 2D array|Expected codes"):
        model.inverse_transform(clothe(np.zeros(n)))
    zeros = model.inverse_transform(np.zeros((2, n)))
    np.testing.assert_array_equal(model.inverse_transform(sp.csr_array((2, n))), zeros)
    np.testing.assert_array_equal(model.inverse_transform([[0] * n] * 2), zeros)


@each("complete")
def test_masks_are_checked(cls):
    model, X = fitted(cls), digits()[:3]
    for mask in (np.zeros((3, 64)), np.zeros(63, bool), np.zeros((2, 64), bool)):
        with pytest.raises(
            ValueError, match=r"missing must be boolean of shape \(3, 64\) or \(64,\)"
        ):
            model.complete(X, mask)
    hole = np.where(np.arange(64) < 3, np.nan, X)
    with pytest.raises(ValueError, match="X has NaN where `missing` is False"):
        model.complete(hole, np.arange(64) < 2)
    with pytest.raises(ValueError, match="infinity"):
        model.complete(np.where(np.arange(64) < 3, np.inf, X))


@each()
@pytest.mark.parametrize(
    ("params", "error", "sentence"),
    [
        ({"n_epochs": -1}, ValueError, "n_epochs must be >= 0, got -1"),
        ({"n_epochs": 1.5}, TypeError, "n_epochs must be an integer, got 1.5"),
        ({"batch_size": 0}, ValueError, "batch_size must be >= 1, got 0"),
        ({"learning_rate": -0.1}, ValueError, "learning_rate must be >= 0, got -0.1"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate must be >= 0, got nan"),
        ({"learning_rate": "fast"}, TypeError, "learning_rate must be a number, got 'fast'"),
        ({"validation_fraction": 1.0}, ValueError, "validation_fraction must be"),
        ({"validation_fraction": 0.001}, ValueError, "leaves 0 of 333 rows to validate on"),
        ({"max_gradient_norm": 0}, ValueError, "max_gradient_norm must be > 0"),
        ({"optimizer": "sdg"}, ValueError, "optimizer must be one of 'sgd', .* got 'sdg'"),
        ({"optimizer": ["sgd"]}, ValueError, "optimizer must be one of"),
        ({"schedule": "up"}, ValueError, "schedule must be one of 'linear'"),
        ({"schedule": lambda t: t}, TypeError, "schedule must be a name or a Schedule object"),
        ({"precision": "half"}, ValueError, "precision must be one of 'float32', 'bf16'"),
        ({"device": "tpu9"}, ValueError, "device must be 'auto', 'cpu' or 'cuda', got 'tpu9'"),
        ({"random_state": "a"}, TypeError, "random_state must be an integer, got 'a'"),
        ({"random_state": -1}, ValueError, "random_state must be >= 0, got -1"),
    ],
)
def test_parameters_that_make_no_sense(cls, params, error, sentence):
    if not params.keys() <= make(cls).get_params().keys():
        pytest.skip("has no such parameter")
    if "rows to validate on" in sentence and not cls._holds_out_rows:
        pytest.skip("has more to hold out than rows")
    with pytest.raises(error, match=sentence):
        make(cls, **params).fit(*told(cls))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
@each()
def test_a_missing_device_is_named(cls):
    with pytest.raises(ValueError, match="torch sees no CUDA device here"):
        make(cls, device="cuda").fit(*told(cls))


@each_with("learning_rate")
@pytest.mark.filterwarnings("ignore:.* are meant for values in:UserWarning")
def test_a_model_that_diverges_says_so(cls):
    counts = get_tags(make(cls)).input_tags.categorical
    X, rate = (digits(), 1e38) if counts else (digits() * 1e30, 1e30)
    with pytest.raises(
        FloatingPointError, match=r"became (nan|-?inf) in epoch 1: .*learning_rate"
    ):
        make(cls, learning_rate=rate, **REALS.get(cls.__name__, {})).fit(*told(cls, X))


def test_values_outside_are_warned_about_once_with_advice():
    X = digits() * 255
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = make(RBM).fit(X, X_val=X)
        model.partial_fit(X).transform(X)
    assert len(caught) == 1
    sentence = str(caught[0].message)
    assert "[0, 1], but X goes from 0 to 255" in sentence
    assert "X / 255" in sentence and "MinMaxScaler" in sentence


def test_nothing_is_rescaled():
    with pytest.warns(UserWarning, match="are meant for"):
        model = make(RBM, n_epochs=0).fit(digits() * 2)
    one = torch.tensor(digits()[:1] * 2)
    expected = model.module_.hidden.mean(model.module_.hidden_field(one)).detach()
    np.testing.assert_array_equal(model.transform(one.numpy()), expected)


@pytest.mark.parametrize("visible", ["bernoulli", "gaussian"])
def test_no_warning_without_reason(visible):
    X = digits() if visible == "bernoulli" else digits() * 9 - 4
    make(RBM, visible=visible, learning_rate=0.01).fit(X)


def test_wide_rows_are_looked_at_a_few_at_a_time(monkeypatch):
    most = 0

    class Counted(SparseRows):
        def take(self, index):
            nonlocal most
            most = max(most, len(index))
            return super().take(index)

    monkeypatch.setattr(validation, "_CHUNK", 1000)
    X = sp.csr_array(np.where(np.arange(20 * 100).reshape(20, 100) == 1999, 3.0, 0.0))
    with pytest.warns(UserWarning, match="from 0 to 3"):
        warn_outside(Counted(X), 0.0, 1.0, "Units")
    assert most == 10


def test_large_arrays_are_checked_in_pieces_to_the_last_row(monkeypatch):
    monkeypatch.setattr(validation, "_CHUNK", 640)
    with pytest.raises(ValueError, match="contains NaN"):
        make(RBM).fit(with_one(np.nan))
    with pytest.raises(ValueError, match="contains infinity"):
        make(RBM).fit(with_one(np.inf, np.float64))
    np.testing.assert_array_equal(make(RBM).fit(digits()).components_, fitted(RBM).components_)


def test_datasets_are_told_from_arrays():
    assert is_dataset(TensorDataset(torch.ones(3)))
    for X in (digits(), [[1]], ((1,),), "ab", {"a": 1}, sp.csr_array((2, 2)), torch.ones(1), 3):
        assert not is_dataset(X)
    pd, pl = pytest.importorskip("pandas"), pytest.importorskip("polars")
    for X in (pd.DataFrame([[1]]), pd.Series([1]), pl.DataFrame([[1]]), pl.Series([1])):
        assert not is_dataset(X)


@pytest.mark.parametrize(
    ("value", "options", "error"),
    [
        (True, {}, TypeError),
        ("1", {}, TypeError),
        (None, {}, TypeError),
        (1.0, {"integer": True}, TypeError),
        (0, {"closed": False}, ValueError),
        (3, {"high": 2}, ValueError),
        (float("nan"), {}, ValueError),
    ],
)
def test_check_number_refuses(value, options, error):
    with pytest.raises(error, match=r"^size must be .*\.$"):
        check_number("size", value, 0, **options)


def test_check_number_takes_numpy_numbers_and_the_ends():
    check_number("size", np.int64(3), 0, 3, integer=True)
    check_number("size", np.float32(0), 0)


def test_seeds():
    assert generator_seed(5) == generator_seed(np.int64(5)) == 5
    assert generator_seed(None) != generator_seed(None)
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    assert [generator_seed(one) for _ in range(2)] == [generator_seed(two) for _ in range(2)]
    assert generator_seed(one) != generator_seed(one)
    assert generator_seed(np.random.RandomState(0)) == generator_seed(np.random.RandomState(0))


def test_rows_of_a_dataset_that_may_have_gaps():
    gaps = TensorDataset(torch.tensor([[1.0, float("nan")], [0.0, 1.0]]))
    model = make(RBM).fit(digits()[:, 20:22])
    drawn = model.complete(gaps, n_steps=1, random_state=0)
    assert np.isfinite(drawn).all() and drawn[0, 0] == 1.0
    with pytest.raises(ValueError, match="Dataset X contains NaN"):
        as_rows(gaps).fetch([0])
