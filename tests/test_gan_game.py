"""What GANs are made of: losses and their optima, penalties, spectral norms, averages, packs."""

import copy

import pytest
import torch
from torch import nn

from unlabeled.adversarial import (
    R1,
    AdversarialNetworks,
    Discriminator,
    Generator,
    GradientPenalty,
    Hinge,
    LeastSquares,
    Minimax,
    MovingAverage,
    NonSaturating,
    SpectralNorm,
    Wasserstein,
)
from unlabeled.adversarial.losses import LOSSES
from unlabeled.adversarial.players import packed
from unlabeled.networks import MLP, ConvolutionalEncoder
from unlabeled.sampling.slerp import slerp


def best_logit(loss, p, q, target=1.0):
    """The logit that minimises p real(d) + q fake(d), on a fine grid."""
    d = torch.linspace(-6, 6, 120_001, dtype=torch.float64)
    return float(d[(p * loss.real(d, target) + q * loss.fake(d)).argmin()])


@pytest.mark.parametrize(("p", "q"), [(0.2, 0.8), (0.5, 0.5), (0.7, 0.3)])
def test_the_best_discriminator_of_two_densities(p, q):
    log_ratio = torch.tensor(p / q).log().item()
    for loss in (Minimax(), NonSaturating()):
        assert best_logit(loss, p, q) == pytest.approx(log_ratio, abs=1e-3)
    smooth = torch.logit(torch.tensor(0.9 * p / (p + q))).item()
    assert best_logit(NonSaturating(), p, q, 0.9) == pytest.approx(smooth, abs=1e-3)
    assert best_logit(LeastSquares(), p, q) == pytest.approx(p / (p + q), abs=1e-3)
    if p != q:
        assert best_logit(Hinge(), p, q) == pytest.approx(1 if p > q else -1, abs=1e-3)


def test_a_sure_discriminator_leaves_a_gradient_to_the_non_saturating_generator_only():
    d = torch.tensor([-10.0], requires_grad=True)
    slope = {
        name: float(torch.autograd.grad(kind().generator(d).sum(), d)[0])
        for name, kind in LOSSES.items()
    }
    assert slope["nonsaturating"] == pytest.approx(-1, abs=1e-4)
    assert slope["minimax"] == pytest.approx(0, abs=1e-4) and slope["minimax"] < 0
    assert slope["hinge"] == slope["wasserstein"] == -1 and slope["least_squares"] == -11


def test_the_games_that_sum_to_zero_do():
    d = torch.randn(9, generator=torch.Generator().manual_seed(0))
    for loss in (Minimax(), Wasserstein()):
        assert torch.equal(loss.generator(d), -loss.fake(d))


@pytest.mark.parametrize("n", [1, 5])
def test_penalties_of_a_linear_critic_and_their_gradients(n):
    w = torch.tensor([3.0, 4.0], requires_grad=True)
    real, fake, u = torch.randn(n, 2), torch.randn(n, 2), torch.rand(n, 1)
    gp = GradientPenalty(10.0)(lambda x: x @ w, real, fake, u)
    torch.testing.assert_close(gp, torch.full((n,), 10.0 * 16))
    expected = 10 * 2 * (5 - 1) * w.detach() / 5
    torch.testing.assert_close(torch.autograd.grad(gp.mean(), w)[0], expected)
    r1 = R1(10.0)(lambda x: x @ w, real, fake, u)
    torch.testing.assert_close(r1, torch.full((n,), 5.0 * 25))
    torch.testing.assert_close(torch.autograd.grad(r1.mean(), w)[0], 10 * w.detach())


def test_penalties_look_where_they_say():
    seen = []

    def critic(x):
        seen.append(x)
        return x.square().sum(1)

    real, fake = torch.full((2, 3), 1.0), torch.full((2, 3), 5.0)
    GradientPenalty()(critic, real, fake, torch.tensor([[1.0], [0.25]]))
    R1()(critic, real, fake, torch.zeros(2, 1))
    assert seen[0][:, 0].tolist() == [1, 4] and torch.equal(seen[1], real)


def test_the_penalty_of_a_pack_is_about_its_rows_and_not_its_labels():
    discriminator = Discriminator(nn.Linear, 2, pack=2, n_classes=3)
    net = AdversarialNetworks(Generator(None, 1, 2, n_classes=3), discriminator)
    W = discriminator.network.network.weight[0]
    x, y, u = torch.randn(6, 2), torch.tensor([0, 1, 2, 0, 1, 2]), torch.rand(6, 1)
    penalty = net.penalise(R1(2.0), x, x, u, y)
    torch.testing.assert_close(penalty, W[:4].square().sum())


