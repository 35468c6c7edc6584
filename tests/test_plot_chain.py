"""Films and chains: what moves is shown as it moved."""

import re
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from test_report import Fake, bits, only, page_of, sections_of

from unlabeled import plot
from unlabeled.plot.chain import forgetting


def of_time(epochs, take="components"):
    frames = [np.full((4, 9), float(epoch)) for epoch in epochs]
    return SimpleNamespace(frames=frames, epochs=list(epochs), take=take)


def test_several_films_run_side_by_side_at_their_common_epochs(tmp_path):
    from PIL import Image

    one, other = of_time(range(1, 9)), of_time(range(2, 11, 2), "particles")
    wide = plot.time_lapse([one, other], tmp_path / "both.gif")
    alone = plot.time_lapse(other, tmp_path / "alone.gif")
    with Image.open(wide) as both, Image.open(alone) as single:
        assert both.n_frames == 4 and single.n_frames == 5
        assert both.size[0] > 1.6 * single.size[0]
    with pytest.raises(
        ValueError, match="at the epochs that all of them have, and there are none"
    ):
        plot.time_lapse([one, of_time([50])], tmp_path / "x.gif")


def test_particles_are_black_and_white_even_if_negative(tmp_path):
    from PIL import Image

    spins = [np.sign(np.arange(36.0).reshape(4, 9) % 2 - 0.5)] * 2
    films = (SimpleNamespace(frames=spins, epochs=[1, 2], take=t) for t in ("particles", None))
    colours = []
    for k, film in enumerate(films):
        with Image.open(plot.time_lapse(film, tmp_path / f"{k}.gif")) as image:
            pixels = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
            colours.append(np.ptp(pixels, axis=1).max())
    assert colours[0] < 20 < 100 < colours[1]


# ---- chains ------------------------------------------------------------------------------------

TRACE = np.random.default_rng(0).integers(0, 2, (30, 4, 784)).astype(float)
SUMS = SimpleNamespace(free_energy=lambda X: X.sum(1))


def test_chains_are_rows_and_states_are_columns_the_last_included():
    figure = plot.chains(TRACE, every=10, max_states=3, max_chains=2)
    sheet = figure.axes[0].images[0].get_array()
    assert sheet.shape[:2] == (57, 86)
    assert (sheet[29:, 58:86, 0] == 255 * TRACE[-1, 1].reshape(28, 28)).all()
    words = [t.get_text() for t in figure.axes[0].get_xticklabels()]
    assert words[0] == "10" and words[-1] == "300"


def test_a_trace_of_a_table_becomes_lines():
    figure = plot.chains(TRACE[:, :, :10], False, every=2)
    assert sum(ax.has_data() for ax in figure.axes) == 4
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["step 2", "step 60"]


def test_energies_are_drawn_at_their_steps_beside_those_of_data():
    ax = plot.mixing(SUMS, TRACE, TRACE[0], every=5)
    assert len(ax.lines) == 4 and ax.lines[1].get_xdata()[[0, -1]].tolist() == [5, 150]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), TRACE[:, 1].sum(1))
    low, high = np.quantile(TRACE[0].sum(1), (0.05, 0.95))
    assert ax.patches[0].get_y() == low and ax.patches[0].get_height() == pytest.approx(high - low)
    assert ax.get_title(loc="left") == "nearly independent after 5 steps"


def test_chains_say_how_soon_they_forget_or_that_it_cannot_be_said():
    slow = np.random.default_rng(0).normal(size=(4000, 20))
    for t in range(1, 4000):
        slow[t] = 0.8 * slow[t - 1] + 0.6 * slow[t]
    tau = float(re.search(r"([\d.]+) steps$", forgetting(slow, 10))[1])
    assert tau == pytest.approx(90, rel=0.15)
    assert "chains too short to say" in forgetting(slow[:20].cumsum(0), 1)
    assert "too still" in forgetting(np.ones((50, 3)), 1)


def test_what_is_no_trace_is_refused():
    with pytest.raises(ValueError, match=r"\(n_states, n_chains, n_features\).*got \(4, 784\)"):
        plot.chains(TRACE[0])
    with pytest.raises(TypeError, match="mixing needs a model with free_energy"):
        plot.mixing(SimpleNamespace(), TRACE)


# ---- what a chain passes -----------------------------------------------------------------------


class Dreamer(Fake):
    """A chain of independent draws, with an energy that says so."""

    def sample_chain(self, n_chains, *, n_steps, every, mean=False, random_state=None):
        self.asked = n_steps, every
        n = n_steps // every
        drawn = self.sample(n * n_chains, random_state=random_state)
        return drawn.reshape(n, n_chains, -1)

    def free_energy(self, X):
        return -self.score_samples(X)


@pytest.mark.parametrize("shape", [None, False])
def test_dreams_are_shown_on_request(tmp_path, shape):
    X = bits()
    model = Dreamer().fit(X)
    assert "dreams" not in sections_of(page_of(tmp_path, model, X, image_shape=shape))
    page = page_of(tmp_path, model, X, image_shape=shape, chain_steps=600)
    assert sections_of(page)[:2] == ["samples", "dreams"]
    assert model.asked == (600, 2)
    assert "free energies of chains" in page and "could not be made" not in page


def test_dreams_without_an_energy_or_with_few_steps(tmp_path):
    X = bits()
    able = only(Dreamer().fit(X), "sample_chain")
    page = page_of(tmp_path, able, X, chain_steps=3)
    assert sections_of(page) == ["dreams", "training", "making"]
    assert "free energies" not in page
    assert "dreams" not in sections_of(page_of(tmp_path, Fake().fit(X), X, chain_steps=3))
    with pytest.raises(ValueError, match="chain_steps must be >= 0, got -1"):
        page_of(tmp_path, able, X, chain_steps=-1)


def test_films_of_filters_and_of_particles_are_one(tmp_path):
    def film(take):
        return SimpleNamespace(frames=[np.eye(4, 9)] * 2, epochs=[1, 2], take=take)

    X, films = bits(), [film("components"), film("particles")]
    page = page_of(tmp_path, Fake().fit(X), X, snapshots=films)
    words = page.split('<section id="film"')[1].split("</header>")[0]
    assert "The same units; the chains that go along with learning" in words
    assert "could not be made" not in page
