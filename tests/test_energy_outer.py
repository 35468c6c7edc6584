"""Sums over states by products of exponentials, against sums of softplus."""

import pytest
import torch
from enumeration import all_states, machine
from torch.utils._python_dispatch import TorchDispatchMode

from unlabeled.energy import RestrictedBoltzmannMachine, Unit, outer
from unlabeled.energy.outer import log_weights

SIZES = [(1, 1), (1, 7), (7, 1), (2, 3), (11, 40), (40, 11), (12, 13), (300, 12)]


def plainly(rbm) -> torch.Tensor:
    """log p* of the states of the smaller layer, as the definition has it."""
    if rbm.visible.n_units < rbm.hidden.n_units:
        x, own, field = all_states(rbm.visible.n_units), rbm.b, rbm.hidden_field
    else:
        x, own, field = all_states(rbm.hidden.n_units), rbm.c, rbm.visible_field
    f = field(x)
    return x @ own + torch.logaddexp(f, torch.zeros_like(f)).sum(1)


@pytest.fixture
def no_blocks(monkeypatch):
    def refuse(*unexpected):
        raise AssertionError("the states should not be enumerated one by one")

    monkeypatch.setattr(outer, "blocks", refuse)


@pytest.mark.usefixtures("no_blocks")
@pytest.mark.parametrize("scale", [0.01, 1.0, 10.0])
@pytest.mark.parametrize(("n_visible", "n_hidden"), SIZES)
def test_it_is_the_sum_over_the_other_layer(n_visible, n_hidden, scale):
    rbm = machine(n_visible=n_visible, n_hidden=n_hidden, scale=scale).requires_grad_(False)
    torch.testing.assert_close(log_weights(rbm), plainly(rbm), rtol=1e-13, atol=1e-11)


@pytest.mark.usefixtures("no_blocks")
def test_fields_far_from_zero_are_no_matter_if_they_move_little():
    """Units that are always on or always off, by fields that exp could not take."""
    rbm = machine(n_visible=30, n_hidden=11).requires_grad_(False)
    rbm.b[:10].sub_(2000)
    rbm.b[10:20].add_(2000)
    torch.testing.assert_close(log_weights(rbm), plainly(rbm), rtol=1e-13, atol=1e-9)


@pytest.mark.parametrize("scale", [100.0, 1000.0, 1e5])
def test_fields_that_no_product_can_hold_are_summed_in_blocks(scale):
    rbm = machine(n_visible=30, n_hidden=11, scale=scale).requires_grad_(False)
    torch.testing.assert_close(log_weights(rbm), plainly(rbm), rtol=1e-12, atol=1e-6)


@pytest.mark.parametrize("scale", [30.0, 60.0, 120.0, 240.0])
def test_products_stay_finite_up_to_the_guard(scale):
    """A unit's field moves by +-5 scale: up to one factor per logarithm, and beyond."""
    rbm = RestrictedBoltzmannMachine(40, 11).double().requires_grad_(False)
    rbm.W.copy_(scale * torch.sign(rbm.W))
    torch.testing.assert_close(log_weights(rbm), plainly(rbm), rtol=1e-12, atol=1e-6)


def test_units_of_any_support_may_be_enumerated():
    class Level(Unit):
        support = (0.0, 1.0, 3.0)

        def __init__(self):
            super().__init__()

        def rest(self, x):
            return 0.3 * x**2

    rbm = RestrictedBoltzmannMachine(5, 8, Level()).double().requires_grad_(False)
    rbm.W.normal_(generator=torch.Generator().manual_seed(0))
    x = torch.cartesian_prod(*[torch.tensor(Level.support, dtype=torch.float64)] * 5)
    torch.testing.assert_close(log_weights(rbm), -rbm.free_energy(x), rtol=1e-8, atol=1e-8)


@pytest.mark.usefixtures("no_blocks")
def test_a_machine_in_float32_has_weights_in_float64():
    rbm = machine(n_visible=50, n_hidden=11)
    found = log_weights(rbm.float().requires_grad_(False))
    torch.testing.assert_close(found, plainly(rbm.double()), rtol=1e-6, atol=1e-5)


class LargestTensor(TorchDispatchMode):
    """Watches how many bytes the largest tensor has that any operation returns."""

    n_bytes = 0

    def __torch_dispatch__(self, operation, types, arguments=(), options=None):
        result = operation(*arguments, **(options or {}))
        if isinstance(result, torch.Tensor):
            self.n_bytes = max(self.n_bytes, result.untyped_storage().nbytes())
        return result


def test_memory_does_not_grow_with_states_times_units():
    rbm = machine(n_visible=784, n_hidden=14, scale=0.1).requires_grad_(False)
    with LargestTensor() as seen:
        log_weights(rbm)
    assert seen.n_bytes == 2**10 * 784 * 8
