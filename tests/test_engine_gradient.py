"""One update: clip, set the rates, move, forget."""

import copy

import pytest
import torch
from estimators import digits, make

from unlabeled import RBM
from unlabeled.engine.checkpoint import read_tree, write_tree
from unlabeled.engine.gradient import OPTIMIZERS, GradientStep, choose_optimizer
from unlabeled.schedules import Linear


def parameters():
    return [torch.nn.Parameter(torch.tensor([1.0, 2.0])), torch.nn.Parameter(torch.tensor([3.0]))]


def fill(ps, *values):
    for p, value in zip(ps, values, strict=True):
        p.grad = torch.tensor(value)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_it_does_what_torch_does(name):
    ours, theirs = parameters(), parameters()
    step, optimizer = GradientStep(ours, name, lr=0.1), OPTIMIZERS[name](theirs, lr=0.1)
    for k in range(3):
        for ps in (ours, theirs):
            fill(ps, [1.0 + k, -2.0], [0.5])
        step(0.0)
        optimizer.step()
    for p, q in zip(ours, theirs, strict=True):
        torch.testing.assert_close(p, q)
        assert p.grad is None


def test_rates_that_an_optimizer_does_not_have_are_left_out():
    step = GradientStep(parameters(), "adam", lr=0.1, momentum=0.9)
    assert set(step.rates) == {"lr"}
    assert set(GradientStep(parameters(), "sgd", lr=0.1, momentum=0.9).rates) == {"lr", "momentum"}


def test_momentum_may_move():
    ps = parameters()
    step = GradientStep(ps, "sgd", lr=1.0, momentum=Linear(0.5, 1.0))
    fill(ps, [1.0, 0.0], [0.0])
    step(0.0)
    fill(ps, [0.0, 0.0], [0.0])
    step(0.5)
    assert ps[0].tolist() == [1 - 1 - 0.75, 2.0]


@pytest.mark.parametrize(("norm", "scale"), [(None, 1.0), (5.0, 1.0), (1.0, 1 / 3)])
def test_long_gradients_are_shortened_all_together(norm, scale):
    ps = parameters()
    step = GradientStep(ps, "sgd", lr=1.0, max_gradient_norm=norm)
    fill(ps, [1.0, 2.0], [2.0])  # of length 3
    step(0.0)
    moved = torch.cat([torch.tensor([1.0, 2.0, 3.0]) - torch.cat([p.detach() for p in ps])])
    torch.testing.assert_close(moved, scale * torch.tensor([1.0, 2.0, 2.0]))


def test_state_goes_on_elsewhere():
    ones, twos = parameters(), parameters()
    first, second = (GradientStep(ps, "adam", lr=0.1) for ps in (ones, twos))
    fill(ones, [1.0, 2.0], [3.0])
    first(0.0)
    second.load_state_dict(copy.deepcopy(first.state_dict()))
    for p, q in zip(ones, twos, strict=True):
        q.data.copy_(p.data)
    for ps, step in ((ones, first), (twos, second)):
        fill(ps, [1.0, -2.0], [0.0])
        step(0.0)
    assert all(torch.equal(p, q) for p, q in zip(ones, twos, strict=True))


def test_choices():
    assert choose_optimizer("adamw") is torch.optim.AdamW
    assert choose_optimizer(torch.optim.NAdam) is torch.optim.NAdam
    for wrong in ("sdg", 3, None, ["sgd"]):
        with pytest.raises(
            ValueError, match=r"optimizer must be one of 'sgd', .* or a torch.optim"
        ):
            choose_optimizer(wrong)


@pytest.mark.parametrize("optimizer", [*OPTIMIZERS, torch.optim.NAdam])
def test_a_machine_learns_with_any_of_them(optimizer):
    rate = 0.5 if optimizer == "sgd" else 0.01
    model = make(RBM, optimizer=optimizer, learning_rate=rate, n_epochs=40, batch_size=25)
    assert (
        model.fit(digits()).score(digits())
        > make(RBM, n_epochs=0).fit(digits()).score(digits()) + 1
    )


def test_clipping_bounds_what_an_epoch_can_move():
    start = make(RBM, n_epochs=0).fit(digits()).module_.W.detach()
    free, held = (
        make(RBM, learning_rate=10.0, schedule="constant", n_epochs=1, max_gradient_norm=norm)
        .fit(digits())
        .module_.W.detach()
        for norm in (None, 1e-3)
    )
    assert (held - start).norm() <= 7 * 10.0 * 1e-3 * 1.001 < (free - start).norm()


def test_moments_lie_as_the_parameters_do_after_a_checkpoint(tmp_path):
    gradient = torch.arange(36.0).view(2, 2, 3, 3).to(memory_format=torch.channels_last)

    def stepped(w, step, times):
        for k in range(times):
            w.grad = gradient + k
            step(0.0)
        return w.detach().clone()

    def begun():
        w = torch.nn.Parameter(torch.ones_like(gradient))
        return w, GradientStep([w], "adam", lr=0.1)

    w, step = begun()
    middle = stepped(w, step, 2)
    write_tree(tmp_path / "state", step.state_dict())
    whole = stepped(w, step, 2)
    w, step = begun()
    w.data.copy_(middle)
    step.load_state_dict(read_tree(tmp_path / "state"))
    assert torch.equal(stepped(w, step, 2), whole)
