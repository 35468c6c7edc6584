"""Pictures of codes: planes, paths, scatters and atoms show the numbers that they claim."""

from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from unlabeled import plot
from unlabeled.plot.atoms import own_scale, usage
from unlabeled.plot.pixels import BLUE, RED
from unlabeled.plot.plane import plane_of, prior
from unlabeled.plot.scatter import apart, flat
from unlabeled.plot.walks import led, strongest, usual

RNG = np.random.default_rng(0)
A = RNG.normal(size=(4, 16))
LINEAR = SimpleNamespace(inverse_transform=lambda H: H @ A, n_components=4)
BOTH = SimpleNamespace(
    inverse_transform=lambda H: H @ A, transform=lambda X: X @ np.linalg.pinv(A), fit=None
)


def pixels_of(figure):
    return figure.axes[0].images[0].get_array()


# ---- atoms -------------------------------------------------------------------------------------


def test_each_atom_has_a_scale_of_its_own():
    scaled = own_scale(np.diag([1e-3, -1.0, 0.0]))
    assert np.diag(scaled).tolist() == [1.0, -1.0, 0.0]
    sheet = pixels_of(plot.atoms(np.diag([1e-3, -5.0, 1, 1, 1, 1, 1, 1, 1]), n_columns=9))
    assert sheet[0, 0].tolist() == [*RED, 255] and sheet[0, 28 + 9].tolist() == [*BLUE, 255]


def test_atoms_come_by_their_share_of_the_energy():
    D = np.array([[1.0, 0, 0], [0, 2, 0], [0, 0, 1]])
    H = np.array([[3.0, 1, 0], [3, 1, 0]])
    assert np.allclose(usage(D, H), [9 / 13, 4 / 13, 0])
    total = ((H[:, :, None] * D) ** 2).sum((0, 2))  # energy of the contributions, atom by atom
    assert np.allclose(usage(D, H), total / total.sum())
    assert (usage(D, 0 * H) == 0).all()
    atoms = np.eye(9) * np.linspace(1, 2, 9)[:, None]
    first = pixels_of(plot.atoms(atoms, codes=np.eye(9)[[4]], n_columns=9))[:, :27]
    assert first[13, 13].tolist() == [*RED, 255]
    with pytest.raises(ValueError, match=r"shape \(n, 3\).*got \(2, 2\)"):
        usage(D, H[:, :2])


# ---- planes ------------------------------------------------------------------------------------


def test_a_plane_is_the_decoder_at_the_quantiles_of_the_codes():
    H = RNG.normal(size=(500, 4))
    plane = plane_of(LINEAR, H, (2, 0), 5)
    assert np.allclose(plane.values[:, 0], np.quantile(H[:, 2], [0.1, 0.3, 0.5, 0.7, 0.9]))
    code = H.mean(0)
    code[2], code[0] = plane.values[4, 0], plane.values[3, 1]
    assert np.allclose(plane.rows[1, 4], code @ A, atol=1e-5)  # right end, second from above


def test_without_rows_the_plane_is_that_of_a_normal_prior():
    from statistics import NormalDist

    values = plane_of(SimpleNamespace(inverse_transform=lambda H: H), prior(2), None, 7).values
    expected = [NormalDist().inv_cdf((i + 0.5) / 7) for i in range(7)]
    assert np.allclose(values, np.array(expected)[:, None], atol=2e-3)
    figure = plot.latent_plane(LINEAR, components=(1, 3), n_steps=3)
    ax = figure.axes[0]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("code 1", "code 3")
    assert pixels_of(figure).shape[:2] == (86, 86)  # 3 x 3 pictures of 28


def test_the_two_components_that_do_most_span_the_plane():
    effect = np.array([0.1, 3.0, 0.2, 5.0])
    model = SimpleNamespace(inverse_transform=lambda H: H * effect)
    assert plane_of(model, RNG.normal(size=(50, 4)), None, 3).components == [1, 3]


def test_a_plane_of_what_is_no_picture_has_a_line_for_every_point():
    figure = plot.latent_plane(LINEAR, image_shape=False, n_steps=4)
    assert len(figure.axes[0].collections[0].get_paths()) == 16


def test_a_plane_needs_two_components():
    with pytest.raises(ValueError, match="at least 2 components, got 1"):
        plot.latent_plane(SimpleNamespace(inverse_transform=lambda H: H), np.ones((3, 1)))


# ---- walks -------------------------------------------------------------------------------------


def test_a_traversal_leads_one_component_at_a_time():
    h = RNG.normal(size=4)
    values = np.array([[-1.0, 5.0], [1.0, 6.0], [2.0, 7.0]])
    rows = led(LINEAR, h, [3, 1], values)
    code = h.copy()
    code[1] = 6.0
    assert rows.shape == (2, 3, 16) and np.allclose(rows[1, 1], code @ A, atol=1e-5)


def test_components_are_ordered_by_what_they_change_and_idle_ones_left_out():
    effect = np.array([0.1, 3.0, 0.0, 5.0])
    model = SimpleNamespace(inverse_transform=lambda H: H * effect)
    H = RNG.normal(size=(200, 4))
    assert strongest(model, H, 0, 9) == [3, 1, 0]
    assert strongest(model, H, 0, 2) == [3, 1]
    assert np.allclose(usual(H, 3)[[0, 2]], np.quantile(H, [0.05, 0.95], axis=0))


