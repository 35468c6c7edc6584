"""Grey levels read as probabilities: one fixed draw of bits."""

import numpy as np

from .arrays import as_tensor_like, generator, is_tensor, real_numbers

__all__ = ["binarize"]


def binarize(X, *, random_state: int | np.random.Generator | np.random.RandomState | None = None):
    r"""Draw each bit with its grey level as probability,

    .. math:: b_{ij} \sim \mathrm{Bernoulli}(x_{ij}).

    In the protocol of dynamic binarisation the training data are drawn anew in every epoch and
    the test data once: draw those with a fixed seed, so that every model is scored on the same
    bits. (`load(name, binarize=0.5)` compares with a threshold instead.)

    Parameters
    ----------
    X : ndarray or tensor of any shape
        Probabilities in [0, 1]; booleans stay what they are. Never changed.
    random_state : int, Generator, RandomState or None, default=None
        Source of the randomness; None draws a new one from the operating system. The global
        generators are not used.

    Returns
    -------
    ndarray or tensor of uint8
        Zeros and ones, of the same kind, shape and device.

    Raises
    ------
    ValueError
        If `X` does not hold real numbers, or they leave [0, 1] or are NaN.

    References
    ----------
    Salakhutdinov and Murray, On the quantitative analysis of deep belief networks, ICML 2008;
    Burda, Grosse and Salakhutdinov, Importance weighted autoencoders, ICLR 2016.

    Examples
    --------
    >>> binarize(np.array([[0.0, 0.2, 0.5, 0.8, 1.0]] * 2), random_state=0)
    array([[0, 0, 0, 1, 1],
           [0, 1, 1, 1, 1]], dtype=uint8)
    """
    p = real_numbers(X)
    if p.size and not (p.min() >= 0 and p.max() <= 1):  # NaN is neither
        raise ValueError(
            f"X should hold probabilities in [0, 1], got values from {p.min()} to {p.max()}: "
            "divide grey levels by their maximum, as load(name, scale=True) does"
        )
    bits = (generator(random_state).random(p.shape, dtype=np.float32) < p).astype(np.uint8)
    return as_tensor_like(X, bits) if is_tensor(X) else bits
