"""Dictionary updates: they lower the objective, and meet what each of them promises."""

from itertools import pairwise

import pytest
import torch
from torch.nn.functional import normalize

from unlabeled.sparse import BCD, FISTA, KSVD, OMP, LagrangeDual, LeastSquares
from unlabeled.sparse.lagrange_dual import solve_dual
from unlabeled.sparse.lasso import objective
from unlabeled.sparse.statistics import Statistics
from unlabeled.sparse.updates import Coded

UPDATES = [BCD(), BCD(3), LagrangeDual(), KSVD(), KSVD(5)]


def world(n=200, n_components=30, n_features=15, seed=0):
    """Rows from a planted dictionary with noise, and other atoms to begin from."""
    generator = torch.Generator().manual_seed(seed)

    def normal(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    planted, D = normalize(normal(n_components, n_features)), normalize(normal(30, n_features))
    h = normal(n, n_components) * (torch.rand(n, n_components, generator=generator) < 0.1)
    return h @ planted + 0.05 * normal(n, n_features), D


def coded(x, D, solver, alpha, share=1.0):
    h = solver.solve(LeastSquares(x, D), alpha)
    filled = torch.where(torch.isnan(x), h @ D, x)
    return Coded(filled, h, len(x), share, alpha if solver.penalised else 0.0)


@pytest.mark.parametrize("update", UPDATES, ids=str)
@pytest.mark.parametrize("solver", [FISTA(1e-8, 10_000), OMP(3)], ids=str)
@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_learning_never_raises_the_objective(update, solver, gaps):
    x, D = world()
    if gaps:
        lost = torch.rand(x.shape, generator=torch.Generator().manual_seed(3)) < gaps
        x = torch.where(lost, torch.nan, x)
    alpha, values = 0.2, []
    for _ in range(12):
        batch = coded(x, D, solver, alpha)
        values.append(float(objective(LeastSquares(x, D), batch.h, batch.penalty).sum()))
        update.move(D, Statistics(*D.shape), batch)
        torch.testing.assert_close(D.norm(dim=1), torch.ones(30, dtype=D.dtype))
    falls = [before - after for before, after in pairwise(values)]
    if solver.penalised:  # pursuit is greedy: better atoms may lead it astray
        assert min(falls) > -1e-6 * values[0]
    assert values[-1] < 0.9 * values[0]


@pytest.mark.parametrize("update", [BCD(), LagrangeDual(), KSVD()], ids=str)
def test_the_error_of_given_codes_falls(update):
    """Also for codes that nobody optimised, and none of whose atoms is what it should be."""
    x, D = world()
    h = coded(x, D, OMP(3), 0.0).h
    error = float((x - h @ D).square().sum())
    statistics = Statistics(*D.shape)
    update.move(D, statistics, Coded(x, h, len(x), 1.0, 0.0))
    explained = (D * (statistics.A @ D - 2 * statistics.B)).sum()
    assert float(x.square().sum() + len(x) * explained) < 0.95 * error


def test_an_atom_of_block_descent_is_the_best_for_the_others():
    x, D = world()
    statistics = Statistics(*D.shape)
    BCD().move(D, statistics, coded(x, D, FISTA(), 0.2))
    A, B, last = statistics.A, statistics.B, D[-1].clone()

    def error(d):
        changed = torch.cat([D[:-1], d[None]])
        return float((changed * (A @ changed - 2 * B)).sum())

    for seed in range(20):
        generator = torch.Generator().manual_seed(seed)
        step = 0.1 * torch.randn(15, generator=generator, dtype=torch.float64)
        assert error(last) <= error(normalize(last + step, dim=0)) + 1e-12


def test_the_dual_is_solved():
    """Norms at most 1, multipliers >= 0, one of them slack; D stationary; no duality gap."""
    x, D = world()
    h = coded(x, D, FISTA(), 0.2).h
    h[:, :5] *= 10  # atoms that want to be short
    A, B = h.t() @ h, h.t() @ x
    D, lam = solve_dual(A, B, D, tol=1e-10)
    norms = D.square().sum(1)
    assert float(norms.max()) <= 1 + 1e-9 and bool((lam >= 0).all())
    assert 0 < int((lam == 0).sum()) < 30
    torch.testing.assert_close(lam * (norms - 1), torch.zeros_like(lam), rtol=0, atol=1e-6)
    torch.testing.assert_close(A @ D + lam[:, None] * D, B, rtol=0, atol=1e-6)
    primal = (D * (A @ D)).sum() / 2 - (D * B).sum()
    torch.testing.assert_close(primal, -((B * D).sum() + lam.sum()) / 2, rtol=1e-8, atol=0)


def test_k_svd_finds_the_singular_pair():
    x, D = world()
    batch = coded(x, D, OMP(1), 0.0)
    KSVD(500).move(D, Statistics(*D.shape), batch)
    used = batch.h.abs().sum(0) > 0
    for j in used.nonzero()[:, 0].tolist():
        rows = batch.h[:, j] != 0  # with one atom each, no other atom explains any of these
        v = torch.linalg.svd(x[rows], full_matrices=False).Vh
        assert abs(float(D[j] @ v[0])) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_the_dual_of_more_atoms_than_rows(seed):
    """A of rank 4 for 20 atoms, from codes in float32; the error of the codes falls."""
    x, D = (part.float() for part in world(n=4, n_components=20, n_features=6, seed=seed))
    h, D = torch.randn(4, 20, generator=torch.Generator().manual_seed(seed)), D[:20]
    error, statistics = float((x - h @ D).square().sum()), Statistics(20, 6)
    LagrangeDual().move(D, statistics, Coded(x, h, 4, 1.0, 0.0))
    D = D.double()
    torch.testing.assert_close(D.norm(dim=1), torch.ones(20, dtype=D.dtype), atol=1e-6, rtol=0)
    explained = (D * (statistics.A @ D - 2 * statistics.B)).sum()
    assert float(x.double().square().sum() + 4 * explained) < 0.5 * error


def test_the_dual_keeps_atoms_that_should_have_no_length():
    D = torch.eye(3)
    LagrangeDual().move(D, Statistics(3, 3), Coded(torch.zeros(5, 3), torch.eye(5, 3), 5, 1.0, 0))
    LagrangeDual().move(D, Statistics(3, 3), Coded(torch.ones(5, 3), torch.zeros(5, 3), 5, 1.0, 0))
    assert torch.equal(D, torch.eye(3))


@pytest.mark.parametrize("update", [BCD(), LagrangeDual(), KSVD()], ids=str)
def test_unused_atoms_stay(update):
    x, D = world()
    before, batch = D.clone(), coded(x, D, FISTA(), 0.2)
    batch.h[:, 4] = 0
    update.move(D, Statistics(*D.shape), batch)
    assert torch.equal(D[4], before[4]) and not torch.equal(D[5], before[5])


def test_every_row_counts_the_same_whatever_its_batch():
    x, D = world()
    h = coded(x, D, FISTA(), 0.2).h
    whole, parts = Statistics(*D.shape), Statistics(*D.shape)
    whole.take(h, x, 200, whole.share(200, 0.0))
    for part in (slice(0, 7), slice(7, 150), slice(150, 200)):
        n = part.stop - part.start
        share = parts.share(n, 0.0)
        parts.forget(share)
        parts.take(h[part], x[part], n, share)
    torch.testing.assert_close(parts.A, whole.A)
    torch.testing.assert_close(parts.B, whole.B)
    torch.testing.assert_close(whole.B, h.t() @ x / 200)


def test_rows_that_come_again_are_not_counted_twice():
    statistics = Statistics(2, 2)
    statistics.n_seen += 10**6
    assert statistics.share(50, 3.0) == pytest.approx(4 * 50 / (10**6 + 50))
    assert statistics.share(50, 3.0, n_pass=200) == 0.25
    assert statistics.share(200, 3.0, n_pass=200) == 1.0
