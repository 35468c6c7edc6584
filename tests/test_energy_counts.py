"""The replicated softmax against enumeration of all documents of a length."""

import itertools
import math

import pytest
import torch
from enumeration import all_states, variation_floor

from unlabeled.energy import RestrictedBoltzmannMachine, Softmax
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.counts.ladder import exchanged
from unlabeled.energy.counts.lengths import AnnealedLengths, SummedLengths, _moved, _topics
from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.counts.perplexity import perplexity
from unlabeled.energy.partition import annealed, estimate, temperatures
from unlabeled.sampling import Noise


def machine(n_words=3, n_hidden=3, scale=1.0):
    generator = torch.Generator().manual_seed(0)
    built = CountMachine(n_words, n_hidden).double()
    for p in (built.W, built.b, built.c, built.base):
        p.data.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64) * scale)
    return built.requires_grad_(False)


def sequences(n_words, length):
    """Counts (n_words ** length, n_words) of every sequence of words."""
    one_hot = torch.eye(n_words, dtype=torch.float64)
    return torch.stack(
        [one_hot[list(s)].sum(0) for s in itertools.product(*[range(n_words)] * length)]
    )


def log_p_of_sequences(model, length):
    """From D softmax units that share their weights, and a bias D c: no library formula."""
    v, h = sequences(model.visible.n_units, length), all_states(model.hidden.n_units)
    minus_energy = (v @ model.b)[:, None] + length * (h @ model.c) + v @ model.W.t() @ h.t()
    return torch.logsumexp(minus_energy, 1) - torch.logsumexp(minus_energy.flatten(), 0)


@pytest.mark.parametrize("length", [1, 2, 5])
def test_sequences_and_count_vectors(length):
    model = machine()
    v, expected = sequences(3, length), log_p_of_sequences(model, length)
    log_y = SummedLengths(model).log_weights(torch.tensor([length]))[0]
    coefficient = math.lgamma(length + 1) - torch.lgamma(v + 1).sum(1)
    log_p_counts = -model.free_energy(v) - (log_y - math.lgamma(length + 1))
    torch.testing.assert_close(log_p_counts - coefficient, expected)
    vectors, n_of = v.unique(dim=0, return_counts=True)
    log_p = -model.free_energy(vectors) - (log_y - math.lgamma(length + 1))
    assert float(log_p.exp().sum()) == pytest.approx(1, rel=1e-12)
    first = [int((v == vector).all(1).nonzero()[0]) for vector in vectors]
    torch.testing.assert_close(log_p.exp(), n_of * expected[first].exp())


def test_one_word_is_one_softmax_unit():
    model = machine()
    softmax = RestrictedBoltzmannMachine(3, 3, Softmax(3)).double()
    for name in ("W", "b", "c"):
        getattr(softmax, name).data.copy_(getattr(model, name))
    v, h = torch.eye(3, dtype=torch.float64), all_states(3)
    torch.testing.assert_close(model.free_energy(v), softmax.free_energy(v))
    torch.testing.assert_close(model.hidden_field(v), softmax.hidden_field(v))
    torch.testing.assert_close(model.hidden_free_energy(h), softmax.hidden_free_energy(h))


def test_the_hidden_bias_grows_with_the_length():
    model = machine()
    v = torch.tensor([[1.0, 0, 2], [10, 0, 20]], dtype=torch.float64)
    field = torch.tensor([[3.0], [30.0]], dtype=torch.float64) * model.c + v @ model.W.t()
    torch.testing.assert_close(model.hidden_field(v), field)
    h = all_states(3)
    G = model.of(torch.tensor([[4]])).hidden_free_energy(h)
    torch.testing.assert_close(G, model.of(4).hidden_free_energy(h))
    torch.testing.assert_close(-4 * model.rate(h), G - math.lgamma(5))


