"""Features to compare sets of rows in, from a small network trained on the spot."""

import numpy as np

from ._arrays import to_numpy
from ._features import check_features

__all__ = ["FeatureSpace", "fit_features"]

_ROWS = 1024  # that go through the network together


class FeatureSpace:
    """What :func:`fit_features` returns: a network to see rows with.

    Parameters
    ----------
    network : torch.nn.Module
        With `features(x)`, and the class scores or standardised reconstructions as output.
    classes : ndarray or None
        Classes in the order of the scores; None without labels.
    accuracy : float
        On rows held out: share classified correctly; without labels, share of the variance that
        the reconstructions explain.
    n_train, n_held_out : int
        Rows learned from, and rows behind `accuracy`.
    """

    def __init__(self, network, classes, accuracy, n_train, n_held_out):
        self.network = network
        self.classes = classes
        self.accuracy = accuracy
        self.n_train = n_train
        self.n_held_out = n_held_out

    def __repr__(self):
        what = "explains" if self.classes is None else "classifies"
        return (
            f"FeatureSpace({self.network.n_components} features; "
            f"{what} {self.accuracy:.1%} of {self.n_held_out:,} held-out rows)"
        )

    def transform(self, X) -> np.ndarray:
        """Features of the rows.

        Parameters
        ----------
        X : array-like or tensor of shape (n, d) or (n, c, h, w)

        Returns
        -------
        ndarray of float32 of shape (n, n_components)
        """
        return self._through(self.network.features, X)

    def predict_proba(self, X) -> np.ndarray:
        """Class probabilities of the rows.

        Parameters
        ----------
        X : array-like or tensor of shape (n, d) or (n, c, h, w)

        Returns
        -------
        ndarray of float64 of shape (n, n_classes)

        Raises
        ------
        ValueError
            If there were no labels.
        """
        from scipy.special import softmax

        if self.classes is None:
            raise ValueError("class probabilities need labels: give y to fit_features.")
        return softmax(self._through(self.network, X).astype(np.float64), axis=1)

    def predict(self, X) -> np.ndarray:
        """Most probable class of each row, shape (n,)."""
        return self.classes[self.predict_proba(X).argmax(1)]

    def _through(self, function, X) -> np.ndarray:
        import torch

        X, d = check_features(X, "X"), int(np.prod(self.network.shape))
        if X.shape[1] != d:
            raise ValueError(f"X must have {d} features, got shape {X.shape}.")
        device = self.network.shift.device
        with torch.no_grad():
            parts = [
                function(torch.from_numpy(X[i : i + _ROWS]).float().to(device)).cpu()
                for i in range(0, len(X), _ROWS)
            ]
        return torch.cat(parts).numpy()


def fit_features(
    X,
    y=None,
    *,
    n_components: int = 64,
    image_shape: tuple[int, int, int] | None = None,
    n_steps: int = 1000,
    device: str = "auto",
    random_state: int = 0,
) -> FeatureSpace:
    """Train a small classifier, or without labels an autoencoder, to take features from.

    Distances between sets of images say little in pixels, and the features of the literature
    come from a large network that was trained on other pictures. A classifier of the data
    themselves, trained in seconds, makes a useful space. Numbers in different spaces cannot be
    compared: keep the one that you measured with, and its seed.

    Parameters
    ----------
    X : array-like or tensor of shape (n, d) or (n, c, h, w)
        Real rows. Images are seen by convolutions.
    y : array-like of shape (n,), optional
        Classes. Without them features are the code of an autoencoder, in which, as in pixels, a
        missing class is hard to see.
    n_components : int, default=64
        Number of features.
    image_shape : tuple of int, optional
        (c, h, w) of images that are given as flat rows.
    n_steps : int, default=1000
        Batches of 128 rows to learn from.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    random_state : int, default=0
        Of the weights, of the order of rows and of the tenth of them that is held out.

    Returns
    -------
    FeatureSpace
        With `transform`, `predict_proba`, `predict` and the held-out `accuracy`.

    Raises
    ------
    ValueError
        If the rows are not finite, fewer than 20, of another size than `image_shape` says, or the
        labels do not match them or are all the same.

    Examples
    --------
    >>> from unlabeled import datasets
    >>> X, y = datasets.load("digits", return_labels=True)
    >>> space = fit_features(X, y, image_shape=(1, 8, 8), n_steps=200)
    >>> space.transform(X).shape, space.accuracy > 0.9
    ((1437, 64), True)
    """
    import torch

    from unlabeled.engine.device import choose_device
    from unlabeled.validation import check_number

    from ._network import train

    check_number("n_components", n_components, 1, integer=True)
    check_number("n_steps", n_steps, 1, integer=True)
    check_number("random_state", random_state, 0, integer=True)
    rows, shape = check_features(X, "X", 20), _shape(X, image_shape)
    classes, codes = (None, None) if y is None else _classes(y, len(rows))
    x = torch.from_numpy(rows).float().to(choose_device(device, X))
    order = np.random.default_rng(random_state).permutation(len(rows))
    held_out, learned = np.sort(order[: len(rows) // 10]), np.sort(order[len(rows) // 10 :])
    target = None if codes is None else torch.from_numpy(codes).to(x.device)
    network = train(
        x[learned],
        None if target is None else target[learned],
        shape,
        n_components,
        None if classes is None else len(classes),
        n_steps,
        random_state,
    )
    space = FeatureSpace(network, classes, float("nan"), len(learned), len(held_out))
    if codes is None:
        space.accuracy = _explained(space, rows[held_out])
    else:
        space.accuracy = _accuracy(space, rows[held_out], codes[held_out])
    return space


def _shape(X, image_shape) -> tuple[int, ...]:
    given = tuple(np.shape(X))[1:]
    if image_shape is None:
        return given if len(given) == 3 else (int(np.prod(given)),)
    if len(image_shape) != 3 or np.prod(image_shape) != np.prod(given):
        raise ValueError(
            f"image_shape must be (c, h, w) with {np.prod(given)} values, got {image_shape}."
        )
    return tuple(int(k) for k in image_shape)


def _classes(y, n) -> tuple[np.ndarray, np.ndarray]:
    """The classes in order, and for each row the number of its class."""
    y = to_numpy(y)
    if y.shape != (n,):
        raise ValueError(f"y must hold a class per row, shape ({n},), got shape {y.shape}.")
    classes, codes = np.unique(y, return_inverse=True)
    if len(classes) < 2:
        raise ValueError(f"y must hold at least two classes, got only {classes[0]!r}.")
    return classes, codes


def _accuracy(space: FeatureSpace, X, y) -> float:
    return float((space.predict_proba(X).argmax(1) == y).mean())


def _explained(space: FeatureSpace, X) -> float:
    """Share of the variance, in the units that the network sees."""
    wanted = space._through(space.network.standardise, X)
    error = (wanted - space._through(space.network, X)) ** 2
    return float(1 - error.sum() / ((wanted - wanted.mean(0)) ** 2).sum())
