"""The data sets by name: requests, parsers, and the real files."""

import gzip
import io
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest

from unlabeled import datasets
from unlabeled.datasets import CorruptedFileError, omniglot
from unlabeled.datasets.amat import parse_amat
from unlabeled.datasets.idx import parse_idx
from unlabeled.datasets.resize import shrink


@pytest.fixture
def empty_cache(tmp_path, monkeypatch):
    """Nothing is cached, and no address can be reached."""
    monkeypatch.setenv("UNLABELED_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("unlabeled.datasets.fetch.urlopen", no_network)


def no_network(url, timeout):
    raise OSError("no network in tests")


def test_import_is_light():
    code = "import sys, unlabeled.datasets, unlabeled.metrics; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    heavy = {"torch", "sklearn", "matplotlib", "pandas", "PIL"}
    assert not heavy & set(run.stdout.split())


@pytest.mark.parametrize("name", datasets.available())
def test_info_is_complete(name):
    facts = datasets.info(name)
    assert facts.name == name
    assert {"train", "test"} <= set(facts.splits)
    assert facts.support in ("binary", "grey")
    assert (facts.maximum == 1) == (facts.support == "binary")
    assert all((facts.description, facts.licence, facts.citation, facts.url))


def test_page_names_everything():
    """Every set in the documentation with its pixels and splits, and every public function."""
    page = (Path(__file__).parents[1] / "docs" / "datasets.md").read_text(encoding="utf-8")
    for facts in map(datasets.info, datasets.available()):
        row = next(line for line in page.splitlines() if line.startswith(f"| [`{facts.name}`]"))
        cells = [cell.strip() for cell in row.split("|")]
        assert cells[2] == " × ".join(map(str, facts.shape[1:]))
        assert cells[3] == ", ".join(f"{name} {n:,}" for name, n in facts.splits.items())
        assert cells[4] == ("0 or 1" if facts.support == "binary" else f"0 to {facts.maximum}")
        assert cells[6] == facts.licence and facts.url in row
    assert [name for name in datasets.anomaly_sets() if f"| `{name}` |" not in page] == []
    functions = {name for name in datasets.__all__ if name[0].islower()} - {
        "available",
        "anomaly_sets",
    }
    assert [name for name in functions if not re.search(rf"\b{name}\(", page)] == []


@pytest.mark.parametrize(
    ("arguments", "options", "sentence"),
    [
        (["mnits"], {}, "got 'mnits': did you mean 'mnist'"),
        (["Fashion_MNIST"], {}, "did you mean 'fashion-mnist'"),
        (["mnist", "valid"], {}, r"one of \['train', 'test'\], got 'valid'"),
        (["binarized-mnist"], {"return_labels": True}, "has no labels"),
        (["digits"], {"binarize": True}, "threshold in .* got True"),
        (["digits"], {"binarize": 1.0}, "threshold in .* got 1.0"),
        (["digits"], {"size": 9}, r"got size=\(9, 9\) for images of 8 x 8"),
        (["digits"], {"size": (8, 0)}, r"got size=\(8, 0\)"),
        (["mnist"], {"size": (14,)}, r"\(height, width\), at most \(28, 28\), .* got \(14,\)"),
        (["frey"], {"size": 14}, r"\(height, width\), at most \(28, 20\), .* got 14"),
        (["binarized-mnist"], {"size": 14}, "would not be binary"),
    ],
)
def test_wrong_request_is_refused_before_any_file_is_read(
    empty_cache, monkeypatch, arguments, options, sentence
):
    monkeypatch.delenv("UNLABELED_DATA", raising=False)
    with pytest.raises(ValueError, match=sentence):
        datasets.load(*arguments, **options)


def test_digits_are_split_in_order():
    train, y_train = datasets.load("digits", return_labels=True)
    test, y_test = datasets.load("digits", "test", return_labels=True)
    X, y = datasets.load("digits", "all", return_labels=True)
    assert train.dtype == np.uint8 and y.dtype == np.int64
    assert (len(train), len(test)) == (1437, 360)
    np.testing.assert_array_equal(X, np.concatenate([train, test]))
    np.testing.assert_array_equal(y, np.concatenate([y_train, y_test]))
    assert set(y_test) == set(range(10))


@pytest.mark.parametrize("threshold", [0.0, 0.3, 0.5, 15 / 16])
def test_binarize_and_scale(threshold):
    X = datasets.load("digits")
    bits = datasets.load("digits", binarize=threshold)
    assert bits.dtype == np.uint8
    np.testing.assert_array_equal(bits, X / 16 > threshold)
    np.testing.assert_array_equal(datasets.load("digits", binarize=threshold, scale=True), bits)
    scaled = datasets.load("digits", scale=True)
    assert scaled.dtype == np.float32
    np.testing.assert_array_equal(scaled, X / np.float32(16))


def test_loaded_rows_can_be_written_and_are_the_users_own():
    X = datasets.load("digits")
    X[:] = 0
    assert datasets.load("digits").any()


def test_shrink_keeps_the_mean_and_splits_pixels():
    images = np.zeros((1, 105, 105), np.uint8)
    images[0, 3, 3] = 255  # of new pixel 0 three quarters, of 1 one quarter, both ways
    corner = shrink(images, (28, 28))[0, :2, :2]
    share = np.array([0.75, 0.25]) / 3.75
    np.testing.assert_array_equal(corner, np.rint(255 * np.outer(share, share)))
    noise = np.random.default_rng(0).integers(0, 256, (600, 10, 10), np.uint8)
    assert abs(shrink(noise, (4, 7)).mean() - noise.mean()) < 0.05
    np.testing.assert_array_equal(shrink(noise, (10, 10)), noise)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (bytes([0, 0, 9, 1, 0, 0, 0, 1, 7]), "should begin with 00 00 08, got 00 00 09"),
        (b"", "should begin with"),
        (bytes([0, 0, 8, 1, 0, 0, 0, 3, 7, 7]), r"shape \(3,\) should hold 3 elements, got 2"),
    ],
)
def test_idx_of_another_kind_is_refused(content, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_idx(gzip.compress(content))


@pytest.mark.parametrize(
    "text", [b"0 1\n0 2\n", b"0 1\n0\n", b"0 1", b"0,1\n1,1\n", b"", b"01 1\n"]
)
def test_amat_of_another_kind_is_refused(text):
    with pytest.raises(ValueError, match="an AMAT text"):
        parse_amat(text)


def test_omniglot_zip_needs_pillow(monkeypatch):
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ImportError, match=r"need Pillow: pip install 'unlabeled\[plot\]'"):
        omniglot._parse_zip(b"")


