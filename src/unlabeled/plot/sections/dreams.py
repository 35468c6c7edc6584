"""What a Markov chain passes on its way, and how soon it forgets."""

__all__ = ["dreams"]

import numpy as np

from .. import chain
from ..markup import Html, chart, figure, number, section, sheet
from ..pixels import paint
from ..subject import Subject

N_CHAINS, N_SHOWN, N_STATES, N_ENERGIES = 10, 6, 12, 300


def dreams(s: Subject) -> Html | None:
    """Return states along some chains and, where there is one, their free energy, if asked for."""
    if not s.chain_steps or not hasattr(s.model, "sample_chain"):
        return None
    words = (
        f"Markov chains from the base rates of the data on, {number(s.chain_steps)} steps. Each "
        "row of pictures is one chain: the further apart two pictures that still look alike, the "
        "slower the model mixes."
    )
    body = [_states(s)]
    if hasattr(s.model, "free_energy"):
        body.append(_energies(s))
    return section("dreams", "Dreams", words, *body)


def _trace(s: Subject, n_states: int, **options) -> tuple[np.ndarray, int]:
    """Return a trace of so many states at most, and the steps between them."""
    every = max(1, s.chain_steps // n_states)
    seed = s.seed_of("dreams")
    trace = s.model.sample_chain(
        N_CHAINS, n_steps=s.chain_steps, every=every, random_state=seed, **options
    )
    return trace, every


def _states(s: Subject) -> Html:
    if s.shape is None:
        trace, every = _trace(s, N_STATES)
        return chart(
            chain.chains(trace, False, every=every, max_chains=N_SHOWN), "states of chains"
        )
    trace, every = _trace(s, N_STATES, mean=True)
    paths = trace[:, :N_SHOWN].swapaxes(0, 1)
    pixels = paint(s.images(paths.reshape(-1, paths.shape[-1])), s.limits)
    label = f"states of chains, {number(every)} steps from one to the next"
    return figure(label, sheet(pixels, label, n_columns=len(trace)))


def _energies(s: Subject) -> Html:
    trace, every = _trace(s, N_ENERGIES)
    ax = chain.mixing(s.model, trace, s.choose(500, "dreams"), every=every)
    return chart(ax.figure, "free energies of chains")
