"""Faces, rectangles, photographs and tables: their files, and what is made of them."""

import io
import zipfile
from hashlib import sha256

import numpy as np
import pytest
from scipy.io import savemat

from unlabeled import datasets
from unlabeled.datasets import (
    CorruptedFileError,
    anomalies,
    frey,
    icml_rectangles,
    natural_images,
    natural_patches,
    olivetti,
    photographs,
)
from unlabeled.datasets.amat import stream_amat
from unlabeled.datasets.fetch import PublishedFile


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path))
    return tmp_path


def put(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)


def mat(key, images, **options):
    """A MAT file of images (n, d), each in a column."""
    file = io.BytesIO()
    savemat(file, {key: images.T}, **options)
    return file.getvalue()


@pytest.mark.parametrize("compressed", [False, True])
def test_olivetti_is_turned_upright_and_split_by_photograph(folder, monkeypatch, compressed):
    images = np.random.default_rng(0).integers(0, 256, (400, 64, 64), np.uint8)
    columns = images.transpose(0, 2, 1).reshape(400, -1)
    monkeypatch.setattr(olivetti, "_SHA256", sha256(columns.tobytes()).hexdigest())
    content = mat("faces", columns, do_compression=compressed)
    put(folder / "olivetti" / "olivettifaces.mat", content)
    for split, chosen, people in [
        ("train", np.arange(400) % 10 < 8, np.repeat(np.arange(40), 8)),
        ("test", np.arange(400) % 10 > 7, np.repeat(np.arange(40), 2)),
        ("last_10_people", np.arange(400) >= 300, np.repeat(np.arange(30, 40), 10)),
    ]:
        X, y = datasets.load("olivetti", split, return_labels=True)
        assert len(X) == datasets.info("olivetti").splits[split]
        np.testing.assert_array_equal(X, images[chosen].reshape(len(X), -1))
        np.testing.assert_array_equal(y, people)


def test_frey_is_higher_than_wide(folder, monkeypatch):
    frames = np.random.default_rng(0).integers(0, 256, (1965, 28, 20), np.uint8)
    monkeypatch.setattr(frey, "_SHA256", sha256(frames.tobytes()).hexdigest())
    put(folder / "frey" / "frey_rawface.mat", mat("ff", frames.reshape(1965, -1)))
    X = datasets.load("frey", "test")
    np.testing.assert_array_equal(X, frames[1572:].reshape(393, -1))
    small = datasets.load("frey", size=(14, 5)).reshape(-1, 14, 5)
    blocks = frames[:1572].reshape(1572, 14, 2, 5, 4).mean(axis=(2, 4))
    np.testing.assert_array_equal(small, np.rint(blocks))


@pytest.mark.parametrize(
    "content",
    [b"", b"half of it" * 50, mat("other", np.eye(3, dtype=np.uint8)), mat("ff", np.eye(3))],
    ids=["empty", "broken", "another key", "other numbers"],
)
def test_mat_file_of_another_kind_is_named(folder, content):
    put(folder / "frey" / "frey_rawface.mat", content)
    with pytest.raises(CorruptedFileError, match=r"frey_rawface\.mat is corrupted or partial"):
        datasets.load("frey")


def amat(rows):
    lines = ("".join(f"   {number:.7e}" for number in row) + "\n" for row in rows)
    return "".join(lines).encode()


