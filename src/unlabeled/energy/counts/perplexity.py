"""How many words a model of documents hesitates between."""

import math
from dataclasses import dataclass

import torch

__all__ = ["Perplexity", "perplexity"]


@dataclass(frozen=True)
class Perplexity:
    """Perplexities of documents n of D_n words, from log p of their sequences of words.

    Parameters
    ----------
    value : float
        exp(-mean_n log p_n / D_n): documents count alike, as in Salakhutdinov & Hinton (2009).
    standard_error : float
        Of `value`, from annealing (0 if exact): by leaving out one chain at a time.
    per_word : float
        exp(-sum_n log p_n / sum_n D_n): words count alike.
    per_word_standard_error : float
        Of `per_word`.
    """

    value: float
    standard_error: float
    per_word: float
    per_word_standard_error: float


def perplexity(log_p, log_w, length_of, lengths) -> Perplexity:
    """Perplexities from unnormalised probabilities and annealed partition functions.

    Parameters
    ----------
    log_p : tensor of shape (n,), float64
        log p* of every document's sequence of words.
    log_w : tensor of shape (n_lengths, n_chains), float64
        Log-weights whose mean, exponentiated, estimates the partition function of each length.
    length_of : tensor of int64, shape (n,)
        Which of the lengths a document has.
    lengths : tensor of shape (n_lengths,)
        Numbers of words.
    """
    D = lengths.double()
    n_of = torch.bincount(length_of, minlength=len(D)).double()
    spoken = (D > 0).double()  # of a document without words there is nothing to say
    found = []
    for each in (spoken / D.clamp(min=1), spoken):
        log_z, error = _log_z_and_error(log_w, n_of * each)
        total = n_of @ (each * D)
        value = math.exp((log_z - each[length_of] @ log_p) / total)
        found += [value, value * float(error / total)]
    return Perplexity(*found)


def _log_z_and_error(log_w, weight):
    """Weighted sum over lengths of log mean exp, and its standard error by the jackknife."""
    n = log_w.shape[1]
    log_z = weight @ (torch.logsumexp(log_w, 1) - math.log(n))
    if n == 1:
        return log_z, torch.zeros(())
    share = torch.softmax(log_w, 1).clamp(max=1 - 1e-12)
    without = weight @ torch.log1p(-share)  # change of the sum if a chain is left out
    return log_z, (without.var(correction=0) * (n - 1)).sqrt()
