"""Papers: what is run, what is written, what is printed."""

import json
import sys
from pathlib import Path
from types import ModuleType

import pytest

from unlabeled import RBM, papers
from unlabeled.papers import annealing_bracket, results, salakhutdinov_murray_2008
from unlabeled.papers.record import circumstances

ROOT = Path(__file__).parent.parent


@pytest.fixture
def toy(monkeypatch):
    """A paper of two runs that remembers what was asked of it."""
    module = ModuleType("unlabeled.papers.toy_1999")
    module.TITLE, module.CITATION = "Toy 1999", "Nobody. Toys. 1999."
    module.PROTOCOL, module.COLUMNS = ["One sentence."], ["nats", "interval", "covered"]
    module.RUNS = {
        "first": {
            "label": "First",
            "note": "a",
            "params": {"x": 1},
            "seeds": [0, 1],
            "published": "-3.2",
        },
        "second": {"label": "Second", "note": "b", "params": {}, "seeds": [0]},
    }
    module.asked = []

    def run(key, seed, *, checkpoint, quiet):
        module.asked.append((key, seed))
        module.found = checkpoint.exists()
        checkpoint.mkdir(parents=True)
        return {"nats": -1.5 - seed, "interval": [-2.0, -1.0], "covered": 25, "seconds": 90.0}

    module.run = run
    monkeypatch.setitem(sys.modules, "unlabeled.papers.toy_1999", module)
    genuine = results.available()
    monkeypatch.setattr(results, "available", lambda: [*genuine, "toy-1999"])
    return module


def test_every_run_and_seed_is_kept_and_shown(toy, tmp_path, capsys):
    record = papers.reproduce("toy-1999", out=tmp_path)
    assert toy.asked == [("first", 0), ("first", 1), ("second", 0)]
    assert record == json.loads((tmp_path / "toy-1999.json").read_text())
    lines = papers.table(record).splitlines()
    assert lines[2].startswith("| First | 0 | -3.2 | -1.50 | -2.00 … -1.00 | 25 | 1.5 min |")
    assert lines[4].startswith("| First | mean of 2 | -3.2 | -2.00 |  |")
    assert lines[5].startswith("| Second | 0 | – |")
    assert lines[2] in capsys.readouterr().out
    papers.reproduce("toy-1999", only="second", out=tmp_path, quiet=True)
    assert not toy.found, "what was trained before must not be taken for a new measurement"
    page = papers.page(tmp_path)
    assert "## Toy 1999" in page and lines[3] in page and "- One sentence." in page


def test_runs_are_chosen_and_replace_their_own_record_only(toy, tmp_path):
    papers.reproduce("toy-1999", out=tmp_path, quiet=True)
    toy.asked.clear()
    record = papers.reproduce("toy-1999", only=["second", "first:1"], out=tmp_path, quiet=True)
    assert toy.asked == [("second", 0), ("first", 1)]
    assert [(r["run"], r["seed"]) for r in record["results"]] == [
        ("first", 0),
        ("first", 1),
        ("second", 0),
    ]


def test_unknown_names_are_refused(toy, tmp_path):
    with pytest.raises(ValueError, match=r"paper must be one of .*, got 'hinton'"):
        papers.reproduce("hinton", out=tmp_path)
    with pytest.raises(ValueError, match=r"run must be one of first, second .*, got 'third'"):
        papers.reproduce("toy-1999", only="third", out=tmp_path)


@pytest.mark.parametrize("name", papers.available())
def test_every_paper_says_what_it_does(name):
    module = results.paper(name)
    assert module.TITLE and module.CITATION and module.PROTOCOL and module.COLUMNS
    for run in module.RUNS.values():
        assert run["label"] and run["note"] and run["seeds"] and run["params"]


def test_the_recipe_pins_every_parameter_that_decides_what_is_learned():
    free = {"validation_fraction", "device", "random_state", "verbose"}
    pinned = set(salakhutdinov_murray_2008.RUNS["pcd"]["params"])
    assert pinned == set(RBM().get_params()) - free
    assert salakhutdinov_murray_2008.model("cd25", 3).sampler.n_steps == 25
    assert salakhutdinov_murray_2008.model("defaults", 3).get_params() == (
        RBM(500, random_state=3).get_params()
    )


def test_worlds_of_the_bracket_are_bits():
    for key in annealing_bracket.RUNS:
        X = annealing_bracket.data(key, 0)
        assert set(X.ravel()) == {0, 1}


def test_circumstances_are_told():
    found = circumstances()
    assert found["threads"] >= 1 and found["hardware"] and found["versions"]["torch"]


def test_the_committed_page_is_made_of_the_committed_results():
    assert (ROOT / "docs" / "results.md").read_text() == papers.page(ROOT / "results")
