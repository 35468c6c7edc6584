r"""A restricted Boltzmann machine of ratings, most of which are missing.

Unit i of a row is a softmax over the K values of the scale, :math:`v_i^k \in \{0, 1\}` with
:math:`\sum_k v_i^k = 1`. A row has units only for what it rated, :math:`r_i = 1`; the others do
not exist: they add no energy, and nothing is learned about them from this row.

.. math::
    E(v, h \mid r) = -\sum_{i: r_i = 1} \sum_k v_i^k \Big(b_i^k + \sum_j W_{ij}^k h_j\Big)
                     - \sum_j h_j \Big(c_j + \sum_i D_{ij} r_i\Big), \qquad
    p(v \mid r) = \sum_h e^{-E(v, h \mid r)} / Z(r)

So every row is a machine of its own, and all of them share their weights. D, which only the
conditional machine has, lets the mere fact of a rating speak.
"""

import torch
from torch import nn
from torch.nn.functional import linear, one_hot, softplus

from unlabeled.sampling import Noise, bernoulli_logits

__all__ = ["RatingMachine"]

_RANGE = 80.0  # exp of it is a float32


class RatingMachine(nn.Module):
    """Energies, conditionals, predictions and the gradient; usable without any estimator.

    Rows of ratings are one-hot groups, v of shape (n, n_units * n_values): a missing unit is a
    group of zeros. r of shape (n, n_units) says which units are there; what v has, by default,
    and a conditional machine may be told of more, which are known to be rated, not how.

    Parameters
    ----------
    n_units : int
        What can be rated (or who can rate).
    n_values : int
        K, values on the scale.
    n_hidden : int
        Bernoulli hidden units.
    conditional : bool, default=False
        Whether there are weights D from what is rated at all.

    Attributes
    ----------
    W : Parameter of shape (n_hidden, n_units * n_values)
        Column after column in memory: what belongs to a unit lies together.
    b : Parameter of shape (n_units * n_values,)
    c : Parameter of shape (n_hidden,)
    D : Parameter of shape (n_hidden, n_units), or None
    scale : Tensor of shape (n_values,)
        The values, increasing.

    References
    ----------
    Salakhutdinov, Mnih, Hinton. Restricted Boltzmann machines for collaborative filtering.
    ICML 2007.

    Examples
    --------
    >>> import torch
    >>> machine = RatingMachine(n_units=4, n_values=5, n_hidden=3)
    >>> v = machine.one_hot(torch.tensor([[1.0, torch.nan, 5.0, torch.nan]]))
    >>> v.shape, machine.seen(v).tolist()
    (torch.Size([1, 20]), [[1.0, 0.0, 1.0, 0.0]])
    """

    D: nn.Parameter | None
    scale: torch.Tensor

    def __init__(self, n_units: int, n_values: int, n_hidden: int, conditional: bool = False):
        super().__init__()
        self.n_units, self.n_values = n_units, n_values
        W = torch.randn(n_hidden, n_units * n_values) * 0.01
        self.W = nn.Parameter(W.t().contiguous().t())
        self.b = nn.Parameter(torch.zeros(n_units * n_values))
        self.c = nn.Parameter(torch.zeros(n_hidden))
        self.D = nn.Parameter(torch.zeros(n_hidden, n_units)) if conditional else None
        self.register_buffer("scale", torch.arange(1.0, n_values + 1))

    # ---- the data ----------------------------------------------------------------------------

    def one_hot(self, x: torch.Tensor) -> torch.Tensor:
        """Groups v of ratings x (n, n_units); what is not on the scale (NaN) has no unit."""
        return (x.unsqueeze(-1) == self.scale.to(x.dtype)).to(x.dtype).flatten(1)

    def seen(self, v: torch.Tensor) -> torch.Tensor:
        """r, 1 where v has a rating; shape (n, n_units)."""
        return v.unflatten(1, (self.n_units, self.n_values)).sum(-1)

    @torch.no_grad()
    def fit_base(self, counts: torch.Tensor, prior: float = 5.0) -> None:
        """Biases at log base rates: counts (n_units, n_values), `prior` ratings as all have."""
        total = counts.sum(0) + prior / self.n_values
        rates = counts + prior * total / total.sum()
        self.b.copy_((rates / rates.sum(1, keepdim=True)).log().flatten())

    # ---- energies ----------------------------------------------------------------------------

    def hidden_field(self, v: torch.Tensor, r: torch.Tensor | None = None) -> torch.Tensor:
        """c + W v + D r, shape (n, n_hidden)."""
        f = linear(v, self.W, self.c).to(self.c.dtype)
        return f if self.D is None else f + linear(self.seen(v) if r is None else r, self.D)

    def visible_field(self, h: torch.Tensor) -> torch.Tensor:
        """b + W'h, shape (n, n_units, n_values)."""
        return linear(h, self.W.t(), self.b).unflatten(1, (self.n_units, self.n_values))

    def energy(self, v, h, r=None) -> torch.Tensor:
        """E(v, h | r), shape (n,)."""
        return -v @ self.b - (h * self.hidden_field(v, r)).sum(1)

    def free_energy(self, v, r=None) -> torch.Tensor:
        """F(v | r) = -b'v - sum_j log(1 + exp f_j), shape (n,)."""
        return -v @ self.b - softplus(self.hidden_field(v, r)).sum(1)

    # ---- learning ----------------------------------------------------------------------------

    def sweep(self, f: torch.Tensor, r: torch.Tensor, noise: Noise | None) -> torch.Tensor:
        """v ~ p(v | h) with h ~ p(h | f), where r is 1; without noise, the means of both."""
        h = torch.sigmoid(f) if noise is None else bernoulli_logits(f, noise)
        there = r.nonzero(as_tuple=True)
        p = torch.softmax(self.visible_field(h)[there].to(r.dtype), -1)
        if noise is not None:
            # Each unit has its random number, there or not: a row's draws are its own.
            u = noise.uniform(r.shape)[there].to(p.dtype)
            p = one_hot((p.cumsum(-1)[:, :-1] <= u[:, None]).sum(1), self.n_values).to(p.dtype)
        v = r.new_zeros(*r.shape, self.n_values)
        v[there] = p
        return v.flatten(1)

    def contrast(self, v, n_total: int, noise: Noise | None, n_steps: int = 1, r=None):
        """This process's share of the gradient of mean -log p(v | r), by contrastive divergence.

        Parameters
        ----------
        v : tensor of shape (n, n_units * n_values)
            Data, this process's rows of `n_total`.
        n_total : int
            Rows of the batch over all processes.
        noise : Noise or None
            None for mean-field instead of Gibbs steps.
        n_steps : int, default=1
            Steps from the data.
        r : tensor of shape (n, n_units), optional
            What is known to be rated.

        Returns
        -------
        gradient : dict
            A tensor for every name in `named_parameters()`.
        h : tensor of shape (n, n_hidden)
            Means of the hidden units given the data.
        """
        there = self.seen(v)
        f = g = self.hidden_field(v, r)
        x = v
        for _ in range(n_steps):
            x = self.sweep(g, there, noise)
            g = self.hidden_field(x, r)
        h, g = torch.sigmoid(f), torch.sigmoid(g)
        return self.difference(v, h, x, g, there if r is None else r, n_total), h

    def difference(self, v, h, x, g, r, n: int) -> dict[str, torch.Tensor]:
        """Sum over rows of dE/d(parameter) at the data (v, h) minus that at (x, g), over n."""
        product = torch.cat([x, v]).t() @ torch.cat([g, -h])  # one, so that differences are exact
        gradient = {
            "W": product.t().to(self.W.dtype) / n,
            "b": (x - v).sum(0) / n,
            "c": (g - h).sum(0) / n,
        }
        if self.D is not None:
            gradient["D"] = ((g - h).t() @ r).to(self.W.dtype) / n
        return gradient

    # ---- predictions -------------------------------------------------------------------------

    def asked(self, f: torch.Tensor, unit: torch.Tensor, there: torch.Tensor) -> torch.Tensor:
        """Fields f (n, n_hidden) of rows with a unit each that is `there` (1) or not yet."""
        if self.D is None:
            return f
        return f + self.D.t()[unit] * (1 - there).unsqueeze(1)

    def without(self, f: torch.Tensor, unit, value) -> torch.Tensor:
        """Hidden fields of rows of which one rating each is forgotten, but not that it exists."""
        return f - self.W.t()[unit * self.n_values + value]

    def mean_field(self, f: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
        """p(v_i | h) of one unit for each row, with h at its mean given f; shape (n, K).

        Parameters
        ----------
        f : tensor of shape (n, n_hidden)
            Hidden fields of what is seen, without the unit's value.
        unit : tensor of int64, shape (n,)
        """
        b, W = self._of(unit)
        return torch.softmax(b + torch.einsum("nh,nhk->nk", torch.sigmoid(f), W), -1)

    def conditional(self, f: torch.Tensor, unit: torch.Tensor) -> torch.Tensor:
        r"""p(v_i | what is seen) of one unit for each row, exactly; shape (n, K).

        .. math:: p(v_i^k = 1 \mid v) \propto
                  \exp\Big(b_i^k + \sum_j \log(1 + e^{f_j + W_{ij}^k})\Big)

        Parameters
        ----------
        f, unit : as in mean_field
        """
        b, W = self._of(unit)
        return torch.softmax(b + softplus(f.unsqueeze(-1) + W).sum(1), -1)

    def all_mean_fields(self, f: torch.Tensor) -> torch.Tensor:
        """`mean_field` of every unit for each row; shape (n, n_units, K)."""
        return torch.softmax(self.visible_field(torch.sigmoid(f)), -1)

    def all_conditionals(self, f: torch.Tensor) -> torch.Tensor:
        r"""`conditional` of every unit for each row; shape (n, n_units, K).

        Up to a factor that is common to all k, the exponential is a product of few operations,

        .. math:: p(v_i^k = 1 \mid v) \propto
                  e^{b_i^k} \prod_j \big(\sigma(-f_j) + \sigma(f_j) e^{W_{ij}^k}\big),

        of which a logarithm is taken before it can leave the range of its numbers.
        """
        up, down, W = torch.sigmoid(f), torch.sigmoid(-f), self.W.exp().contiguous()
        group = max(1, int(_RANGE / max(float(self.W.abs().max()), 1e-3)))
        total, product = self.b.repeat(len(f), 1), torch.ones(len(f), len(self.b)).to(f)
        for j in range(len(self.c)):
            product.mul_(torch.addcmul(down[:, j : j + 1], up[:, j : j + 1], W[j]))
            if (j + 1) % group == 0:
                total.add_(product.log())
                product.fill_(1)
        return torch.softmax(total.add_(product.log()).unflatten(1, (-1, self.n_values)), -1)

    def _of(self, unit):
        """Biases (n, K) and weights (n, n_hidden, K) of one unit for each row."""
        b = self.b.view(self.n_units, self.n_values)[unit]
        W = self.W.view(-1, self.n_units, self.n_values)
        return b, W[:, unit].transpose(0, 1)
