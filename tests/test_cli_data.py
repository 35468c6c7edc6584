"""Whatever holds the rows, the model sees what the command says it sees."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from unlabeled.cli.mistakes import Mistake, UsageMistake
from unlabeled.cli.sources import Source, hold_out, read_source
from unlabeled.cli.tables import write_table
from unlabeled.cli.treatment import Treatment, choose_treatment

ROWS = np.arange(12.0).reshape(4, 3)


@pytest.mark.parametrize("ending", [".npy", ".npz", ".csv"])
def test_rows_come_back_from_a_file(tmp_path, ending):
    path = tmp_path / "deep" / f"rows{ending}"
    write_table(path, ROWS)
    np.testing.assert_array_equal(np.asarray(read_source(str(path)).X), ROWS)


def test_rows_come_back_from_parquet(tmp_path):
    pytest.importorskip("pyarrow")
    write_table(tmp_path / "rows.parquet", ROWS, names=["a", "b", "c"])
    X = read_source(str(tmp_path / "rows.parquet")).X
    assert list(X.columns) == ["a", "b", "c"]
    np.testing.assert_array_equal(X, ROWS)


def test_an_array_file_is_mapped_not_loaded(tmp_path):
    np.save(tmp_path / "rows.npy", ROWS)
    assert isinstance(read_source(str(tmp_path / "rows.npy")).X, np.memmap)


def test_an_archive_of_several_arrays_asks_which(tmp_path):
    path = tmp_path / "rows.npz"
    np.savez(path, X=ROWS, labels=ROWS[:, 0])
    with pytest.raises(Mistake, match=r"X, labels; say which, as in .*rows.npz:X"):
        read_source(str(path))
    with pytest.raises(Mistake, match=r"no array 'label' \(did you mean labels\?\)"):
        read_source(f"{path}:label")
    np.testing.assert_array_equal(read_source(f"{path}:X").X, ROWS)


def test_pickles_inside_arrays_are_not_opened(tmp_path):
    np.save(tmp_path / "rows.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(Mistake, match="cannot be read"):
        read_source(str(tmp_path / "rows.npy"))


def paint(folder, shapes, mode="L"):
    for k, shape in enumerate(shapes):
        image = Image.new(mode, shape, color=10 * k if mode == "L" else (10 * k, 1, 2))
        image.save(folder / f"{k}.png")


def test_a_folder_of_images_is_read_in_order(tmp_path):
    paint(tmp_path, [(5, 4)] * 3)
    source = read_source(str(tmp_path))
    assert source.X.shape == (3, 1, 4, 5)
    assert source.X.dtype == np.uint8
    assert source.X[:, 0, 0, 0].tolist() == [0, 10, 20]
    assert source.maximum == 255


def test_images_have_three_channels_if_any_has_colour(tmp_path):
    paint(tmp_path, [(2, 2)])
    (tmp_path / "sub").mkdir()
    paint(tmp_path / "sub", [(2, 2)] * 2, mode="RGB")
    X = read_source(str(tmp_path)).X
    assert X.shape == (3, 3, 2, 2)
    assert X[2, :, 0, 0].tolist() == [10, 1, 2]


def test_images_of_several_sizes_are_refused_with_both(tmp_path):
    paint(tmp_path, [(5, 4), (4, 5)])
    with pytest.raises(Mistake, match=r"0\.png is 5x4 and 1\.png is 4x5"):
        read_source(str(tmp_path))


def test_what_is_no_image_is_refused(tmp_path):
    with pytest.raises(Mistake, match="holds no images"):
        read_source(str(tmp_path))
    (tmp_path / "a.png").write_text("text")
    with pytest.raises(Mistake, match="cannot be read as an image"):
        read_source(str(tmp_path))


def test_deep_images_are_not_flattened_to_bytes(tmp_path):
    Image.fromarray(np.full((2, 2), 40_000, np.uint16)).save(tmp_path / "a.png")
    with pytest.raises(Mistake, match="more than 8 bits"):
        read_source(str(tmp_path))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("digts", r"no data set or file 'digts' \(did you mean digits\?\)"),
        ("digits:tset", r"no part 'tset' \(did you mean test\?\); it has train, test"),
        ("rows.csv", "no file or folder rows.csv"),
        ("some/where", "no file or folder some/where"),
    ],
)
def test_data_that_is_not_there_is_answered(text, message):
    with pytest.raises(Mistake, match=message):
        read_source(text)


@pytest.mark.parametrize("shape", [(3,), (0, 2), (2, 2, 2, 2, 2)])
def test_what_is_no_table_is_refused_with_its_shape(tmp_path, shape):
    np.save(tmp_path / "rows.npy", np.zeros(shape))
    with pytest.raises(Mistake, match=rf"got shape \({shape[0]},"):
        read_source(str(tmp_path / "rows.npy"))


def test_pictures_without_channels_get_one(tmp_path):
    np.save(tmp_path / "rows.npy", np.zeros((5, 3, 2)))
    assert read_source(str(tmp_path / "rows.npy")).X.shape == (5, 1, 3, 2)


def test_a_data_set_knows_its_shape_levels_and_test_part():
    source = read_source("digits")
    assert (source.X.shape, source.maximum, source.test) == ((1437, 1, 8, 8), 16, "digits:test")
    assert read_source("digits", prefer="test").X.shape[0] == 360
    assert read_source("digits:all", prefer="test").X.shape[0] == 1797


@pytest.mark.parametrize("kind", [np.asarray, pd.DataFrame])
def test_held_out_rows_are_the_others_and_always_the_same(kind):
    source = Source(kind(np.arange(20)[:, None]), "rows")
    learn, test = hold_out(source, 0.25)
    both = np.concatenate([learn.X, test.X]).ravel()
    assert (len(learn.X), len(test.X), sorted(both)) == (15, 5, list(range(20)))
    np.testing.assert_array_equal(test.X, hold_out(source, 0.25)[1].X)


def test_a_part_that_would_be_empty_is_refused():
    with pytest.raises(Mistake, match="leaves one part empty"):
        hold_out(Source(ROWS, "rows"), 0.01)


GREY = Source(np.array([[0, 51], [102, 255]], np.uint8), "grey", 255)
TABLE = Source(pd.DataFrame({"a": [0, 1, 2], "b": [4.0, 4.0, 4.0], "y": list("pqr")}), "table")


def test_levels_of_grey_are_divided_and_it_is_said():
    treatment = choose_treatment(GREY)
    assert str(treatment) == "values divided by 255"
    X = treatment(GREY.X)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X, [[0, 0.2], [0.4, 1]])
    np.testing.assert_allclose(treatment.undo(X), GREY.X, rtol=1e-6)


def test_bits_are_made_after_scaling():
    treatment = choose_treatment(GREY, binarize=0.3)
    assert str(treatment) == "values divided by 255; above 0.3 is 1, the rest 0"
    np.testing.assert_array_equal(treatment(GREY.X), [[0, 0], [1, 1]])


@pytest.mark.parametrize("source", [Source(ROWS, "rows"), GREY])
def test_nothing_happens_unasked(source):
    treatment = choose_treatment(source, "none")
    assert treatment(source.X) is source.X
    assert str(treatment) == "values as they are"


def test_columns_are_brought_to_one_range_and_back():
    treatment = choose_treatment(TABLE, "minmax", drop=["y"])
    X = np.asarray(treatment(TABLE.X))
    np.testing.assert_allclose(X, [[0, 0], [0.5, 0], [1, 0]])
    np.testing.assert_allclose(treatment.undo(X), TABLE.X[["a", "b"]])


def test_columns_are_standardised_with_the_training_rows():
    treatment = choose_treatment(Source(ROWS, "rows"), "standard")
    np.testing.assert_allclose(treatment(ROWS).mean(0), 0, atol=1e-6)
    np.testing.assert_allclose(treatment(ROWS).std(0), 1, rtol=1e-6)
    np.testing.assert_allclose(treatment(ROWS[:1]), treatment(ROWS)[:1])
    with pytest.raises(Mistake, match="rows must have 3 features as in training, got 2"):
        treatment(ROWS[:, :2])


def test_a_treatment_survives_its_file():
    treatment = choose_treatment(TABLE, "standard", binarize=0.0, drop=["y"])
    assert Treatment(**json.loads(json.dumps(asdict(treatment)))) == treatment


def test_a_dropped_column_need_not_be_there_later():
    treatment = choose_treatment(TABLE, drop=["y"])
    pd.testing.assert_frame_equal(treatment(TABLE.X[["a", "b"]]), TABLE.X[["a", "b"]])


@pytest.mark.parametrize(
    ("source", "options", "error", "message"),
    [
        (GREY, {"scale": "minmaks"}, UsageMistake, r"did you mean minmax\?"),
        (GREY, {"scale": "-1"}, UsageMistake, "positive number"),
        (GREY, {"scale": "nan"}, UsageMistake, "positive number"),
        (GREY, {"drop": ["y"]}, Mistake, "needs a table with column names"),
        (TABLE, {"drop": ["A"]}, Mistake, r"no column 'A' \(did you mean a\?\)"),
    ],
)
def test_a_treatment_that_cannot_be_is_refused(source, options, error, message):
    with pytest.raises(error, match=message):
        choose_treatment(source, **options)


def test_columns_of_text_are_refused_with_the_way_out():
    with pytest.raises(Mistake, match="text in y; leave them out with --drop y"):
        choose_treatment(TABLE)(TABLE.X)


@pytest.mark.parametrize("ending", [".txt", ""])
def test_other_endings_are_refused(tmp_path, ending):
    (tmp_path / f"rows{ending}").write_text("1")
    with pytest.raises(Mistake, match=r"expected \.npy"):
        read_source(str(tmp_path / f"rows{ending}"))
    with pytest.raises(Mistake, match=r"must end in \.npy"):
        write_table(tmp_path / f"rows{ending}", ROWS)


def test_a_table_needs_pandas_and_says_so(tmp_path, monkeypatch):
    write_table(tmp_path / "rows.csv", ROWS)
    monkeypatch.setattr("unlabeled.cli.tables.find_spec", lambda name: None)
    with pytest.raises(Mistake, match=r"needs pandas.*pip install pandas"):
        read_source(str(tmp_path / "rows.csv"))
