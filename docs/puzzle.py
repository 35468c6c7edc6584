"""Pictures of the general Boltzmann machine: a puzzle that it solves, and Ising's magnets.

They are kept in `docs/pictures`: `python docs/puzzle.py` makes them.
"""

from itertools import permutations, product
from pathlib import Path

import numpy as np
import torch

from unlabeled import BoltzmannMachine
from unlabeled.energy import GeneralBoltzmannMachine, Spin, lattice
from unlabeled.plot.canvas import FAINT, INK, MUTED, SERIES, new_figure
from unlabeled.plot.pixels import BLUE, RED
from unlabeled.sampling import Noise

CLUES = ((0, 1), (1, 3), (2, 0), (3, 2))  # rows and columns
SWEEPS = (1, 3, 10, 30)


def sudokus() -> np.ndarray:
    """All 288 sudokus of side 4, (288, row, column, digit): a 1 in the place of each digit."""
    X = np.eye(4, dtype="float32")[np.array(list(product(permutations(range(4)), repeat=4)))]
    columns, boxes = X.sum(1), X.reshape(-1, 2, 2, 2, 2, 4).sum((2, 4))
    return X[(columns == 1).all((1, 2)) & (boxes == 1).all((1, 2, 3))]


def learn() -> tuple[BoltzmannMachine, np.ndarray]:
    """A machine that has seen half of them, and the other half."""
    X = sudokus()[np.random.default_rng(0).permutation(288)].reshape(288, 64)
    machine = BoltzmannMachine(
        sampler="pseudo-likelihood",
        learning_rate=0.5,
        n_epochs=300,
        batch_size=24,
        random_state=0,
    )
    return machine.fit(X[:144]), X[144:]


def board(ax, title):
    """An empty board."""
    ax.set(xlim=(0, 4), ylim=(4, 0), aspect="equal", xticks=[], yticks=[])
    ax.set_title(title, fontsize=9, color=MUTED)
    for k in range(1, 4):
        width, colour = (1.4, INK) if k == 2 else (0.6, FAINT)
        ax.axhline(k, color=colour, linewidth=width)
        ax.axvline(k, color=colour, linewidth=width)
    for spine in ax.spines.values():
        spine.set(color=INK, linewidth=1.4)


def draw_chain(machine, puzzle, path) -> None:
    """A puzzle, what a chain makes of it after some sweeps, and the best that it passed."""
    seen = np.zeros((4, 4), bool)
    seen[tuple(np.transpose(CLUES))] = True
    missing = np.repeat(~seen.reshape(1, 16), 4, axis=1)
    chain = machine.sample_chain(
        1, n_steps=100, every=1, start=puzzle[None], missing=missing, random_state=0
    )
    boards = {"clues": np.where(missing[0], 0, puzzle)}
    boards |= {f"{k} sweep" + "s" * (k > 1): chain[k - 1, 0] for k in SWEEPS}
    boards["best of 100"] = chain[machine.free_energy(chain[:, 0]).argmin(), 0]
    figure = new_figure(8.4, 1.75)
    axes = figure.subplots(1, len(boards))
    for ax, (title, state) in zip(axes, boards.items(), strict=True):
        board(ax, title)
        for (row, column), digits in zip(
            product(range(4), repeat=2), state.reshape(16, 4), strict=True
        ):
            text = "".join(str(k + 1) for k in np.flatnonzero(digits))
            ax.text(
                column + 0.5,
                row + 0.54,
                text,
                ha="center",
                va="center",
                fontsize=13 if len(text) < 2 else 8,
                color=INK if seen[row, column] else SERIES[0],
            )
    figure.savefig(path)


def draw_couplings(machine, path) -> None:
    """What one unit sends to all others."""
    row, column, digit = 0, 1, 0
    sent = machine.couplings_[row * 16 + column * 4 + digit].reshape(4, 4, 4)
    most = np.abs(sent).max()
    figure = new_figure(6.2, 1.85)
    for k, ax in enumerate(figure.subplots(1, 4)):
        board(ax, f"to a {k + 1}")
        for r, c in product(range(4), repeat=2):
            colour = np.array(BLUE if sent[r, c, k] < 0 else RED) / 255
            size = float(np.sqrt(abs(sent[r, c, k]) / most))
            ax.add_patch(_square(c, r, size, colour))
            if (r, c, k) == (row, column, digit):
                ax.text(c + 0.5, r + 0.54, "1", ha="center", va="center", fontsize=13, color=INK)
    figure.savefig(path)


def _square(column, row, size, colour):
    from matplotlib.patches import Rectangle

    corner = (column + 0.5 - 0.45 * size, row + 0.5 - 0.45 * size)
    return Rectangle(corner, 0.9 * size, 0.9 * size, facecolor=colour, linewidth=0)


def draw_magnets(path, side=48) -> None:
    """Ising's model on a torus at three couplings."""
    edges = lattice(side, side, periodic=True)
    machine = GeneralBoltzmannMachine(side**2, edges=edges, unit=Spin())
    figure = new_figure(6.2, 2.5)
    for ax, J in zip(figure.subplots(1, 3), (0.3, 0.4407, 0.5), strict=True):
        machine.couple(J * torch.from_numpy(edges).float(), torch.zeros(side**2))
        noise, scan = Noise(0), machine.scan()
        x = machine.start(1, noise)
        for _ in range(1000):
            x = machine.sweep(x, noise, scan=scan)
        ax.imshow(x.view(side, side).numpy(), cmap="Greys", vmin=-1, vmax=1.4)
        ax.set_title(f"J = {J:.2f}", fontsize=9, color=MUTED)
        ax.set_axis_off()
    figure.savefig(path)


def draw(folder: Path) -> None:
    """Write all of them as PNG files into `folder`."""
    machine, others = learn()
    draw_chain(machine, others[56], folder / "boltzmann_puzzle.png")
    draw_couplings(machine, folder / "boltzmann_couplings.png")
    draw_magnets(folder / "boltzmann_magnets.png")


if __name__ == "__main__":
    draw(Path(__file__).parent / "pictures")
