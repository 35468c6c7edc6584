"""Codes against scikit-learn's, against the optimality conditions, and with gaps."""

from itertools import product

import numpy as np
import pytest
import torch
from sklearn.decomposition import sparse_encode
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import orthogonal_mp

from unlabeled.kernels.build import is_installed
from unlabeled.sparse import FISTA, OMP, CoordinateDescent, FeatureSign, LeastSquares
from unlabeled.sparse.lasso import duality_gap, objective

LASSO = [FISTA(), FeatureSign()] + [CoordinateDescent()] * is_installed()

# Atoms, features, a direction that all atoms share (the larger, the worse the condition).
SHAPES = [(12, 30, 0.0), (60, 25, 0.0), (60, 25, 1.0), (25, 40, 3.0)]


def world(n_components, n_features, shared, n=40, dtype=torch.float64, seed=0):
    """Rows, and atoms of unit norm."""
    generator = torch.Generator().manual_seed(seed)
    D = torch.randn(n_components, n_features, generator=generator, dtype=torch.float64)
    D += shared * torch.randn(1, n_features, generator=generator, dtype=torch.float64)
    D = torch.nn.functional.normalize(D)
    x = torch.randn(n, n_features, generator=generator, dtype=torch.float64)
    return x.to(dtype), D.to(dtype)


def strength(x, D, part=0.15):
    """An alpha that leaves many codes at zero, but not all."""
    return part * float((x @ D.t()).abs().amax(1).median())


@pytest.mark.parametrize(
    ("solver", "dtype"),
    [(FISTA(1e-6), torch.float64), *product(LASSO, (torch.float32, torch.float64))],
    ids=str,
)
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("positive", [False, True])
def test_the_objective_is_that_of_scikit_learn(solver, shape, positive, dtype):
    x, D = world(*shape)
    alpha = strength(x, D)
    h = solver.solve(LeastSquares(x.to(dtype), D.to(dtype)), alpha, positive)
    theirs = sparse_encode(
        x.numpy(),
        D.numpy(),
        algorithm="lasso_cd",
        alpha=alpha,
        positive=positive,
        max_iter=100_000,
    )
    problem = LeastSquares(x, D)
    ours, best = (objective(problem, codes, alpha) for codes in (h.double(), torch.tensor(theirs)))
    assert h.dtype == dtype
    assert float((ours / best - 1).abs().max()) < 1e-4
    assert not positive or bool((h >= 0).all())


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("positive", [False, True])
def test_feature_sign_meets_the_optimality_conditions(shape, positive):
    """c = alpha sign(h) where h is not zero, |c| <= alpha (c <= alpha) where it is."""
    x, D = world(*shape)
    alpha = strength(x, D)
    problem = LeastSquares(x, D)
    h = FeatureSign(tol=1e-14).solve(problem, alpha, positive)
    c = problem.correlation(problem.residual(h))
    active = h != 0
    torch.testing.assert_close(c[active], alpha * h.sign()[active], rtol=0, atol=1e-7)
    pull = c if positive else c.abs()
    assert float(pull[~active].max()) <= alpha + 1e-7
    assert 0 < active.double().mean() < 0.9


@pytest.mark.parametrize("positive", [False, True])
def test_the_duality_gap_bounds_what_is_left(positive):
    x, D = world(60, 25, 1.0)
    alpha, problem = strength(x, D), LeastSquares(x, D)
    best = objective(problem, FeatureSign(1e-12).solve(problem, alpha, positive), alpha)
    for scale in (0.0, 0.01, 1.0):
        noise = torch.rand(40, 60, generator=torch.Generator().manual_seed(1)) * scale
        h = FISTA(1e-3).solve(problem, alpha, positive) + noise
        r = problem.residual(h)
        gap, value = duality_gap(problem, h, r, problem.correlation(r), alpha, positive)
        torch.testing.assert_close(value, objective(problem, h, alpha))
        assert bool((value - best <= gap + 1e-12).all())


@pytest.mark.parametrize("solver", LASSO, ids=str)
def test_a_penalty_above_every_product_leaves_nothing(solver):
    x, D = world(60, 25, 0.0)
    largest = float((x @ D.t()).abs().max())
    assert not solver.solve(LeastSquares(x, D), largest * 1.0001).any()
    assert solver.solve(LeastSquares(x, D), largest * 0.98).any()
    assert not solver.solve(LeastSquares(torch.zeros_like(x), D), 0.1).any()


@pytest.mark.parametrize("solver", LASSO, ids=str)
def test_atoms_that_say_the_same_are_no_trouble(solver):
    x, D = world(12, 30, 0.0, dtype=torch.float32)
    alpha = strength(x, D)
    twice = LeastSquares(x, torch.cat([D, D]))
    ours = objective(twice, solver.solve(twice, alpha), alpha)
    once = LeastSquares(x, D)
    best = objective(once, FeatureSign().solve(once, alpha), alpha)
    torch.testing.assert_close(ours, best, rtol=1e-4, atol=0)


def test_what_is_not_solved_is_said():
    x, D = world(60, 25, 1.0)
    with pytest.warns(ConvergenceWarning, match=r"FeatureSign\(.*\) left 40 of 40 rows unsolved"):
        FeatureSign(max_steps=1).solve(LeastSquares(x, D), 0.1)


