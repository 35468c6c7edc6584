"""Autoregressive models: a joint distribution as a product of conditionals, exact throughout."""

from unlabeled.autoregressive.neural_autoregressive import NeuralAutoregressive

__all__ = ["NeuralAutoregressive"]
