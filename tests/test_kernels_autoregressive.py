"""The compiled walk against its plain twin, value by value, and against the definition."""

import pytest
import torch

pytest.importorskip("numba")

from unlabeled import NADE
from unlabeled.autoregressive import NeuralAutoregressive, drawing
from unlabeled.kernels import autoregressive
from unlabeled.sampling import Noise


def machine(d, h, *, scale=1.0):
    """A model with large random parameters, in a random ordering."""
    generator = torch.Generator().manual_seed(d * h)
    nade = NeuralAutoregressive(d, h, torch.randperm(d, generator=generator))
    with torch.no_grad():
        for p in nade.parameters():
            p.copy_(torch.randn(p.shape, generator=generator) * scale)
    return nade


def fast(seed):
    return Noise(seed, backend="fast")


def arguments(n, d, h):
    """Fields, weights, values of which some are grey, thresholds of which some are certain."""
    generator = torch.Generator().manual_seed(n)
    field, W, V, value, threshold = (
        torch.randn(shape, generator=generator)
        for shape in ((n, h), (d, h), (d, h), (n, d), (n, d))
    )
    value = torch.where(value > 0, 1.0, torch.rand(n, d, generator=generator))
    return field, W, V, value, torch.where(threshold > 1, torch.inf, threshold)


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 9, 5), (37, 50, 70), (10, 3, 500)])
def test_kernel_walks_as_its_twin(shape, together):
    field, *others = arguments(*shape)
    is_on = torch.empty_like(others[-1], dtype=torch.bool)
    logit = torch.empty_like(others[-1])
    tensors = (field.clone(), *others, is_on, logit)
    autoregressive.walk(*(a.numpy() for a in tensors), together=together)
    expected_on, expected = drawing._walk(field, *others)
    assert torch.equal(is_on, expected_on)
    torch.testing.assert_close(logit, expected, rtol=1e-4, atol=1e-4)
    assert not is_on[others[-1] == torch.inf].any()
    if is_on.numel() > 100:
        assert 0.2 < is_on.float().mean() < 0.6


def test_rows_do_not_depend_on_those_beside_them():
    nade = machine(30, 20)
    many = nade.sample(50, fast(1))
    assert not torch.equal(many[:25], many[25:])
    u = Noise(1).uniform((50, 30))

    class Given(Noise):
        def uniform(self, shape):
            return u[: shape[0]].clone()

    for n in (1, autoregressive.TILE, 23):
        assert torch.equal(nade.sample(n, Given(0, backend="fast")), many[:n])


def test_samples_are_those_of_full_passes_with_the_same_random_numbers():
    d, n = 60, 40
    nade = machine(d, 9)
    u, x = Noise(3).uniform((n, d)), torch.zeros(n, d)
    for k in range(d):
        feature = nade.ordering[k]
        x[:, feature] = (u[:, k] < torch.sigmoid(nade.logits(x)[:, feature])).float()
    assert torch.equal(nade.sample(n, fast(3)), x)
    assert torch.equal(nade.sample(n, Noise(3)), x)


@pytest.mark.parametrize("grey", [False, True])
def test_completions_are_those_of_torch(grey):
    n, d = 30, 40
    nade = machine(d, 9, scale=0.5)
    generator = torch.Generator().manual_seed(7)
    x = torch.rand(n, d, generator=generator)
    x = x if grey else x.round()
    missing = torch.rand(n, d, generator=generator) < 0.3
    plain = nade.complete(x, missing, Noise(5), 8)
    assert torch.equal(nade.complete(x, missing, fast(5), 8), plain)
    assert torch.equal(plain[~missing], x[~missing])
    assert not torch.equal(plain, nade.complete(x, missing, fast(6), 8))


def test_estimator_draws_the_same_rows_with_either_backend(monkeypatch):
    X = machine(25, 6).sample(200, Noise(0)).numpy()
    calls, walk = [], autoregressive.walk
    monkeypatch.setattr(autoregressive, "walk", lambda *a, **k: calls.append(1) or walk(*a, **k))
    drawn = {}
    for backend in ("torch", "fast"):
        nade = NADE(7, n_epochs=2, backend=backend, random_state=0).fit(X)
        drawn[backend] = nade.sample(50, random_state=1)
        assert len(calls) == (backend == "fast")
    assert (drawn["torch"] == drawn["fast"]).all()


def test_double_precision_stays_in_torch():
    nade = machine(12, 4).double()
    assert torch.equal(nade.sample(9, fast(0)), nade.sample(9, Noise(0)))
