"""Random numbers, and the draws that are made of them."""

from unlabeled.sampling.draws import bernoulli, bernoulli_logits, categorical, gaussian
from unlabeled.sampling.multinomial import multinomial
from unlabeled.sampling.noise import Noise

__all__ = ["Noise", "bernoulli", "bernoulli_logits", "categorical", "gaussian", "multinomial"]
