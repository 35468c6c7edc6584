"""Random numbers: where they come from, who draws them, and that they are distributed as said."""

import math

import numpy as np
import pytest
import torch

from unlabeled.sampling import Noise, bernoulli, gaussian
from unlabeled.sampling.noise import N_BLOCKS, stream_seed

KINDS = ["uniform", "normal"]


def draw(noise, shape, kind="uniform"):
    return getattr(noise, kind)(shape)


@pytest.mark.parametrize("kind", KINDS)
def test_a_draw_is_a_function_of_seed_and_step(kind):
    noise = Noise(0, n_blocks=4)
    one, two = (draw(noise.at(step), (37, 5), kind) for step in (1, 2))
    assert torch.equal(draw(Noise(0, n_blocks=4).at(1), (37, 5), kind), one)
    assert torch.equal(draw(noise.at(1), (37, 5), kind), one)
    assert not torch.isin(one, two).any()
    assert not torch.isin(one, draw(Noise(1, n_blocks=4).at(1), (37, 5), kind)).any()
    assert not torch.isin(one, draw(noise, (37, 5), kind)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_block_is_a_stream_of_its_own(kind):
    noise = Noise(0, n_blocks=4).at(3)
    whole = draw(noise, (8, 1000), kind)
    edges = [noise.slices(8)[k] for k in range(4)]
    assert [(s.start, s.stop) for s in edges] == [(0, 2), (2, 4), (4, 6), (6, 8)]
    for k, rows in enumerate(edges):
        alone = Noise(0, n_blocks=4, rank=k, world=4).at(3).of(8)
        assert torch.equal(draw(alone, (2, 1000), kind), whole[rows])
    correlation = torch.corrcoef(whole) - torch.eye(8)
    assert correlation.abs().max() < 4.5 / math.sqrt(1000)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("world", [2, 4, 8])
@pytest.mark.parametrize("n_rows", [1, 7, 8, 100, 333])
def test_processes_together_draw_what_one_would(kind, world, n_rows):
    alone = Noise(5, n_blocks=N_BLOCKS).at(9)
    expected = [draw(alone, (n_rows, 3), kind) for _ in range(2)]
    parts, covered = [[], []], []
    for rank in range(world):
        noise = Noise(5, n_blocks=N_BLOCKS, rank=rank, world=world).at(9).of(n_rows)
        rows = noise.rows(n_rows)
        covered.extend(range(n_rows)[rows])
        for part in parts:
            part.append(draw(noise, (rows.stop - rows.start, 3), kind))
    assert covered == list(range(n_rows))
    for part, whole in zip(parts, expected, strict=True):
        assert torch.equal(torch.cat(part), whole)


def test_rows_of_another_process_are_not_drawn():
    noise = Noise(0, n_blocks=8, rank=1, world=2).of(10)
    with pytest.raises(ValueError, match="holds 5 of 10 rows, but noise for 10 rows"):
        noise.uniform((10, 2))


def test_global_generators_stay_where_they_are():
    torch_state, numpy_state = torch.get_rng_state(), repr(np.random.get_state())  # noqa: NPY002
    noise = Noise(0)
    noise.uniform((9, 9)), noise.normal((9, 9)), bernoulli(torch.full((9, 9), 0.5), noise)
    assert torch.equal(torch_state, torch.get_rng_state())
    assert numpy_state == repr(np.random.get_state())  # noqa: NPY002


@pytest.mark.parametrize("shape", [(5, 0), (0, 5), (3, 1), (3, 7), (4, 2, 3), (6,)])
def test_odd_shapes(shape):
    noise = Noise(0)
    u, z = noise.uniform(shape), noise.normal(shape)
    assert u.shape == z.shape == shape and u.dtype == z.dtype == torch.float32
    assert ((u >= 0) & (u < 1)).all() and z.isfinite().all()
    assert len(u.unique()) == u.numel()


def test_uniform_numbers_are_even_and_do_not_repeat():
    u = Noise(0, n_blocks=8).uniform((1000, 401)).double()
    n = u.numel()
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / n)
    assert abs(u.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / n)
    counts = torch.histc(u, 256, 0, 1)
    chi2 = float(((counts - n / 256) ** 2 / (n / 256)).sum())
    assert abs(chi2 - 255) < 4 * math.sqrt(2 * 255)
    assert abs(torch.corrcoef(torch.stack([u[:, :-1].ravel(), u[:, 1:].ravel()]))[0, 1]) < 0.007
    assert torch.equal(u * 2**24, (u * 2**24).round())
    assert u.min() < 1e-4 and u.max() > 1 - 1e-4