def test_fista_hands_over_what_it_cannot_finish():
    x, D = world(60, 25, 3.0)
    alpha, problem = strength(x, D), LeastSquares(x, D)
    quick, patient = FISTA(max_steps=20), FISTA(1e-8, max_steps=100_000)
    ours, best = (objective(problem, s.solve(problem, alpha), alpha) for s in (quick, patient))
    torch.testing.assert_close(ours, best, rtol=1e-4, atol=0)


def test_coordinate_descent_hands_over_what_it_cannot_finish():
    pytest.importorskip("numba")
    x, D = world(60, 25, 3.0)
    alpha, problem = strength(x, D), LeastSquares(x, D)
    quick, patient = CoordinateDescent(max_sweeps=3), CoordinateDescent(1e-9, 10**6)
    ours, best = (objective(problem, s.solve(problem, alpha), alpha) for s in (quick, patient))
    torch.testing.assert_close(ours, best, rtol=1e-4, atol=0)


def test_coordinate_descent_asks_for_its_kernels(monkeypatch):
    monkeypatch.setattr("unlabeled.kernels.build.is_installed", lambda: False)
    with pytest.raises(ImportError, match=r"CoordinateDescent.* needs numba: .*\[fast\].*'fista'"):
        CoordinateDescent().solve(LeastSquares(*world(4, 4, 0.0)), 0.1)


@pytest.mark.parametrize("n_nonzero", [1, 3, 8])
def test_omp_chooses_as_scikit_learn_does(n_nonzero):
    x, D = world(60, 25, 0.0)
    theirs = orthogonal_mp(D.t().numpy(), x.t().numpy(), n_nonzero_coefs=n_nonzero).T
    np.testing.assert_allclose(OMP(n_nonzero).solve(LeastSquares(x, D)), theirs, atol=1e-9)


def test_omp_stops_at_a_tolerance():
    x, D = world(60, 25, 0.0)
    theirs = orthogonal_mp(D.t().numpy(), x.t().numpy(), tol=5.0).T
    h = OMP(tolerance=5.0).solve(LeastSquares(x, D))
    np.testing.assert_allclose(h, theirs, atol=1e-9)
    assert len({int(n) for n in (h != 0).sum(1)}) > 1
    assert bool(((x - h @ D).square().sum(1) <= 5.0).all())


def test_omp_by_default_takes_a_tenth_of_the_features():
    x, D = world(60, 25, 0.0)
    assert (OMP().solve(LeastSquares(x, D)) != 0).sum(1).tolist() == [2] * 40


def test_omp_takes_no_more_atoms_than_a_row_needs():
    _, D = world(60, 25, 0.0)
    x = 2 * D[3:5] + D[7:9]
    h = OMP(n_nonzero=20).solve(LeastSquares(x, D))
    torch.testing.assert_close(h @ D, x, rtol=0, atol=1e-7)
    assert int((h != 0).sum(1).max()) < 20


@pytest.mark.parametrize("solver", [*LASSO, OMP(4)], ids=str)
def test_a_row_with_gaps_is_a_smaller_problem(solver):
    """Coding what is seen of each row, alone, with the atoms cut to the same features."""
    x, D = world(30, 20, 0.0)
    seen = torch.rand(x.shape, generator=torch.Generator().manual_seed(2)) > 0.4
    alpha = strength(x, D, 0.1)
    h = solver.solve(LeastSquares(torch.where(seen, x, torch.nan), D), alpha)
    for i in range(len(x)):
        part = seen[i]
        atoms = D[:, part]
        sizes = atoms.norm(dim=1, keepdim=True)
        if solver.penalised:
            alone = solver.solve(LeastSquares(x[i : i + 1, part], atoms), alpha)
        else:  # matching pursuit asks for atoms of unit norm
            alone = solver.solve(LeastSquares(x[i : i + 1, part], atoms / sizes)) / sizes.t()
        torch.testing.assert_close(
            h[i : i + 1], alone, rtol=0, atol=2e-2 * solver.penalised + 1e-9
        )
        value = objective(LeastSquares(x[i : i + 1, part], atoms), h[i : i + 1], alpha)
        other = objective(LeastSquares(x[i : i + 1, part], atoms), alone, alpha)
        torch.testing.assert_close(value, other, rtol=1e-4, atol=0)


@pytest.mark.parametrize("solver", [*LASSO, OMP(4), OMP(tolerance=1.0)], ids=str)
def test_a_row_of_gaps_and_no_rows_at_all(solver):
    x, D = world(30, 20, 0.0)
    x[1] = torch.nan
    h = solver.solve(LeastSquares(x, D), 0.3)
    assert not h[1].any() and h[0].any() and bool(torch.isfinite(h).all())
    assert solver.solve(LeastSquares(x[:0], D), 0.3).shape == (0, 30)


@pytest.mark.parametrize(
    "make", [lambda: FISTA(-1), lambda: FISTA(1e-3, 0), lambda: OMP(0), lambda: OMP(tolerance=-1)]
)
def test_options_that_make_no_sense_are_refused(make):
    with pytest.raises(ValueError, match="must be"):
        make()
