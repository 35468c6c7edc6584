"""Counts of draws: exact totals, the distribution by enumeration, blocks of rows."""

import math

import pytest
import torch

from unlabeled.sampling import Noise, multinomial
from unlabeled.sampling.noise import N_BLOCKS


def compositions(total, k):
    """All vectors of k counts that sum to `total`."""
    if k == 1:
        return [[total]]
    return [[i, *rest] for i in range(total + 1) for rest in compositions(total - i, k - 1)]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_count_vectors_come_up_as_often_as_their_probabilities(dtype):
    p, n_draws, n = torch.tensor([0.6, 0.3, 0.0, 0.1], dtype=dtype), 4, 40_000
    x = multinomial(p.expand(n, 4), n_draws, Noise(0, n_blocks=8))
    assert x.dtype == dtype
    states = torch.tensor(compositions(n_draws, 4), dtype=torch.float64)
    log_p = torch.lgamma(torch.tensor(n_draws + 1.0)) + (
        torch.xlogy(states, p.double()) - torch.lgamma(states + 1)
    ).sum(1)
    base = torch.tensor([1.0, 5, 25, 125], dtype=torch.float64)
    seen = torch.bincount((x.double() @ base).long(), minlength=625)
    expected = n * log_p.exp()
    observed = seen[(states @ base).long()]
    assert observed.sum() == n and observed[expected == 0].sum() == 0
    likely = expected > 0
    chi2 = float(((observed - expected)[likely] ** 2 / expected[likely]).sum())
    freedom = int(likely.sum()) - 1
    assert abs(chi2 - freedom) < 4 * math.sqrt(2 * freedom)


def test_means_of_many_words():
    p = torch.softmax(torch.randn(3, 2000, generator=torch.Generator().manual_seed(0)), 1)
    x = multinomial(p, 1_000_000, Noise(1)).double()
    assert (x.sum(1) == 1_000_000).all()
    z = (x - 1e6 * p) / (1e6 * p * (1 - p)).sqrt()
    assert z.abs().max() < 5
    assert abs(z.square().mean() - 1) < 4 * math.sqrt(2 / z.numel())


def test_rows_have_their_own_numbers_of_draws():
    lengths = torch.tensor([[0], [1], [300], [10_000]])
    p = torch.rand(4, 7, generator=torch.Generator().manual_seed(0))
    p[:, 1::2] = 0
    x = multinomial(p, lengths.float(), Noise(0))
    assert torch.equal(x.sum(1, keepdim=True), lengths.float())
    assert (x >= 0).all() and not x[:, 1::2].any()
    assert multinomial(p[:0], 3, Noise(0)).shape == (0, 7)


@pytest.mark.parametrize("world", [2, 8])
@pytest.mark.parametrize("n_rows", [1, 7, 33])
def test_processes_together_draw_what_one_would(world, n_rows):
    g = torch.Generator().manual_seed(3)
    p = torch.rand(n_rows, 5, generator=g)
    lengths = torch.randint(0, 40, (n_rows, 1), generator=g)
    alone = Noise(5, n_blocks=N_BLOCKS).at(9)
    expected = [multinomial(p, lengths, alone) for _ in range(2)]
    assert n_rows == 1 or not torch.equal(*expected)
    parts = [[], []]
    for rank in range(world):
        noise = Noise(5, n_blocks=N_BLOCKS, rank=rank, world=world).at(9).of(n_rows)
        mine = noise.rows(n_rows)
        for part in parts:
            part.append(multinomial(p[mine], lengths[mine], noise))
    for part, whole in zip(parts, expected, strict=True):
        assert torch.equal(torch.cat(part), whole)


def test_negative_numbers_of_draws():
    with pytest.raises(ValueError, match="n_draws must be at least 0, got -2"):
        multinomial(torch.ones(2, 3), torch.tensor([[1], [-2]]), Noise(0))


def test_its_probabilities_stay_as_they_are():
    p = torch.tensor([[0.25, 0.25, 0.5]])
    multinomial(p, 5, Noise(0))
    assert p.tolist() == [[0.25, 0.25, 0.5]]
