"""How much a straight line can read from features that were learned without labels."""

import numpy as np

from ._arrays import to_numpy

__all__ = ["linear_probe"]


def linear_probe(
    X_train, y_train, X_test, y_test, *, encoder=None, C: float = 1.0, max_iter: int = 1000
) -> float:
    """Accuracy of logistic regression on frozen, standardised features.

    Mean and deviation of each feature are those of the training rows. The encoder is never
    fitted, so the labels cannot reach the features.

    Parameters
    ----------
    X_train : array-like or tensor of shape (n_train, d)
        Features; with an `encoder`, the data that it turns into features.
    y_train : array-like of shape (n_train,)
        Classes.
    X_test : array-like or tensor of shape (n_test, d)
    y_test : array-like of shape (n_test,)
    encoder : fitted model or None, default=None
        Anything with `transform`.
    C : float, default=1.0
        Inverse strength of the ridge penalty on the weights.
    max_iter : int, default=1000
        Most iterations of the solver, which warns if they do not suffice.

    Returns
    -------
    float
        Share of the test rows that are classified correctly.

    Raises
    ------
    TypeError
        If `encoder` has no `transform`.
    ValueError
        If the features are not matrices of the same width, or the labels do not match them.

    References
    ----------
    Alain and Bengio, Understanding intermediate layers using linear classifier probes,
    arXiv:1610.01644, 2016.

    Examples
    --------
    >>> from unlabeled import datasets
    >>> X, y = datasets.load("digits", return_labels=True)
    >>> X_test, y_test = datasets.load("digits", "test", return_labels=True)
    >>> round(linear_probe(X[:500], y[:500], X_test, y_test), 1)
    0.9
    """
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    if encoder is not None and not hasattr(encoder, "transform"):
        raise TypeError(
            f"encoder must be a fitted model with transform, got {type(encoder).__name__}: "
            "pass features as X_train and X_test, without encoder."
        )
    train = _features(X_train, encoder, "X_train")
    test = _features(X_test, encoder, "X_test")
    if train.shape[1] != test.shape[1]:
        raise ValueError(
            "X_train and X_test must have the same number of features, got shapes "
            f"{train.shape} and {test.shape}."
        )
    probe = make_pipeline(StandardScaler(), LogisticRegression(C=C, max_iter=max_iter))
    return float(probe.fit(train, to_numpy(y_train)).score(test, to_numpy(y_test)))


def _features(X, encoder, name: str) -> np.ndarray:
    features = to_numpy(X if encoder is None else encoder.transform(X))
    if features.ndim != 2:
        raise ValueError(
            f"features of {name} must have shape (n, d), got {features.shape}: flatten them."
        )
    return features
