"""Units: what they say of themselves is held to integration, differentiation and frequencies."""

import math

import pytest
import torch

from unlabeled.energy import Bernoulli, Gaussian
from unlabeled.energy.units import UNITS, Unit
from unlabeled.sampling import Noise
from unlabeled.spec import choose, from_plain, to_plain

KINDS = [Bernoulli(), Gaussian(variance=0.6), Gaussian(learn_variance=False, variance=2.0)]


def built(kind, n=3):
    return kind.build(n).double()


def fields(n=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(n, 3, generator=generator, dtype=torch.float64) * 1.5


def integrate(unit, f, function):
    """Sum or integral over one unit's values of function(x) exp(s(x) f - R(x)), unit by unit."""
    if unit.support is not None:
        grid, step = torch.tensor(unit.support, dtype=torch.float64), 1.0
    else:
        grid = torch.linspace(-25, 25, 20001, dtype=torch.float64)
        step = float(grid[1] - grid[0])
    columns = []
    for j in range(f.shape[1]):
        x = torch.zeros(len(grid), f.shape[1], dtype=torch.float64)
        x[:, j] = grid
        weight = unit.statistic(x)[:, j] * f[:, j : j + 1] - unit.rest(x)[:, j]
        columns.append((function(grid) * weight.exp()).sum(1) * step)
    return torch.stack(columns, 1)


@pytest.mark.parametrize("kind", KINDS, ids=repr)
class TestUnit:
    def test_cumulant_is_the_log_of_the_sum_over_values(self, kind):
        unit, f = built(kind), fields()
        total = integrate(unit, f, torch.ones_like).log().sum(1)
        torch.testing.assert_close(unit.cumulant(f), total, rtol=1e-8, atol=1e-8)

    def test_mean_is_the_mean(self, kind):
        unit, f = built(kind), fields()
        mean = integrate(unit, f, lambda x: x) / integrate(unit, f, torch.ones_like)
        torch.testing.assert_close(unit.mean(f), mean, rtol=1e-8, atol=1e-8)

    def test_cumulant_differentiates_to_the_mean_statistic(self, kind):
        unit, f = built(kind), fields().requires_grad_()
        (slope,) = torch.autograd.grad(unit.cumulant(f).sum(), f)
        torch.testing.assert_close(slope, unit.statistic(unit.mean(f)).detach())

    def test_samples_have_mean_and_variance_of_the_distribution(self, kind):
        unit, n = built(kind), 40_000
        f = fields(1).expand(n, -1)
        x = unit.sample(f, Noise(0))
        mean = unit.mean(f[:1])[0]
        square = (
            integrate(unit, f[:1], lambda x: x**2) / integrate(unit, f[:1], torch.ones_like)
        )[0]
        std = (square - mean**2).sqrt()
        assert ((x.mean(0) - mean).abs() < 4 * std / math.sqrt(n)).all()
        torch.testing.assert_close(x.std(0), std, rtol=0.03, atol=0)

    def test_own_gradients_are_those_of_autograd(self, kind):
        unit, f = built(kind), fields()
        x = unit.sample(f, Noise(1)).detach()
        weight = torch.tensor([0.5, -0.2, 1.0, 0.3, -1.1], dtype=torch.float64)
        names = [name for name, _ in unit.named_parameters()]
        value = weight @ ((unit.statistic(x) * f - unit.rest(x)).sum(1))
        cumulant = weight @ unit.cumulant(f)
        for total, by_hand in [
            (value, unit.value_gradient(x, f, weight)),
            (cumulant, unit.cumulant_gradient(f, weight)),
        ]:
            assert sorted(by_hand) == names
            for name in names:
                (auto,) = torch.autograd.grad(total, getattr(unit, name), retain_graph=True)
                torch.testing.assert_close(by_hand[name].detach(), auto)

    def test_fit_field_gives_the_mean_of_the_data(self, kind):
        unit = built(kind)
        mean = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64)
        field = unit.fit_field(mean, torch.full((3,), 0.1, dtype=torch.float64))
        torch.testing.assert_close(unit.mean(field[None])[0].detach(), mean)

    def test_text_and_back(self, kind):
        assert repr(from_plain(to_plain(kind))) == repr(kind)


def test_gaussian_takes_the_variance_of_the_data_unless_told():
    variance = torch.tensor([0.5, 0.0, 4.0])
    unit = Gaussian().build(3)
    unit.fit_field(torch.zeros(3), variance)
    torch.testing.assert_close(unit.log_variance.exp().detach(), torch.tensor([0.5, 1.0, 4.0]))
    told = Gaussian(variance=2.0).build(3)
    told.fit_field(torch.zeros(3), variance)
    torch.testing.assert_close(told.log_variance.exp().detach(), torch.full((3,), 2.0))


def test_two_layers_of_one_kind_do_not_share_parameters():
    kind = Gaussian()
    first, second = kind.build(2), kind.build(2)
    assert first.log_variance is not second.log_variance
    assert list(kind.parameters()) == []


def test_names_and_objects_are_chosen_and_the_rest_refused():
    assert isinstance(choose("gaussian", UNITS, Unit, "visible"), Gaussian)
    with pytest.raises(ValueError, match=r"must be one of 'bernoulli', 'gaussian'.*'spin'"):
        choose("spin", UNITS, Unit, "visible")
    with pytest.raises(TypeError, match="visible must be a name or a Unit object, got int"):
        choose(3, UNITS, Unit, "visible")
    with pytest.raises(ValueError, match="variance must be positive, got -1"):
        Gaussian(variance=-1.0)
