"""Order of rounds, what is made of the seconds, the peers' processes, the page; never how fast."""

import json
import re
import sys
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from benchmarks import NAMES, environments, growing, growth, pages, picture, processes
from benchmarks.__main__ import ROOT, chosen, main, renewed
from benchmarks.contest import Limit, Target, interleave, summary
from benchmarks.processes import Worker, Workers
from benchmarks.quick import quick
from benchmarks.rbm import DENSITY, data
from benchmarks.running import run

PEER = """
PACKAGES = ()

def toy(data, *, fail):
    print("chatter")
    def train():
        if fail:
            raise ArithmeticError("no")
        return data["X"] * 2
    return train, lambda model: {"twice": model}
"""


def test_rounds_are_interleaved_and_the_warm_up_does_not_count():
    order = []

    def contestant(name):
        return lambda: order.append(name) or float(len(order))

    seconds = interleave({n: contestant(n) for n in "abc"}, rounds=2, rest=0)
    assert "".join(order) == "abcabcabc"
    assert seconds == {"a": [4, 7], "b": [5, 8], "c": [6, 9]}


def test_summary_compares_medians_and_rounds():
    theirs = summary({"us": [1.0, 2.0, 9.0], "them": [4.0, 1.0, 8.0]}, "us")["them"]
    assert (theirs["median"], theirs["least"], theirs["most"]) == (4, 1, 8)
    assert theirs["ratio"] == 2
    assert (theirs["ratio_least"], theirs["ratio_most"]) == (0.5, 4)


@pytest.fixture
def toy(tmp_path):
    (tmp_path / "toy.py").write_text(PEER)
    np.save(tmp_path / "X.npy", np.arange(3))
    worker = Worker(Path(sys.executable), tmp_path / "toy.py", 1, tmp_path / "log")
    yield worker
    worker.close()


def test_worker_trains_keeps_and_survives_a_failure(toy, tmp_path):
    with pytest.raises(RuntimeError, match=r"toy\.py[\s\S]*ArithmeticError: no"):
        toy.ask("toy", tmp_path, {"fail": True})
    assert toy.ask("toy", tmp_path, {"fail": False}, tmp_path / "found.npz")["seconds"] >= 0
    assert np.load(tmp_path / "found.npz")["twice"].tolist() == [0, 2, 4]


@pytest.mark.parametrize("fresh", [False, True])
def test_a_peer_stays_in_its_process_unless_each_run_is_to_be_the_first(
    fresh, tmp_path, monkeypatch
):
    (tmp_path / "toy.py").write_text(PEER.replace('data["X"] * 2', "__import__('os').getpid()"))
    monkeypatch.setattr(processes, "PEERS", tmp_path)
    monkeypatch.setattr(processes, "interpreter", lambda peer: Path(sys.executable))
    kept = [tmp_path / f"{k}.npz" for k in range(2)]
    with Workers(tmp_path, 1, fresh=fresh) as workers:
        for keep in kept:
            workers.time("toy", "toy", tmp_path, {"fail": False}, keep)
        assert len(workers.living) == (not fresh)
    assert not workers.living and workers.megabytes.keys() == set(kept)
    one, two = (int(np.load(keep)["twice"]) for keep in kept)
    assert (one == two) == (not fresh)


def test_worker_that_dies_says_why(tmp_path):
    (tmp_path / "toy.py").write_text("import no_such_library")
    with pytest.raises(RuntimeError, match="No module named 'no_such_library'"):
        Worker(Path(sys.executable), tmp_path / "toy.py", 1, tmp_path / "log")


