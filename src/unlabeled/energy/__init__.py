"""Energy-based models: units, Gibbs sampling, partition functions, Boltzmann machines."""

from unlabeled.energy.gibbs import CD, PCD, Exact
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.units import Bernoulli, Gaussian, Unit

__all__ = ["CD", "PCD", "Bernoulli", "Exact", "Gaussian", "RestrictedBoltzmannMachine", "Unit"]