def test_the_gradient_is_that_of_the_free_energy():
    model = machine().requires_grad_()
    v = torch.tensor([[1.0, 0, 2], [5, 1, 0]], dtype=torch.float64)
    weight = torch.tensor([0.3, -1.1], dtype=torch.float64)
    (-weight @ model.free_energy(v)).backward()
    ours = model.gradient(v, model.hidden_field(v), weight)
    for name, p in model.named_parameters():
        torch.testing.assert_close(ours[name], p.grad, msg=name)
        p.grad = None
    h = all_states(3)[:2]
    long = model.of(torch.tensor([[7.0], [2.0]], dtype=torch.float64))
    (-weight @ long.hidden_free_energy(h)).backward()
    ours = long.hidden_gradient(h, weight)
    for name, p in model.named_parameters():
        torch.testing.assert_close(ours[name], p.grad, msg=name)


def test_what_is_followed_is_the_likelihood_per_word():
    model = machine()
    v = torch.tensor([[1.0, 0, 2], [5, 1, 0]], dtype=torch.float64)
    x = torch.tensor([[0.0, 3, 0], [2, 2, 2], [0, 0, 1]], dtype=torch.float64)
    f, g = model.hidden_field(v), model.hidden_field(x)
    ours, s_mean, _ = model.contrast(v, f, 2, x, g, 3)
    data = model.gradient(v, f, 1 / (2 * v.sum(1)))
    other = model.gradient(x, g, 1 / (3 * x.sum(1)))
    for name, gradient in ours.items():
        torch.testing.assert_close(gradient, other[name] - data[name])
    assert float(s_mean.sum()) == pytest.approx(1)
    model.mu.copy_(torch.tensor([0.2, 0.3, 0.5]))
    model.lam.copy_(torch.tensor([0.1, 0.6, 0.9]))
    signs = torch.tensor([-0.5, -0.5, 1 / 3, 1 / 3, 1 / 3], dtype=torch.float64)
    t = model.hidden.mean(torch.cat([f, g])) - model.lam
    s = torch.cat([v / v.sum(1, keepdim=True), x / x.sum(1, keepdim=True)]) - model.mu
    torch.testing.assert_close(model.centre(ours)["W"], (t * signs[:, None]).t() @ s)


def test_the_next_word():
    model = machine()
    v = torch.tensor([[1.0, 0, 2], [0, 3, 0]], dtype=torch.float64)
    longer = v[:, None] + torch.eye(3, dtype=torch.float64)
    orders = torch.lgamma(longer + 1).sum(2)  # of a sequence, not of a vector of counts
    log_p = torch.stack([-model.free_energy(x) for x in longer]) + orders
    torch.testing.assert_close(model.log_next_word(v), torch.log_softmax(log_p, 1))


@pytest.mark.parametrize("n_sweeps", [1, 4])
def test_documents_keep_their_length_and_distribution(n_sweeps):
    model, n, length = machine(), 20_000, 4
    v = sequences(3, length)
    p = log_p_of_sequences(model, length).exp()
    vectors, which = v.unique(dim=0, return_inverse=True)
    p_vectors = torch.zeros(len(vectors), dtype=torch.float64).index_add_(0, which, p)
    noise = Noise(0)
    start = torch.multinomial(p, n, True, generator=torch.Generator().manual_seed(1))
    x = v[start]
    for _ in range(n_sweeps):
        x = model.sweep(x, noise)
    assert (x.sum(1) == length).all()
    distance = (x[:, None] == vectors).all(2).double().mean(0) - p_vectors
    assert 0.5 * distance.abs().sum() < 4 * variation_floor(p_vectors, n)


@pytest.mark.parametrize("length", [1, 2.3, 4.9, 30])
def test_topics_keep_their_distribution_at_any_real_length(length):
    model, n, h = machine(scale=0.7), 20_000, all_states(3)
    p = torch.softmax(length * model.rate(h), 0)
    start = torch.multinomial(p, n, True, generator=torch.Generator().manual_seed(1))
    state, noise = _topics(model, h[start]), Noise(0)
    for _ in range(5):
        state = _moved(model, state, length, noise)
    number = (state.h @ torch.tensor([4.0, 2, 1], dtype=torch.float64)).long()
    torch.testing.assert_close(state.rate, model.rate(h)[number])
    frequency = torch.bincount(number, minlength=8) / n
    assert 0.5 * (frequency - p).abs().sum() < 4 * variation_floor(p, n)


LENGTHS = torch.tensor([0, 1, 2, 3, 17, 150])


