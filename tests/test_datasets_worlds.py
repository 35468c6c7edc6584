"""Worlds with known answers: what they draw is what their docstrings say."""

import numpy as np
import pytest
import torch

from unlabeled import datasets
from unlabeled.datasets import (
    binarize,
    curves,
    grid_centres,
    grid_of_gaussians,
    natural_patches,
    rectangles,
    ring_centres,
    ring_of_gaussians,
    swiss_roll,
)

WORLDS = {
    "ring": ring_of_gaussians,
    "grid": grid_of_gaussians,
    "roll": lambda n, **state: swiss_roll(n, 0.1, **state)[0],
    "curves": curves,
    "rectangles": rectangles,
    "patches": lambda n, **state: natural_patches(n, images=[picture()], **state),
    "bits": lambda n, **state: binarize(np.full((n, 7), 0.5), **state),
}


def picture(height=30, width=40):
    return np.random.default_rng(0).random((height, width))


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_seed_decides_and_global_generators_are_not_touched(world):
    numpy_state, torch_state = np.random.get_state()[1], torch.get_rng_state()  # noqa: NPY002
    X = world(50, random_state=1)
    assert len(X) == 50 and len(world(0)) == 0
    np.testing.assert_array_equal(world(50, random_state=1), X)
    np.testing.assert_array_equal(world(50, random_state=np.random.default_rng(1)), X)
    assert not np.array_equal(world(50, random_state=2), X)
    assert not np.array_equal(world(50), world(50))
    np.testing.assert_array_equal(np.random.get_state()[1], numpy_state)  # noqa: NPY002
    assert torch.equal(torch.get_rng_state(), torch_state)


@pytest.mark.parametrize("n_modes", [1, 2, 8, 25])
def test_ring_closes_without_a_double_mode(n_modes):
    centres = ring_centres(n_modes, radius=3.0)
    np.testing.assert_allclose(np.hypot(*centres.T), 3.0)
    steps = np.hypot(*(centres - np.roll(centres, 1, axis=0)).T)
    np.testing.assert_allclose(steps, 6 * np.sin(np.pi / n_modes), atol=1e-12)
    assert len(np.unique(centres.round(9), axis=0)) == n_modes


def test_grid_is_that_of_pacgan():
    expected = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {*map(tuple, grid_centres().tolist())} == expected
    np.testing.assert_array_equal(grid_centres(2, spacing=1.0)[1], [0.5, -0.5])


@pytest.mark.parametrize(
    ("world", "centres", "std"),
    [(ring_of_gaussians, ring_centres(), 0.01), (grid_of_gaussians, grid_centres(), 0.05)],
)
def test_modes_are_equally_likely_round_gaussians(world, centres, std):
    n, k = 20_000, len(centres)
    X, y = world(n, random_state=0, return_labels=True)
    assert X.dtype == np.float32 and y.dtype == np.int64
    counts = np.bincount(y, minlength=k)
    assert np.abs(counts - n / k).max() < 4.5 * np.sqrt(n / k)
    noise = (X - centres[y]) / std
    np.testing.assert_allclose(np.cov(noise.T), np.eye(2), atol=5 * np.sqrt(2 / n))
    assert np.abs(noise.mean(axis=0)).max() < 4.5 / np.sqrt(n)
    assert 3.5 < np.abs(noise).max() < 6.5


def test_swiss_roll_is_flat_when_unrolled():
    X, t = swiss_roll(5000, random_state=0)
    np.testing.assert_allclose(X[:, 0], t * np.cos(t), atol=1e-5)
    np.testing.assert_allclose(X[:, 2], t * np.sin(t), atol=1e-5)
    places = np.stack([t / np.pi / 3 - 0.5, X[:, 1] / 21])  # uniform in the unit square
    assert 0 <= places.min() and places.max() <= 1
    even = (np.arange(5000) + 0.5) / 5000
    assert np.abs(np.sort(places, axis=1) - even).max() < 2 / np.sqrt(5000)  # Kolmogorov, 0.07 %
    assert abs(np.corrcoef(places)[0, 1]) < 4.5 / np.sqrt(5000)
    noisy, _ = swiss_roll(5000, 0.3, random_state=0)
    np.testing.assert_allclose((noisy - X).std(axis=0), 0.3, rtol=0.05)


@pytest.mark.parametrize(("size", "width"), [(28, 2.0), (17, 1.0), (28, 5.0)])
def test_curves_are_lines_of_that_width_about_their_points(size, width):
    X, points = curves(20, size, width=width, random_state=0, return_points=True)
    assert X.shape == (20, size * size) and points.shape == (20, 3, 2) and X.dtype == np.float32
    assert points.min() >= width and points.max() <= size - width
    pixels = np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).reshape(-1, 2) + 0.5
    t = np.linspace(0, 1, 300)[:, None]
    for image, (a, b, c) in zip(X, points, strict=True):
        curve = (1 - t) ** 2 * a + 2 * t * (1 - t) * b + t**2 * c
        distance = np.linalg.norm(pixels[:, None] - curve, axis=2).min(axis=1)
        np.testing.assert_allclose(image, np.clip((width + 1) / 2 - distance, 0, 1), atol=0.08)


