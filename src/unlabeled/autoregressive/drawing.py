r"""Draws from a neural autoregressive model, value by value in its ordering.

The fields and hidden units of all rows are kept; a value changes those of the rows where it is not
0. So a draw costs little more than one pass, and not one pass per value.

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
    threshold = noise.uniform(x.shape).to(x.dtype).logit_()  # u < p where logit u < logit p
    start = int(missing.any(0).int().argmax())  # all rows have seen what is before
    parts = zip(*(each.split(_ROWS) for each in (x, missing, threshold)), strict=True)
    drawn, log_w = zip(*(_draw(nade, start, *part) for part in parts), strict=True)
    return torch.cat(drawn), torch.cat(log_w)


def _draw(nade, start, x, missing, threshold):
    field = torch.addmm(nade.c, x[:, :start], nade.W[:start])
    h = field.sigmoid()
    x_t = x.t().clone(memory_format=torch.contiguous_format)
    missing, threshold = missing.t().contiguous(), (threshold - nade.b).t().contiguous()
    logit = torch.empty_like(x_t)
    for d in range(start, len(x_t)):
        x_d = x_t[d]
        torch.mv(h, nade.V[d], out=logit[d])
        torch.where(missing[d], threshold[d] < logit[d], x_d, out=x_d)
        row = x_d.nonzero().view(-1)
        if len(row):
            of_row = field.index_select(0, row).addr_(x_d[row], nade.W[d])
            field.index_copy_(0, row, of_row)
            h.index_copy_(0, row, of_row.sigmoid_())
    after = slice(start, None)
    log_p = log_bernoulli(x_t[after], logit[after] + nade.b[after, None])
    weighs = _seen_later(missing[after], 0)
    return x_t.t(), log_p.masked_fill_(~weighs, 0).sum(0)


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
