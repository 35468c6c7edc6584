"""Whether chains that start at their distribution stay there, for any chain.

States are listed, as many as there are chains are drawn from exactly p, and after 1, 4 and 16
sweeps their total variation from p must be under four times that of independent draws. How slowly
a chain mixes does not matter, so that nothing hides a step that is not quite right.
"""

from collections.abc import Callable
from itertools import pairwise
from typing import NamedTuple

import torch
from enumeration import variation_floor

from unlabeled.sampling import Noise

N_CHAINS = 15_000
TIMES = (0, 1, 4, 16)


class World(NamedTuple):
    """Chains that move together: for each, its states and their log-probabilities, and a sweep.

    Log-probabilities may lack their constant. A sweep maps a list with the rows of each chain, and
    noise, to such a list.
    """

    chains: list[tuple[torch.Tensor, torch.Tensor]]
    sweep: Callable[[list[torch.Tensor], Noise], list[torch.Tensor]]


def frequencies(x: torch.Tensor, listed: torch.Tensor) -> torch.Tensor:
    """How often each listed state is among the rows x, each of which must be one of them."""
    key = torch.rand(x.shape[1], 1, generator=torch.Generator().manual_seed(0)).double()
    known, order = (listed.double() @ key)[:, 0].sort()
    number = order[
        torch.searchsorted(known, (x.double() @ key)[:, 0] - 1e-9).clamp(max=len(order) - 1)
    ]
    assert torch.equal(listed[number], x.to(listed)), "a state that cannot be"
    return torch.bincount(number, minlength=len(listed)).double() / len(x)


def drift(world: World, seed: int = 0):
    """After each of TIMES, the largest total variation over its floor among the chains."""
    generator, noise = torch.Generator().manual_seed(seed), Noise(seed + 1)
    p = [torch.softmax(log_p.double(), 0) for _, log_p in world.chains]
    draws = [torch.multinomial(each, N_CHAINS, True, generator=generator) for each in p]
    x = [listed[k].float() for (listed, _), k in zip(world.chains, draws, strict=True)]
    for before, now in pairwise(TIMES):
        for _ in range(now - before):
            x = world.sweep(x, noise)
        away = (
            0.5 * (frequencies(rows, listed) - each).abs().sum() / variation_floor(each, N_CHAINS)
            for rows, each, (listed, _) in zip(x, p, world.chains, strict=True)
        )
        yield now, float(max(away))


def assert_stays(world: World) -> None:
    """After every time, less than four times as far from p as draws from it are on average."""
    for k, ratio in drift(world):
        assert ratio < 4, f"after {k} sweeps, {ratio:.1f} times as far from p as draws from it"
