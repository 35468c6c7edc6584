"""How many words a model of documents hesitates between."""

import math
from dataclasses import dataclass

import torch

__all__ = ["Perplexity", "document_lengths", "perplexity"]

_CHUNK = 2**22  # values that are looked at together


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
    entropies = []
    for weight, total in ((n_of / D, n_of.sum()), (n_of, (n_of * D).sum())):
        of_document = (weight / n_of)[length_of]
        log_z, error = _log_z_and_error(log_w, weight)
        entropies.append((float((log_z - of_document @ log_p) / total), float(error / total)))
    values = [(math.exp(nats), math.exp(nats) * error) for nats, error in entropies]
    return Perplexity(*values[0], *values[1])


def _log_z_and_error(log_w, weight):
    """Weighted sum over lengths of log mean exp, and its standard error by the jackknife."""
    n = log_w.shape[1]
    log_z = weight @ (torch.logsumexp(log_w, 1) - math.log(n))
    if n == 1:
        return log_z, torch.zeros(())
    share = torch.softmax(log_w, 1).clamp(max=1 - 1e-12)
    without = weight @ torch.log1p(-share)  # change of the sum if a chain is left out
    return log_z, (without.var(correction=0) * (n - 1)).sqrt()


def document_lengths(rows, name: str) -> torch.Tensor:
    """How many words each row has, (n,) float64; looks at all of them, a chunk at a time.

    Raises
    ------
    ValueError
        If rows have negative or fractional counts, or no word at all.
    """
    step = max(1, _CHUNK // rows.n_features)
    parts = (
        rows.fetch(index, dtype=torch.float64) for index in torch.arange(rows.n_rows).split(step)
    )
    D = torch.cat([_lengths(x, name) for x in parts])
    if (D == 0).any():
        empty = torch.nonzero(D == 0)[:, 0]
        raise ValueError(
            f"{name} needs a word in every document, but {len(empty)} of {len(D)} rows have none "
            f"(first: row {int(empty[0])}); leave them out."
        )
    return D


def _lengths(x, name):
    if (x < 0).any():
        raise ValueError(
            f"Negative values in data passed to {name}: counts are expected, got {float(x.min())}."
        )
    if (x != x.round()).any():
        value = float(x[x != x.round()][0])
        raise ValueError(f"{name} needs whole counts, got {value}; it does not take tf-idf.")
    return x.sum(1)
