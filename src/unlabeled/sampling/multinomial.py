"""Counts of several draws from a finite set."""

import torch

from unlabeled.sampling.noise import Noise

__all__ = ["multinomial"]


def multinomial(p: torch.Tensor, n_draws: int | torch.Tensor, noise: Noise) -> torch.Tensor:
    r"""How often each of K things comes up in D draws, for each row.

    Every draw is looked up among the cumulated probabilities,

    .. math:: x_j = \#\{d : P_{j-1} \le u_d < P_j\}, \qquad P_j = \sum_{i \le j} p_i,
              \quad u_1, \dots, u_D \sim U[0, 1),

    those of all rows in one search. A row sums to its number of draws, and what has probability 0
    does not come up.

    Parameters
    ----------
    p : tensor of shape (n, K)
        Probabilities; rows need not sum to 1.
    n_draws : int or tensor of shape (n, 1)
        The whole number D >= 0, for all rows or for each.
    noise : Noise
        Source of random numbers.

    Returns
    -------
    tensor of shape (n, K)
        Counts in the dtype of `p` (bfloat16 holds whole numbers up to 256 only).

    Raises
    ------
    ValueError
        If a number of draws is negative.

    Examples
    --------
    >>> p = torch.tensor([[0.5, 0.5, 0.0], [0.0, 0.0, 1.0]])
    >>> multinomial(p, torch.tensor([[4], [9]]), Noise(0)).sum(1).tolist()
    [4.0, 9.0]
    """
    n, k = p.shape
    lengths = torch.as_tensor(n_draws, device=p.device).long().reshape(-1).expand(n)
    if n and lengths.min() < 0:
        raise ValueError(f"n_draws must be at least 0, got {int(lengths.min())}.")
    row = torch.arange(n, device=p.device)
    edges = p.cumsum(1, dtype=torch.float64)
    edges = edges.div_(edges[:, -1:].clone()).add_(row[:, None])  # row i ends at i + 1 exactly
    u = noise.ragged(lengths).double().add_(row.repeat_interleave(lengths))
    drawn = torch.searchsorted(edges.view(-1), u, right=True)
    counts = torch.bincount(drawn, minlength=n * k)[: n * k]  # NaN is drawn beyond the end
    return counts.view(n, k).to(p.dtype)
