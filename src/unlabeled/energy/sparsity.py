"""A wish for how often hidden units are on."""

import torch

from unlabeled.spec import Spec
from unlabeled.validation import check_number

__all__ = ["Sparsity"]


class Sparsity(Spec):
    """Pull the mean activity of every hidden unit towards `target`.

    The penalty is the cross-entropy between target and activity q of a batch, whose derivative by
    the unit's field is q - target; it acts on the hidden biases.

    Parameters
    ----------
    target : float, default=0.1
        Fraction of rows in which a unit should be on, between 0 and 1.
    weight : float, default=0.1
        Strength beside the log-likelihood's gradient.

    References
    ----------
    Lee, Ekanadham, Ng. Sparse deep belief net model for visual area V2. NIPS 2007.
    Hinton. A practical guide to training restricted Boltzmann machines. 2010.

    Examples
    --------
    >>> import torch
    >>> Sparsity(0.1, weight=1.0).pull(torch.tensor([0.5, 0.1]))
    tensor([-0.4000,  0.0000])
    """

    def __init__(self, target: float = 0.1, weight: float = 0.1):
        check_number("sparsity target", target, 0, 1, closed=False)
        check_number("sparsity weight", weight, 0)
        self.target, self.weight = target, weight

    @classmethod
    def of(cls, value) -> "Sparsity | None":
        """None, a target, or the object itself."""
        return value if value is None or isinstance(value, cls) else cls(value)

    def pull(self, activity: torch.Tensor) -> torch.Tensor:
        """What is added to the gradient of the hidden biases, shape (n_hidden,)."""
        return self.weight * (self.target - activity)
