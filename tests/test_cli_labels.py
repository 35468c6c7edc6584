"""Labels on a command line: where they come from, and which models are told."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import unlabeled
from unlabeled.cli import main

SMALL = ["--n-components", "8", "--n-epochs", "60", "--batch-size", "10", "--random-state", "0"]


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Bits of two kinds of rows, as a table, as arrays, and without labels."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    y = np.arange(60) % 2
    X = (rng.random((60, 6)) < np.where(y[:, None], 0.9, 0.1)).astype(np.uint8)
    names = np.array(["few", "many"])[y]
    table = pd.DataFrame(X, columns=[f"bit {k}" for k in range(6)]).assign(kind=names)
    table.to_csv("table.csv", index=False)
    np.savez("arrays.npz", X=X, y=y, short=y[:5])
    np.save("bits.npy", X)
    return tmp_path


def fit(data, *words, model="ClassRBM"):
    return main(["fit", model, data, *SMALL, "--no-report", "--quiet", "--out", "run", *words])


def test_a_classifier_learns_from_a_column_of_a_table(place, capsys):
    assert fit("table.csv", "--labels", "kind", "--holdout", "0.3") == 0
    run = json.loads(Path("run/run.json").read_text())
    assert run["treatment"]["drop"] == ["kind"] and run["request"]["labels"] == "kind"
    assert run["results"]["error"] <= 0.1
    model = unlabeled.load("run")
    assert model.classes_.tolist() == ["few", "many"] and model.n_features_in_ == 6

    assert main(["predict", "run", "table.csv", "--labels", "kind", "--out", "found.npy"]) == 0
    found, names = np.load("found.npy"), pd.read_csv("table.csv")["kind"].to_numpy()
    share = 100 * np.mean(found != names)
    assert f"error {share:.2f} % of 60 rows of table.csv" in capsys.readouterr().out
    assert main(["predict", "run", "table.csv", "--quiet"]) == 0  # whose labels nobody names
    assert "error" not in capsys.readouterr().out
    np.testing.assert_array_equal(np.load("run/classes.npy"), found)


def test_samples_of_a_class_are_of_that_class(place, capsys):
    assert fit("arrays.npz:X", "--labels", "y") == 0
    for label, low, high in (("0", 0, 3), ("1", 3, 6)):
        words = ["--label", label, "--n-samples", "50", "--n-steps", "50", "--random-state", "0"]
        assert main(["sample", "run", *words]) == 0
        assert low <= np.load("run/samples.npy").sum(1).mean() <= high
    assert main(["sample", "run", "--label", "2"]) == 1
    assert "there is no class '2'" in capsys.readouterr().err


def test_a_conditional_model_is_told_the_labels_of_rows(place, capsys):
    words = ["fit", "VAE", "arrays.npz:X", "--conditional", "--n-components", "2"]
    words += ["--n-epochs", "2", "--random-state", "0", "--no-report", "--quiet", "--out", "run"]
    assert main([*words, "--labels", "y"]) == 0
    for command in ("encode", "reconstruct", "score"):
        assert main([command, "run", "arrays.npz:X", "--labels", "y", "--quiet"]) == 0
    with np.load("arrays.npz") as arrays:
        expected = unlabeled.load("run").transform(arrays["X"], arrays["y"])
    np.testing.assert_allclose(np.load("run/codes.npy"), expected, atol=1e-6)
    assert main(["encode", "run", "bits.npy", "--quiet"]) == 1
    assert "requires y" in capsys.readouterr().err


def test_a_model_without_classes_learns_the_same_and_leaves_the_column_out(place):
    assert fit("table.csv", "--labels", "kind", model="RBM") == 0
    labelled = unlabeled.load("run")
    assert fit("bits.npy", "--overwrite", model="RBM") == 0
    np.testing.assert_array_equal(labelled.components_, unlabeled.load("run").components_)


def test_a_report_is_told_the_labels_of_all_its_rows(place, monkeypatch):
    shown = {}
    monkeypatch.setattr("unlabeled.plot.report", lambda *args, **kwargs: shown.update(kwargs))
    words = ["fit", "RBM", "table.csv", "--labels", "kind", *SMALL, "--quiet", "--out", "run"]
    assert main([*words, "--holdout", "0.25", "--val-data", "table.csv"]) == 0
    names = pd.read_csv("table.csv")["kind"].tolist()
    assert sorted([*shown["y"], *shown["y_test"]]) == sorted(names)
    assert shown["y_val"].tolist() == names
    shown.clear()
    assert main(["report", "run", "table.csv", "--labels", "kind", "--quiet"]) == 0
    assert shown["y"].tolist() == names


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["bits.npy"], "ClassRBM learns from labels, and bits.npy comes without: name them"),
        (["bits.npy", "--labels", "y"], "--labels y needs a table with column names"),
        (["table.csv", "--labels", "kin"], "has no column 'kin' (did you mean kind?)"),
        (["arrays.npz:X", "--labels", "z"], "has no array 'z'"),
        (["arrays.npz:X", "--labels", "short"], "must be 60 labels, one per row, got shape (5,)"),
        (["digits", "--labels", "y"], "--labels is for files; digits brings its 10 classes along"),
        (["frey", "--labels", "y"], "--labels is for files; frey has no labels"),
        (["table.csv", "--labels", "kind", "--val-data", "bits.npy"], "needs a table"),
        (["digits", "--test-data", "bits.npy"], "learns from labels, and bits.npy comes without"),
    ],
)
def test_labels_that_are_not_there_are_a_sentence(place, capsys, words, message):
    assert fit(*words) == 1
    assert message in capsys.readouterr().err
    assert not Path("run").exists()


def test_who_knows_no_classes_says_so(place, capsys):
    assert fit("bits.npy", model="RBM") == 0
    assert main(["sample", "run", "--label", "1"]) == 1
    assert "this RBM learned no classes to draw one of" in capsys.readouterr().err
    assert main(["predict", "run", "bits.npy"]) == 1
    assert "RBM cannot predict" in capsys.readouterr().err
