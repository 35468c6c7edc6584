"""MovieLens: an archive made by hand, and the publisher's where it is at hand."""

import io
import os
import zipfile
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from scipy.io import savemat

from unlabeled import datasets
from unlabeled.datasets import CorruptedFileError, load_movielens, movielens, movielens_films


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path))
    (tmp_path / "movielens" / "ml-1m").mkdir(parents=True)
    return tmp_path / "movielens"


def triples(*rows, end="\t881250949\n"):
    return "".join("\t".join(map(str, row)) + end for row in rows).encode()


def archive(**changed):
    """A zip of all members that are read."""
    flags = "|".join("1" if k == 2 else "0" for k in range(3))
    members = dict.fromkeys(movielens._MEMBERS, triples((1, 1, 3)))
    members |= {
        "u.genre": b"unknown|0\nAction|1\nDrama|2\n\n",
        "u.item": f"1|Caf\xe9 (1995)|01-Jan-1995||http|{flags}\n".encode("latin-1"),
        "u1.base": triples((1, 2, 5), (943, 1682, 1)),
        "u1.test": triples((2, 3, 4)),
        **changed,
    }
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for name, content in members.items():
            made.writestr(f"ml-100k/{name}", content)
    return file.getvalue()


def put(folder, monkeypatch, content):
    (folder / "ml-100k.zip").write_bytes(content)
    checksum = sha256(movielens._unpacked(content)).hexdigest()
    monkeypatch.setitem(movielens._SHA256, "100k", checksum)


def test_a_split_is_two_matrices(folder, monkeypatch):
    put(folder, monkeypatch, archive())
    train, test = load_movielens("100k", "u1")
    assert train.shape == test.shape == (943, 1682) and train.dtype == np.float32
    assert train[0, 1] == 5 and train[942, 1681] == 1 and train.nnz == 2
    assert test[1, 2] == 4 and test.nnz == 1
    assert load_movielens().nnz == 1


def test_films_have_titles_and_genres(folder, monkeypatch):
    put(folder, monkeypatch, archive())
    films = movielens_films()
    assert films.names == ["unknown", "Action", "Drama"]
    assert films.titles[0] == "Café (1995)" and films.titles[1] == ""
    assert films.genres.shape == (1682, 3)
    assert films.genres[0].tolist() == [False, False, True] and not films.genres[1:].any()


def test_the_larger_set(folder, monkeypatch):
    train, probe = np.array([[1, 1, 5], [6040, 3952, 2]], np.uint16), np.array([[2, 1, 3]])
    file = io.BytesIO()
    savemat(file, {"train_vec": train, "probe_vec": probe})
    (folder / "ml-1m" / "moviedata.mat").write_bytes(file.getvalue())
    monkeypatch.setitem(movielens._SHA256, "moviedata.mat", sha256(file.getvalue()).hexdigest())
    train, probe = load_movielens("1m", "probe")
    assert train[0, 0] == 5 and train[6039, 3951] == 2 and probe[1, 0] == 3
    assert load_movielens("1m").nnz == 3
    content = b"2::Heat (1995)::Action|Crime\n"
    monkeypatch.setitem(movielens._SHA256, "movies.dat", sha256(content).hexdigest())
    (folder / "ml-1m.zip").write_bytes(_zip("ml-1m/movies.dat", content))
    from_zip = movielens_films("1m")
    (folder / "ml-1m" / "movies.dat").write_bytes(content)
    for films in (from_zip, movielens_films("1m")):
        assert films.titles[1] == "Heat (1995)" and films.names == ["Action", "Crime"]
        assert films.genres[1].all() and not films.genres[0].any()


def _zip(name, content):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(name, content)
    return file.getvalue()


@pytest.mark.parametrize("content", [b"no zip", _zip("ml-100k/u.data", b"1")])
def test_a_damaged_archive_is_refused(folder, content):
    (folder / "ml-100k.zip").write_bytes(content)
    with pytest.raises(CorruptedFileError, match="is corrupted or partial"):
        load_movielens()


def test_names_that_do_not_exist():
    with pytest.raises(ValueError, match=r"size should be one of \['100k', '1m'\], got '10m'"):
        load_movielens("10m")
    with pytest.raises(ValueError, match="split of MovieLens 1m should be one of"):
        load_movielens("1m", "u1")


def _at_hand(*name):
    return (
        os.environ.get("UNLABELED_DATA")
        and Path(os.environ["UNLABELED_DATA"], "movielens", *name).exists()
    )


@pytest.mark.skipif(not _at_hand("ml-100k.zip"), reason="needs MovieLens 100k on disk")
def test_the_folds_of_100k():
    X = load_movielens()
    assert X.nnz == 100_000 and np.diff(X.indptr).min() == 20
    assert np.bincount(X.data.astype(int)).tolist() == [0, 6110, 11370, 27145, 34174, 21201]
    tested = 0
    for split in ("u1", "u2", "u3", "u4", "u5", "ua", "ub"):
        train, test = load_movielens(split=split)
        assert abs(train + test - X).sum() == 0 and train.multiply(test).nnz == 0
        if split in ("ua", "ub"):
            assert (np.diff(test.indptr) == 10).all()
        else:
            tested = tested + test
    assert abs(tested - X).sum() == 0
    films = movielens_films()
    assert films.titles[49] == "Star Wars (1977)"
    assert {films.names[k] for k in np.flatnonzero(films.genres[49])} >= {"Sci-Fi", "War"}


@pytest.mark.skipif(not _at_hand("ml-1m", "moviedata.mat"), reason="needs MovieLens 1M on disk")
def test_the_split_of_1m():
    train, probe = load_movielens("1m", "probe")
    assert train.nnz == 900_000 and probe.nnz == 100_209
    assert ((train + probe).sum(0) > 0).sum() == 3706
    assert datasets.movielens_films("1m").titles[0] == "Toy Story (1995)"
