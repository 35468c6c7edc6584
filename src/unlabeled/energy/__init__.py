"""Energy-based models: units, Gibbs sampling, partition functions, Boltzmann machines."""

from unlabeled.energy.classes.machine import ClassMachine
from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.fast import FastPCD
from unlabeled.energy.general.graph import lattice
from unlabeled.energy.general.ising import bits_of_spins, spins_of_bits
from unlabeled.energy.general.machine import GeneralBoltzmannMachine
from unlabeled.energy.general.phases import PseudoLikelihood
from unlabeled.energy.general.posterior import SampledPosterior, VariationalPosterior
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
    "CountMachine",
    "Exact",
    "FastPCD",
    "Gaussian",
    "GeneralBoltzmannMachine",
    "LogPartition",
    "MeanField",
    "Mixed",
    "Multinomial",
    "NoisyReLU",
    "ParallelTempering",
    "PseudoLikelihood",
    "RestrictedBoltzmannMachine",
    "SampledPosterior",
    "Sampler",
    "Softmax",
    "Sparsity",
    "Spin",
    "Unit",
    "VariationalPosterior",
    "bits_of_spins",
    "check_unit",
    "lattice",
    "spins_of_bits",
]
