"""Energy-based models: units, Gibbs sampling, partition functions, Boltzmann machines."""

from unlabeled.energy.classes import ClassMachine
from unlabeled.energy.fast import FastPCD
from unlabeled.energy.gibbs import CD, PCD, Exact, MeanField, Sampler
from unlabeled.energy.partition import LogPartition
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.sparsity import Sparsity
from unlabeled.energy.tempering import ParallelTempering
from unlabeled.energy.units import (
    Bernoulli,
    Gaussian,
    Mixed,
    Multinomial,
    NoisyReLU,
    Softmax,
    Spin,
    Unit,
)
from unlabeled.energy.units.check import check_unit

__all__ = [
    "CD",
    "PCD",
    "Bernoulli",
    "ClassMachine",
    "Exact",
    "FastPCD",
    "Gaussian",
    "LogPartition",
    "MeanField",
    "Mixed",
    "Multinomial",
    "NoisyReLU",
    "ParallelTempering",
    "RestrictedBoltzmannMachine",
    "Sampler",
    "Softmax",
    "Sparsity",
    "Spin",
    "Unit",
    "check_unit",
]