def test_environment_counts_only_for_the_versions_it_was_made_for(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLABELED_CACHE", str(tmp_path))
    assert environments.interpreter("unlabeled") == Path(sys.executable)
    assert environments.interpreter("rbms") is None
    place = environments.folder("rbms")
    place.mkdir(parents=True)
    (place / "made-for").write_text(environments._stamp(["rbms==0.0.1"]))
    assert environments.interpreter("rbms") is None
    (place / "made-for").write_text(environments._stamp(environments.peers()["rbms"]))
    assert environments.interpreter("rbms").is_relative_to(place)


def test_unknown_peer_is_refused():
    with pytest.raises(ValueError, match=r"peer must be one of learnergy, .*'nobody'"):
        environments.make("nobody")


@pytest.mark.parametrize("name", NAMES)
def test_benchmark_is_complete(name):
    benchmark = chosen(name)
    assert benchmark.name == name
    names = [c.name for c in benchmark.contestants]
    assert len(set(names)) == len(names)
    assert benchmark.contestants[0].peer == "unlabeled"
    for c in benchmark.contestants:
        source = (environments.PEERS / f"{c.peer}.py").read_text()
        assert re.search(rf"^def {name}\(\s*data, ", source, re.M)


def test_rbm_data_are_as_dense_as_mnist():
    X = data(2000)["X"]
    assert set(np.unique(X)) == {0, 1} and X.shape == (2000, 784)
    assert abs(X.mean() - DENSITY) < 0.002
    assert X.std(0).max() > 0.3  # not one picture only


@pytest.mark.parametrize("peer", ["unlabeled", "scikit_learn"])
def test_rbm_peer_learns_and_shows_it(peer):
    benchmark = chosen("rbm")
    options = next(c.options for c in benchmark.contestants if c.peer == peer)
    arrays = {name: X[:200] for name, X in data(200).items()}
    fit = import_module(f"benchmarks.peers.{peer}").rbm
    worth = []
    for learning_rate in (1e-9, 0.5):
        sizes = {"n_components": 5, "n_epochs": 10, "batch_size": 20}
        train, read = fit(arrays, **sizes, learning_rate=learning_rate, **options)
        worth.append(benchmark.worth(read(train()), arrays))
    assert worth[1] > worth[0] + 1


@pytest.mark.slow
def test_run_leaves_out_whom_it_cannot_find(tmp_path, monkeypatch):
    monkeypatch.setenv("UNLABELED_CACHE", str(tmp_path))
    said = []
    case = {"small batches": {"batch_size": 10, "n_components": 5}}
    benchmark = replace(chosen("rbm"), cases=case)
    record = run(benchmark, rounds=1, rows=100, threads=1, tell=said.append)
    assert record["missing"] == ["learnergy", "rbms"]
    assert "rbms is left out: python -m benchmarks setup rbms" in said
    table = record["cases"]["small batches"]
    assert next(iter(table)) == "Unlabeled" and "scikit-learn" in table
    assert json.loads(json.dumps(record)) == record
    assert "Left out, as not installed: learnergy, rbms." in pages.section(benchmark, record)


def test_page_holds_exactly_what_was_measured():
    text = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    assert text == renewed(text)


def made_up(**tables):
    """A record of a busy abacus."""
    return {
        "date": "2001-02-03",
        "commit": "abc",
        "hardware": "abacus",
        "threads": 2,
        "load": 9.0,
        "rounds": 1,
        "rows": 90_000,
        "options": {"n_epochs": 1},
        "versions": {"torch": "0"},
        "missing": [],
        "cases": {
            case: {name: {**e, "worth": -1.25} for name, e in summary(times, "us").items()}
            for case, times in tables.items()
        },
    }


def test_page_is_written_from_the_record(tmp_path):
    record = made_up(small={"us": [2.0], "them": [5.0]})
    (tmp_path / "benchmark-rbm.json").write_text(json.dumps(record))
    text = renewed("before <!-- rbm -->old<!-- /rbm --> after", tmp_path)
    assert "old" not in text and text.startswith("before ") and text.endswith(" after")
    assert re.search(r"them +\| 18 000 \| +5\.000 .* \| +2\.50 \(2\.50 \.\. 2\.50\)", text)
    assert "The machine was busy" in text
    with pytest.raises(ValueError, match="should have a place for 'rbm'"):
        renewed("no marks", tmp_path)


def test_targets_stand_beside_what_was_measured():
    record = made_up(small={"us": [2.0], "them": [5.0]}, large={"us": [1.0]})
    record["cases"]["small"]["us"]["megabytes"] = 150.0
    targets = (
        Target("small", "us", "them", 2.0),
        Target("small", "us", "them", 3.0),
        Limit("small", "us", "megabytes", 100, "MB"),
        Limit("small", "us", "median", 2.0, "s"),
        Target("large", "us", "them", 2.0),  # who did not run
    )
    lines = pages.asked(targets, record["cases"])
    assert [line[3:] for line in lines] == [
        [">= 2.00x", "2.50x", "met"],
        [">= 3.00x", "2.50x", "not met"],
        ["<= 100 MB", "150 MB", "not met"],
        ["<= 2 s", "2 s", "met"],
    ]
    benchmark = replace(chosen("rbm"), targets=targets, worth_format=".3f", rate="")
    text = pages.section(benchmark, record)
    assert "- us beside them: asked >= 3.00x, measured 2.50x, not met." in text
    assert "- us: asked <= 100 MB, measured 150 MB, not met." in text
    assert "-1.250" in text and "18 000" not in text
    assert "which has none" in text
    assert "which has none" not in pages.section(benchmark, record | {"hardware": "abacus, AMX"})


@pytest.mark.parametrize("name", NAMES)
def test_targets_name_what_there_is(name):
    benchmark = chosen(name)
    names = {c.name for c in benchmark.contestants} | {Limit.peer}
    for target in benchmark.targets:
        assert target.case in benchmark.cases
        assert {target.ours, target.peer} <= names
    assert {t.case for t in benchmark.targets} == benchmark.quick().cases.keys()


def test_the_quick_form_finds_out_what_was_learned_only_where_that_is_a_target():
    benchmark = replace(chosen("rbm"), worth=lambda found, data: 1.0)
    assert np.isnan(benchmark.quick().worth({}, {}))
    limit = Limit("batches of 100", "Unlabeled", "worth", 1.0, "nats")
    assert replace(benchmark, targets=(limit,)).quick().worth({}, {}) == 1.0


@pytest.mark.slow
def test_the_quick_form_is_one_table():
    small = {
        "name": "rbm",
        "cases": {"tiny": {"batch_size": 10, "n_components": 5}, "other": {}},
        "targets": (Target("tiny", "Unlabeled", "scikit-learn", 1e-6),),
        "quick_rows": 50,
    }
    said = quick([replace(chosen("rbm"), **small)], threads=1, tell=lambda line: None)
    assert said.count("\n| rbm, tiny ") == 1 and said.endswith(" met |")
    assert "other" not in said and "learnergy" not in said


def test_a_clock_ends_a_fit_after_its_steps():
    clock = growing.Clock(3)
    with pytest.raises(growing.Enough):
        [clock(0.0) for _ in range(9)]
    clock.times = [0.0, 5.0, 6.0, 8.0]
    assert clock.seconds() == 1.5  # of 1 and 2: the first is not like the others


def test_growth_is_measured_with_the_floor_beside_it():
    X = growing.simulated(1000)
    assert X.shape == (1000, 784) and set(np.unique(X)) == {0, 1}
    assert np.array_equal(X[1, :-16], X[0, 16:])
    point = {"n_components": 4, "batch_size": 500, "rows": 1000, "sync_every": 1}
    rates = growing.measured(point, {"ours": {}}, rounds=1)
    assert rates.keys() == {"ours", "floor float32", "floor bf16"} and min(rates.values()) > 0


def test_growth_goes_onto_the_page_and_into_the_picture(tmp_path):
    rates = {"float32": 12_345.0, "floor float32": 45_678.0}
    points = [{**point, "rates": rates} for point in growth.points()]
    points[0]["rates"] = {"float32": 9.0}
    record = {**made_up(), "points": points}
    text = growth.section(record)
    assert re.search(r"\| 10 000 000 +\| +12 300 \| +45 700 \|", text)
    assert re.search(r"\| 64 +\| +9 \| +– \|", text)
    path = picture.draw(record, tmp_path / "growth.svg")
    assert path.read_text().count("<svg") == 1


def test_without_a_command_it_lists(capsys):
    main([])
    said = capsys.readouterr().out
    assert all(name in said for name in [*NAMES, *environments.peers()])
