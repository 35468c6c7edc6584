"""Differences of softplus between two temperatures."""

import pytest
import torch

from unlabeled.energy.softplus import bernoulli_annealed, softplus_rise
from unlabeled.sampling import Noise

STEPS = [
    (0.3, 0.3001),
    (0.3001, 0.3),
    (0.0, 0.4),
    (1.0, 0.1),
    (0.9999, 1.0),
    (0.0, 1.0),
    (0.5, 0.5),
]


def plainly(f, here, there):
    f, zero = f.double(), f.new_zeros(()).double()
    return torch.logaddexp(there * f, zero) - torch.logaddexp(here * f, zero)


@pytest.mark.parametrize(("here", "there"), STEPS)
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_it_is_right_to_some_roundings_of_its_own_size(scale, here, there):
    f = scale * torch.randn(2000, 1, generator=torch.Generator().manual_seed(0))
    f[0] = 0.0
    here, there = (float(torch.tensor(beta)) for beta in (here, there))
    torch.testing.assert_close(
        softplus_rise(f, here, there).double(),
        plainly(f, here, there)[:, 0],
        rtol=3e-6,
        atol=1e-12,
    )


def test_large_fields_do_not_overflow():
    f = torch.tensor([[-3000.0], [3000.0]])
    torch.testing.assert_close(softplus_rise(f, 0.0, 1.0), torch.tensor([-0.6931472, 2999.3069]))
    torch.testing.assert_close(softplus_rise(f, 1.0, 0.0), torch.tensor([0.6931472, -2999.3069]))


def test_draw_is_at_the_new_temperature():
    f = torch.tensor([[-2.0, 0.0, 2.0]]).expand(40_000, 3)
    _, x = bernoulli_annealed(f, 0.2, 0.7, Noise(0))
    p = torch.sigmoid(0.7 * f[0])
    assert ((x.mean(0) - p).abs() < 4 * torch.sqrt(p * (1 - p) / 40_000)).all()
