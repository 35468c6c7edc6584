"""Energy-based models: units, Gibbs sampling, partition functions, Boltzmann machines."""

from unlabeled.energy.gibbs import CD, PCD, Exact, Sampler
from unlabeled.energy.partition import LogPartition
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.sparsity import Sparsity
from unlabeled.energy.units import Bernoulli, Gaussian, Unit

__all__ = [
    "CD",
    "PCD",
    "Bernoulli",
    "Exact",
    "Gaussian",
    "LogPartition",
    "RestrictedBoltzmannMachine",
    "Sampler",
    "Sparsity",
    "Unit",
]
