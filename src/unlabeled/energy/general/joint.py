"""Chains of all units of a general Boltzmann machine: the second phase of its gradient."""

import torch

from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.energy.gibbs import PCD, Chains
from unlabeled.energy.tempering import ParallelTempering, TemperedChains
from unlabeled.sampling import Noise

__all__ = ["JointChains", "JointTemperedChains", "begin"]


class JointChains(Chains):
    """Chains of all units of a machine."""

    def __init__(self, v, n_total, noise, n_visible):
        super().__init__(v, n_total, noise)
        self.n_visible = n_visible

    @property
    def particles(self):
        return self.v[:, : self.n_visible]

    @property
    def states(self) -> torch.Tensor:
        """Where the chains are now, hidden units included."""
        return self.v

    def move(self, machine, noise, scan):
        """A sweep of every chain."""
        self.v = machine.sweep(self.v, noise.of(self.n_total), scan=scan)


class JointTemperedChains(TemperedChains):
    """Chains of all units at several temperatures, (n, n_temperatures, n_units)."""

    def __init__(self, v, n_total, noise, n_visible):
        super().__init__(v, n_total, noise)
        self.n_visible = n_visible

    @property
    def particles(self):
        return self.v[:, -1, : self.n_visible]

    @property
    def states(self) -> torch.Tensor:
        """The chains at temperature 1, hidden units included."""
        return self.v[:, -1]

    def move(self, machine, noise, scan):
        """A sweep of every chain, and exchanges."""
        n, T, _ = self.v.shape
        noise, beta = noise.of(self.n_total * T), self.beta.to(self.v.dtype).repeat(n)
        x = self.v.flatten(0, 1)
        field = torch.lerp(machine.base.expand_as(x), machine.b.expand_as(x), beta[:, None])
        x = machine.sweep(x, noise, scan=scan, field=field, beta=beta)
        U = -machine.energy(x) - x @ machine.base
        self.v = x.unflatten(0, (n, T))
        self._exchange(U.view(n, T), noise.uniform((n * T, 1)).view(n, T))


def begin(sampler, machine: GeneralBoltzmannMachine, n_rows: int, noise: Noise) -> Chains | None:
    """The chains of a sampler that keeps some, for training in batches of `n_rows`."""
    if not isinstance(sampler, (PCD, ParallelTempering)):
        return None
    if isinstance(sampler, PCD):
        n_total = sampler.n_chains or n_rows
        rows = noise.rows(n_total)
        x = machine.start(rows.stop - rows.start, noise.of(n_total))
        return JointChains(x, n_total, noise.of(n_total), machine.n_visible)
    n_total = sampler.chains_for(n_rows, noise)
    rows, T = noise.rows(n_total), sampler.n_temperatures
    x = machine.start((rows.stop - rows.start) * T, noise.of(n_total * T)).unflatten(0, (-1, T))
    return JointTemperedChains(x, n_total, noise, machine.n_visible)
