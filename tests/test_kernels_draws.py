"""Compiled draws: the numbers of their plain twin, distributed as said, independent."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch

pytest.importorskip("numba")

from unlabeled import RBM
from unlabeled.datasets import bars_and_stripes
from unlabeled.kernels import draws, functions, generator
from unlabeled.sampling import Noise, bernoulli, bernoulli_logits
from unlabeled.sampling.noise import N_BLOCKS

KEY = 0x1234_5678_9ABC
MASK = (1 << 64) - 1
DTYPES = [torch.float32, torch.bfloat16]


def fast(seed=0, **blocks):
    return Noise(seed, backend="fast", **({"n_blocks": 8} | blocks))


# ---- the plain twin: the same generator from its paper, a number at a time --------------------


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


def plain_bits(key, n):
    """xoshiro128++ in `LANES` lanes, seeded word by word from SplitMix64."""
    golden, lanes = 0x9E3779B97F4A7C15, generator.LANES
    words = [mix((key + golden * (k + 1)) & MASK) for k in range(2 * lanes)]
    halves = [half for word in words for half in (word & 0xFFFFFFFF, word >> 32)]
    s = np.array(halves, np.uint32).reshape(4, lanes)

    def rotated(x, k):
        return (x << np.uint32(k)) | (x >> np.uint32(32 - k))

    out = []
    for _ in range(-(-n // lanes)):
        out.append(rotated(s[0] + s[3], 7) + s[0])
        t = s[1] << np.uint32(9)
        s[2] ^= s[0]
        s[3] ^= s[1]
        s[1] ^= s[2]
        s[0] ^= s[3]
        s[2] ^= t
        s[3] = rotated(s[3], 11)
    return np.concatenate(out)


def plain_key(key, block, piece):
    golden = 0x9E3779B97F4A7C15
    of_block = mix((key + golden * (block + 1)) & MASK)
    return mix((of_block + golden * (piece + 1)) & MASK)


def plain_uniform(edges, width, key, first_block=0):
    """The uniform numbers of a draw, from `plain_bits`, flat."""
    parts = []
    for block, (start, stop) in enumerate(pairwise(edges)):
        n, done = (stop - start) * width, 0
        while done < n:
            own = plain_key(key, first_block + block, done // generator.PIECE)
            m = min(generator.PIECE, n - done)
            parts.append(plain_bits(own, m)[:m])
            done += m
    return (np.concatenate(parts) >> np.uint32(8)) * 2.0**-24


@pytest.mark.parametrize("n", [1, 63, 64, 65, 5000])
def test_bits_are_those_of_the_plain_generator(n):
    found = generator.new_bits(np.uint64(KEY), n)
    assert len(found) - n in range(generator.LANES)
    assert np.array_equal(found, plain_bits(KEY, n))


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("edges", [[0, 3, 7], [0, 0, 5, 60]])
def test_draws_are_those_of_the_plain_twin(edges, together):
    width = 397
    u = plain_uniform(edges, width, KEY, first_block=2)
    f = np.random.default_rng(0).normal(scale=3, size=u.size).astype(np.float32)
    p = (1 / (1 + np.exp(-f.astype(np.float64)))).astype(np.float32)
    starts = np.array(edges) * width
    for are_logits, given in ((False, p), (True, f)):
        x = np.empty_like(f)
        draws.bernoulli(given, are_logits, x, starts, 2, KEY, together=together)
        differ = (x == 1) != (u < p)
        assert (np.abs(u - p)[differ] < 1e-6).all() and differ.sum() <= 2


def test_threads_do_not_matter(monkeypatch):
    monkeypatch.setattr(draws, "_ENOUGH", 0)
    f = torch.randn(600, 500, generator=torch.Generator().manual_seed(0))
    before, drawn = torch.get_num_threads(), []
    try:
        for n_threads in (1, 2, 3):
            torch.set_num_threads(n_threads)
            drawn.append(bernoulli_logits(f, fast().at(4)))
    finally:
        torch.set_num_threads(before)
    assert torch.equal(drawn[0], drawn[1]) and torch.equal(drawn[0], drawn[2])


@pytest.mark.parametrize("world", [2, 4, 8])
@pytest.mark.parametrize("n_rows", [1, 8, 333])
def test_processes_together_draw_what_one_would(world, n_rows):
    p = torch.full((n_rows, 37), 0.4)
    alone = fast(n_blocks=N_BLOCKS).at(9)
    expected = [bernoulli(p, alone) for _ in range(2)]
    parts = [[], []]
    for rank in range(world):
        noise = fast(n_blocks=N_BLOCKS, rank=rank, world=world).at(9).of(n_rows)
        for part in parts:
            part.append(bernoulli(p[noise.rows(n_rows)], noise))
    for part, whole in zip(parts, expected, strict=True):
        assert torch.equal(torch.cat(part), whole)


def test_a_draw_is_a_function_of_seed_step_and_call():
    p = torch.full((50, 50), 0.5)
    noise = fast().at(1)
    first, second = bernoulli(p, noise), bernoulli(p, noise.of(50))
    assert not torch.equal(first, second)
    assert not torch.equal(first, bernoulli(p, fast(seed=1).at(1)))
    assert not torch.equal(first, bernoulli(p, fast().at(2)))
    assert torch.equal(first, bernoulli(p, noise.at(1)))


# ---- distribution ------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", ["torch", "fast"])
@pytest.mark.parametrize("p", [1e-6, 1e-5, 1e-3, 0.1, 0.5, 0.9, 1 - 1e-3, 1 - 1e-5, 1 - 1e-6])
def test_means_from_one_in_a_million_to_all_but_one(p, backend):
    noise, n = Noise(7, n_blocks=8, backend=backend), 2**23
    f = torch.full((1024, n // 1024), math.log(p / (1 - p)), dtype=torch.float64).float()
    exact = torch.sigmoid(f[0, 0].double()).item()
    for x in (bernoulli_logits(f, noise), bernoulli(torch.sigmoid(f), noise)):
        tolerance = 4.5 * math.sqrt(exact * (1 - exact) / n) + 2.0**-23
        assert abs(x.double().mean().item() - exact) < tolerance


@pytest.mark.parametrize("dtype", DTYPES)
def test_certainty_is_certain(dtype):
    p = torch.zeros(2000, 501, dtype=dtype)
    p[1::2] = 1
    assert torch.equal(bernoulli(p, fast()), p)
    for far in (math.inf, 200.0):
        assert torch.equal(bernoulli_logits((2 * p - 1) * far, fast()), p)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(5, 0), (0, 5), (3, 1), (4, 2, 3), (6,)])
def test_odd_shapes(shape, dtype):
    p = torch.full(shape, 0.5, dtype=dtype)
    x = bernoulli(p, fast())
    assert x.shape == shape and x.dtype == dtype and (p == 0.5).all()
    assert set(x.unique().tolist()) <= {0.0, 1.0}


def test_what_is_not_contiguous_or_not_for_kernels():
    f = torch.linspace(-3, 3, 40)
    spread = f.expand(2000, -1)
    for given in (spread, spread.t().contiguous().t(), spread.double()):
        x = bernoulli_logits(given, fast())
        assert x.dtype == given.dtype
        assert ((x.double().mean(0) - torch.sigmoid(f)).abs() < 4.5 * 0.5 / math.sqrt(2000)).all()


def test_rows_calls_and_steps_are_independent():
    n, noise = 2**15, fast(n_blocks=4)
    half = torch.full((16, n), 0.5)
    drawn = [bernoulli(half, noise.at(step)) for step in (1, 2)] + [bernoulli(half, noise)]
    sources = torch.cat(drawn) - 0.5
    correlation = torch.corrcoef(sources) - torch.eye(len(sources))
    assert correlation.abs().max() < 5.2 / math.sqrt(n)


def test_neighbours_in_a_row_are_independent():
    x = bernoulli(torch.full((64, 2**15), 0.5), fast()).sub_(0.5).mul_(2)
    p, lane = generator.PIECE, generator.LANES
    for lag in (1, 2, 3, lane - 1, lane, lane + 1, 2 * lane, p - 1, p, p + lane):
        z = float((x[:, lag:] * x[:, :-lag]).double().sum()) / math.sqrt(x[:, lag:].numel())
        assert abs(z) < 4.2, lag


def test_every_bit_is_even_and_bytes_are_spread():
    bits = np.concatenate([generator.new_bits(np.uint64(k), 4096) for k in range(64)])
    planes = np.unpackbits(bits.view(np.uint8)).reshape(-1, 32).mean(0)
    assert (np.abs(planes - 0.5) < 4.5 * 0.5 / math.sqrt(len(bits))).all()
    counts = np.bincount(bits.view(np.uint8), minlength=256)
    expected = bits.nbytes / 256
    assert abs(((counts - expected) ** 2 / expected).sum() - 255) < 4.5 * math.sqrt(2 * 255)


# ---- normal numbers ----------------------------------------------------------------------------


def test_functions_are_as_exact_as_they_say():
    rng = np.random.default_rng(0)
    x = np.exp(rng.uniform(-80, 80, 2000)).astype(np.float32)
    exact = np.log(x.astype(np.float64))
    found = np.array([functions.log(v) for v in x])
    assert (np.abs(found - exact) <= 2e-7 * np.maximum(np.abs(exact), math.log(2))).all()
    t = rng.uniform(-1, 1, 2000).astype(np.float32)
    turned = np.array([functions.cos_sin_turn(v) for v in t])
    angle = 2 * np.pi * t.astype(np.float64)
    assert np.abs(turned - np.stack([np.cos(angle), np.sin(angle)], 1)).max() < 2e-7
    y = np.concatenate([rng.uniform(-87, 87, 2000), [0.0]]).astype(np.float32)
    found = np.array([functions.exp_minus(v) for v in y], np.float64)
    error = np.abs(found * np.exp(y.astype(np.float64)) - 1)
    assert (error < 1e-7 * (3 + np.abs(y))).all()


def test_normal_numbers_are_those_of_the_plain_twin():
    shape, noise = (3, 2001), fast(n_blocks=2).at(5)
    key = noise.next_key()
    found = noise.at(5).normal(shape).numpy().ravel()
    expected = []
    for block, n in enumerate((2001, 4002)):
        own, half = plain_key(key, block, 0), (n + 1) // 2
        bits = (plain_bits(own, 2 * half)[: 2 * half] >> np.uint32(8)).astype(np.float64)
        r = np.sqrt(-2 * np.log(bits[:half] * 2.0**-24 + 2.0**-25))
        angle = 2 * np.pi * bits[half:] * 2.0**-24
        expected.append(np.concatenate([r * np.cos(angle), r * np.sin(angle)])[:n])
    np.testing.assert_allclose(found, np.concatenate(expected), rtol=1e-5, atol=5e-6)


def test_normal_numbers_are_normal():
    z = fast().normal((1000, 1001)).double()
    n = z.numel()
    moments = [float((z**k).mean()) for k in (1, 2, 3, 4)]
    spread = [math.sqrt(v / n) for v in (1, 2, 15, 96)]
    assert all(abs(m - e) < 4 * s for m, e, s in zip(moments, (0, 1, 0, 3), spread, strict=True))
    inside = torch.special.ndtr(z).histc(64, 0, 1)
    assert abs(float(((inside - n / 64) ** 2 / (n / 64)).sum()) - 63) < 4.5 * math.sqrt(2 * 63)
    lagged = torch.corrcoef(
        torch.stack([z[:, :-1].ravel(), z[:, 1:].ravel(), z[:, 1:].ravel() ** 2])
    )
    assert abs(lagged[0, 1]) < 4.5 / math.sqrt(n) and abs(lagged[0, 2]) < 4.5 / math.sqrt(n)
    assert abs(torch.corrcoef(z[:2])[0, 1]) < 4.5 / math.sqrt(1001)


# ---- what is learned with them -----------------------------------------------------------------


def likelihoods(**options):
    X = bars_and_stripes(3).repeat(80, axis=0)
    found = []
    for seed in range(5):
        rbm = RBM(8, n_epochs=60, batch_size=64, learning_rate=0.5, random_state=seed, **options)
        found.append(rbm.fit(X).score(X))
    return np.array(found)


@pytest.fixture(scope="module")
def with_torch():
    return likelihoods(backend="torch")


@pytest.mark.parametrize("precision", ["float32", "bf16"])
def test_machines_learn_as_well_as_with_plain_draws(precision, with_torch):
    found = likelihoods(backend="fast", precision=precision)
    spread = math.sqrt((found.var(ddof=1) + with_torch.var(ddof=1)) / len(found))
    assert abs(found.mean() - with_torch.mean()) < 3.5 * spread
    assert with_torch.mean() > -3.3  # nats; 9 independent fair bits have -6.2


def test_the_backend_is_recorded_and_kept_by_a_checkpoint(tmp_path):
    from unlabeled import load

    X = bars_and_stripes(3)
    options = {"batch_size": 4, "schedule": "constant", "backend": "fast", "random_state": 0}
    whole = RBM(4, n_epochs=4, **options).fit(X)
    RBM(4, n_epochs=2, **options).fit(X, checkpoint=tmp_path / "run")
    resumed = RBM(4, n_epochs=4, **options).fit(X, checkpoint=tmp_path / "run")
    assert np.array_equal(resumed.components_, whole.components_)
    whole.save(tmp_path / "model")
    assert load(tmp_path / "model").backend_ == "fast"
    plain = RBM(4, n_epochs=4, **{**options, "backend": "torch"}).fit(X)
    assert plain.backend_ == "torch"
    assert not np.array_equal(plain.components_, whole.components_)