def test_amat_is_streamed(monkeypatch):
    monkeypatch.setattr("unlabeled.datasets.amat._LINES", 4)
    bits = np.random.default_rng(0).integers(0, 2, (10, 7), np.uint8)
    np.testing.assert_array_equal(stream_amat(io.BytesIO(amat(bits)), (10, 7)), bits)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (amat(np.ones((2, 3))), "should be longer"),
        (amat(np.ones((4, 3))), "should be shorter"),
        (amat(np.full((3, 3), 2)), "should hold .* only"),
        (amat(np.ones((3, 3))).replace(b"\n", b" "), "should hold .* only"),
        (amat(np.ones((3, 3))).replace(b"+", b"-"), "should hold .* only"),
    ],
)
def test_amat_of_another_kind_is_refused(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        stream_amat(io.BytesIO(text), (3, 3))


def test_rectangles_are_read_from_the_zip(folder, monkeypatch):
    """Its first 1,000 rows train, the other 200 validate; the label ends each line."""
    images, y = datasets.rectangles(1200, random_state=0, return_labels=True)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr("rectangles_train.amat", amat(np.column_stack([images, y])))
    put(folder / "larochelle2007" / "rectangles.zip", content.getvalue())
    file = PublishedFile("rectangles.zip", sha256(content.getvalue()).hexdigest())
    monkeypatch.setattr(icml_rectangles, "_FILE", file)
    for split, rows in [("train", slice(1000)), ("valid", slice(1000, None))]:
        X, labels = datasets.load("rectangles", split, return_labels=True)
        np.testing.assert_array_equal(X, images[rows])
        np.testing.assert_array_equal(labels, y[rows])


def test_photographs_are_made_grey_and_cut(folder, monkeypatch):
    image = pytest.importorskip("PIL.Image")
    rng = np.random.default_rng(0)
    colours = rng.integers(0, 256, (30, 40, 3), np.uint8)
    grey = rng.integers(0, 256, (12, 25), np.uint8)
    checksums = {}
    for name, pixels in [("colours", colours), ("grey", grey)]:
        png = io.BytesIO()
        image.fromarray(pixels).save(png, format="png")
        checksums[name] = sha256(png.getvalue()).hexdigest()
        put(folder / "natural-images" / "Set5" / f"{name}.png", png.getvalue())
    monkeypatch.setattr(photographs, "_SHA256", {"test": checksums})
    luminance, levels = natural_images("test")
    np.testing.assert_allclose(255 * luminance, colours @ [0.299, 0.587, 0.114], atol=1e-4)
    np.testing.assert_array_equal(np.rint(255 * levels), grey)
    X = datasets.load("natural-patches", "test").reshape(-1, 12, 12)
    assert len(X) == 2 * 3 + 1 * 2
    tile = np.rint(255 * luminance[12:24, 24:36])
    np.testing.assert_array_equal(X[5], tile)
    np.testing.assert_array_equal(X[7], grey[:12, 12:24])


def test_sample_photographs_need_no_file(monkeypatch, tmp_path):
    pytest.importorskip("PIL")
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path))
    for image in natural_images():
        assert image.dtype == np.float32 and 0 <= image.min() < 0.05 and 0.85 < image.max() <= 1
    with pytest.raises(ValueError, match="'sample', 'train' or 'test', got 'set5'"):
        natural_images("set5")


def test_patches_come_from_every_place_of_every_picture_equally():
    rng = np.random.default_rng(0)
    pictures = [rng.random((4, 5)), rng.random((3, 6))]  # 2 x 3 and 1 x 4 places
    X = natural_patches(20_000, 3, images=pictures, random_state=0)
    places = [(0, i, j) for i in range(2) for j in range(3)] + [(1, 0, j) for j in range(4)]
    windows = np.array([pictures[k][i : i + 3, j : j + 3].ravel() for k, i, j in places])
    windows -= windows.mean(axis=1, keepdims=True)
    distance = np.abs(X[:, None] - windows).max(axis=2)
    assert distance.min(axis=1).max() < 1e-6
    counts = np.bincount(distance.argmin(axis=1), minlength=10)
    assert np.abs(counts - 2000).max() < 4.5 * np.sqrt(2000)


def test_flat_patches_are_left_out():
    picture = np.random.default_rng(0).random((40, 400)).astype(np.float32)
    picture[:, 20:] = 0.5
    X = natural_patches(2000, 8, images=[picture], random_state=0)
    assert len(X) == 2000 and X.std(axis=1).min() >= 0.1 * picture.std()


def test_whitening_flattens_the_spectrum_of_nature():
    """Amplitudes 1/f become exp(-(f / 0.4)^4), whatever the shape of the picture."""
    height, width = 300, 420
    f = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width))
    noise = np.fft.rfft2(np.random.default_rng(0).standard_normal((height, width)))
    picture = np.fft.irfft2(noise / np.maximum(f, 1e-9) * (f > 0), s=(height, width))
    X = natural_patches(4000, 16, images=[picture], whiten=True, random_state=0)
    assert X.std() == pytest.approx(1, abs=0.05)
    power = (np.abs(np.fft.rfft2(X.reshape(-1, 16, 16))) ** 2).mean(axis=0)
    ring = np.hypot(np.fft.fftfreq(16)[:, None], np.fft.rfftfreq(16))
    expected = np.exp(-2 * (ring / 0.4) ** 4)
    inside = (ring > 0.1) & (ring < 0.38)
    ratio = power[inside] / expected[inside]
    assert ratio.std() < 0.1 * ratio.mean()


