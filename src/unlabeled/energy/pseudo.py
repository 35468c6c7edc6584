r"""The pseudo-likelihood: each unit predicted from all the others.

.. math:: \mathrm{PL}(v) = \sum_i \log p(v_i \mid v_{-i}), \qquad
          p(v_i = x \mid v_{-i}) \propto e^{-F(v_1, \dots, x, \dots, v_D)}

The hidden fields of v are computed once; giving unit i the value x changes them by
:math:`W_{\cdot i} (s(x) - s(v_i))`.
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
        If the visible units are a continuum.

    References
    ----------
    Besag. Statistical analysis of non-lattice data. The Statistician 24(3), 1975.
    """
    if rbm.visible.support is None:
        name = type(rbm.visible).__name__
        raise ValueError(f"the pseudo-likelihood needs discrete visible units, got {name}.")
    step = max(1, _VALUES // (rbm.W.numel() + 1))
    return torch.cat([_rows(rbm, part) for part in v.split(step)])


def _rows(rbm, v):
    s, f = rbm.visible.statistic(v), rbm.hidden_field(v)
    scores = torch.stack([_log_p_with(rbm, v, s, f, x) for x in rbm.visible.support])
    present = _log_p_with(rbm, v, s, f, v)
    return (present - torch.logsumexp(scores, 0)).sum(1)


def _log_p_with(rbm, v, s, f, x):
    """-F(v with v_i = x) + F(v) up to a term without x; shape (n, n_visible)."""
    value = torch.as_tensor(x).to(v).expand_as(v)
    change = rbm.visible.statistic(value) - s  # (n, n_visible)
    fields = f[:, None, :] + change[:, :, None] * rbm.W.t()  # (n, n_visible, n_hidden)
    at_rest = rbm.visible.rest(value) - rbm.visible.rest(v)
    return change * rbm.b - at_rest + rbm.hidden.cumulant(fields)
