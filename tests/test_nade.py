"""NADE against a double loop, the sum over all states, and its own samples."""

import numpy as np
import pytest
import torch
from torch.nn.functional import logsigmoid
from torch.utils._python_dispatch import TorchDispatchMode

from unlabeled import NADE
from unlabeled.autoregressive import NeuralAutoregressive, conditionals, drawing
from unlabeled.sampling import Noise


def states(d):
    """All 2**d rows, float64."""
    return torch.cartesian_prod(*[torch.tensor([0.0, 1.0], dtype=torch.float64)] * d)


def machine(d, h, *, ordering=None, scale=1.0):
    """A model with large random parameters, float64."""
    generator = torch.Generator().manual_seed(d * h)
    nade = NeuralAutoregressive(d, h, ordering).double()
    with torch.no_grad():
        for p in nade.parameters():
            p.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64) * scale)
    return nade


def balanced(nade):
    """The same model around fields of 0, where features depend on each other most."""
    with torch.no_grad():
        nade.b.copy_(-nade.V.sum(1) / 2)
        nade.c.copy_(-nade.W.sum(0) / 2)
    return nade


def binary(n, d):
    return torch.rand(
        n, d, generator=torch.Generator().manual_seed(n), dtype=torch.float64
    ).round()


def naive(x, W, V, b, c, ordering):
    """The definition: the hidden units of every conditional from the start; log p, (n, D)."""
    out, x = [], x[:, ordering]
    for d in range(x.shape[1]):
        h = torch.sigmoid(c + x[:, :d] @ W[:d])
        logit = h @ V[d] + b[d]
        out.append(torch.where(x[:, d] == 1, logsigmoid(logit), logsigmoid(-logit)))
    return torch.stack(out, 1)


ORDERINGS = {
    "natural": lambda d: torch.arange(d),
    "reversed": lambda d: torch.arange(d).flip(0),
    "random": lambda d: torch.randperm(d, generator=torch.Generator().manual_seed(5)),
}
every_ordering = pytest.mark.parametrize("order", ORDERINGS.values(), ids=ORDERINGS.keys())


@every_ordering
@pytest.mark.parametrize("shape", [(1, 1), (7, 16), (150, 37)])
def test_likelihood_and_gradient_are_those_of_the_double_loop(order, shape):
    n, d = shape
    nade, x = machine(d, 5, ordering=order(d)), binary(n, d)
    weight = torch.linspace(-1, 2, n, dtype=torch.float64)
    expected = naive(x, *nade.parameters(), nade.ordering).sum(1)
    torch.testing.assert_close(nade.log_prob(x), expected)
    (expected * weight).sum().backward()
    by_hand = [p.grad for p in nade.parameters()]
    log_p, ours = nade.gradient(x, weight)
    torch.testing.assert_close(log_p, expected)
    torch.testing.assert_close(list(ours.values()), by_hand)
    nade.zero_grad()
    (nade.log_prob(x) * weight).sum().backward()
    torch.testing.assert_close([p.grad for p in nade.parameters()], by_hand)


def test_gradcheck():
    nade, x = machine(21, 4), binary(6, 21)

    def log_prob(*parameters):
        own = dict(zip("WVbc", parameters, strict=True))
        return torch.func.functional_call(nade, own, (x,))

    nade.forward = nade.log_prob
    torch.autograd.gradcheck(
        log_prob, tuple(p.detach().requires_grad_() for p in nade.parameters())
    )


