r"""The pseudo-likelihood: each unit predicted from all the others.

.. math:: \mathrm{PL}(v) = \sum_i \log p(v_i \mid v_{-i}), \qquad
          p(v_i = x \mid v_{-i}) \propto e^{-F(v_1, \dots, x, \dots, v_D)}

where a unit is a column, or columns that take their values together. The hidden fields of v are
computed once; giving unit i the value x changes them by :math:`W_{\cdot i} (s(x) - s(v_i))`.
"""

import torch

from unlabeled.energy.restricted import RestrictedBoltzmannMachine

__all__ = ["pseudo_log_likelihood"]

_VALUES = 2**22  # numbers in flight


def pseudo_log_likelihood(rbm: RestrictedBoltzmannMachine, v: torch.Tensor) -> torch.Tensor:
    """PL of each row in nats, exact over all units.

    Parameters
    ----------
    rbm : RestrictedBoltzmannMachine
        With discrete visible units.
    v : tensor of shape (n, n_visible)

    Returns
    -------
    tensor of shape (n,)

    Raises
    ------
    ValueError
        If some of the visible units are a continuum, or have too many values to be listed.

    References
    ----------
    Besag. Statistical analysis of non-lattice data. The Statistician 24(3), 1975.
    """
    for _, unit in rbm.visible.kinds():
        if unit.support is None:
            name = type(unit).__name__
            raise ValueError(f"the pseudo-likelihood needs discrete visible units, got {name}.")
    step = max(1, _VALUES // (rbm.W.numel() + 1))
    return torch.cat([_rows(rbm, part) for part in v.split(step)])


def _rows(rbm, v):
    f = rbm.hidden_field(v)
    return torch.stack([_Cells(rbm, v, f, *kind).log_p() for kind in rbm.visible.kinds()]).sum(0)


class _Cells:
    """The units of one kind, in the columns `at`, as (n, n_cells, columns of a cell)."""

    def __init__(self, rbm, v, f, at, unit):
        self.hidden, self.f, self.unit = rbm.hidden, f, unit
        self.values = torch.as_tensor(unit.support).to(v).reshape(len(unit.support), -1)
        cell = (-1, self.values.shape[1])
        self.v, self.b = v[:, at].unflatten(1, cell), rbm.b[at].unflatten(0, cell)
        self.W = rbm.W[:, at].unflatten(1, cell)
        self.cell = cell

    def log_p(self):
        """Sum over these units of log p(v_i | the others), shape (n,)."""
        scores = torch.stack([self._score(x.expand_as(self.v)) for x in self.values])
        return (self._score(self.v) - torch.logsumexp(scores, 0)).sum(1)

    def _score(self, x):
        """-F(v with v_i = x) + F(v) up to a term without x; shape (n, n_cells)."""
        at_rest, was_at_rest = self._each(self.unit.rest, x), self._each(self.unit.rest, self.v)
        change = self._each(self.unit.statistic, x) - self._each(self.unit.statistic, self.v)
        fields = self.f[:, None, :] + torch.einsum("nik,hik->nih", change, self.W)
        gain = (change * self.b - at_rest + was_at_rest).sum(-1)
        return gain + self.hidden.cumulant(fields)

    def _each(self, function, x):
        return function(x.flatten(1)).unflatten(1, self.cell)
