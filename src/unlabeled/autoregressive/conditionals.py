r"""All conditionals of a neural autoregressive model, and their gradient, from few hidden states.

For a row x of D values, with :math:`h_d = \sigma(c + W_{<d}^\top x_{<d})`,

.. math:: \log p(x) = \sum_d \log p(x_d \mid x_{<d}), \qquad
          p(x_d = 1 \mid x_{<d}) = \sigma(b_d + V_d \cdot h_d)

:math:`h_{d+1}` differs from :math:`h_d` only where :math:`x_d \ne 0`. So each run of zeros needs
one hidden state, not one per value; binarised digits are mostly zeros. The states are computed
for a block of values at a time, which turns all that is left into products of small matrices, and
nothing of the size of all states is ever kept: the gradient walks from the last block to the first
and takes from the fields :math:`c + W_{<d}^\top x_{<d}` what a block had added.
"""

from typing import NamedTuple

import torch
from torch.autograd.function import once_differentiable
from torch.nn.functional import softplus

__all__ = ["LogProb", "gradient", "log_bernoulli", "logits"]

_BLOCK = 16  # values; more of them are larger matrices, of which less is wanted
_ROWS = 128  # whose states in a block fit into a core's cache


class _States(NamedTuple):
    """The distinct hidden states of a block of shape (n, k)."""

    row: torch.Tensor  # (m,): whose state it is
    before: torch.Tensor  # (m, k): values of the block that came before it
    place: torch.Tensor  # (n, k): where the state of each value is in a flat (m, k)


def _states(x: torch.Tensor) -> _States:
    n, k = x.shape
    position = torch.arange(k, device=x.device)
    begins = torch.ones_like(x, dtype=torch.bool)
    torch.ne(x[:, :-1], 0, out=begins[:, 1:])
    row, start = begins.nonzero(as_tuple=True)
    before = x.index_select(0, row).mul_(position < start[:, None])
    state = begins.flatten().cumsum(0).view(n, k).sub_(1)
    return _States(row, before, state.mul_(k).add_(position))


def _blocks(x: torch.Tensor):
    return [slice(start, start + _BLOCK) for start in range(0, x.shape[1], _BLOCK)]


def _parts(x: torch.Tensor):
    return x.split(_ROWS if x.device.type == "cpu" else 16 * _ROWS)


def log_bernoulli(x: torch.Tensor, logit: torch.Tensor) -> torch.Tensor:
    """log p(x) = x logit - log(1 + exp(logit)), elementwise, in nats."""
    return x * logit - softplus(logit)


def logits(x, W, V, b, c) -> torch.Tensor:
    """b_d + V_d . h_d of every value given those before it, shape (n, D).

    Parameters
    ----------
    x : tensor of shape (n, D)
    W, V : tensor of shape (D, H)
    b : tensor of shape (D,)
    c : tensor of shape (H,)
    """
    return torch.cat([_logits(part, W, V, b, c) for part in _parts(x)])


def _logits(x, W, V, b, c):
    out, field = torch.empty_like(x), c.expand(len(x), -1).clone()
    for block in _blocks(x):
        x_k = x[:, block].contiguous()
        states = _states(x_k)
        h = field.index_select(0, states.row).addmm_(states.before, W[block]).sigmoid_()
        out[:, block] = (h @ V[block].t()).view(-1)[states.place]
        field.addmm_(x_k, W[block])
    return out.add_(b)


@torch.no_grad()
def gradient(x, weight, W, V, b, c, products=torch.float32):
    """log p(x) of each row, and the gradient of their weighted sum, in one walk.

    Parameters
    ----------
    x : tensor of shape (n, D)
    weight : tensor of shape (n,)
    W, V, b, c : tensor
        As in :func:`logits`.
    products : torch.dtype
        bfloat16: products of hidden states and of their gradients are taken in it.

    Returns
    -------
    log_p : tensor of shape (n,)
        In nats.
    gradients : list of four tensors
        Of W, V, b and c.
    """
    gradients = [torch.zeros_like(p) for p in (W, V, b, c)]
    low = (W, V) if products != torch.bfloat16 else (W.bfloat16(), V.bfloat16())
    log_p = [
        _add_gradient(part, w, (W, b, c), low, gradients)
        for part, w in zip(_parts(x), _parts(weight[:, None]), strict=True)
    ]
    return torch.cat(log_p), gradients


def _add_gradient(x, weight, parameters, low, gradients):
    """Add the part of some rows to `gradients`; their log p, shape (n,)."""
    (W, b, c), (W_low, V_low), (g_W, g_V, g_b, g_c) = parameters, low, gradients
    dtype, log_p = W_low.dtype, torch.zeros_like(weight[:, 0])
    field = torch.addmm(c, x, W)
    g_field = torch.zeros_like(field)  # through all that comes after the block
    for block in reversed(_blocks(x)):
        x_k = x[:, block].contiguous()
        g_W[block].addmm_(x_k.t(), g_field)
        field.addmm_(x_k, W[block], alpha=-1)
        row, before, place = _states(x_k)
        before = before.to(dtype)
        h = _added(field.index_select(0, row), before, W_low[block]).sigmoid_()
        h_low = h.to(dtype)
        every_logit = h_low @ V_low[block].t()  # of a state with every value of the block
        logit = every_logit.view(-1)[place].to(x.dtype).add_(b[block])
        log_p += log_bernoulli(x_k, logit).sum(1)
        g_logit = (x_k - logit.sigmoid_()).mul_(weight)
        g_b[block] += g_logit.sum(0)
        g_every = torch.zeros_like(every_logit)
        g_every.view(-1)[place] = g_logit.to(dtype)
        _added(g_V[block], g_every.t(), h_low)
        g_h = (g_every @ V_low[block]).to(x.dtype)
        g_state = g_h.mul_(h).addcmul_(g_h, h, value=-1)  # h' = h (1 - h)
        _added(g_W[block], before.t(), g_state.to(dtype))
        g_field.index_add_(0, row, g_state)
    g_c += g_field.sum(0)
    return log_p


def _added(total, left, right):
    """total += left right, in the dtype of the factors."""
    return total.addmm_(left, right) if total.dtype == left.dtype else total.add_(left @ right)


class LogProb(torch.autograd.Function):
    """`LogProb.apply(x, W, V, b, c)`: log p of rows for autograd, which keeps nothing but them."""

    @staticmethod
    def forward(ctx, x, W, V, b, c):
        """Nats of each row, shape (n,)."""
        ctx.save_for_backward(x, W, V, b, c)
        return log_bernoulli(x, logits(x, W, V, b, c)).sum(1)

    @staticmethod
    @once_differentiable
    def backward(ctx, weight):
        """Gradients of the parameters; there is none of x, which is data."""
        x, *parameters = ctx.saved_tensors
        return None, *gradient(x, weight, *parameters)[1]
