"""A Markov chain on its way: its states as pictures, its energies as lines."""

__all__ = ["chains", "energies_of", "forgetting", "mixing"]

import warnings
from typing import Any

import numpy as np

from .compare import must
from .pixels import paint, span
from .rows import dense, picture_shape
from .strips import strips
from .tables import fans

MOST_LINES = 30


def chains(
    trace: Any,
    image_shape: tuple[int, ...] | bool | None = None,
    *,
    every: int = 1,
    max_chains: int = 8,
    max_states: int = 12,
    figure: Any = None,
) -> Any:
    """Show the states of Markov chains, a strip for each chain.

    Rows that are not pictures are drawn as lines over their features, from blue to vermilion.

    Parameters
    ----------
    trace : array-like, shape (n_states, n_chains, d)
        What ``model.sample_chain`` returns.
    image_shape : tuple of int or False, optional
        As in :func:`image_grid`.
    every : int
        Steps from one state to the next, to be written above the pictures.
    max_chains : int
        The first so many chains.
    max_states : int
        If there are more, this many evenly spaced ones, the last one included.
    figure : matplotlib Figure or SubFigure, optional
        Where to draw; a new figure by default.

    Returns
    -------
    figure : matplotlib.figure.Figure

    Raises
    ------
    ValueError
        If the trace has another number of axes, or ``image_shape`` does not hold a state.

    Examples
    --------
    >>> from unlabeled.plot import chains
    >>> trace = np.random.default_rng(0).integers(0, 2, (20, 3, 16))
    >>> len(chains(trace, every=10).axes)
    1
    """
    states = _checked(trace)[:, :max_chains]
    kept = np.unique(np.linspace(0, len(states) - 1, max_states).round().astype(int))
    paths = states[kept].swapaxes(0, 1)
    shape = picture_shape(image_shape, d=paths.shape[-1])
    if shape is None:
        ends = tuple(f"step {every * (k + 1)}" for k in (kept[0], kept[-1]))
        return fans(paths, labels=(ends[0], ends[1]), figure=figure)
    pixels = paint(paths.reshape(-1, *shape), span(paths))
    return strips(
        pixels.reshape(*paths.shape[:2], *pixels.shape[1:]),
        columns=[f"{every * (k + 1)}" for k in kept],
        figure=figure,
    )


def mixing(model: Any, trace: Any, X: Any = None, *, every: int = 1, ax: Any = None) -> Any:
    """Draw the free energies of chains, step by step, beside those of data.

    Chains that have forgotten their start wander over the energies of data, each over all of them.
    The autocorrelation time, over the second half of the steps, is how long that takes.

    Parameters
    ----------
    model : object with ``free_energy(X)``
    trace : array-like, shape (n_states, n_chains, d)
        What ``model.sample_chain`` returns.
    X : array-like, shape (n, d), optional
        Data: nine in ten of their free energies are shaded.
    every : int
        Steps from one state of the trace to the next.
    ax : matplotlib Axes, optional
        Where to draw; a new figure by default.

    Returns
    -------
    ax : matplotlib Axes

    Raises
    ------
    TypeError
        If the model has no free energy.
    ValueError
        If the trace has another number of axes.

    Examples
    --------
    >>> from unlabeled import RBM
    >>> from unlabeled.datasets import bars_and_stripes
    >>> from unlabeled.plot import mixing
    >>> X = bars_and_stripes(3)
    >>> rbm = RBM(6, n_epochs=5, random_state=0).fit(X)
    >>> mixing(rbm, rbm.sample_chain(4, n_steps=200, every=2), X, every=2).get_xlabel()
    'Gibbs step'
    """
    from .canvas import INK, MUTED, SERIES, clean, new_figure

    energies = energies_of(model, trace)
    ax = clean(
        new_figure(6.4, 2.6).add_subplot() if ax is None else ax, forgetting(energies, every)
    )
    if X is not None:
        low, high = np.quantile(np.asarray(model.free_energy(X)), (0.05, 0.95))
        ax.axhspan(low, high, color=MUTED, alpha=0.16, lw=0)
        ax.annotate("data", (1, high), (-3, -3), **_CORNER, color=MUTED)
    steps = every * np.arange(1, len(energies) + 1)
    shown = energies[:, :MOST_LINES]
    ax.plot(steps, shown, color=SERIES[0], lw=0.9, alpha=max(0.2, 1 / shown.shape[1] ** 0.5))
    ax.set_xlabel("Gibbs step", fontsize=8.5, color=INK)
    ax.set_ylabel("free energy, nats", fontsize=8.5, color=INK)
    ax.margins(x=0.01)
    return ax


_CORNER: Any = {
    "xycoords": ("axes fraction", "data"),
    "textcoords": "offset points",
    "ha": "right",
    "va": "top",
    "fontsize": 8.5,
}


def energies_of(model: Any, trace: Any) -> np.ndarray:
    """Return the free energies of all states of a trace, shape (n_states, n_chains)."""
    must(model, "free_energy", "mixing")
    states = _checked(trace)
    with warnings.catch_warnings():  # the model's own states have its columns, but no names
        warnings.filterwarnings("ignore", "X does not have valid feature names")
        energies = model.free_energy(states.reshape(-1, states.shape[-1]))
    return np.asarray(energies).reshape(states.shape[:2])


def forgetting(energies: np.ndarray, every: int) -> str:
    """Say in a few words how soon chains forget, from the second half of their energies."""
    from unlabeled.metrics import autocorrelation_time

    later = energies[len(energies) // 2 :]
    if len(later) < 2 or np.ptp(later) == 0:
        return "chains too short, or too still, to have an autocorrelation time"
    tau = autocorrelation_time(later)
    if tau < 1.5:
        return f"nearly independent after {every} step{'s' * (every != 1)}"
    words = f"autocorrelation time {every * tau:.2g} steps"
    return words if tau < len(later) / 10 else f"{words} or more: chains too short to say"


def _checked(trace: Any) -> np.ndarray:
    shape = np.shape(trace)
    if len(shape) != 3:
        raise ValueError(
            f"a trace has shape (n_states, n_chains, n_features), as sample_chain returns it, got "
            f"{tuple(shape)}."
        )
    return dense(np.asarray(trace).reshape(-1, shape[-1])).reshape(shape)
