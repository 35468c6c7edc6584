"""Posts to newsgroups: how they are cut into words, and the real ones."""

import io
import tarfile
from hashlib import sha256
from importlib import import_module

import numpy as np
import pytest

from unlabeled.datasets import newsgroups
from unlabeled.datasets.fetch import PublishedFile
from unlabeled.datasets.stem import stem

POSTS = {
    "20news-bydate-train/sci.space/2": "From: me\nSubject: moon\n\n> rockets?\nAn orbit, orbits!",
    "20news-bydate-train/sci.med/1": "From: you\t\tDoctors orbited a doctor.\tJoe writes:\tgone",
    "20news-bydate-train/sci.med/3": "From: none\n\nthe of and",
    "20news-bydate-test/sci.space/4": "From: they\n\nA rocket orbiting: x 7\n| doctor",
}


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A publisher with four posts and a vocabulary."""
    here = import_module("unlabeled.datasets.newsgroups")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for name, text in POSTS.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode("latin-1")))
    files = {"_POSTS": ("posts.tar.gz", packed.getvalue()), "_NVDM": ("words", b"the 9\nfrom 3\n")}
    (tmp_path / "20newsgroups").mkdir()
    for name, (file, content) in files.items():
        (tmp_path / "20newsgroups" / file).write_bytes(content)
        published = PublishedFile(file, sha256(content).hexdigest())
        monkeypatch.setattr(here, name, (published,) if name == "_POSTS" else published)
    monkeypatch.setenv("UNLABELED_DATA", str(tmp_path))


def test_bodies_are_cut_into_stems(world):
    X, y, words = newsgroups("train")
    assert list(words[:2]) == ["orbit", "doctor"] or list(words[:2]) == ["doctor", "orbit"]
    assert y.tolist() == ["sci.med", "sci.space"]  # one post has stop words only
    counts = {w: X[:, [k]].toarray()[:, 0].tolist() for k, w in enumerate(words)}
    assert counts["orbit"] == [1, 2] and counts["doctor"] == [2, 0]
    assert not {"rocket", "moon", "you", "joe"} & {*words}
    assert newsgroups("train", 1).X.shape == (2, 1)


def test_columns_of_the_test_posts_are_those_of_training(world):
    X, y, words = newsgroups("test")
    assert list(words) == list(newsgroups("train").words) and y.tolist() == ["sci.space"]
    assert X.toarray()[0].tolist() == [int(word == "orbit") for word in words]
    quoted = newsgroups("test", quotes=True)
    assert quoted.X.toarray()[0, list(quoted.words).index("doctor")] == 1


def test_a_vocabulary_that_was_published(world):
    X, _, words = newsgroups("train", words="nvdm")
    assert words.tolist() == ["the", "from"]
    assert X.toarray().tolist() == [[0, 1], [1, 1], [0, 1]]
    assert newsgroups("test", 1, words="nvdm").X.shape == (0, 1)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"split": "valid"}, r"one of \['train', 'test'\], got 'valid'"),
        ({"words": "all"}, "words should be 'stems' or 'nvdm', got 'all'"),
        ({"n_words": 0}, "an integer of at least 1, got 0"),
        ({"n_words": 2001, "words": "nvdm"}, "an integer from 1 to 2000, got 2001"),
    ],
)
def test_requests_that_make_no_sense(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        newsgroups(**arguments)


STEMS = """caresses caress ponies poni ties ti cats cat feed feed agreed agre plastered plaster
bled bled motoring motor sing sing conflated conflat troubled troubl sized size hopping hop
tanned tan falling fall hissing hiss fizzed fizz failing fail filing file happy happi sky sky
relational relat conditional condit rational ration digitizer digit vileli vile
vietnamization vietnam operator oper feudalism feudal hopefulness hope sensibiliti sensibl
triplicate triplic formative form formalize formal electrical electr goodness good
revival reviv adjustment adjust adoption adopt effective effect bowdlerize bowdler
probate probat rate rate cease ceas controll control roll roll generalizations gener
oscillators oscil as as"""


def test_stems_are_those_of_the_paper():
    words = STEMS.split()
    assert {w: stem(w) for w in words[::2]} == dict(zip(words[::2], words[1::2], strict=True))


def test_the_published_posts():
    try:
        X, y, words = newsgroups("train")
    except OSError:
        pytest.skip("20 newsgroups are not at hand")
    assert X.shape == (11_271, 2000) and X.dtype == np.int32 and X.min() == 0
    assert len({*y}) == 20 and len(y) == 11_271 and len({*words}) == 2000
    assert X.sum(1).min() == 1 and X.has_sorted_indices
    assert {"god", "encrypt", "window", "hockei"} <= {*words}
