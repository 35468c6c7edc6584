r"""The neural autoregressive distribution estimator as a plain PyTorch module.

.. math::
    p(x) = \prod_{d=1}^{D} p(x_{o_d} \mid x_{o_{<d}}), \qquad
    p(x_{o_d} = 1 \mid x_{o_{<d}}) = \sigma(b_d + V_d \cdot h_d), \qquad
    h_d = \sigma\Big(c + \sum_{e < d} x_{o_e} W_e\Big)

for an ordering o of the features. All hidden layers share W and c, so that each follows from the
one before at the cost of one row of W.
"""

import torch
from torch import nn

from unlabeled.autoregressive.conditionals import LogProb, gradient, logits
from unlabeled.autoregressive.drawing import complete, draw
from unlabeled.sampling import Noise

__all__ = ["NeuralAutoregressive"]


class NeuralAutoregressive(nn.Module):
    """Conditionals, the exact likelihood and its gradient, draws; usable without any estimator.

    Parameters
    ----------
    n_visible, n_hidden : int
        Numbers of units.
    ordering : tensor of int64 of shape (n_visible,), optional
        The features in the order in which they are predicted; as they stand by default.

    Attributes
    ----------
    W : Parameter of shape (n_visible, n_hidden)
        Row d is what the d-th feature *of the ordering* adds to the field of the hidden units.
    V : Parameter of shape (n_visible, n_hidden)
        Row d reads the d-th feature of the ordering off the hidden units; zero at first, so that
        an untrained model has independent features.
    b : Parameter of shape (n_visible,)
        In the ordering.
    c : Parameter of shape (n_hidden,)
    ordering : Tensor of int64, shape (n_visible,)

    References
    ----------
    Larochelle, Murray. The neural autoregressive distribution estimator. AISTATS 2011.
    Uria, Côté, Gregor, Murray, Larochelle. Neural autoregressive distribution estimation. JMLR
    17(205), 2016.

    Examples
    --------
    >>> import torch
    >>> nade = NeuralAutoregressive(6, 3)
    >>> nade.log_prob(torch.zeros(4, 6)).shape
    torch.Size([4])
    """

    ordering: torch.Tensor

    def __init__(self, n_visible: int, n_hidden: int, ordering: torch.Tensor | None = None):
        super().__init__()
        self.W = nn.Parameter(torch.randn(n_visible, n_hidden) / n_visible**0.5)
        self.V = nn.Parameter(torch.zeros(n_visible, n_hidden))
        self.b = nn.Parameter(torch.zeros(n_visible))
        self.c = nn.Parameter(torch.zeros(n_hidden))
        order = torch.arange(n_visible) if ordering is None else ordering.clone()
        self.register_buffer("ordering", order)

    @torch.no_grad()
    def fit_base(self, mean: torch.Tensor) -> None:
        """Start as independent features with the data's mean, kept within [0.001, 0.999].

        Parameters
        ----------
        mean : tensor of shape (n_visible,)
        """
        self.b.copy_(mean[self.ordering].logit(1e-3))

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        """log p(x) in nats, shape (n,); autograd follows it into the parameters, not into x.

        Parameters
        ----------
        x : tensor of shape (n, n_visible)
        """
        return LogProb.apply(x[:, self.ordering], self.W, self.V, self.b, self.c)

    @torch.no_grad()
    def logits(self, x: torch.Tensor) -> torch.Tensor:
        """log-odds of each feature given those before it, shape (n, n_visible).

        Parameters
        ----------
        x : tensor of shape (n, n_visible)
        """
        in_order = logits(x[:, self.ordering], self.W, self.V, self.b, self.c)
        return in_order[:, self.ordering.argsort()]

    def gradient(self, x, weight, products=torch.float32):
        """log p(x) of each row, and the gradient of their weighted sum, in one walk.

        Quicker than `log_prob(x)` and `backward`, which walk twice.

        Parameters
        ----------
        x : tensor of shape (n, n_visible)
        weight : tensor of shape (n,)
            Of either sign: -1/n of each row to descend.
        products : torch.dtype, default=torch.float32
            bfloat16: products of hidden states and of their gradients are taken in it.

        Returns
        -------
        log_p : tensor of shape (n,)
            In nats.
        gradient : dict
            A tensor for every name in `named_parameters()`.
        """
        parameters = (self.W, self.V, self.b, self.c)
        log_p, own = gradient(x[:, self.ordering], weight, *parameters, products)
        return log_p, dict(zip("WVbc", own, strict=True))

    def sample(self, n: int, noise: Noise) -> torch.Tensor:
        """Independent rows drawn from the model, shape (n, n_visible).

        Parameters
        ----------
        n : int
        noise : Noise
        """
        x = self.b.new_zeros(n, len(self.b))
        drawn, _ = draw(self, x, torch.ones_like(x, dtype=torch.bool), noise)
        return drawn[:, self.ordering.argsort()]

    def complete(self, x, missing, noise: Noise, n_steps: int) -> torch.Tensor:
        """Rows with what is missing drawn given what is seen, shape (n, n_visible).

        Parameters
        ----------
        x : tensor of shape (n, n_visible)
        missing : tensor of bool, shape (n, n_visible)
        noise : Noise
        n_steps : int
            Steps of the chain for rows that have seen something after what is missing
            (:mod:`unlabeled.autoregressive.drawing`).
        """
        drawn = complete(self, x[:, self.ordering], missing[:, self.ordering], noise, n_steps)
        return drawn[:, self.ordering.argsort()]
