r"""The general Boltzmann machine as a plain PyTorch module.

Visible and hidden units :math:`x = (v, h)` of two values, any two of which may be joined:

.. math:: E(x) = -\tfrac12 x^\top U x - b^\top x
             = -\sum_{i < j} U_{ij} x_i x_j - \sum_i b_i x_i, \qquad p(x) = e^{-E(x)} / Z

U is symmetric with a zero diagonal, so with the half each pair counts once, and a unit meets the
field :math:`f_i = b_i + \sum_j U_{ij} x_j`. (Who writes
:math:`E = -x^\top U x - b^\top x` has half of our U; :mod:`unlabeled.energy.general.ising` goes
from bits to spins and back.)
"""

from contextlib import contextmanager

import torch
from torch import nn

from unlabeled.energy.general.graph import classes_of, edges_among
from unlabeled.energy.general.scan import Scan
from unlabeled.energy.general.summed import Summed
from unlabeled.energy.units import Bernoulli, Unit
from unlabeled.sampling import Noise

__all__ = ["GeneralBoltzmannMachine", "two_values"]


class GeneralBoltzmannMachine(nn.Module):
    """Energies, Gibbs sampling, mean fields and sums over states; usable without any estimator.

    Parameters
    ----------
    n_visible : int
        Number of visible units; they come first in x.
    n_hidden : int, default=0
        Number of hidden units.
    edges : None, tuple of {"vv", "vh", "hh"}, or array-like of bool, default=None
        Which pairs are joined: see :func:`~unlabeled.energy.general.graph.edges_among`.
    unit : Unit, default=Bernoulli()
        What all units are: a kind with two values, `Bernoulli()` or `Spin()`.

    Attributes
    ----------
    U : Parameter of shape (n, n)
        Symmetric, zero where there is no edge. At the start only hidden and visible units are
        coupled, by normal numbers of variance 1 / n: hidden units that start nearly alike may
        never part.
    b : Parameter of shape (n,)
    base : Tensor of shape (n,)
        Field of the independent units that chains and annealing start from.
    mu : Tensor of shape (n,)
        Offsets of the centred gradient: moving averages of x over data.
    edges : Tensor of bool, shape (n, n)
    values : tuple of two float
        What a unit can be.
    joins_hidden : bool
        Whether any hidden units are joined to each other.
    classes : list of Tensor
        Units that are not joined among themselves, in the order in which they are visited: those
        with hidden units first.

    Examples
    --------
    >>> import torch
    >>> machine = GeneralBoltzmannMachine(3)
    >>> machine.couple(torch.ones(3, 3).fill_diagonal_(0), torch.zeros(3))
    >>> machine.energy(torch.tensor([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0]])).tolist()
    [-1.0, -3.0]
    """

    base: torch.Tensor
    mu: torch.Tensor
    edges: torch.Tensor

    def __init__(self, n_visible: int, n_hidden: int = 0, edges=None, unit: Unit | None = None):
        super().__init__()
        n = n_visible + n_hidden
        self.n_visible, self.n_hidden = n_visible, n_hidden
        self.unit = (unit or Bernoulli()).build(n)
        self.values = two_values(self.unit)
        self.register_buffer("edges", edges_among(edges, n_visible, n_hidden), persistent=False)
        self.joins_hidden = bool(self.edges[n_visible:, n_visible:].any())
        self._joined = _from_first(self.edges.triu(1).any(0))
        self.classes = sorted(classes_of(self.edges), key=lambda units: -int(units.max()))
        W = torch.randn(n_hidden, n_visible) / n**0.5
        self.U = nn.Parameter(torch.zeros(n, n))
        with torch.no_grad():
            self.U[n_visible:, :n_visible] = W * self.edges[n_visible:, :n_visible]
            self.U[:n_visible, n_visible:] = self.U[n_visible:, :n_visible].t()
        self.b = nn.Parameter(torch.zeros(n))
        self.register_buffer("base", torch.zeros(n))
        self.register_buffer("mu", self.unit.mean(torch.zeros(n)))
        self._products = None

    @torch.no_grad()
    def couple(self, U: torch.Tensor, b: torch.Tensor) -> None:
        """Set couplings (n, n) and biases (n,) by hand.

        Raises
        ------
        ValueError
            If U is not symmetric, or not zero on the diagonal or where there is no edge.
        """
        n = len(self.b)
        if tuple(U.shape) != (n, n) or tuple(b.shape) != (n,):
            raise ValueError(
                f"expected couplings of shape ({n}, {n}) and biases of shape ({n},), got "
                f"{tuple(U.shape)} and {tuple(b.shape)}."
            )
        if not torch.equal(U, U.t()):
            raise ValueError("couplings must be symmetric; give (U + U.t()) / 2 for the same E.")
        if bool(U[~self.edges.to(U.device)].any()):
            raise ValueError("couplings must be zero on the diagonal and where there is no edge.")
        self.U.copy_(U)
        self.b.copy_(b)

    @torch.no_grad()
    def fit_base(self, mean: torch.Tensor, variance: torch.Tensor) -> None:
        """Start as independent units, the visible ones with the data's mean (n_visible,)."""
        k = self.n_visible
        self.base[:k] = self.unit.fit_field(mean, variance)
        self.b.copy_(self.base)
        self.mu[:k] = mean

    @contextmanager
    def products_in(self, dtype: torch.dtype):
        """Products with couplings and of moments in `dtype` (bfloat16) for the duration."""
        self._products = None if dtype == torch.float32 else dtype
        try:
            yield self
        finally:
            self._products = None

    # ---- energies ----------------------------------------------------------------------------

    def field(self, x: torch.Tensor) -> torch.Tensor:
        """f = b + U x, shape (n_rows, n)."""
        return torch.addmm(self.b, x, self.U)

    def energy(self, x: torch.Tensor) -> torch.Tensor:
        """E(x), shape (n_rows,)."""
        return -(x @ self.b + 0.5 * ((x @ self.U) * x).sum(-1))

    def free_energy(self, v: torch.Tensor) -> torch.Tensor:
        r"""F(v) of each row, shape (n_rows,): log p(v) = -F(v) - log Z.

        Exact where the hidden units can be summed out (`hidden.is_possible`); else, by
        :meth:`settle`, the least upper bound among independent hidden units q,

        .. math:: F(v) \le \mathbb{E}_q[E(v, h)] - H(q).
        """
        return -self.hidden.log_sum(v) if self.hidden.is_possible else self.bound(v)

    def bound(self, v: torch.Tensor) -> torch.Tensor:
        """The mean-field bound of F(v), whether or not it is exact; shape (n_rows,)."""
        k = self.n_visible
        f = self.field(self.settle(v))[:, k:]
        q = self.unit.mean(f)
        entropy = self.unit.cumulant(f) - (f * q).sum(-1)
        return self.energy(torch.cat([v, q], 1)) - entropy

    @property
    def hidden(self) -> Summed:
        """The hidden units, summed over for given visible ones."""
        return Summed(self, range(self.n_visible, len(self.b)))

    @property
    def everything(self) -> Summed:
        """All units, summed over: its `log_sum` of an empty row is log Z."""
        return Summed(self, range(len(self.b)))

    # ---- states ------------------------------------------------------------------------------

    def scan(self, classes=None) -> Scan:
        """A scan over all classes, or over these, with the couplings as they are now."""
        return Scan(
            self.classes if classes is None else classes, self.edges, self.U, self._products
        )

    def start(self, n_rows: int, noise: Noise) -> torch.Tensor:
        """Independent units in the fields `base`, shape (n_rows, n)."""
        return self.unit.sample(self.base.expand(n_rows, -1), noise)

    def sweep(
        self,
        x: torch.Tensor,
        noise: Noise,
        *,
        free: torch.Tensor | None = None,
        scan: Scan | None = None,
        field: torch.Tensor | None = None,
        beta: float | torch.Tensor = 1.0,
    ) -> torch.Tensor:
        """One scan of Gibbs sampling: every unit once, given all others.

        Parameters
        ----------
        x : tensor of shape (n_rows, n)
        noise : Noise
        free : tensor of bool, shape (n_rows, n), optional
            What may change; the rest is clamped.
        scan : Scan, optional
            That of :meth:`scan`, made once for many sweeps.
        field : tensor of shape (n,) or (n_rows, n), optional
            Biases, those of the machine by default.
        beta : float or tensor of shape (n_rows,), default=1
            What couplings are multiplied by.
        """
        low, high = self.values
        zero = x.new_zeros(())

        def draw(f):
            is_high = torch.heaviside(f, zero)
            return is_high if (low, high) == (0, 1) else is_high.mul_(high - low).add_(low)

        u = noise.uniform(x.shape).to(x.dtype)
        biases = (self.b if field is None else field) - torch.logit(u) / (high - low)
        y = x.t().clone(memory_format=torch.contiguous_format)
        (scan or self.scan()).walk(
            y,
            biases.t().contiguous(),
            draw,
            beta=beta,
            free=None if free is None else free.t().to(x.dtype),
        )
        return y.t()

    def settle(self, v: torch.Tensor, *, tol: float = 1e-6, max_sweeps: int = 100) -> torch.Tensor:
        """The mean field of the hidden units with v clamped: each is the mean of its own field.

        Class after class takes its means, which never raises the bound of the free energy; a row
        stops when none of its means moves by more than `tol`. Exact where no hidden units are
        joined.

        Parameters
        ----------
        v : tensor of shape (n_rows, n_visible)
        tol : float, default=1e-6
        max_sweeps : int, default=100

        Returns
        -------
        tensor of shape (n_rows, n)
            v, and the means of h.

        References
        ----------
        Peterson, Anderson. A mean field theory learning algorithm for neural networks. Complex
        Systems 1, 1987.
        """
        if not self.n_hidden:
            return v
        k, middle = self.n_visible, self.unit.mean(self.base[self.n_visible :])
        x = torch.cat([v, middle.expand(len(v), -1)], 1).t().contiguous()
        scan = self.scan([units[units >= k] for units in self.classes if bool((units >= k).any())])
        moving = torch.ones_like(x)
        for _ in range(1 if scan.n_classes < 2 else max_sweeps):
            before = x[k:].clone()
            scan.walk(x, self.b[:, None], self.unit.mean, free=moving)
            moving *= (x[k:] - before).abs().amax(0) > tol
            if not bool(moving.any()):
                break
        return x.t()

    @torch.no_grad()
    def pseudo_log_likelihood(self, v: torch.Tensor) -> torch.Tensor:
        """Sum over visible units of log p(v_i | the other visible ones), shape (n_rows,).

        Raises
        ------
        ValueError
            If the hidden units cannot be summed out.
        """
        if not self.n_hidden:
            f = self.field(v)
            return (v * f).sum(1) - self.unit.cumulant(f)
        hidden, total = self.hidden, v.new_zeros(len(v))
        present = hidden.log_sum(v)
        for k in range(self.n_visible):
            scores = [hidden.log_sum(_with(v, k, value)) for value in self.values]
            total += present - torch.logaddexp(*scores)
        return total

    # ---- learning ----------------------------------------------------------------------------

    def moments(self, x: torch.Tensor, weight: torch.Tensor | float) -> dict[str, torch.Tensor]:
        """Weighted sums over rows of -dE / d(parameter): x, and x x' where there are edges.

        Parameters
        ----------
        x : tensor of shape (n_rows, n)
            States, or means of independent units.
        weight : float or tensor of shape (n_rows,)

        Returns
        -------
        dict
            "U" of shape (n, n), the derivative by a *pair* in both of its places, and "b".
        """
        U, at = torch.zeros_like(self.U), self._joined
        if isinstance(weight, torch.Tensor):
            U[:, at] = x.t() @ (x[:, at] * weight[:, None])
            return {"U": self.on_edges(U), "b": weight @ x}
        y = x if self._products is None else x.to(self._products)
        U[:, at] = (y.t() @ y[:, at]).to(U.dtype).mul_(weight)
        return {"U": self.on_edges(U), "b": x.sum(0).mul_(weight)}

    def on_edges(self, U: torch.Tensor) -> torch.Tensor:
        """The upper triangle of a matrix (n, n) in both triangles, zero where no edge is."""
        upper = U.triu(1)
        return (upper + upper.t()).mul_(self.edges)

    def centre(self, gradient: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        r"""The same gradient, taken in the coordinates of a centred machine and mapped back.

        Changes `gradient` in place and returns it.

        In :math:`E = -\frac12 (x - \mu)^\top U (x - \mu) - (x - \mu)^\top b'` the biases are
        :math:`b = b' - U \mu`, so a step :math:`(\Delta U, \Delta b')` along its gradient is

        .. math:: \Delta U = g_U - \mu g_b^\top - g_b \mu^\top, \qquad
                  \Delta b = g_b - \Delta U \mu.

        References
        ----------
        Melchior, Fischer, Wiskott. How to center deep Boltzmann machines. JMLR 17(99), 2016.
        """
        U, b = gradient["U"], gradient["b"]
        shift = torch.outer(self.mu, b)
        U.sub_(self.on_edges(shift + shift.t()))
        b.sub_(U @ self.mu)
        return gradient

    @torch.no_grad()
    def move_offsets(self, x_mean: torch.Tensor, rate: float) -> None:
        """Moving averages of x over data; the distribution does not change."""
        self.mu.lerp_(x_mean, rate)


def two_values(unit: Unit) -> tuple[float, float]:
    """The lower and the higher value that such a unit can take.

    Raises
    ------
    ValueError
        If it has others.
    """
    if unit.support is None or len(unit.support) != 2 or isinstance(unit.support[0], tuple):
        raise ValueError(f"unit must be of a kind with two values, got {unit}.")
    low, high = sorted(unit.support)
    return low, high


def _from_first(some: torch.Tensor) -> slice:
    """From the first that is true on."""
    return slice(int(some.int().argmax()) if bool(some.any()) else len(some), None)


def _with(v, k, value):
    """The rows with unit k set to a value."""
    changed = v.clone()
    changed[:, k] = value
    return changed