def test_omniglot_zip_equals_npz():
    """Rows are ordered by character and drawer whatever the order in the zip."""
    image = pytest.importorskip("PIL.Image")
    paper = np.random.default_rng(0).random((2, 20, 105, 105)) < 0.9
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for drawer in reversed(range(20)):
            for character in (1, 0):
                png = io.BytesIO()
                image.fromarray(paper[character, drawer]).save(png, format="png")
                folder = f"images/{'Zulu' if character == 0 else 'Aztec'}/character01"
                name = f"{folder}/{character + 965:04}_{drawer + 1:02}.png"
                archive.writestr(name, png.getvalue())
    images, labels = omniglot._parse_zip(buffer.getvalue())
    buffer = io.BytesIO()
    np.savez_compressed(buffer, images=paper)
    expected, characters = omniglot._parse_npz(buffer.getvalue(), 964)
    np.testing.assert_array_equal(images, expected)
    np.testing.assert_array_equal(labels, characters)
    assert labels.tolist() == [964] * 20 + [965] * 20
    np.testing.assert_array_equal(images == 255, ~paper.reshape(-1, 105, 105))


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "split", "mean", "counts"),
    [
        ("mnist", "train", 33.31842, [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]),
        ("mnist", "test", 33.79122, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]),
        ("fashion-mnist", "train", 72.94035, [6000] * 10),
        ("fashion-mnist", "test", 73.14656, [1000] * 10),
    ],
)
def test_real_images_and_labels(name, split, mean, counts):
    X, y = datasets.load(name, split, return_labels=True)
    n = datasets.info(name).splits[split]
    assert X.shape == (n, 784) and X.dtype == np.uint8 and X.flags.writeable
    assert X.mean() == pytest.approx(mean, abs=1e-4)
    assert np.bincount(y).tolist() == counts


@pytest.mark.data
@pytest.mark.parametrize(("splits", "source"), [(["train", "valid"], "train"), (["test"], "test")])
def test_real_binarized_mnist_is_a_draw_from_mnist(splits, source):
    """Its rows are shuffled, but each pixel is lit as often as the grey levels say."""
    X = [datasets.load("binarized-mnist", split) for split in splits]
    sizes = datasets.info("binarized-mnist").splits
    assert [part.shape for part in X] == [(sizes[split], 784) for split in splits]
    assert all(part.dtype == np.uint8 and part.max() == 1 for part in X)
    lit = np.concatenate(X).mean(axis=0)
    p = datasets.load("mnist", source).mean(axis=0) / 255
    n = sum(map(len, X))
    assert (np.abs(lit - p) <= 5 * np.sqrt(p * (1 - p) / n)).all()


@pytest.mark.data
@pytest.mark.parametrize(
    ("split", "first", "n_characters"), [("train", 0, 964), ("evaluation", 964, 659)]
)
def test_real_omniglot(split, first, n_characters):
    X, y = datasets.load("omniglot", split, return_labels=True)
    assert X.shape == (datasets.info("omniglot").splits[split], 784)
    assert 0.07 < X.mean() / 255 < 0.09  # ink is bright and rare
    np.testing.assert_array_equal(y, np.repeat(np.arange(first, first + n_characters), 20))


@pytest.mark.data
def test_real_omniglot_zip_equals_npz():
    """The publisher's PNG files give the pixels and the labels of the array."""
    images, y = omniglot.read("background")
    small, y_small = omniglot.read("background_small1")
    assert small.shape == (2720, 105, 105)
    assert 0.07 < np.mean(small == 255) < 0.09 and not np.any((small > 0) & (small < 255))
    same = np.isin(y, y_small)
    np.testing.assert_array_equal(small, images[same])
    np.testing.assert_array_equal(y_small, y[same])


def test_corrupted_local_set_is_named(empty_cache, tmp_path, monkeypatch):
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path))
    path = tmp_path / "mnist" / "t10k-images-idx3-ubyte.gz"
    path.parent.mkdir()
    path.write_bytes(b"half of it")
    with pytest.raises(CorruptedFileError, match=str(path)):
        datasets.load("mnist", "test")
    assert path.exists()


@pytest.mark.parametrize("name", sorted({*datasets.available()} - {"digits"}))
def test_without_a_file_or_network_the_sentence_says_what_to_do(empty_cache, monkeypatch, name):
    monkeypatch.delenv("UNLABELED_DATA", raising=False)
    with pytest.raises(OSError, match=r"no network in tests.*in a folder named by UNLABELED_DATA"):
        datasets.load(name)