def test_normal_numbers():
    z = Noise(0, n_blocks=8).normal((1000, 400)).double()
    n = z.numel()
    assert abs(z.mean()) < 4 / math.sqrt(n)
    assert abs(z.var() - 1) < 4 * math.sqrt(2 / n)
    assert abs((z**4).mean() - 3) < 4 * math.sqrt(96 / n)


@pytest.mark.parametrize("p", [1e-4, 0.01, 0.3, 0.5, 0.9, 1 - 1e-4])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16])
def test_bernoulli_means(p, dtype):
    x = bernoulli(torch.full((1001, 401), p, dtype=dtype), Noise(1, n_blocks=8))
    p = float(torch.tensor(p, dtype=dtype))
    assert x.dtype == dtype
    assert abs(x.double().mean() - p) < 4 * math.sqrt(p * (1 - p) / x.numel()) + 1e-12


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_certainty_is_certain(dtype):
    p = torch.zeros(2000, 501, dtype=dtype)
    p[1::2] = 1
    assert torch.equal(bernoulli(p, Noise(2)), p)


def test_bernoulli_leaves_its_probabilities_alone():
    p = torch.full((50, 7), 0.5)
    x = bernoulli(p, Noise(0))
    assert (p == 0.5).all() and set(x.unique().tolist()) == {0.0, 1.0}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gaussian_moments(dtype):
    mean = torch.tensor([-3.0, 0.0, 5.0], dtype=dtype).expand(40_000, 3)
    std = torch.tensor([0.1, 1.0, 4.0], dtype=dtype)
    x = gaussian(mean, std, Noise(3))
    assert x.dtype == dtype
    assert ((x.mean(0) - mean[0]).abs() < 4 * std / 200).all()
    assert ((x.std(0) / std - 1).abs() < 4 / math.sqrt(2 * 40_000)).all()


def test_neighbouring_keys_give_unrelated_seeds():
    seeds = {stream_seed(a, b, c) for a in range(9) for b in range(9) for c in range(9)}
    assert len(seeds) == 729 and all(0 <= seed < 2**63 for seed in seeds)
    assert stream_seed(1, 2) != stream_seed(2, 1) != stream_seed(1, 2, 0)
    bits = np.unpackbits(np.array(sorted(seeds), dtype=">u8").view(np.uint8)).reshape(729, 64)
    assert (np.abs(bits[:, 2:].mean(0) - 0.5) < 4.5 * 0.5 / math.sqrt(729)).all()


@pytest.mark.gpu
@pytest.mark.parametrize("p", [1e-4, 0.3, 1 - 1e-4])
def test_the_same_on_a_gpu(p):
    noise = Noise(0, "cuda")
    x = bernoulli(torch.full((1000, 401), p, device="cuda"), noise.at(1))
    assert x.is_cuda
    assert abs(x.double().mean() - p) < 4 * math.sqrt(p * (1 - p) / x.numel())
    again = bernoulli(torch.full((1000, 401), p, device="cuda"), noise.at(1))
    assert torch.equal(x, again)
    ends = torch.tensor([[0.0], [1.0]], device="cuda").expand(2, 10**6)
    assert torch.equal(bernoulli(ends, noise), ends)


@pytest.mark.parametrize("p", [0.0, 1e-3, 0.5, 1.0])
def test_what_gpus_draw_with_is_in_blocks_too(p):
    """Its kernel is a GPU's; that each block has its stream can be seen anywhere."""
    given = torch.full((1001, 101), p)
    x = Noise(0, n_blocks=4).at(2).bernoulli(given)
    rows = Noise(0, n_blocks=4, rank=2, world=4).at(2).of(1001)
    part = rows.rows(1001)
    assert torch.equal(rows.bernoulli(given[part]), x[part])
    assert abs(x.double().mean() - p) <= 4 * math.sqrt(p * (1 - p) / x.numel())