def nets():
    return {
        "mlp": MLP(6, 2, (20, 10)),
        "conv": ConvolutionalEncoder((2, 8, 8), 3, normalise=False),
    }


@pytest.mark.parametrize("kind", ["mlp", "conv"])
def test_spectral_norms_are_one(kind):
    net = SpectralNorm(nets()[kind]).train()
    x = torch.randn(4, 6) if kind == "mlp" else torch.randn(4, 2, 8, 8)
    adam = torch.optim.Adam(net.parameters(), lr=2e-4)
    for _ in range(100):
        net(x).square().mean().backward()
        adam.step()
        adam.zero_grad()
    assert len(net.names) == 3
    for name, W in net.weights().items():
        sigma = torch.linalg.matrix_norm(W.detach().flatten(1), 2)
        assert sigma == pytest.approx(1, abs=0.03), name
    before = [u.clone() for u in net.buffers()]
    net.eval()(x)
    assert all(torch.equal(a, b) for a, b in zip(before, net.buffers(), strict=True))
    twin = SpectralNorm(nets()[kind]).eval()
    twin.load_state_dict(net.state_dict())
    assert torch.equal(twin(x), net(x))


def test_an_mlp_of_spectral_norm_one_does_not_stretch():
    net = SpectralNorm(MLP(6, 1, (20, 20), "leaky_relu")).eval()
    a, b = torch.randn(2, 500, 6)
    stretch = (net(a) - net(b)).abs().squeeze(1) / (a - b).norm(dim=1)
    assert stretch.max() <= 1.01


def test_the_gradient_of_a_normalised_weight_is_the_exact_one():
    layer = nn.Linear(3, 4, bias=False).double()
    net = SpectralNorm(layer)
    for _ in range(200):
        net.iterate()
    x, W = torch.randn(5, 3, dtype=torch.float64), layer.weight
    ours = torch.autograd.grad(net.eval()(x).square().sum(), W)[0]
    sigma = torch.linalg.matrix_norm(W, 2)
    exact = torch.autograd.grad((x @ (W / sigma).T).square().sum(), W)[0]
    torch.testing.assert_close(ours, exact)


def test_the_average_is_the_sum_that_it_should_be():
    quick = nn.Sequential(nn.Linear(1, 1, bias=False), nn.BatchNorm1d(1, affine=False))
    slow = copy.deepcopy(quick)
    average, decay = MovingAverage(slow, quick, 0.75), 0.75
    expected = slow[0].weight.item()
    for t, value in enumerate([3.0, -1.0, 4.0, 1.0, 5.0] * 8, 1):
        quick[0].weight.data.fill_(value)
        quick[1].running_mean.fill_(value)
        average.update()
        a = min(decay, (1 + t) / (10 + t))
        expected = a * expected + (1 - a) * value
        assert slow[0].weight.item() == pytest.approx(expected, rel=1e-5)
        assert float(slow[1].running_mean) == value
    other = MovingAverage(slow, quick, 0.75)
    other.load_state_dict(average.state_dict())
    assert other.n_updates == 40


@pytest.mark.parametrize(("n", "m"), [(6, 2), (5, 2), (7, 3), (1, 4), (0, 2), (3, 1)])
def test_packs_hold_every_row_and_wrap_around(n, m):
    x = torch.arange(2 * n).view(n, 2)
    groups = packed(x, m)
    assert groups.shape == (-(-n // m), 2 * m)
    rows = groups.reshape(-1, 2)
    assert torch.equal(rows[:n], x)
    assert all(torch.equal(row, x[k % n]) for k, row in enumerate(rows[n:], n))


def test_arcs_of_unit_vectors_stay_on_the_sphere():
    path = slerp([3.0, 0.0], [0.0, 3.0], [0.0, 1 / 3, 1.0])
    assert path[1].tolist() == pytest.approx([3 * 3**0.5 / 2, 1.5])
    opposite = slerp([1.0, 0.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.5, 1.0])
    assert (opposite**2).sum(1) == pytest.approx([1, 1, 1])
    assert slerp([0.0, 0.0], [2.0, 0.0], [0.5]).tolist() == [[1.0, 0.0]]
