"""Brute force: what every density of the library is held to."""

import itertools

import torch

from unlabeled.energy import (
    Bernoulli,
    Gaussian,
    Mixed,
    Multinomial,
    NoisyReLU,
    RestrictedBoltzmannMachine,
    Softmax,
    Spin,
)
from unlabeled.energy.enumeration import states


def all_states(n: int) -> torch.Tensor:
    """All rows of n bits, float64."""
    return torch.tensor(list(itertools.product([0.0, 1.0], repeat=n)), dtype=torch.float64)


KINDS = {
    "bernoulli": Bernoulli(),
    "spin": Spin(),
    "gaussian": Gaussian(variance=0.7),
    "gaussian-fixed": Gaussian(learn_variance=False, variance=1.3),
    "relu": NoisyReLU(),
    "softmax": Softmax(2),
    "multinomial": Multinomial(3),
    "mixed": Mixed(((Bernoulli(), 1), (Softmax(3), 3))),
    "mixed-gaussian": Mixed(((Spin(), 2), (Gaussian(variance=0.7), 2))),
}


def machine(visible="bernoulli", hidden="bernoulli", n_visible=4, n_hidden=3, scale=1.0, seed=0):
    """A machine with weights far from zero, in float64, with base rates and offsets set."""
    generator = torch.Generator().manual_seed(seed)
    rbm = RestrictedBoltzmannMachine(n_visible, n_hidden, KINDS[visible], KINDS[hidden]).double()
    with torch.no_grad():
        for p in (rbm.W, rbm.b, rbm.c, rbm.base):
            p.copy_(torch.randn(p.shape, generator=generator, dtype=torch.float64) * scale)
        rbm.mu.copy_(torch.rand(n_visible, generator=generator, dtype=torch.float64))
        rbm.lam.copy_(torch.rand(n_hidden, generator=generator, dtype=torch.float64))
    return rbm


def log_p_visible(rbm) -> torch.Tensor:
    """log p(v) of every visible state, from the joint energy alone."""
    v, h = states(rbm.visible).double(), states(rbm.hidden).double()
    minus_energy = torch.stack([-rbm.energy(v, x.expand(len(v), -1)) for x in h])
    return torch.logsumexp(minus_energy, 0) - torch.logsumexp(minus_energy.flatten(), 0)


def codes(v: torch.Tensor) -> torch.Tensor:
    """The number of each row of bits among `all_states`."""
    powers = 2 ** torch.arange(v.shape[1] - 1, -1, -1)
    return (v.long() * powers).sum(1)


def total_variation(v: torch.Tensor, p: torch.Tensor) -> float:
    """Between the frequencies of rows of bits and probabilities of all states."""
    frequency = torch.bincount(codes(v), minlength=len(p)).double() / len(v)
    return float(0.5 * (frequency - p).abs().sum())


def variation_floor(p: torch.Tensor, n: int) -> float:
    """Expected total variation of n independent draws from p (each count nearly normal)."""
    return float(0.5 * torch.sqrt(2 * p * (1 - p) / (torch.pi * n)).sum())
