r"""The restricted Boltzmann machine as a plain PyTorch module.

With visible values v, hidden values h, their statistics s and t and their energies at rest
:math:`R_v, R_h` (see :mod:`unlabeled.energy.units`):

.. math::
    E(v, h) = R_v(v) + R_h(h) - b^\top s(v) - c^\top t(h) - t(h)^\top W s(v)

    F(v) = -\log \sum_h e^{-E(v, h)} = R_v(v) - b^\top s(v) - K_h(c + W s(v)), \qquad
    p(v) = e^{-F(v)} / Z

For Bernoulli units this is Smolensky's harmonium, :math:`E = -b^\top v - c^\top h - h^\top W v`.
"""

import copy
from contextlib import contextmanager

import torch
from torch import nn
from torch.nn.functional import linear

from unlabeled.energy.units import Bernoulli, Unit
from unlabeled.sampling import Noise

__all__ = ["RestrictedBoltzmannMachine"]


class RestrictedBoltzmannMachine(nn.Module):
    """Energies, conditionals and the likelihood's gradient; usable without any estimator.

    Parameters
    ----------
    n_visible, n_hidden : int
        Numbers of units.
    visible, hidden : Unit, default=Bernoulli()
        What the layers are made of.

    Attributes
    ----------
    W : Parameter of shape (n_hidden, n_visible)
    b : Parameter of shape (n_visible,)
    c : Parameter of shape (n_hidden,)
    base : Tensor of shape (n_visible,)
        Field of the independent units that annealing starts from (the base rates of the data).
    mu, lam : Tensor of shape (n_visible,), (n_hidden,)
        Offsets of the centred gradient: moving averages of s(v) and of t(h) over data.

    Examples
    --------
    >>> import torch
    >>> rbm = RestrictedBoltzmannMachine(6, 3)
    >>> rbm.free_energy(torch.zeros(4, 6)).shape
    torch.Size([4])
    """

    visible: Unit
    hidden: Unit
    base: torch.Tensor
    mu: torch.Tensor
    lam: torch.Tensor

    def __init__(
        self,
        n_visible: int,
        n_hidden: int,
        visible: Unit | None = None,
        hidden: Unit | None = None,
    ):
        super().__init__()
        self.visible = (visible or Bernoulli()).build(n_visible)
        self.hidden = (hidden or Bernoulli()).build(n_hidden)
        self.W = nn.Parameter(torch.randn(n_hidden, n_visible) * 0.01)
        self.b = nn.Parameter(torch.zeros(n_visible))
        self.c = nn.Parameter(torch.zeros(n_hidden))
        self.register_buffer("base", torch.zeros(n_visible))
        self.register_buffer("mu", torch.zeros(n_visible))
        self.register_buffer("lam", torch.zeros(n_hidden))
        self._low: tuple[torch.Tensor, ...] | None = None

    @torch.no_grad()
    def fit_base(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        """Start as independent units with the data's mean and variance (n_visible,)."""
        self.base.copy_(self.visible.fit_field(mean, variance))
        self.b.copy_(self.base)
        self.mu.copy_(self.visible.statistic(mean))
        self.lam.copy_(self.hidden.statistic(self.hidden.mean(self.c)))

    @contextmanager
    def products_in(self, dtype: torch.dtype):
        """Matrix products in `dtype` (bfloat16) for the duration.

        So are fields and means where both kinds of units allow it (`Unit.coarse`); sums over rows
        are always in float32.
        """
        if dtype != torch.float32:
            self._low = tuple(p.detach().to(dtype) for p in (self.W, self.b, self.c))
        try:
            yield self
        finally:
            self._low = None

    def displaced(self, shift: dict[str, torch.Tensor]) -> "RestrictedBoltzmannMachine":
        """A machine of the same units with W, b and c moved by what `shift` has for them."""
        other = copy.copy(self)
        other._parameters = {
            name: nn.Parameter(p + shift[name], requires_grad=False)
            for name, p in self.named_parameters(recurse=False)
        }
        if self._low is not None:
            dtype = self._low[0].dtype
            other._low = tuple(p.to(dtype) for p in (other.W, other.b, other.c))
        return other

    def hidden_field(self, v: torch.Tensor) -> torch.Tensor:
        """c + W s(v), shape (n, n_hidden)."""
        s = self.visible.statistic(v)
        if self._low is None:
            return linear(s, self.W, self.c)
        W, _, c = self._low
        return self._field(linear(s.to(W.dtype), W, c))

    def visible_field(self, h: torch.Tensor) -> torch.Tensor:
        """b + W' t(h), shape (n, n_visible)."""
        t = self.hidden.statistic(h)
        if self._low is None:
            return torch.addmm(self.b, t, self.W)
        W, b, _ = self._low
        return self._field(torch.addmm(b, t.to(W.dtype), W))

    def _field(self, f):
        return f if self.visible.coarse and self.hidden.coarse else f.to(self.W.dtype)

    def energy(self, v: torch.Tensor, h: torch.Tensor) -> torch.Tensor:
        """E(v, h), shape (n,)."""
        t = self.hidden.statistic(h)
        at_rest = self.visible.rest(v).sum(-1) + self.hidden.rest(h).sum(-1)
        return at_rest - self.visible.statistic(v) @ self.b - (t * self.hidden_field(v)).sum(-1)

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """F(v) = R(v) - b's(v) - K(c + W s(v)), shape (n,)."""
        bias = self.visible.statistic(v) @ self.b
        return self.visible.rest(v).sum(-1) - bias - self.hidden.cumulant(self.hidden_field(v))

    def hidden_free_energy(self, h: torch.Tensor) -> torch.Tensor:
        """G(h) = R(h) - c't(h) - K(b + W't(h)), the visible layer summed out; shape (n,)."""
        bias = self.hidden.statistic(h) @ self.c
        return self.hidden.rest(h).sum(-1) - bias - self.visible.cumulant(self.visible_field(h))

    def sweep(self, v: torch.Tensor, noise: Noise) -> torch.Tensor:
        """One step of block Gibbs sampling: h ~ p(h | v), then v ~ p(v | h)."""
        h = self.hidden.sample(self.hidden_field(v), noise)
        return self.visible.sample(self.visible_field(h), noise)

    def gradient(self, v, f, weight) -> dict[str, torch.Tensor]:
        """Weighted sum over rows of -dF(v) / d(parameter).

        Parameters
        ----------
        v : tensor of shape (n, n_visible)
        f : tensor of shape (n, n_hidden)
            `hidden_field(v)`.
        weight : tensor of shape (n,)
            Of either sign: to descend, rows of data count -1/n and rows of the model 1/m.

        Returns
        -------
        dict
            A tensor for every name in `named_parameters()`.
        """
        h, s = self.hidden.mean(f), self.visible.statistic(v)
        t, own = self.hidden.statistic(h), self._own_gradient(v, f, h, weight)
        return {"W": self._outer(t * weight[:, None], s), "b": weight @ s, "c": weight @ t} | own

    def hidden_gradient(self, h, weight) -> dict[str, torch.Tensor]:
        """Weighted sum over rows of -dG(h) / d(parameter): :meth:`gradient` seen from h."""
        f = self.visible_field(h)
        t, s = self.hidden.statistic(h), self.visible.statistic(self.visible.mean(f))
        own = {f"visible.{k}": g for k, g in self.visible.cumulant_gradient(f, weight).items()}
        own_hidden = self.hidden.value_gradient(h, self.hidden_field(self.visible.mean(f)), weight)
        own |= {f"hidden.{k}": g for k, g in own_hidden.items()}
        return {"W": self._outer(t * weight[:, None], s), "b": weight @ s, "c": weight @ t} | own

    def contrast(self, v, f, n: int, x, g, m: int):
        r"""Mean over data of dF / d(parameter), minus its mean over the model, as one product.

        .. math:: -\frac1n \sum_v t(v) s(v)^\top + \frac1m \sum_x t(x) s(x)^\top, \qquad
                  t(v) = \mathbb{E}[t(h) \mid v]

        for W, and alike for the others: what descends -log p(v).

        Parameters
        ----------
        v, f : tensors of shape (k, n_visible), (k, n_hidden)
            Rows of data and their hidden fields.
        n : int
            What their sums are divided by.
        x, g : tensors of shape (l, n_visible), (l, n_hidden)
            Rows of the model and their hidden fields.
        m : int
            What their sums are divided by.

        Returns
        -------
        gradient : dict
            A tensor for every name in `named_parameters()`.
        s_mean, t_mean : tensors of shape (n_visible,), (n_hidden,)
            Of the data.
        """
        k, fields = len(v), torch.cat([f, g])
        h, values = self.hidden.mean(fields), torch.cat([v.to(x.dtype), x])
        s, t = self.visible.statistic(values), self.hidden.statistic(h)
        s_mean, t_mean = _sum(s[:k]) / n, _sum(t[:k]) / n
        gradient = {"b": _sum(s[k:]) / m - s_mean, "c": _sum(t[k:]) / m - t_mean}
        if any(True for unit in (self.visible, self.hidden) for _ in unit.parameters()):
            weight = self.W.new_full((len(h),), 1 / m)
            weight[:k] = -1 / n
            gradient |= self._own_gradient(values, fields, h, weight)
        gradient["W"] = self._difference(t, s, k, n, m)
        return gradient, s_mean, t_mean

    def _difference(self, t, s, k, n, m):
        """t's / m of the rows from k on, minus t's / n of those before; overwrites t."""
        if n != m:
            return self._outer(t[k:], s[k:], 1 / m).sub_(self._outer(t[:k], s[:k], 1 / n))
        t[:k].neg_()
        return self._outer(t, s, 1 / n)

    def _outer(self, t, s, scale: float = 1.0):
        """scale t's; a factor that low precision would round comes after the product."""
        if self._low is None:
            return torch.addmm(self.W, t.t(), s, beta=0, alpha=scale)
        dtype = self._low[0].dtype
        return (t.to(dtype).t() @ s.to(dtype)).to(self.W.dtype).mul_(scale)

    def _own_gradient(self, v, f, h, weight):
        """Of the units' own parameters."""
        own = {f"hidden.{k}": g for k, g in self.hidden.cumulant_gradient(f, weight).items()}
        if any(True for _ in self.visible.parameters()):
            own_visible = self.visible.value_gradient(v, self.visible_field(h), weight)
            own |= {f"visible.{k}": g for k, g in own_visible.items()}
        return own

    def centre(self, gradient: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        r"""The same gradient, taken in the coordinates of a centred machine and mapped back.

        Changes `gradient` in place and returns it.

        In :math:`E = -(s-\mu)^\top b' - (t-\lambda)^\top c' - (t-\lambda)^\top W (s-\mu)` the
        biases are :math:`b = b' - W^\top\lambda, c = c' - W\mu`, so a step
        :math:`(\Delta W, \Delta b', \Delta c')` along its gradient is, in ours,

        .. math:: \Delta W = g_W - \lambda g_b^\top - g_c \mu^\top, \quad
                  \Delta b = g_b - \Delta W^\top \lambda, \quad
                  \Delta c = g_c - \Delta W \mu.

        References
        ----------
        Melchior, Fischer, Wiskott. How to center deep Boltzmann machines. JMLR 17(99), 2016.
        """
        mu, lam, (W, b, c) = self.mu, self.lam, (gradient[name] for name in "Wbc")
        W.addmm_(torch.stack([lam, c], 1), torch.stack([b, mu]), alpha=-1)
        b.sub_(lam @ W)
        c.sub_(W @ mu)
        return gradient

    @torch.no_grad()
    def move_offsets(self, s_mean, t_mean, rate: float) -> None:
        """Moving averages of the data's statistics; the distribution does not change."""
        self.mu.lerp_(s_mean, rate)
        self.lam.lerp_(t_mean, rate)


def _sum(x):
    """Over rows, in float32 or better."""
    return x.sum(0) if x.dtype != torch.bfloat16 else x.sum(0, dtype=torch.float32)
