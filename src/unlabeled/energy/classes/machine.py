r"""A restricted Boltzmann machine of features and a class, as a plain PyTorch module.

The visible layer holds a row of data v and, beside it, a class y in one column for each:

.. math::
    E(v, y, h) = R_v(v) - b^\top s(v) - d_y - h^\top (c + W s(v) + U_{\cdot y}), \qquad
    p(v, y, h) = e^{-E(v, y, h)} / Z

With :math:`f = c + W s(v)` computed once, every class costs one addition and one softplus for each
hidden unit, and what the machine knows of the class is known exactly:

.. math::
    p(y \mid v) \propto \exp\Big(d_y + \sum_j \log(1 + e^{f_j + U_{jy}})\Big), \qquad
    F(v) = -\log \sum_y e^{-F(v, y)}
"""

import torch
from torch import nn
from torch.nn.functional import one_hot

from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.units import Bernoulli, Mixed, Softmax, Unit
from unlabeled.sampling import Noise, categorical

__all__ = ["ClassMachine"]

_VALUES = 2**22  # fields in flight


class ClassMachine(RestrictedBoltzmannMachine):
    """p(v, y) with binary hidden units; rows of its visible layer are v and y :meth:`joined`.

    Parameters
    ----------
    n_features, n_classes, n_hidden : int
        Numbers of columns of v, of classes, and of hidden units.
    features : Unit, default=Bernoulli()
        What v is made of.

    Attributes
    ----------
    W : Parameter of shape (n_hidden, n_features + n_classes)
        W and U beside each other, at first uniform within 1 / sqrt(m), m the larger of both sizes:
        where either is tiny, neither has much of a gradient.
    b : Parameter of shape (n_features + n_classes,)
        b and d.
    c : Parameter of shape (n_hidden,)

    References
    ----------
    Larochelle, Bengio. Classification using discriminative restricted Boltzmann machines. ICML
    2008.

    Examples
    --------
    >>> import torch
    >>> machine = ClassMachine(6, 3, n_hidden=4)
    >>> machine.log_posterior(torch.zeros(2, 6)).exp().sum(1).detach()
    tensor([1., 1.])
    """

    def __init__(
        self, n_features: int, n_classes: int, n_hidden: int, features: Unit | None = None
    ):
        layers = ((features or Bernoulli(), n_features), (Softmax(n_classes), n_classes))
        super().__init__(n_features + n_classes, n_hidden, Mixed(layers))
        self.n_features, self.n_classes = n_features, n_classes
        widest = max(self.W.shape) ** -0.5
        nn.init.uniform_(self.W, -widest, widest)

    @property
    def features(self) -> Unit:
        """The units of v."""
        return self.visible.kinds()[0][1]

    def joined(self, v: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        """Rows of the visible layer, (n, n_features + n_classes); no class where y is -1.

        Parameters
        ----------
        v : tensor of shape (n, n_features)
        y : tensor of int64, shape (n,)
        """
        return torch.cat([v, one_hot(y + 1, self.n_classes + 1)[:, 1:].to(v.dtype)], 1)

    def class_fields(self, v: torch.Tensor) -> torch.Tensor:
        """c + W s(v) + U_y for every class y, shape (n, n_classes, n_hidden)."""
        U = self.W[:, self.n_features :].t().contiguous()
        return self.hidden_field(self._without_class(v))[:, None] + U

    def class_scores(self, fields: torch.Tensor) -> torch.Tensor:
        """d_y + K(:meth:`class_fields`), shape (n, n_classes): log p(v, y) up to a term of v."""
        return self.b[self.n_features :] + self.hidden.cumulant(fields)

    def log_posterior(self, v: torch.Tensor) -> torch.Tensor:
        """log p(y | v) of every class, shape (n, n_classes)."""
        return torch.log_softmax(self._scores(v), 1)

    def labelled(self, y: torch.Tensor, p: torch.Tensor, noise: Noise) -> torch.Tensor:
        """The classes y (n,), and a draw from p (n, n_classes) where y is -1."""
        return torch.where(y < 0, categorical(p, noise).argmax(1), y)

    def marginal_free_energy(self, v: torch.Tensor) -> torch.Tensor:
        """F(v) with the class summed out, shape (n,): log p(v) = -F(v) - log Z."""
        s, b = self.features.statistic(v), self.b[: self.n_features]
        return self.features.rest(v).sum(-1) - s @ b - torch.logsumexp(self._scores(v), 1)

    def hidden_mean(self, v: torch.Tensor) -> torch.Tensor:
        """E[h | v], the class summed out; shape (n, n_hidden)."""
        return torch.cat([self._hidden_mean(part) for part in self._parts(v)])

    def class_gradient(self, v, fields, weight) -> dict[str, torch.Tensor]:
        """Weighted sum over rows and classes of -dF(v, y) / d(parameter).

        Every objective of this machine is such a sum, with weights that depend on p(y | v), and
        the same under the model.

        Parameters
        ----------
        v : tensor of shape (n, n_features)
        fields : tensor of shape (n, n_classes, n_hidden)
            `class_fields(v)`.
        weight : tensor of shape (n, n_classes)
            Of either sign: to descend -log p(y | v), p(y | v) less 1 for the class that it is.

        Returns
        -------
        dict
            A tensor for every name in `named_parameters()`.
        """
        t = self.hidden.mean(fields).mul_(weight[:, :, None])
        of_rows, of_classes, total = t.sum(1), t.sum(0), weight.sum(1)
        s = self.visible.statistic(self._without_class(v))
        W, b = self._outer(of_rows, s), total @ s
        W[:, self.n_features :] = of_classes.t()
        b[self.n_features :] = weight.sum(0)
        own = self._own_class_gradient(v, of_rows, total)
        return {"W": W, "b": b, "c": of_classes.sum(0)} | own

    def _without_class(self, v):
        return self.joined(v, torch.full((len(v),), -1, device=v.device))

    def _parts(self, v):
        return v.split(max(1, _VALUES // (self.n_classes * len(self.c))))

    def _scores(self, v):
        return torch.cat([self.class_scores(self.class_fields(part)) for part in self._parts(v)])

    def _hidden_mean(self, v):
        fields = self.class_fields(v)
        p = torch.softmax(self.class_scores(fields), 1)
        return (p[:, :, None] * self.hidden.mean(fields)).sum(1)

    def _own_class_gradient(self, v, of_rows, total):
        """Of parameters of the features' own: s(v) f - total R(v), with f the sum of fields."""
        unit, one = self.features, torch.ones_like(total)
        if not any(True for _ in unit.parameters()):
            return {}
        f = total[:, None] * self.b[: self.n_features] + of_rows @ self.W[:, : self.n_features]
        at_rest = torch.zeros_like(f)
        linear, once, weighted = (
            unit.value_gradient(v, f, one),
            unit.value_gradient(v, at_rest, one),
            unit.value_gradient(v, at_rest, total),
        )
        return {f"visible.built.0.{k}": linear[k] - once[k] + weighted[k] for k in linear}
