"""What a unit says of itself, held to sums, integrals, derivatives and frequencies."""

import math

import torch

from unlabeled.energy.enumeration import states
from unlabeled.energy.units.unit import Unit
from unlabeled.sampling import Noise
from unlabeled.spec import from_plain, to_plain

__all__ = ["check_unit"]

_GRID = 20_001  # points of an integral
_WIDE = 25.0  # where it ends, if the unit does not
_DRAWS = 40_000


def check_unit(unit: Unit, n_units: int = 3, seed: int = 0) -> None:
    r"""Hold a layer of such units to its definition; for whoever writes a new one.

    In some random fields f, with :math:`p(x \mid f) = \exp(s(x) f - R(x) - K(f))` summed over all
    values or integrated: K is the logarithm of the sum of the numerators, its derivative the mean
    statistic, `mean` the mean; draws have the moments; the gradients by own parameters are those
    of autograd; `fit_field` gives back a mean; text and back is the same.

    Parameters
    ----------
    unit : Unit
        A description, not built.
    n_units : int, default=3
        Columns of the layer that is built.
    seed : int, default=0
        Of fields and draws.

    Raises
    ------
    AssertionError
        With what does not hold.

    Examples
    --------
    >>> from unlabeled.energy import Gaussian
    >>> check_unit(Gaussian(variance=2.0))
    """
    generator = torch.Generator().manual_seed(seed)
    f = 1.5 * torch.randn(5, n_units, generator=generator, dtype=torch.float64)
    layer = unit.build(n_units).double()
    assert repr(from_plain(to_plain(unit))) == repr(unit), "text and back is another unit"
    _check_sums(layer, f)
    _check_draws(layer, f[:1], seed)
    _check_gradients(layer, f, seed)
    _check_fit_field(layer, layer.mean(0.5 * f).detach()[:1])


def _check_sums(layer, f):
    one, total = _sums(layer, f, torch.ones_like)
    value, _ = _sums(layer, f, lambda x: x)
    _same(layer.cumulant(f), total, "cumulant(f) and log sum exp(s(x) f - R(x))")
    _same(layer.mean(f), value / one, "mean(f) and the mean")
    free = f.clone().requires_grad_()
    (slope,) = torch.autograd.grad(layer.cumulant(free).sum(), free)
    _same(slope, layer.statistic(layer.mean(f)), "the derivative of the cumulant and s(mean)")


def _check_draws(layer, f, seed):
    with torch.no_grad():
        x = layer.sample(f.expand(_DRAWS, -1), Noise(seed))
    one, _ = _sums(layer, f, torch.ones_like)
    for power in (1, 2):
        moment, square = (
            _sums(layer, f, lambda x, k=k: x**k)[0] / one for k in (power, 2 * power)
        )
        error = ((square - moment**2) / _DRAWS).sqrt() + 1e-12
        miss = float(((x**power).mean(0) - moment).abs().div(error).detach().max())
        assert miss < 5, f"draws miss the mean of x^{power} by {miss:.1f} standard errors"


def _check_gradients(layer, f, seed):
    x = layer.sample(f, Noise(seed + 1)).detach()
    weight = torch.tensor([0.5, -0.2, 1.0, 0.3, -1.1], dtype=f.dtype)
    value = weight @ (layer.statistic(x) * f - layer.rest(x)).sum(1)
    _check_gradient(layer, value, layer.value_gradient(x, f, weight), "value_gradient")
    total = weight @ layer.cumulant(f)
    _check_gradient(layer, total, layer.cumulant_gradient(f, weight), "cumulant_gradient")


def _check_gradient(layer, objective, by_hand, what):
    parameters = dict(layer.named_parameters())
    assert by_hand.keys() == parameters.keys(), f"{what} has {[*by_hand]} for {[*parameters]}"
    if parameters:
        slopes = torch.autograd.grad(objective, [*parameters.values()])
        for name, slope in zip(parameters, slopes, strict=True):
            _same(by_hand[name], slope, f"{what} of {name} and autograd")


def _check_fit_field(layer, mean):
    field = layer.fit_field(mean[0], torch.full_like(mean[0], 0.1))
    _same(layer.mean(field[None]), mean, "the mean in fit_field(mean) and the mean", 1e-5)


def _sums(layer, f, function):
    """Of each column, the sum of function(x) p(x | f); and of the layer, log of its total."""
    columns, totals = [], []
    for at, unit in layer.kinds():
        column, total = (_over_states if unit.support else _over_grid)(unit, f[:, at], function)
        columns.append(column)
        totals.append(total)
    return torch.cat(columns, 1), torch.stack(totals).sum(0)


def _over_states(unit, f, function):
    x = states(unit).to(f)
    log_p = f @ unit.statistic(x).t() - unit.rest(x).sum(1)
    return log_p.exp() @ function(x), torch.logsumexp(log_p, 1)


def _over_grid(unit, f, function):
    low, high = max(unit.low, -_WIDE), min(unit.high, _WIDE)
    x, step = torch.linspace(low, high, _GRID, dtype=f.dtype), (high - low) / (_GRID - 1)
    inner = torch.ones_like(x)
    inner[[0, -1]] = 0.5
    x = x[:, None].expand(-1, f.shape[1])
    weight = [torch.exp(unit.statistic(x) * g - unit.rest(x)) * inner[:, None] * step for g in f]
    sums = torch.stack([(function(x) * w).sum(0) for w in weight])
    return sums, torch.stack([w.sum(0).log().sum() for w in weight])


def _same(found, expected, what, tolerance=1e-6):
    gap = float((found - expected).detach().abs().max())
    size = 1 + float(expected.detach().abs().max())
    assert math.isfinite(gap) and gap < tolerance * size, f"{what} differ by {gap:.2g}"
