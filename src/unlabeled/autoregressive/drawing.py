r"""Draws from a neural autoregressive model, value by value in its ordering.

The fields and hidden units of all rows are kept; a value changes those of the rows where it is not
0. So a draw costs about one pass, and not one pass per value: in torch, or in compiled kernels
(:mod:`unlabeled.kernels.autoregressive`) where the noise is of that backend, from the same random
numbers.

**Completing.** The missing values are proposed in order from their conditionals, with the seen
ones in their places. What this leaves out is how well a proposal explains the seen values that
come after it,

.. math:: w(x) = \prod_{d\ \mathrm{seen}} p(x_d \mid x_{<d}) ,
          \qquad p(\text{missing} \mid \text{seen}) \propto w(x)\, q(x),

and an independence Metropolis-Hastings chain makes up for it: a proposal x' takes the place of x
with probability min(1, w(x') / w(x)). Where no seen value comes after a missing one, w is the same
for all proposals and the first of them is an exact draw.
"""

import torch

from unlabeled.autoregressive.conditionals import log_bernoulli

__all__ = ["complete", "draw"]

_ROWS = 512  # whose hidden units stay in a core's cache


@torch.no_grad()
def draw(nade, x, missing, noise):
    """Values drawn in order where they are missing, given all before them.

    Parameters
    ----------
    nade : NeuralAutoregressive
    x : tensor of shape (n, D)
        In the ordering of the model, like all else here.
    missing : tensor of bool, shape (n, D)
    noise : Noise

    Returns
    -------
    x : tensor of shape (n, D)
    log_w : tensor of shape (n,)
        log w(x) without the factors before the first missing value, which no draw changes.
    """
    u = noise.uniform(x.shape).to(x.dtype)
    start = int(missing.any(0).int().argmax())  # all rows have seen what is before
    before, after = slice(None, start), slice(start, None)
    W, V, b = nade.W[after], nade.V[after], nade.b[after]
    field = torch.addmm(nade.c, x[:, before], nade.W[before])
    seen, missing = x[:, after], missing[:, after]
    value = seen.masked_fill(missing, 1)
    threshold = u[:, after].logit().sub_(b)  # u < p where logit u < logit p
    threshold = torch.where(missing, threshold, torch.where(seen == 0, torch.inf, -torch.inf))
    is_on, logit = _walk_of(noise, x)(field, W, V, value, threshold)
    drawn = value.mul_(is_on)
    log_w = log_bernoulli(drawn, logit.add_(b)).masked_fill_(~_seen_later(missing, 1), 0).sum(1)
    return torch.cat([x[:, before], drawn], 1), log_w


def _walk_of(noise, x):
    return _compiled if noise.backend == "fast" and x.dtype == torch.float32 else _walk


def _compiled(field, W, V, value, threshold):
    from unlabeled.kernels import autoregressive

    value, threshold = value.contiguous(), threshold.contiguous()
    is_on, logit = torch.empty_like(value, dtype=torch.bool), torch.empty_like(value)
    arrays = (a.detach().numpy() for a in (field, W, V, value, threshold, is_on, logit))
    autoregressive.walk(*arrays, together=len(value) > autoregressive.TILE)
    return is_on, logit


def _walk(field, W, V, value, threshold):
    """The twin of :func:`unlabeled.kernels.autoregressive.walk`."""
    value, threshold = value.t().contiguous(), threshold.t().contiguous()
    is_on, logit = torch.empty_like(value, dtype=torch.bool), torch.empty_like(value)
    of_rows = (each.split(_ROWS, 1) for each in (value, threshold, is_on, logit))
    for field_k, *rows in zip(field.split(_ROWS), *of_rows, strict=True):
        _walk_of_some(field_k, W, V, *rows)
    return is_on.t(), logit.t()


@torch.inference_mode()  # a tenth less per operation; nothing that is made in here leaves it
def _walk_of_some(field, W, V, value, threshold, is_on, logit):
    is_grey = bool(((value != 0) & (value != 1)).any())
    h, of_all = field.sigmoid(), (W, V, value, threshold, is_on, logit)
    for w, v, a, theta, on, v_h in zip(*map(torch.unbind, of_all), strict=True):
        torch.mv(h, v, out=v_h)
        torch.gt(v_h, theta, out=on)
        row = on.nonzero().view(-1)
        if row.numel():
            of_row = field.index_select(0, row)
            of_row = of_row.addr_(a[row], w) if is_grey else of_row.add_(w)
            field.index_copy_(0, row, of_row)
            h.index_copy_(0, row, of_row.sigmoid_())


def _seen_later(missing, dim):
    """Where a value was seen and one before it was not."""
    return missing.cummax(dim).values & ~missing


def complete(nade, x, missing, noise, n_steps: int):
    """Rows with what is missing drawn given what is seen, shape (n, D).

    Exact in rows that have seen nothing after the first missing value; `n_steps` steps of the
    chain in the others.

    Parameters
    ----------
    nade : NeuralAutoregressive
    x : tensor of shape (n, D)
        In the ordering of the model, like all else here.
    missing : tensor of bool, shape (n, D)
    noise : Noise
    n_steps : int
    """
    drawn, log_w = draw(nade, x, missing, noise)
    seen_later = _seen_later(missing, 1).any(1).nonzero().view(-1)
    if len(seen_later) == 0:
        return drawn
    x, missing, log_w = drawn[seen_later], missing[seen_later], log_w[seen_later]
    for _ in range(n_steps):
        proposed, log_w_proposed = draw(nade, x, missing, noise)
        u = noise.uniform((len(x), 1))
        accepted = u.log() < (log_w_proposed - log_w)[:, None]
        x = torch.where(accepted, proposed, x)
        log_w = torch.where(accepted[:, 0], log_w_proposed, log_w)
    return drawn.index_copy(0, seen_later, x)