def test_grey_values_are_taken_as_they_are():
    nade = machine(40, 3)
    x = torch.rand(5, 40, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    p = torch.sigmoid(nade.logits(x))
    expected = (x * p.log() + (1 - x) * (1 - p).log()).sum(1)
    torch.testing.assert_close(nade.log_prob(x), expected)
    h = torch.sigmoid(nade.c + x[:, :30] @ nade.W[:30])
    torch.testing.assert_close(nade.logits(x)[:, 30], h @ nade.V[30] + nade.b[30])


@every_ordering
def test_sums_to_one_and_is_what_it_samples(order):
    d, n = 12, 100_000
    nade = machine(d, 6, ordering=order(d), scale=0.7)
    p = nade.log_prob(states(d)).exp()
    assert p.sum().item() == pytest.approx(1, abs=1e-12)
    drawn = nade.sample(n, Noise(0))
    frequency = torch.bincount((drawn @ 2.0 ** torch.arange(d - 1, -1, -1).double()).long()) / n
    frequency = torch.cat([frequency, frequency.new_zeros(2**d - len(frequency))])
    floor = (2 * p * (1 - p) / (torch.pi * n)).sqrt().sum() / 2  # E |N(0, p (1 - p) / n)|
    assert (frequency - p).abs().sum() / 2 < 1.1 * floor
    likely = p * n > 5
    chi2 = ((frequency - p)[likely] ** 2 * n / p[likely]).sum()
    assert abs(chi2 - likely.sum()) < 5 * (2 * likely.sum()) ** 0.5


@every_ordering
def test_the_jacobian_is_causal(order):
    d, step = 37, 1e-6
    nade = machine(d, 5, ordering=order(d), scale=0.5)
    x = binary(1, d).expand(d, -1)
    up, down = (nade.logits(x + sign * step * torch.eye(d)) for sign in (1, -1))
    jacobian = ((up - down) / (2 * step))[nade.ordering][:, nade.ordering]  # of j, i
    assert jacobian.tril().abs().max() < 1e-9  # d logit_i / d x_j for j >= i
    above = jacobian[torch.triu_indices(d, d, 1).unbind()]
    assert (above.abs() > 1e-6).all()


def test_another_ordering_is_the_same_model_of_permuted_features():
    d = 30
    order = ORDERINGS["random"](d)
    plain, permuted = machine(d, 4), machine(d, 4, ordering=order)
    x = binary(9, d)
    torch.testing.assert_close(permuted.log_prob(x), plain.log_prob(x[:, order]))
    torch.testing.assert_close(permuted.logits(x)[:, order], plain.logits(x[:, order]))
    assert torch.equal(permuted.sample(8, Noise(1))[:, order], plain.sample(8, Noise(1)))


def test_samples_are_those_of_the_conditionals_with_the_same_random_numbers():
    d, n = 50, 20
    nade, u = machine(d, 7), Noise(3).uniform((n, d)).double()
    x = torch.zeros(n, d, dtype=torch.float64)
    for k in range(d):
        x[:, k] = (u[:, k] < torch.sigmoid(nade.logits(x)[:, k])).double()
    assert torch.equal(nade.sample(n, Noise(3)), x)
    assert 0.2 < x.mean() < 0.8


def frequencies(drawn):
    d = drawn.shape[1]
    code = (drawn.double() @ 2.0 ** torch.arange(d - 1, -1, -1).double()).long()
    return torch.bincount(code, minlength=2**d) / len(drawn)


@pytest.mark.parametrize("missing", ["1100000000", "0000000111", "0101101001"])
def test_completions_have_the_conditional_distribution(missing):
    d, n = 10, 20_000
    order = ORDERINGS["reversed"](d)
    nade = machine(d, 5, ordering=order, scale=0.8)
    gap = torch.tensor([bit == "1" for bit in missing])
    seen = binary(1, d)[0]
    possible = (states(d) == seen)[:, ~gap].all(1)
    p = nade.log_prob(states(d)).exp() * possible
    x, gaps = seen.expand(n, d), gap.expand(n, d)
    frequency = frequencies(nade.complete(x, gaps, Noise(2), 20))
    floor = (2 * p / p.sum() / (torch.pi * n)).sqrt().sum() / 2
    assert (frequency - p / p.sum()).abs().sum() / 2 < 1.5 * floor
    proposed = frequencies(nade.complete(x, gaps, Noise(2), 0))
    exact = not missing.startswith("0")  # in the reversed ordering the first features come last
    wrong = (proposed - p / p.sum()).abs().sum() / 2
    assert wrong < 1.5 * floor if exact else wrong > 3 * floor


@pytest.mark.parametrize("shape", [(1, 20), (3, 20), (3, 1)])
def test_what_is_given_stays_as_it_was(shape):
    nade, x = machine(shape[1], 3), binary(*shape)
    kept, missing = x.clone(), torch.ones_like(x, dtype=torch.bool)
    drawing.draw(nade, x, missing, Noise(0))
    nade.complete(x, missing, Noise(0), 2)
    nade.gradient(x, x[:, 0])
    conditionals.gradient(x, x[:, 0], *nade.parameters())
    assert torch.equal(x, kept)
    assert missing.all()


def test_an_exact_completion_takes_one_draw(monkeypatch):
    nade, x, calls = machine(8, 3), binary(4, 8), []
    draw = drawing.draw
    monkeypatch.setattr(drawing, "draw", lambda *args: calls.append(1) or draw(*args))
    later, earlier = torch.arange(8).expand(4, 8) >= 5, torch.arange(8).expand(4, 8) < 3
    nade.complete(x, later, Noise(0), 10)
    assert len(calls) == 1
    nade.complete(x, earlier, Noise(0), 10)
    assert len(calls) == 1 + 11


def test_the_weight_of_a_proposal_does_not_depend_on_the_rows_beside_it(monkeypatch):
    d = 12
    nade, x = machine(d, 5), binary(1, d)
    later = (torch.arange(d) == 4)[None]
    everything = torch.ones_like(later)
    monkeypatch.setattr(Noise, "uniform", lambda self, shape: torch.full(shape, 0.5))
    alone, log_w = drawing.draw(nade, x, later, Noise(0))
    log_p = naive(alone, *nade.parameters(), nade.ordering)[0]
    assert log_w.item() == pytest.approx(log_p[5:].sum().item())
    for other in (everything, ~later, later):
        both = drawing.draw(nade, x.expand(2, d), torch.cat([later, other]), Noise(0))
        assert torch.equal(both[0][:1], alone)
        torch.testing.assert_close(both[1][:1], log_w)


def test_learns_a_distribution_that_it_can_represent():
    truth = balanced(machine(8, 10, scale=3.0))
    everything = states(8)
    p = truth.log_prob(everything).detach().exp()
    entropy = -(p * p.log()).sum().item()
    X = truth.sample(4000, Noise(0)).numpy()
    nade = NADE(16, n_epochs=25, learning_rate=0.03, random_state=0).fit(X)
    divergence = -(p.numpy() * nade.score_samples(everything.numpy())).sum() - entropy
    assert 0 <= divergence < 0.05
    assert nade.score(X) <= 0.05 - entropy
    independent = NADE(16, n_epochs=0).fit(X).score(X)
    assert independent < -entropy - 1  # there was something to learn


def test_an_untrained_model_has_the_base_rates_of_the_data():
    X = np.repeat([[0, 1, 1, 0], [0, 1, 0, 0]], [30, 10], axis=0)
    nade = NADE(5, ordering="random", n_epochs=0, random_state=0).fit(X)
    p = torch.sigmoid(nade.module_.logits(torch.tensor(X[:1]).float()))
    assert p[0].tolist() == pytest.approx([1e-3, 1 - 1e-3, 0.75, 1e-3], rel=1e-5)


def test_orderings_of_the_estimator():
    X = binary(30, 6).numpy()
    natural, drawn = (NADE(3, ordering=o, n_epochs=1, random_state=0) for o in (None, "random"))
    assert natural.fit(X).ordering_.tolist() == list(range(6))
    order = drawn.fit(X).ordering_
    assert sorted(order) == list(range(6)) and order.tolist() != list(range(6))
    given = NADE(3, ordering=order, n_epochs=1, random_state=0).fit(X)
    assert given.ordering_.tolist() == order.tolist()
    W = given.module_.W.detach().numpy()
    assert np.array_equal(given.components_[:, order], W.T)


@pytest.mark.parametrize("ordering", ["sorted", [0, 1, 1, 3, 4, 5], [0, 1, 2], [1, 2, 3, 4, 5, 6]])
def test_what_is_no_ordering_is_refused(ordering):
    with pytest.raises(ValueError, match=r"permutation of 0 \.\. 5"):
        NADE(3, ordering=ordering).fit(binary(30, 6).numpy())


def test_weight_decay_pulls_at_the_weights_and_not_at_the_biases():
    X = np.tile([0.0, 1.0], (20, 3))
    free, pulled = (
        NADE(3, weight_decay=w, n_epochs=1, optimizer="sgd", batch_size=20, random_state=0).fit(X)
        for w in (0.0, 0.5)
    )
    start = NADE(3, n_epochs=0, random_state=0).fit(X).module_
    expected = free.module_.W - 0.005 * 0.5 * start.W
    torch.testing.assert_close(pulled.module_.W, expected)
    assert torch.equal(pulled.module_.b, free.module_.b)
    assert torch.equal(pulled.module_.c, free.module_.c)


def test_shares_of_processes_add_up():
    nade, x = machine(20, 4), binary(11, 20)
    weight = torch.full((11,), -1 / 11, dtype=torch.float64)
    _, whole = nade.gradient(x, weight)
    _, empty = nade.gradient(x[:0], weight[:0])
    _, one = nade.gradient(x[:5], weight[:5])
    _, two = nade.gradient(x[5:], weight[5:])
    for name, gradient in whole.items():
        torch.testing.assert_close(one[name] + two[name] + empty[name], gradient)


class Counter(TorchDispatchMode):
    """Counts what torch is asked to do, views aside."""

    def __init__(self):
        super().__init__()
        self.n = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        self.n += not function.is_view
        return function(*args, **(kwargs or {}))


def operations(nade, n):
    with Counter() as counter:
        nade.sample(n, Noise(0))
    return counter.n


def test_a_draw_takes_a_few_operations_per_value_and_fewer_for_zeros():
    d = 200
    nade = machine(d, 5, scale=0.1)
    per_value = (operations(nade, 30) - operations(machine(1, 5), 30)) / (d - 1)
    assert 7 < per_value < 9
    with torch.no_grad():
        nade.b.fill_(-1e3)
    zeros = (operations(nade, 30) - operations(machine(1, 5), 30)) / (d - 1)
    assert 2.9 < zeros < 3.1