def test_annealing_in_the_length_finds_every_partition_function():
    model = machine(30, 10)
    exact = SummedLengths(model).log_weights(LENGTHS)[:, 0]
    found = AnnealedLengths(model, 150, 100, 200, Noise(0)).log_weights(LENGTHS)
    assert (torch.logsumexp(found, 1) - math.log(100) - exact).abs().max() < 0.1
    assert exact[0] == pytest.approx(10 * math.log(2)) and found[0].std() < 1e-12
    assert found[1].std() < 1e-9 and (found[1] - exact[1]).abs().max() < 1e-9


def test_its_weights_are_unbiased_however_few_the_steps():
    model, lengths = machine(5, 4), torch.tensor([2, 3, 6])
    exact = SummedLengths(model).log_weights(lengths)
    ratio = (AnnealedLengths(model, 6, 20_000, 2, Noise(3)).log_weights(lengths) - exact).exp()
    assert ((ratio.mean(1) - 1).abs() < 4 * ratio.std(1) / math.sqrt(20_000)).all()
    assert ratio.std(1).min() > 0.05


def test_a_longer_annealing_repeats_the_shorter_to_the_bit():
    model = machine(30, 10)
    short, long = (AnnealedLengths(model, n, 10, 20, Noise(0)) for n in (17, 150))
    assert torch.equal(short.log_weights(LENGTHS[:5]), long.log_weights(LENGTHS[:5]))
    assert not short.reaches(18) and long.reaches(150)


def test_the_path_of_2009_agrees_at_one_length():
    model = machine(10, 6, scale=0.5)
    log_w, _ = annealed(RBMPath(model.of(12)), temperatures(1000), 200, Noise(0))
    exact = float(SummedLengths(model).log_weights(torch.tensor([12]))) - math.lgamma(13)
    assert estimate(log_w).value == pytest.approx(exact, abs=0.1)


def test_perplexities_and_their_jackknife():
    generator = torch.Generator().manual_seed(0)
    lengths, which = torch.tensor([0, 2, 5]), torch.tensor([1, 0, 2, 2])
    log_p = torch.tensor([-5.0, 0, -20, -11], dtype=torch.float64)
    log_w = torch.randn(3, 7, generator=generator, dtype=torch.float64)
    D = lengths[which].double()

    def entropies(log_w):
        log_z = torch.logsumexp(log_w, 1) - math.log(log_w.shape[1])
        nats = (log_z[which] - log_p)[D > 0]
        return float((nats / D[D > 0]).mean()), float(nats.sum() / D.sum())

    ours = perplexity(log_p, log_w, which, lengths)
    left_out = torch.tensor(
        [entropies(torch.cat([log_w[:, :k], log_w[:, k + 1 :]], 1)) for k in range(7)]
    )
    errors = (6 * left_out.var(0, correction=0)).sqrt()
    for k, (value, error) in enumerate(
        [(ours.value, ours.standard_error), (ours.per_word, ours.per_word_standard_error)]
    ):
        assert value == pytest.approx(math.exp(entropies(log_w)[k]))
        assert error == pytest.approx(value * float(errors[k]), rel=1e-5)


def test_chains_that_exchange_topics_keep_their_distributions():
    model, n, lengths = machine(scale=0.7), 4000, (1, 2, 4)
    exact = [log_p_of_sequences(model, length).exp() for length in lengths]
    drawn = torch.Generator().manual_seed(1)
    start = [
        sequences(3, length)[torch.multinomial(p, n, True, generator=drawn)]
        for length, p in zip(lengths, exact, strict=True)
    ]
    ladders = torch.stack(start, 1)  # (n, 3 chains, 3 words)
    for step in range(4):
        lower = 3 * torch.arange(n) + step % 2
        ladders = exchanged(model, ladders.reshape(3 * n, 3), lower, Noise(step)).view(n, 3, 3)
    for k, (length, p) in enumerate(zip(lengths, exact, strict=True)):
        vectors, which = sequences(3, length).unique(dim=0, return_inverse=True)
        expected = torch.zeros(len(vectors), dtype=torch.float64).index_add_(0, which, p)
        frequency = (ladders[:, k, None] == vectors).all(2).double().mean(0)
        distance = 0.5 * (frequency - expected).abs().sum()
        assert distance < 4 * variation_floor(expected, n), length
