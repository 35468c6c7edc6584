"""The atoms of a dictionary: patterns of which every row is a sparse sum."""

__all__ = ["atoms", "own_scale", "usage"]

from typing import Any

import numpy as np

from .grid import PALE, weights_of
from .pixels import paint, tile
from .rows import dense, feature_names, picture_shape


def atoms(
    model_or_components: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    codes: Any = None,
    n_columns: int | None = None,
    max_atoms: int = 100,
    ax: Any = None,
) -> Any:
    """Show the atoms of a dictionary, each on its own scale, the most used ones first.

    The norm of a unit's weights says how strongly it acts, so :func:`filters` shows all units on
    one scale. The norm of an atom says nothing, its codes make up for it: only its pattern counts,
    up to a factor and a sign, and what it is worth shows in the codes. Blue is negative, white
    zero, vermilion positive.

    Parameters
    ----------
    model_or_components : object with ``components_``, or array-like, shape (k, d)
        A fitted model or its dictionary, a row for each atom.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`; a model is asked for its own.
    codes : array-like, shape (n, k), optional
        Codes of some rows: the atoms come (and are kept, where there are too many) in the order of
        :func:`usage`; else in the order given.
    n_columns : int, optional
        Pictures in a row of the sheet; about square by default.
    max_atoms : int
        The most atoms to show.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    TypeError
        If a model has no ``components_``.
    ValueError
        If the codes are of another number of atoms, or ``image_shape`` does not hold ``d`` values.

    Examples
    --------
    >>> from unlabeled.plot import atoms
    >>> figure = atoms(np.random.default_rng(0).normal(size=(12, 16)))
    >>> len(figure.axes)
    1
    """
    from .canvas import show_sheet
    from .tables import heatmap

    weights = weights_of(model_or_components)
    shape = picture_shape(image_shape, d=weights.shape[1], model=model_or_components)
    order = np.arange(len(weights)) if codes is None else np.argsort(-usage(weights, codes))
    scaled = own_scale(weights[order[:max_atoms]])
    if shape is None:
        names = feature_names(model_or_components)
        label = "atom" if codes is None else "atoms, most used first"
        return heatmap(scaled, names, signed=True, rows=label, ax=ax).figure
    pixels = paint(scaled.reshape(-1, *shape), (-1, 1), signed=True)
    return show_sheet(tile(pixels, n_columns, gap=PALE), ax).figure


def own_scale(weights: np.ndarray) -> np.ndarray:
    """Return each row divided by its largest absolute value; zero stays zero.

    Examples
    --------
    >>> own_scale(np.array([[1.0, -4.0], [0.0, 0.0]])).tolist()
    [[0.25, -1.0], [0.0, 0.0]]
    """
    top = np.abs(weights).max(axis=1, keepdims=True)
    return weights / np.where(top > 0, top, 1)


def usage(weights: np.ndarray, codes: Any) -> np.ndarray:
    r"""Return the share of each atom in the energy of all atoms' contributions.

    .. math:: u_j \propto \sum_i h_{ij}^2 \, |d_j|^2

    Parameters
    ----------
    weights : ndarray, shape (k, d)
    codes : array-like, shape (n, k)

    Returns
    -------
    u : ndarray, shape (k,)
        Sums to 1, unless no atom is used.
    """
    H = dense(codes).astype(np.float64)
    if H.shape[1] != len(weights):
        raise ValueError(
            f"codes must be of shape (n, {len(weights)}), a column for each atom, got {H.shape}."
        )
    energy = np.square(H).sum(axis=0) * np.square(weights, dtype=np.float64).sum(axis=1)
    return energy / (energy.sum() or 1)
