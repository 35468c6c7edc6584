r"""The same machine of bits 0, 1 and of spins -1, 1.

With :math:`s = 2x - 1` and both energies as in :mod:`unlabeled.energy.general.machine`,

.. math:: -\tfrac12 s^\top J s - h^\top s = -\tfrac12 x^\top U x - b^\top x + \text{offset}, \qquad
          U = 4 J, \quad b = 2 (h - J 1), \quad \text{offset} = 1^\top h - \tfrac12 1^\top J 1.
"""

import torch

__all__ = ["bits_of_spins", "spins_of_bits"]


def bits_of_spins(J: torch.Tensor, h: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Couplings and biases of bits that are those of Ising spins.

    Parameters
    ----------
    J : tensor of shape (n, n)
        Couplings of spins; symmetric, with a zero diagonal.
    h : tensor of shape (n,)
        Their biases (external fields).

    Returns
    -------
    U, b : tensors of shape (n, n), (n,)
    offset : float
        The energy of the spins less that of the bits, for every state.

    Examples
    --------
    >>> U, b, offset = bits_of_spins(torch.tensor([[0.0, 1.0], [1.0, 0.0]]), torch.zeros(2))
    >>> U.tolist(), b.tolist(), offset
    ([[0.0, 4.0], [4.0, 0.0]], [-2.0, -2.0], -1.0)
    """
    return 4 * J, 2 * (h - J.sum(1)), float(h.sum() - 0.5 * J.sum())


def spins_of_bits(U: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, float]:
    """Couplings and biases of Ising spins that are those of bits: undoes :func:`bits_of_spins`.

    Parameters
    ----------
    U : tensor of shape (n, n)
        Couplings of bits; symmetric, with a zero diagonal.
    b : tensor of shape (n,)
        Their biases.

    Returns
    -------
    J, h : tensors of shape (n, n), (n,)
    offset : float
        The energy of the spins less that of the bits, for every state.

    Examples
    --------
    >>> J, h, offset = spins_of_bits(torch.tensor([[0.0, 4.0], [4.0, 0.0]]), torch.zeros(2))
    >>> J.tolist(), h.tolist(), offset
    ([[0.0, 1.0], [1.0, 0.0]], [1.0, 1.0], 1.0)
    """
    J = U / 4
    h = b / 2 + J.sum(1)
    return J, h, float(h.sum() - 0.5 * J.sum())
