"""Classifier score: are samples of clear classes, and of all of them?"""

import numpy as np
from scipy.special import rel_entr

from ._features import check_pair, stand_in
from .estimate import Estimate

__all__ = ["classifier_score"]


def classifier_score(P_real, P_model, *, random_state=0) -> Estimate:
    r"""The inception score in the class probabilities of a classifier of your own.

    .. math:: \exp \mathbb{E}_x \operatorname{KL}\big(p(y \mid x) \,\|\, p(y)\big)
        \in [1, \text{number of classes}]

    It looks at classes only: one good row of every class, repeated, scores perfectly. Read it
    beside :func:`precision_recall`.

    Parameters
    ----------
    P_real : array-like or tensor of shape (n_real, n_classes)
        Class probabilities of real rows, e.g. from :func:`fit_features`; for the floor only,
        which here is a ceiling.
    P_model : array-like or tensor of shape (n_model, n_classes)
        Class probabilities of the model's rows.
    random_state : int or Generator, default=0
        Which real rows play the model's part: n_model of them, at most half.

    Returns
    -------
    Estimate

    Raises
    ------
    ValueError
        If they are not probabilities of the same classes.

    References
    ----------
    Salimans et al., Improved techniques for training GANs, NeurIPS 2016.
    Barratt and Sharma, A note on the inception score, 2018.

    Examples
    --------
    >>> sure = np.eye(10)[np.arange(100) % 10]
    >>> print(f"{float(classifier_score(sure, sure)):.1f}")
    10.0
    >>> print(f"{float(classifier_score(sure, sure[:1].repeat(50, 0))):.1f}")
    1.0
    """
    real, model = check_pair(P_real, P_model)
    for name, P in (("P_real", real), ("P_model", model)):
        if P.min() < 0 or not np.allclose(P.sum(1), 1, atol=1e-3):
            raise ValueError(
                f"{name} must hold probabilities, got values from {P.min():g} and row sums "
                f"from {P.sum(1).min():g} to {P.sum(1).max():g}."
            )
    kept, played = stand_in(real, len(model), random_state)
    sizes = len(real), len(model), (len(kept), len(played))
    return Estimate(_score(model), _score(played), *sizes)


def _score(P: np.ndarray) -> float:
    return float(np.exp(rel_entr(P, P.mean(0)).sum(1).mean()))