def test_interpolations_have_the_rows_themselves_at_their_ends():
    X = RNG.random((4, 16))
    figure = plot.interpolations(BOTH, X[:2], X[2:], n_steps=3)
    names = [text.get_text() for text in figure.axes[0].get_xticklabels()]
    assert names == ["start", "", "", "", "end"]
    own = pixels_of(
        plot.interpolations(LINEAR, X[:2, :4], X[2:, :4], n_steps=3, image_shape=(4, 4))
    )
    assert own.shape[1] == 3 * 28 + 2 < pixels_of(figure).shape[1]


@pytest.mark.parametrize(
    "draw",
    [
        lambda X: plot.interpolations(BOTH, X[:2], X[2:4], False),
        lambda X: plot.traversals(BOTH, X, False, components=[0, 2]),
    ],
)
def test_walks_of_what_is_no_picture_are_lines(draw):
    axes = draw(RNG.random((9, 16))).axes
    assert [len(ax.lines) for ax in axes] in ([11, 11], [9, 9])


@pytest.mark.parametrize("draw", [plot.interpolations, plot.latent_plane, plot.traversals])
def test_walks_need_a_decoder(draw):
    with pytest.raises(TypeError, match=r"needs a model with inverse_transform\(\)"):
        draw(
            SimpleNamespace(), np.zeros((2, 9)), *[np.zeros((2, 9))][: draw is plot.interpolations]
        )


# ---- codes -------------------------------------------------------------------------------------


def test_two_codes_are_drawn_as_they_are_and_more_by_principal_components():
    from sklearn.decomposition import PCA

    H = RNG.normal(size=(50, 5)) * [1, 5, 1, 3, 1]
    points, names = flat(H)
    pca = PCA(2).fit(H)
    assert np.allclose(np.abs(points), np.abs(pca.transform(H)))
    assert f"({100 * pca.explained_variance_ratio_[0]:.0f} % of the variance)" in names[0]
    assert np.array_equal(flat(H[:, :2])[0], H[:, :2])
    assert np.array_equal(flat(H, (4, 1))[0], H[:, [4, 1]])


def test_classes_have_colours_and_names():
    H, y = RNG.normal(size=(60, 2)), np.repeat(["cat", "$dog", "eel"], 20)
    ax = plot.codes(H, y=y).axes[0]
    assert sorted(text.get_text() for text in ax.texts) == ["$dog", "cat", "eel"]
    assert sorted(len(dots.get_offsets()) for dots in ax.collections) == [20, 20, 20]
    assert len({tuple(dots.get_facecolor()[0]) for dots in ax.collections}) == 3
    assert not plot.codes(H).axes[0].texts


def test_numbers_with_a_fraction_are_a_scale():
    assert len(plot.codes(RNG.normal(size=(60, 2)), y=RNG.random(60)).axes) == 2


def test_one_code_is_a_distribution():
    ax = plot.codes(RNG.normal(size=(60, 1)), y=np.arange(60) % 2).axes[0]
    assert len(ax.texts) == 2 and ax.get_xlabel() == "code 0"


def test_names_keep_their_distance():
    points = np.array([[0.5, 0.5], [0.5, 0.5], [0.51, 0.5], [0.9, 0.9]])
    moved = apart(points, 0.06)
    distance = np.linalg.norm(moved[:, None] - moved, axis=-1) + np.eye(4)
    assert distance.min() > 0.055 and np.allclose(moved[3], points[3], atol=1e-5)


def test_codes_of_a_model_and_what_they_refuse():
    X = RNG.random((9, 16))
    assert len(plot.codes(BOTH, X).axes[0].collections[0].get_offsets()) == 9
    with pytest.raises(TypeError, match=r"needs a model with transform\(\)"):
        plot.codes(LINEAR, X)
    with pytest.raises(ValueError, match=r"shape \(9,\), a label for each row, got \(3,\)"):
        plot.codes(BOTH, X, [0, 1, 2])
    with pytest.raises(ValueError, match="at most 50 classes apart, got 60"):
        plot.codes(RNG.random((60, 2)), y=np.arange(60))


# ---- films -------------------------------------------------------------------------------------


def test_samples_are_filmed_from_the_same_noise_and_painted_as_samples(tmp_path):
    from PIL import Image

    from unlabeled import RBM
    from unlabeled.callbacks import Snapshot

    X = (np.random.default_rng(0).random((40, 9)) > 0.5).astype(np.float32)
    film = Snapshot(take="samples")
    rbm = RBM(2, learning_rate=1e-12, n_epochs=2, random_state=0).set_callbacks(film).fit(X)
    assert [frame.shape for frame in film.frames] == [(100, 9)] * 2
    assert np.array_equal(film.frames[1], rbm.sample(100, random_state=0))
    with pytest.raises(ValueError, match=r"one of .*'samples'.*got 'pictures'"):
        Snapshot(take="pictures")
    film.frames = [2 * frame - 1 for frame in film.frames]  # in [-1, 1], as tanh gives them
    with Image.open(plot.time_lapse(film, tmp_path / "film.gif")) as gif:
        colours = np.asarray(gif.convert("RGB")).astype(int)
    assert np.ptp(colours, axis=2).max() < 12  # grey, not blue and vermilion


def test_points_are_filmed_as_points(tmp_path):
    from PIL import Image

    corners = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    with Image.open(plot.time_lapse([corners - 9, corners], tmp_path / "film.gif")) as gif:
        assert np.asarray(gif.convert("RGB"))[..., 2].max() < 60  # out of sight
        gif.seek(1)
        blue = np.asarray(gif.convert("RGB"))[..., 2] > 150
    assert blue.sum() == 27  # three dots of 3 x 3
    y, x = np.nonzero(blue)
    assert (x < 248).sum() == 18 and (y > 248).sum() == 18  # above the origin, and right of it
