"""Variational models: a density learned through an approximate posterior."""

from unlabeled.variational.autoencoder import VariationalAutoencoder
from unlabeled.variational.likelihoods import LIKELIHOODS, Bernoulli, Gaussian, Likelihood
from unlabeled.variational.vae import VAE

__all__ = [
    "LIKELIHOODS",
    "VAE",
    "Bernoulli",
    "Gaussian",
    "Likelihood",
    "VariationalAutoencoder",
]