def test_a_curve_of_one_point_is_a_dot():
    """Not a number divided by its length, which is zero."""
    joints = np.full((1, 17, 2), 3.5, dtype=np.float32)
    distance = datasets.outlines._distance(joints, 7).reshape(7, 7)
    np.testing.assert_allclose(distance[3], [3, 2, 1, 0, 1, 2, 3])


def test_rectangles_are_outlines_that_are_tall_or_wide():
    X, y = rectangles(3000, random_state=0, return_labels=True)
    assert X.dtype == np.uint8 and y.dtype == np.int64
    height, width, top, left = check_outlines(X.reshape(-1, 28, 28), y)
    for place, side in [(top, height), (left, width)]:
        share = place[side < 28] / (28 - side[side < 28])  # of the way; its mean is 1/2
        assert abs(share.mean() - 0.5) < 4.5 * share.std() / np.sqrt(len(share))
    counts = np.histogram2d(height, width, bins=np.arange(4, 30))[0]
    possible = np.abs(np.subtract.outer(np.arange(4, 29), np.arange(4, 29))) >= 3
    assert not counts[~possible].any()
    expected = 3000 / possible.sum()
    chi2 = ((counts[possible] - expected) ** 2 / expected).sum()
    assert abs(chi2 - possible.sum()) < 4.5 * np.sqrt(2 * possible.sum())


def check_outlines(images, y):
    """Height, width, top and left of each, after it was found to be what it should be."""
    rows, columns = images.any(axis=2), images.any(axis=1)
    height, width = rows.sum(axis=1), columns.sum(axis=1)
    top, left = rows.argmax(axis=1), columns.argmax(axis=1)
    for image, i, j, h, w in zip(images, top, left, height, width, strict=True):
        outline = np.pad(np.zeros((h - 2, w - 2)), 1, constant_values=1)
        np.testing.assert_array_equal(image[i : i + h, j : j + w], outline)
        assert image.sum() == outline.sum()
    np.testing.assert_array_equal(y, height > width)
    return height, width, top, left


@pytest.mark.data
def test_published_rectangles_are_of_that_world():
    X, y = datasets.load("rectangles", "test", return_labels=True)
    assert X.flags.c_contiguous and X.max() == 1
    height, width, *_ = check_outlines(X[:2000].reshape(-1, 28, 28), y[:2000])
    assert height.min() == width.min() == 4 and np.abs(height - width).min() == 3
    ours, labels = rectangles(50_000, random_state=0, return_labels=True)
    assert y.mean() == pytest.approx(labels.mean(), abs=0.015)
    np.testing.assert_allclose(X.mean(axis=0), ours.mean(axis=0), atol=0.011)


def test_bits_are_as_frequent_as_the_levels():
    p = np.linspace(0, 1, 11)
    bits = binarize(np.tile(p, (20_000, 1)), random_state=0)
    assert bits.dtype == np.uint8 and set(bits.ravel()) == {0, 1}
    assert (np.abs(bits.mean(axis=0) - p) <= 4.5 * np.sqrt(p * (1 - p) / 20_000)).all()
    assert np.abs(np.corrcoef(bits[:, 1:-1].T) - np.eye(9)).max() < 4.5 / np.sqrt(20_000)


def test_bits_stay_what_they_are():
    X = np.random.default_rng(0).random((30, 20)) < 0.5
    np.testing.assert_array_equal(binarize(X), X)
    np.testing.assert_array_equal(binarize(X.astype(np.float32)), X)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_tensor_gives_the_bits_of_its_array(dtype):
    X = torch.linspace(0, 1, 60).reshape(4, 3, 5).to(dtype)
    bits = binarize(X, random_state=0)
    assert isinstance(bits, torch.Tensor) and bits.dtype == torch.uint8
    np.testing.assert_array_equal(bits, binarize(X.double().numpy(), random_state=0))


@pytest.mark.parametrize("X", [[0.5, 255], [-0.1, 0.5], [0.5, np.nan]])
def test_what_is_no_probability_is_refused(X):
    with pytest.raises(ValueError, match=r"probabilities in \[0, 1\], got values from .* scale"):
        binarize(np.array(X))


@pytest.mark.parametrize(
    ("world", "arguments", "sentence"),
    [
        (ring_of_gaussians, {"n": -1}, "got n=-1 and std=0.01"),
        (grid_of_gaussians, {"n": 1, "std": float("nan")}, "got n=1 and std=nan"),
        (ring_centres, {"n_modes": 0}, "at least 1, got 0"),
        (grid_centres, {"side": 0}, "at least 1, got 0"),
        (swiss_roll, {"n": 1, "noise": -1}, "got n=1 and noise=-1"),
        (curves, {"n": 1, "width": 10}, "got n=1, width=10 and size=28"),
        (rectangles, {"n": 1, "size": 6}, "size at least 7, got n=1 and size=6"),
    ],
)
def test_worlds_that_do_not_exist(world, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        world(**arguments)
