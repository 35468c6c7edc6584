"""Pictures show what they claim, need no pyplot, and fall back when rows are no pictures."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from matplotlib.figure import Figure

from unlabeled import plot
from unlabeled.plot.compare import half_hidden
from unlabeled.plot.curves import terms_of
from unlabeled.plot.pixels import BLUE, FRAME, RED, paint, tile
from unlabeled.plot.rows import picture_shape

KEEP = SimpleNamespace(
    reconstruct=lambda X: X,
    complete=lambda X, missing, n_samples, random_state: np.stack([1.0 - X] * n_samples),
)


def pixels_of(figure):
    """What the first axes of a figure show, (h, w, 4)."""
    return figure.axes[0].images[0].get_array()


def test_signed_pictures_are_symmetric_about_transparent_zero():
    low, zero, high = paint(np.array([-2.0, 0.0, 2.0]).reshape(3, 1, 1, 1), signed=True)[:, 0, 0]
    assert low.tolist() == [*BLUE, 255] and high.tolist() == [*RED, 255] and zero[3] == 0


def test_one_large_weight_does_not_shift_the_zero():
    weights = np.array([-0.1, 0.0, 5.0]).reshape(3, 1, 1, 1)
    assert paint(weights, signed=True)[1, 0, 0, 3] == 0


@pytest.mark.parametrize(
    ("values", "expected"),
    [([0, 0.5, 1], [0, 128, 255]), ([0.2, 0.6], [51, 153]), ([3, 5], [0, 255])],
)
def test_grey_is_unit_range_or_own_range(values, expected):
    assert paint(np.array(values, float).reshape(-1, 1, 1, 1))[:, 0, 0, 0].tolist() == expected


def test_colour_channels_stay_apart_and_missing_is_transparent():
    red = np.array([1.0, 0, 0]).reshape(1, 3, 1, 1)
    assert paint(red)[0, 0, 0].tolist() == [255, 0, 0, 255]
    assert paint(np.full((1, 1, 1, 1), np.nan))[0, 0, 0, 3] == 0


def test_tiles_are_laid_row_by_row_with_a_gap_between():
    pictures = np.zeros((3, 28, 28, 4), np.uint8)
    pictures[..., 0] = np.arange(1, 4)[:, None, None]
    sheet = tile(pictures, 2)
    assert sheet.shape == (57, 57, 4)
    assert [sheet[0, 0, 0], sheet[0, 29, 0], sheet[29, 0, 0]] == [1, 2, 3]
    assert sheet[0, 28].tolist() == list(FRAME) and sheet[40, 40].tolist() == [0, 0, 0, 0]


def test_small_pictures_are_enlarged_by_a_whole_factor():
    picture = np.random.default_rng(0).integers(0, 255, (1, 8, 8, 4)).astype(np.uint8)
    assert (tile(picture)[::4, ::4][:8, :8] == picture[0]).all()


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (None, (1, 4, 4)),
        (SimpleNamespace(image_shape_=(1, 2, 8)), (1, 2, 8)),
        (SimpleNamespace(feature_names_in_=[f"pixel_{i}" for i in range(16)]), (1, 4, 4)),
        (SimpleNamespace(feature_names_in_=[f"{c}" for c in "abcdefghijklmnop"]), None),
    ],
)
def test_shape_of_a_picture(model, shape):
    assert picture_shape(d=16, model=model) == shape
    assert picture_shape((8, 2), d=16, model=model) == (1, 8, 2)
    assert picture_shape(False, d=16, model=model) is None


def test_wrong_shape_is_refused_with_both_numbers():
    with pytest.raises(ValueError, match=r"16 values in all, got \(3, 5\)"):
        plot.image_grid(np.zeros((2, 16)), (3, 5))


def test_filters_come_largest_norm_first_and_in_order_if_asked():
    weights = np.diag(np.arange(1.0, 10.0))
    strongest, in_order = (
        pixels_of(plot.filters(weights, by_norm=first, n_columns=9, limit=9))
        for first in (True, False)
    )
    full = [*RED, 255]
    assert strongest[-1, 26].tolist() == full  # the last pixel of the first picture
    assert in_order[-1, -1].tolist() == full  # the last pixel of the last


def test_filters_need_weights():
    with pytest.raises(TypeError, match="has none: fit it first"):
        plot.filters(SimpleNamespace(fit=None))


@pytest.mark.parametrize("draw", [plot.reconstructions, plot.completions])
def test_capabilities_are_asked_for_by_name(draw):
    with pytest.raises(TypeError, match="needs a model with"):
        draw(SimpleNamespace(), np.zeros((2, 9)))


def test_reconstructions_stand_below_their_data():
    X = np.random.default_rng(0).random((3, 784))
    sheet = pixels_of(plot.reconstructions(SimpleNamespace(reconstruct=lambda X: 1 - X), X))
    data, again = sheet[:28, :28, 0].astype(int), sheet[29:, :28, 0].astype(int)
    assert sheet.shape[:2] == (57, 86) and (abs(data + again - 255) <= 1).all()


def test_completions_show_the_given_the_draws_and_the_truth():
    X = np.zeros((2, 784))
    sheet = pixels_of(plot.completions(KEEP, X, n_samples=2))
    given, first, second, truth = (sheet[:28, 29 * i : 29 * i + 28] for i in range(4))
    assert (given[:14, :, :3] == 0).all() and len(np.unique(given[14:, :, 0])) == 1
    assert given[14, 0].tolist() != [0, 0, 0, 255] and (truth[..., :3] == 0).all()
    assert (first[:14, :, :3] == 255).all() and (first == second).all()
    assert first[20, 0, 2] == 255 > first[20, 0, 0]  # drawn: blue, not white


def test_any_mask_of_what_is_hidden():
    asked = []
    model = SimpleNamespace(
        complete=lambda X, missing, n_samples, random_state: asked.append(missing) or X[None]
    )
    mask = np.arange(9) == 4
    plot.completions(model, np.zeros((3, 9)), mask, n_samples=1)
    assert (asked[0] == np.tile(mask, (3, 1))).all()
    assert half_hidden(10, None).tolist() == [False] * 5 + [True] * 5


def test_learning_curves_pair_training_with_validation():
    history = {
        "epoch": [1, 2, 3],
        "seconds": [1.0, 1.0, 1.0],
        "rate": [0.1, 0.1, None],
        "loss": [3.0, 2.0, 1.0],
        "val_loss": [3.0, 2.5, float("nan")],
        "kind": ["a", "b", "c"],
    }
    assert terms_of(history) == ["loss", "rate"]
    figure = plot.learning_curves(history)
    loss, rate = figure.axes
    assert [line.get_ydata().tolist()[:2] for line in loss.lines] == [[3.0, 2.0], [3.0, 2.5]]
    assert [text.get_text() for text in loss.texts] == ["validation", "training"]
    assert len(rate.lines) == 1 and not rate.texts


def test_learning_curves_refuse_what_is_not_there():
    with pytest.raises(ValueError, match=r"\['loss'\].*got \['speed'\]"):
        plot.learning_curves({"epoch": [1], "loss": [1.0]}, ["speed"])
    with pytest.raises(TypeError, match="fit the model first"):
        plot.learning_curves(SimpleNamespace())


@pytest.mark.parametrize("n", [1, 7])
def test_tables_become_heatmaps_and_lines(n):
    X = np.random.default_rng(0).normal(size=(n, 10))
    assert len(plot.image_grid(X).axes) == 2  # and its scale
    assert len(plot.filters(X).axes) == 2
    assert sum(ax.has_data() for ax in plot.reconstructions(KEEP, X).axes) == n
    assert sum(ax.has_data() for ax in plot.completions(KEEP, X).axes) == n


def test_pictures_go_where_they_are_asked_to():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot.image_grid(np.eye(9), ax=left) is figure
    assert plot.filters(np.eye(9), ax=right) is figure
    assert left.images and right.images
    part = Figure()
    assert plot.learning_curves({"loss": [1.0]}, figure=part) is part and part.axes


def test_pyplot_is_never_imported_and_a_notebook_shows_the_figure():
    before = "matplotlib.pyplot" in sys.modules
    figure = plot.image_grid(np.eye(9))
    assert figure._repr_png_().startswith(b"\x89PNG")
    assert ("matplotlib.pyplot" in sys.modules) == before


@pytest.mark.parametrize("kind", ["list", "pairs", "mapping", "callback"])
def test_time_lapse_has_a_frame_for_every_snapshot(tmp_path, kind):
    from PIL import Image

    frames = [scale * np.eye(4, 9) - 0.1 for scale in range(5)]
    snapshots = {
        "list": frames,
        "pairs": list(enumerate(frames)),
        "mapping": dict(enumerate(frames)),
        "callback": SimpleNamespace(frames=frames, epochs=range(5)),
    }[kind]
    path = plot.time_lapse(snapshots, tmp_path / "film.gif", seconds=1)
    with Image.open(path) as film:
        assert film.n_frames == 5 and film.info["loop"] == 0 and film.info["duration"] == 200
        first = np.asarray(film.convert("RGB")).astype(int)
        film.seek(4)
        last = np.asarray(film.convert("RGB")).astype(int)
        assert film.info["duration"] == 2200
    assert last[..., 0].max() > 180 > 60 > first[12:60, 12:60, 0].max()


def test_time_lapse_keeps_the_last_of_many_and_takes_tables(tmp_path):
    from PIL import Image

    many = [np.full((3, 10), float(i)) for i in range(50)]
    with Image.open(plot.time_lapse(many, tmp_path / "film.gif", max_frames=4)) as film:
        assert film.n_frames == 4
        film.seek(3)
        assert np.asarray(film.convert("L")).max() == 255


def test_time_lapse_refuses_nothing_and_mixed_shapes(tmp_path):
    with pytest.raises(ValueError, match="at least one snapshot"):
        plot.time_lapse([], tmp_path / "film.gif")
    with pytest.raises(ValueError, match=r"\[\(2, 9\), \(3, 9\)\]"):
        plot.time_lapse([np.zeros((2, 9)), np.zeros((3, 9))], tmp_path / "film.gif")
