"""Variational models: a density learned through an approximate posterior."""

from unlabeled.variational.autoencoder import VariationalAutoencoder
from unlabeled.variational.likelihoods import LIKELIHOODS, Bernoulli, Gaussian, Likelihood

__all__ = [
    "LIKELIHOODS",
    "Bernoulli",
    "Gaussian",
    "Likelihood",
    "VariationalAutoencoder",
]
