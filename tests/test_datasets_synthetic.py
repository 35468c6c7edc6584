"""Synthetic worlds: what they contain, and the best likelihood on them."""

import numpy as np
import pytest

from unlabeled.datasets import bars_and_stripes, entropy_ceiling, shifting_bar


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5])
def test_bars_and_stripes_is_the_whole_world(n):
    images = bars_and_stripes(n).reshape(-1, n, n)
    assert images.dtype == np.uint8
    bars = (images == images[:, :1]).all(axis=(1, 2))
    stripes = (images == images[:, :, :1]).all(axis=(1, 2))
    assert (bars | stripes).all()
    counts = np.unique(images, axis=0, return_counts=True)[1]
    if n > 1:
        assert sorted(counts) == [1] * (2 ** (n + 1) - 4) + [2, 2]
    assert len(images) == 2 ** (n + 1)


@pytest.mark.parametrize("n", [2, 3, 4])
def test_ceiling_of_bars_and_stripes_is_the_formula(n):
    N = 2 ** (n + 1)
    formula = -(N - 4) * np.log(N) - 4 * np.log(N / 2)
    assert entropy_ceiling(bars_and_stripes(n)) == pytest.approx(formula)


def test_published_ceilings():
    assert entropy_ceiling(bars_and_stripes(2)) == pytest.approx(-13.863, abs=1e-3)
    assert entropy_ceiling(bars_and_stripes(3)) == pytest.approx(-41.589, abs=1e-3)
    assert entropy_ceiling(bars_and_stripes(4)) == pytest.approx(-108.131, abs=1e-3)
    assert entropy_ceiling(shifting_bar(9)) == pytest.approx(-19.775, abs=1e-3)


def test_no_distribution_beats_the_ceiling():
    rng = np.random.default_rng(0)
    X = rng.integers(0, 2, (40, 3))
    state = X @ [4, 2, 1]
    best = max(np.log(rng.dirichlet(np.ones(8)))[state].sum() for _ in range(200))
    assert best < entropy_ceiling(X)
    empirical = np.bincount(state, minlength=8) / 40
    assert entropy_ceiling(X) == pytest.approx(np.log(empirical[state]).sum())


@pytest.mark.parametrize(("length", "width"), [(2, 1), (9, 1), (9, 4), (5, 4)])
def test_shifting_bar_goes_round_the_ring(length, width):
    X = shifting_bar(length, width, dtype=np.float32)
    assert X.dtype == np.float32 and X.shape == (length, length)
    for i, row in enumerate(X):
        np.testing.assert_array_equal(row, np.roll(X[0], i))
    assert X[0].tolist() == [1] * width + [0] * (length - width)


@pytest.mark.parametrize(
    ("world", "arguments"), [(bars_and_stripes, [0]), (bars_and_stripes, [13]),
                             (shifting_bar, [3, 3]), (shifting_bar, [3, 0])]
)  # fmt: skip
def test_worlds_that_do_not_exist(world, arguments):
    with pytest.raises(ValueError, match="should be between"):
        world(*arguments)


@pytest.mark.parametrize("X", [np.zeros(3), np.zeros((0, 3))])
def test_ceiling_needs_rows(X):
    with pytest.raises(ValueError, match=r"shape \(n, d\) with n >= 1, got \("):
        entropy_ceiling(X)
