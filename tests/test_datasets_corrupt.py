"""Corruptions: how much, into what, and never in place."""

import numpy as np
import pytest
import torch

from unlabeled.datasets import corrupt

KINDS = ["mask", "gaussian", "salt_pepper"]


@pytest.fixture
def X():
    return np.random.default_rng(0).random((400, 50))


@pytest.mark.parametrize("kind", KINDS)
def test_neither_the_input_nor_a_global_generator_is_touched(X, kind):
    before, torch_state = X.copy(), torch.get_rng_state()
    numpy_state = np.random.get_state()[1]  # noqa: NPY002
    X.flags.writeable = False
    out = corrupt(X, kind, 0.3)
    assert not np.shares_memory(out, X) and not np.array_equal(out, X)
    np.testing.assert_array_equal(X, before)
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)


@pytest.mark.parametrize("kind", KINDS)
def test_seed_decides(X, kind):
    def draw(state):
        return corrupt(X, kind, 0.3, random_state=state)

    np.testing.assert_array_equal(draw(1), draw(1))
    assert not np.array_equal(draw(1), draw(2))
    assert not np.array_equal(draw(None), draw(None))
    np.testing.assert_array_equal(draw(np.random.default_rng(1)), draw(1))
    old = np.random.RandomState
    np.testing.assert_array_equal(draw(old(1)), draw(old(1)))


@pytest.mark.parametrize("kind", KINDS)
def test_amount_zero_changes_nothing(X, kind):
    np.testing.assert_array_equal(corrupt(X, kind, 0.0, random_state=0), X)


@pytest.mark.parametrize("fill", [0.0, np.nan, -1.0])
def test_mask_fills_its_share_and_nothing_else(X, fill):
    out, mask = corrupt(X, "mask", 0.3, fill=fill, random_state=0, return_mask=True)
    assert mask.mean() == pytest.approx(0.3, abs=0.01)  # 3 standard deviations
    np.testing.assert_array_equal(out[mask], np.full(mask.sum(), fill))
    np.testing.assert_array_equal(out[~mask], X[~mask])
    assert np.array_equal(corrupt(X, "mask", 1.0), np.zeros_like(X))


def test_gaussian_has_the_deviation_and_is_not_clipped(X):
    out, mask = corrupt(X, "gaussian", 2.0, random_state=0, return_mask=True)
    noise = out - X
    assert mask.all()
    assert noise.std() == pytest.approx(2.0, rel=0.02)
    assert noise.mean() == pytest.approx(0.0, abs=0.05)
    assert out.min() < -3 and out.max() > 4


def test_salt_and_pepper_in_equal_parts(X):
    out, mask = corrupt(X, "salt_pepper", 0.4, random_state=0, return_mask=True)
    assert mask.mean() == pytest.approx(0.4, abs=0.011)
    assert set(out[mask]) == {0.0, 1.0}
    assert out[mask].mean() == pytest.approx(0.5, abs=0.02)
    np.testing.assert_array_equal(out[~mask], X[~mask])


@pytest.mark.parametrize(
    ("dtype", "kind", "options", "expected"),
    [
        (np.uint8, "mask", {}, np.uint8),
        (np.uint8, "mask", {"fill": np.nan}, np.float32),
        (np.uint8, "mask", {"fill": -1}, np.float32),
        (np.uint8, "gaussian", {}, np.float32),
        (np.uint8, "salt_pepper", {"value_range": (0, 255)}, np.uint8),
        (np.uint8, "salt_pepper", {"value_range": (0, 1.5)}, np.float32),
        (bool, "mask", {}, bool),
        (bool, "mask", {"fill": 2}, np.float32),
        (bool, "salt_pepper", {}, bool),
        (np.int64, "gaussian", {}, np.float64),
        (np.float16, "gaussian", {}, np.float16),
        (np.float32, "mask", {"fill": np.nan}, np.float32),
        (np.float64, "gaussian", {}, np.float64),
    ],
)
def test_dtype_stays_where_it_can(dtype, kind, options, expected):
    X = np.ones((20, 10), dtype)
    assert corrupt(X, kind, 0.5, random_state=0, **options).dtype == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.uint8])
def test_tensor_in_tensor_out(kind, dtype):
    """A tensor meets the same corruption as an array."""
    X = (torch.arange(60).reshape(4, 3, 5) % 2).to(dtype)
    before = X.clone()
    out, mask = corrupt(X, kind, 0.5, random_state=0, return_mask=True)
    array, array_mask = corrupt(
        X.double().numpy() if dtype.is_floating_point else X.numpy(),
        kind, 0.5, random_state=0, return_mask=True,
    )  # fmt: skip
    assert out.shape == X.shape and mask.dtype == torch.bool
    assert out.dtype == (torch.float32 if (kind, dtype) == ("gaussian", torch.uint8) else dtype)
    torch.testing.assert_close(out, torch.from_numpy(array).to(out.dtype))
    np.testing.assert_array_equal(mask.numpy(), array_mask)
    assert torch.equal(X, before) and not out.requires_grad


def test_missing_entries_stay_missing():
    X = np.array([[np.nan, 0.5]] * 50)
    for kind in KINDS:
        out, mask = corrupt(X, kind, 0.5, random_state=0, return_mask=True)
        drawn = mask[:, 0] & (kind != "gaussian")
        np.testing.assert_array_equal(np.isnan(out[:, 0]), ~drawn)


@pytest.mark.parametrize(
    ("X", "kind", "amount", "sentence"),
    [
        (np.zeros(3), "blur", 0.1, r"one of \['mask', 'gaussian', 'salt_pepper'\], got 'blur'"),
        (np.zeros(3), "mask", 1.5, r"amount of 'mask' should be in \[0, 1\], got 1.5"),
        (np.zeros(3), "gaussian", -0.1, r"should be in \[0, inf\], got -0.1"),
        (np.zeros(3), "mask", float("nan"), "got nan"),
        (np.array(["a"]), "mask", 0.1, "real numbers, got dtype <U1"),
        (np.full(3, 255), "salt_pepper", 0.1, r"from 255 to 255: .*value_range=\(0, 255\)"),
    ],
)
def test_wrong_input_is_refused(X, kind, amount, sentence):
    with pytest.raises(ValueError, match=sentence):
        corrupt(X, kind, amount)