@pytest.mark.parametrize(
    ("images", "options", "sentence"),
    [
        ([np.zeros((30, 30, 3))], {}, r"grey, \(height, width\).* got shape \(30, 30, 3\)"),
        ([np.eye(11)], {}, "at least 12 x 12 pixels, got shape"),
        ([np.eye(19)], {"whiten": True}, "at least 20 x 20 pixels"),
        ([np.full((20, 20), np.nan)], {}, "finite numbers that differ, got values from nan"),
        ([np.ones((20, 20))], {}, "finite numbers that differ, got values from 1.0 to 1.0"),
        ([np.add.outer(np.arange(900), np.arange(900))], {}, "vary within 12 x 12 pixels"),
        ("set5", {}, "'sample', 'train' or 'test'"),
        ([np.eye(20)], {"size": 1}, "size >= 2 are needed, got 5 and 1"),
    ],
)
def test_pictures_without_patches_are_refused(images, options, sentence):
    with pytest.raises(ValueError, match=sentence):
        natural_patches(5, images=images, **options)


def test_anomalies_are_read_as_published(folder, monkeypatch):
    content = io.BytesIO()
    X, y = np.arange(6, dtype=np.uint8).reshape(3, 2), np.array([0, 1, 0], np.int32)
    np.savez(content, X=X, y=y)
    checksum = sha256(content.getvalue()).hexdigest()
    monkeypatch.setattr(anomalies, "_FILES", {"toy": ("99_Toy", checksum)})
    put(folder / "adbench" / "99_Toy.npz", content.getvalue())
    table, labels = datasets.load_anomalies("toy")
    assert table.dtype == np.float64 and labels.dtype == np.int64
    np.testing.assert_array_equal(table, X)
    np.testing.assert_array_equal(labels, y)


def test_unknown_table_is_refused():
    with pytest.raises(ValueError, match="got 'Cardo': did you mean 'cardio'"):
        datasets.load_anomalies("Cardo")


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "splits", "d", "low", "high", "mean"),
    [
        ("olivetti", ["train", "test"], 4096, 0, 242, 132.384),
        ("olivetti", ["first_30_people", "last_10_people"], 4096, 0, 242, 132.384),
        ("frey", ["train", "test"], 560, 8, 238, 154.461),
    ],
)
def test_real_faces(name, splits, d, low, high, mean):
    parts = [datasets.load(name, split) for split in splits]
    sizes = datasets.info(name).splits
    assert [part.shape for part in parts] == [(sizes[split], d) for split in splits]
    X = np.concatenate(parts)
    assert len(X) == sizes["all"] and (X.min(), X.max()) == (low, high)
    assert X.mean() == pytest.approx(mean, abs=1e-3)
    height, width = datasets.info(name).shape[1:]
    images = X.reshape(-1, height, width).astype(float)
    for axis in (1, 2):  # upright images change little from pixel to pixel
        assert np.abs(np.diff(images, axis=axis)).mean() < 0.45 * images.std()


@pytest.mark.data
def test_real_natural_patches():
    for split in ("train", "test"):
        X = datasets.load("natural-patches", split)
        assert X.shape == (datasets.info("natural-patches").splits[split], 144)
        assert X.min() == 0 and X.max() == 255
        whole = np.concatenate([image.ravel() for image in natural_images(split)])
        assert X.mean() == pytest.approx(255 * whole.mean(), abs=1)


@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "shape", "n_anomalies"),
    [
        ("annthyroid", (7200, 6), 534), ("breastw", (683, 9), 239), ("cardio", (1831, 21), 176),
        ("glass", (214, 7), 9), ("ionosphere", (351, 32), 126),
        ("mammography", (11183, 6), 260), ("mnist", (7603, 100), 700),
        ("optdigits", (5216, 64), 150), ("pendigits", (6870, 16), 156), ("pima", (768, 8), 268),
        ("satellite", (6435, 36), 2036), ("shuttle", (49097, 9), 3511),
        ("vowels", (1456, 12), 50), ("wdbc", (367, 30), 10), ("wine", (129, 13), 10),
    ],
)  # fmt: skip
def test_real_anomalies(name, shape, n_anomalies):
    assert name in datasets.anomaly_sets()
    X, y = datasets.load_anomalies(name)
    assert X.shape == shape and np.isfinite(X).all()
    assert np.bincount(y).tolist() == [shape[0] - n_anomalies, n_anomalies]
