"""The compiled Lasso and dictionary kernels against plain formulas, in any number of threads."""

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from unlabeled.kernels import dictionary
from unlabeled.kernels.lasso import lasso
from unlabeled.sparse.bcd import _descend


def world(n=70, n_components=90, n_features=40, dtype=np.float64, seed=0):
    """Rows, atoms of different lengths, an alpha."""
    rng = np.random.default_rng(seed)
    D = rng.normal(size=(n_components, n_features)) / n_features**0.5
    x = rng.normal(size=(n, n_features))
    return x.astype(dtype), D.astype(dtype), dtype(0.2 * np.abs(x @ D.T).max(1).mean())


def codes(x, D, alpha, *, tol=1e-4, positive=False, max_sweeps=10_000, together=False):
    kind = x.dtype.type
    h, solved = np.full((len(x), len(D)), 7, x.dtype), np.zeros(len(x), bool)
    limits = alpha, kind(tol), kind(8 * np.finfo(kind).eps)
    energy = (x * x).sum(1)
    lasso(x @ D.T, D @ D.T, energy, *limits, max_sweeps, positive, h, solved, together=together)
    return h, solved


def plain(x, D, alpha, positive, n_sweeps=300):
    """Coordinate descent on the residual, over all atoms."""
    h = np.zeros((len(x), len(D)))
    r = x.copy()
    for _ in range(n_sweeps):
        for k, d in enumerate(D):
            z = r @ d + d @ d * h[:, k]
            new = np.maximum(z - alpha, 0) - (0 if positive else np.maximum(-z - alpha, 0))
            new /= d @ d
            r -= np.outer(new - h[:, k], d)
            h[:, k] = new
    return h


def objective(x, D, h, alpha):
    return ((x - h @ D) ** 2).sum(1) / 2 + alpha * np.abs(h).sum(1)


@pytest.mark.parametrize("positive", [False, True])
def test_codes_are_those_of_plain_coordinate_descent(positive):
    x, D, alpha = world(20)
    h, solved = codes(x, D, alpha, tol=1e-14, positive=positive)
    assert solved.all() and 0 < (h != 0).mean() < 0.6
    np.testing.assert_allclose(h, plain(x, D, alpha, positive), atol=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("tol", [1e-2, 1e-4])
def test_a_solved_row_is_within_its_gap(dtype, tol):
    x, D, alpha = world(dtype=dtype)
    h, solved = codes(x, D, alpha, tol=tol)
    exact, wide = codes(x.astype(float), D.astype(float), float(alpha), tol=1e-12)[0], float(alpha)
    best = objective(x, D, exact, wide)
    assert solved.all() and h.dtype == dtype
    assert (objective(x.astype(float), D, h, wide) <= best * (1 + tol) + 1e-5).all()


def test_active_atoms_may_be_more_than_the_first_room():
    """A small penalty leaves over 64 codes: their Gram matrix has to move to a larger place."""
    x, D, alpha = world(10, 150, 130)
    h, solved = codes(x, D, alpha / 20, tol=1e-10, max_sweeps=100_000)
    assert solved.all() and (h != 0).sum(1).min() > 64
    c = (x - h @ D) @ D.T
    active = h != 0
    np.testing.assert_allclose(c[active], alpha / 20 * np.sign(h[active]), rtol=1e-3)
    assert np.abs(c).max() <= alpha / 20 * 1.001


def test_what_is_left_open_is_said():
    x, D, alpha = world()
    _, solved = codes(x, D, alpha, tol=1e-12, max_sweeps=2)
    assert not solved.any()
    h, solved = codes(np.zeros_like(x), D, alpha)
    assert solved.all() and not h.any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_threads_and_company_change_nothing(dtype):
    x, D, alpha = world(dtype=dtype)
    h, _ = codes(x, D, alpha)
    np.testing.assert_array_equal(h, codes(x, D, alpha, together=True)[0])
    b, G = x @ D.T, D @ D.T  # a product of fewer rows may be rounded otherwise
    part, solved = np.empty_like(b[37:]), np.empty(len(b) - 37, bool)
    limits = alpha, dtype(1e-4), dtype(8 * np.finfo(dtype).eps)
    lasso(b[37:], G, (x * x).sum(1)[37:], *limits, 10_000, False, part, solved)
    np.testing.assert_array_equal(h[37:], part)


@pytest.mark.parametrize(("dtype", "rtol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_products_of_sparse_codes(dtype, rtol):
    rng = np.random.default_rng(0)
    h = (rng.normal(size=(50, 30)) * (rng.random((50, 30)) < 0.2)).astype(dtype)
    x = rng.normal(size=(50, 12)).astype(dtype)
    for together in (False, True):
        A, B = np.full((30, 30), 7, dtype), np.full((30, 12), 7, dtype)
        dictionary.products(h, x, A, B, together=together)
        np.testing.assert_allclose(A, h.T @ h, rtol=rtol, atol=rtol)
        np.testing.assert_allclose(B, h.T @ x, rtol=rtol, atol=rtol)


@pytest.mark.parametrize(("dtype", "tol"), [(np.float32, 1e-5), (np.float64, 1e-12)])
def test_atoms_descend_as_in_torch(dtype, tol):
    """One of them has no direction, and stays."""
    rng = np.random.default_rng(0)
    u, d = (rng.normal(size=(9, 12)).astype(dtype) for _ in range(2))
    A = rng.normal(size=(9, 9)).astype(dtype)
    u[4], A[4] = 0, 0
    twin = _descend(*(torch.from_numpy(part.copy()) for part in (u, A, d)))
    stays = d[4].copy()
    dictionary.descend(u, A, d, together=False)
    np.testing.assert_allclose(d, twin.numpy(), atol=tol)
    np.testing.assert_array_equal(d[4], stays)
    np.testing.assert_allclose(np.linalg.norm(d[:4], axis=1), 1, atol=tol)
