"""Documents as counts of words: their lengths, their shares, what is none."""

import torch

__all__ = ["CHUNK", "check_lengths", "document_lengths", "shares_of"]

CHUNK = 2**18  # values that are looked at together, near the processor
_LONGEST = 2**24  # words; float32 counts no further


def shares_of(v: torch.Tensor) -> torch.Tensor:
    """v / D: the share that each word has in its document; 0 in one without words."""
    return v / v.sum(1, keepdim=True).clamp(min=1)


def document_lengths(rows, name: str, allow_empty: bool = False) -> torch.Tensor:
    """How many words each row has, (n,) float64; looks at all of them, a chunk at a time.

    Raises
    ------
    ValueError
        If rows have negative or fractional counts, or no word at all.
    """
    D = torch.empty(rows.n_rows, dtype=torch.float64)
    for index in torch.arange(rows.n_rows).split(max(1, CHUNK // rows.n_features)):
        D[index] = _lengths(rows.fetch(index, dtype=torch.float64), name).cpu()
    if not allow_empty and (D == 0).any():
        empty = torch.nonzero(D == 0)[:, 0]
        raise ValueError(
            f"{name} needs a word in every document, but {len(empty)} of {len(D)} rows have none "
            f"(first: row {int(empty[0])}); leave them out, or set allow_empty=True."
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
    D = x.sum(1)
    if D.max() > _LONGEST:
        raise ValueError(f"{name} takes documents of at most {_LONGEST} words, got {D.max():g}.")
    return D


def check_lengths(lengths, n: int) -> torch.Tensor:
    """Numbers of words of `n` documents, (n, 1), from one for all or one for each.

    Raises
    ------
    ValueError
        If these are not whole numbers of at least 1, or others than n.
    """
    D = torch.as_tensor(lengths).reshape(-1, 1)
    if D.is_floating_point() or len(D) not in (1, n) or D.min() < 1 or D.max() > _LONGEST:
        raise ValueError(
            f"lengths must be a whole number of words from 1 to {_LONGEST}, or {n} of them, got "
            f"{lengths!r}."
        )
    return D.expand(n, 1)
