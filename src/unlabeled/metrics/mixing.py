"""How soon Markov chains forget where they were."""

import numpy as np

from ._arrays import to_numpy

__all__ = ["autocorrelation", "autocorrelation_time", "effective_sample_size"]


def autocorrelation(x, max_lag: int | None = None) -> np.ndarray:
    r"""Autocorrelation of a number that was followed along Markov chains.

    .. math:: \rho_t = \gamma_t / \gamma_0, \qquad
        \gamma_t = \frac{1}{N M} \sum_{m=1}^{M} \sum_{n=1}^{N-t}
        (x_{n m} - \bar x)(x_{n+t, m} - \bar x)

    with the mean over all chains: of chains that each stay in a place of their own it does not
    fall to 0, although each alone looks as if it mixed.

    Parameters
    ----------
    x : array-like or tensor of shape (n_steps, n_chains) or (n_steps,)
        The number (a free energy, say) at successive states, after the start is forgotten.
    max_lag : int, optional
        The largest t; all by default.

    Returns
    -------
    rho : ndarray of shape (max_lag + 1,), float64
        From lag 0, where it is 1.

    Raises
    ------
    ValueError
        If x has another shape, is not finite, or does not vary.

    Examples
    --------
    >>> autocorrelation([1.0, -1.0, 1.0, -1.0], max_lag=1)
    array([ 1.  , -0.75])
    """
    x = _check(x)
    n = len(x)
    centred = x - x.mean()
    power = np.square(np.abs(np.fft.rfft(centred, 2 * n, axis=0))).sum(1)
    covariance = np.fft.irfft(power)[: n if max_lag is None else max_lag + 1]
    return covariance / covariance[0]


def autocorrelation_time(x) -> float:
    r"""How many steps of a chain tell as much as one independent draw.

    .. math:: \tau = 1 + 2 \sum_{t=1}^{\infty} \rho_t

    The sum ends by Geyer's initial monotone sequence: the sums of neighbours,
    :math:`\rho_{2k} + \rho_{2k+1}`, are positive and fall in a reversible chain; they count as
    long as they are positive, none for more than the one before it.

    Parameters
    ----------
    x : as in autocorrelation
        Chains of many times the length of the answer; of shorter ones, it is too small.

    Returns
    -------
    tau : float
        In steps of x; 1 of independent draws, less (but at least 1 / N) if neighbours differ more
        than those.

    References
    ----------
    Geyer. Practical Markov chain Monte Carlo. Statistical Science 7(4), 1992.

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(1000, 10))
    >>> round(autocorrelation_time(x), 1)
    1.0
    """
    rho = autocorrelation(x)
    pairs = rho[: len(rho) // 2 * 2].reshape(-1, 2).sum(1)
    ends = np.flatnonzero(pairs <= 0)
    falling = np.minimum.accumulate(pairs[: ends[0] if len(ends) else None])
    return max(float(2 * falling.sum() - 1), 1 / len(rho))


def effective_sample_size(x) -> float:
    r"""How many independent draws would know the mean of x as well: :math:`N M / \tau`.

    Parameters
    ----------
    x : as in autocorrelation

    Returns
    -------
    n : float

    Examples
    --------
    >>> x = np.random.default_rng(0).normal(size=(1000, 10)).cumsum(0)
    >>> effective_sample_size(x) < 100
    True
    """
    return np.size(to_numpy(x)) / autocorrelation_time(x)


def _check(x) -> np.ndarray:
    x = np.asarray(to_numpy(x), np.float64)
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2 or len(x) < 2 or x.shape[1] == 0:
        raise ValueError(
            f"x must be of shape (n_steps, n_chains) with at least 2 steps, got {x.shape}."
        )
    if not np.isfinite(x).all():
        raise ValueError("x has NaN or infinite values; give the part of the chains without.")
    if np.ptp(x) == 0:
        raise ValueError(f"x is {x.flat[0]:g} everywhere; follow a number that varies.")
    return x
