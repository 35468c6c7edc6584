"""The gradient of a machine of ratings from the ratings alone, by compiled kernels.

The same as :meth:`RatingMachine.contrast`, which multiplies with a group of values for every unit,
rated or not, as suits a GPU. On a CPU nearly all of that is multiplying with zeros.
"""

import numpy as np
import torch
from torch.nn.functional import linear, one_hot

from unlabeled.energy.ratings.machine import RatingMachine
from unlabeled.sampling import Noise, bernoulli_logits

__all__ = ["contrast"]


def contrast(
    machine: RatingMachine, x, n_total: int, noise: Noise | None, n_steps: int = 1, r=None
):
    """What :meth:`RatingMachine.contrast` returns.

    Parameters
    ----------
    machine : RatingMachine
        In float32 on the CPU.
    x : tensor of shape (n, n_units)
        Ratings; what is not on the scale is missing.
    n_total, noise, n_steps, r
        As there.
    """
    ratings = _Ratings(machine, x)
    add = 0 if machine.D is None else linear(ratings.there() if r is None else r, machine.D)
    v = ratings.v
    f = g = ratings.hidden_fields(v) + add
    for _ in range(n_steps):
        means = torch.sigmoid(g) if noise is None else bernoulli_logits(g, noise)
        p = ratings.probabilities(means)
        if noise is not None:
            u = noise.uniform(x.shape)[ratings.row, ratings.unit]
            p = one_hot((p.cumsum(-1)[:, :-1] <= u[:, None]).sum(1), machine.n_values).to(p)
        g = ratings.hidden_fields(p) + add
    h, g = torch.sigmoid(f), torch.sigmoid(g)
    moved = torch.zeros_like(machine.b).view(machine.n_units, -1)
    gradient = {
        "W": ratings.gradient(p, v, g, h, 1 / n_total),
        "b": moved.index_add_(0, ratings.unit, (p - v) / n_total).flatten(),
        "c": (g - h).sum(0) / n_total,
    }
    if machine.D is not None:
        gradient["D"] = (g - h).t() @ (ratings.there() if r is None else r) / n_total
    return gradient, h


class _Ratings:
    """Ratings e = 1, 2, ... of a batch, in the order of rows; v is (n_ratings, n_values)."""

    def __init__(self, machine, x):
        at = (x.unsqueeze(-1) == machine.scale).nonzero()
        self.row, self.unit, value = at.t().contiguous()
        self.v = one_hot(value, machine.n_values).to(x.dtype)
        self.n, self.machine = len(x), machine
        self.first = _starts(self.row, self.n)
        self.weights = machine.W.detach().t().numpy()  # is in one piece

    def there(self):
        """1 where there is a rating, shape (n, n_units)."""
        r = self.v.new_zeros(self.n, self.machine.n_units)
        r[self.row, self.unit] = 1
        return r

    def probabilities(self, h):
        from unlabeled.kernels import ratings

        p, b = torch.empty_like(self.v), self.machine.b.detach().numpy()
        ratings.probabilities(h.numpy(), self.first, self.unit.numpy(), self.weights, b, p.numpy())
        return p

    def hidden_fields(self, p):
        from unlabeled.kernels import ratings

        c = self.machine.c.detach()
        f = torch.empty(self.n, len(c))
        ratings.hidden_fields(
            p.numpy(), self.first, self.unit.numpy(), self.weights, c.numpy(), f.numpy()
        )
        return f

    def gradient(self, x, v, g, h, scale):
        from unlabeled.kernels import ratings

        order = self.unit.argsort(stable=True)
        first = _starts(self.unit, self.machine.n_units)
        G = torch.empty_like(self.machine.W.detach().t())
        x, v, g, h = (a.numpy() for a in (x[order], v[order], g, h))
        scale = np.float32(scale)
        ratings.gradient(x, v, g, h, first, self.row[order].numpy(), scale, G.numpy())
        return G.t()


def _starts(group, n_groups):
    """Where each group begins among sorted members, and where the last ends."""
    return np.concatenate([[0], torch.bincount(group, minlength=n_groups).cumsum(0).numpy()])
