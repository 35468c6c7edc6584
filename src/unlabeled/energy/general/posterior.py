"""Hidden units for rows of data: the first phase of a general Boltzmann machine's gradient."""

import torch

from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.sampling import Noise
from unlabeled.spec import Spec
from unlabeled.validation import check_number

__all__ = ["POSTERIORS", "Posterior", "SampledPosterior", "VariationalPosterior"]


class Posterior(Spec):
    """Base: hidden units for rows of data."""

    def fill(
        self, machine: GeneralBoltzmannMachine, v: torch.Tensor, noise: Noise
    ) -> torch.Tensor:
        """The rows v with states, or means, of the hidden units beside them, (n_rows, n)."""
        raise NotImplementedError


class VariationalPosterior(Posterior):
    """Means of independent hidden units that fit best: what is followed is a lower bound.

    Exact where no hidden units are joined.

    Parameters
    ----------
    tol : float, default=1e-4
        A row stops when none of its means moves by more.
    max_sweeps : int, default=30
        Sweeps at most.
    """

    def __init__(self, tol: float = 1e-4, max_sweeps: int = 30):
        check_number("tol", tol, 0)
        check_number("max_sweeps", max_sweeps, 1, integer=True)
        self.tol, self.max_sweeps = tol, max_sweeps

    def fill(self, machine, v, noise):
        return machine.settle(v, tol=self.tol, max_sweeps=self.max_sweeps)


class SampledPosterior(Posterior):
    """Hidden units drawn with the data clamped; the more sweeps, the less biased.

    Parameters
    ----------
    n_steps : int, default=10
        Sweeps of Gibbs sampling, from independent units.
    """

    def __init__(self, n_steps: int = 10):
        check_number("n_steps", n_steps, 1, integer=True)
        self.n_steps = n_steps

    def fill(self, machine, v, noise):
        k, scan = machine.n_visible, machine.scan()
        x = torch.cat([v, machine.start(len(v), noise)[:, k:]], 1)
        free = (torch.arange(x.shape[1], device=x.device) >= k).expand_as(x)
        for _ in range(self.n_steps):
            x = machine.sweep(x, noise, free=free, scan=scan)
        return x


POSTERIORS = {"mean-field": VariationalPosterior, "gibbs": SampledPosterior}
