"""From rows in a file to a trained model and back, by command."""

import json
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import unlabeled
from unlabeled.cli import main

SMALL = ["--n-components", "3", "--n-epochs", "2", "--batch-size", "10", "--random-state", "0"]


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(0)
    return (rng.random((40, 6)) < [0.1, 0.2, 0.5, 0.5, 0.8, 0.9]).astype(np.uint8)


@pytest.fixture
def place(tmp_path, monkeypatch, rows):
    monkeypatch.chdir(tmp_path)
    np.save("bits.npy", rows)
    return tmp_path


def fit(*words, data="bits.npy"):
    return main(["fit", "RBM", data, *SMALL, "--no-report", *words])


def epochs_of(folder):
    lines = (Path(folder) / "history.jsonl").read_text().splitlines()
    return [json.loads(line)["epoch"] for line in lines]


def test_a_run_leaves_what_it_promises(place, capsys, rows):
    assert fit("--out", "run", "--holdout", "0.25") == 0
    out, err = capsys.readouterr()
    assert "bits.npy: 30 rows of 6; values as they are" in err
    assert "epoch 1/2" in err and "epoch 2/2" in err
    assert epochs_of("run") == [1, 2]
    run = json.loads(Path("run/run.json").read_text())
    assert run["request"]["n_components"] == 3
    assert run["results"]["kind"] == "exact"
    assert f"{run['results']['log_likelihood']:.2f} nats per row (exact)" in out
    assert "bits.npy (held out)" in out
    assert "run\n" in out
    assert unlabeled.load("run").n_components == 3


def test_the_folder_has_a_name_of_its_own_and_quiet_is_quiet(place, capsys):
    assert fit("--quiet") == 0
    assert capsys.readouterr() == ("", "")
    assert unlabeled.load("rbm-bits").n_features_in_ == 6


def test_every_use_of_a_model_says_what_the_model_says(place, capsys, rows):
    fit("--out", "run")
    model = unlabeled.load("run")
    capsys.readouterr()

    assert main(["score", "run", "bits.npy", "--out", "scores.npy", "--quiet"]) == 0
    np.testing.assert_allclose(np.load("scores.npy"), model.score_samples(rows))
    assert f"{model.score(rows):.2f} nats per row (exact)" in capsys.readouterr().out

    assert main(["encode", "run", "bits.npy"]) == 0
    np.testing.assert_array_equal(np.load("run/codes.npy"), model.transform(rows))

    assert main(["reconstruct", "run", "bits.npy", "--out", "seen.csv"]) == 0
    np.testing.assert_allclose(pd.read_csv("seen.csv"), model.reconstruct(rows), rtol=1e-5)
    assert f"{model.reconstruction_error(rows).mean():.4g} per row" in capsys.readouterr().out

    assert (
        main(["sample", "run", "--n-samples", "7", "--n_steps", "5", "--random-state", "1"]) == 0
    )
    expected = model.sample(7, n_steps=5, random_state=1)
    np.testing.assert_array_equal(np.load("run/samples.npy"), expected)


def test_the_values_are_treated_as_in_training(place, rows, capsys):
    frame = pd.DataFrame(rows * 10.0, columns=list("abcdef")).assign(kind="x")
    frame.to_csv("table.csv", index=False)
    words = ["--scale", "minmax", "--drop", "kind", "--out", "run"]
    assert fit(*words, data="table.csv") == 0
    model = unlabeled.load("run")
    assert model.feature_names_in_.tolist() == list("abcdef")
    frame.drop(columns="kind").to_csv("other.csv", index=False)
    capsys.readouterr()
    assert main(["score", "run", "other.csv"]) == 0
    frame = pd.DataFrame(rows.astype(float), columns=list("abcdef"))
    assert f"{model.score(frame):.2f} nats" in capsys.readouterr().out

    assert main(["sample", "run", "--unscale", "--out", "new.csv", "--random-state", "0"]) == 0
    new = pd.read_csv("new.csv")
    assert list(new.columns) == list("abcdef")
    assert set(np.unique(new)) == {0.0, 10.0}


def test_grey_levels_get_no_likelihood_but_a_way_to_one(place, capsys):
    np.save("grey.npy", np.random.default_rng(0).integers(0, 256, (30, 2, 3), dtype=np.uint8))
    assert fit("--out", "run", data="grey.npy") == 0
    out, err = capsys.readouterr()
    assert "30 rows of 1x2x3; values divided by 255" in err
    assert "--binarize" in out and "nats" not in out
    assert unlabeled.load("run").image_shape_ == (1, 2, 3)
    assert main(["score", "run", "grey.npy"]) == 0
    assert "no likelihood" in capsys.readouterr().err
    main(["sample", "run", "--n-samples", "2"])
    assert np.load("run/samples.npy").shape == (2, 1, 2, 3)


def test_a_run_is_not_overwritten_unasked(place, capsys):
    fit("--out", "run")
    before = Path("run/model.safetensors").read_bytes()
    capsys.readouterr()
    assert fit("--out", "run", "--n-epochs", "1") == 1
    message = capsys.readouterr().err
    assert (
        "run holds a finished run: --resume goes on with it, --overwrite starts again" in message
    )
    assert Path("run/model.safetensors").read_bytes() == before
    (place / "run" / "mine.txt").write_text("keep")
    assert fit("--out", "run", "--n-epochs", "1", "--overwrite") == 0
    assert epochs_of("run") == [1]
    assert (place / "run" / "mine.txt").exists()


def test_a_folder_of_something_else_is_left_alone(place, capsys):
    (place / "photos").mkdir()
    (place / "photos" / "a.txt").write_text("keep")
    assert fit("--out", "photos", "--overwrite") == 1
    assert "not empty and holds no run" in capsys.readouterr().err
    assert fit("--out", "bits.npy") == 1


def test_a_start_that_failed_does_not_block_the_next(place, capsys):
    assert fit("--out", "run", "--n-components", "0") == 1
    assert fit("--out", "run", "--learning-rate", "1e30", "--visible", "gaussian") == 1
    assert fit("--out", "run") == 0


class Stop:
    """Ctrl-C in the second epoch."""

    def setup(self, estimator, context): ...

    def teardown(self, estimator, context): ...

    def on_fit_task_begin(self, estimator, context): ...

    def on_fit_task_end(self, estimator, context, *, metadata=None):
        if metadata and metadata["epoch"] == 2:
            raise KeyboardInterrupt


def test_an_interrupted_run_goes_on_to_the_same_model(place, capsys, monkeypatch):
    epochs = ["--n-epochs", "4"]
    fit("--out", "whole", *epochs)
    with monkeypatch.context() as patch:
        patch.setattr("unlabeled.cli.fit.progress_callbacks", lambda quiet: [Stop()])
        assert fit("--out", "run", *epochs) == 130
    assert "Repeat the command with --resume" in capsys.readouterr().err
    assert main(["score", "run", "bits.npy"]) == 1
    assert "an unfinished run: go on with --resume" in capsys.readouterr().err
    assert fit("--out", "run", *epochs) == 1
    assert "run holds an unfinished run" in capsys.readouterr().err

    assert fit("--out", "run", *epochs, "--resume") == 0
    assert epochs_of("run") == [1, 2, 3, 4]
    whole, resumed = unlabeled.load("whole"), unlabeled.load("run")
    np.testing.assert_array_equal(whole.components_, resumed.components_)


def test_a_run_is_resumed_as_it_was_started(place, capsys):
    fit("--out", "run")
    capsys.readouterr()
    assert fit("--out", "run", "--resume", "--learning-rate", "0.5") == 1
    assert "started with the default of --learning-rate, not 0.5" in capsys.readouterr().err
    assert fit("--out", "run", "--resume", "--binarize", "0.5") == 1
    assert fit("--out", "run", "--resume", "--n-epochs", "3") == 0
    assert epochs_of("run") == [1, 2, 3]


def test_resume_without_a_run_is_a_run(place):
    assert fit("--out", "run", "--resume") == 0


def test_a_model_saved_by_hand_can_be_used(place, rows, capsys):
    unlabeled.RBM(2, n_epochs=1, random_state=0).fit(rows).save("by-hand")
    assert main(["score", "by-hand", "bits.npy"]) == 0
    assert "values as they are" in capsys.readouterr().err


def test_objects_reach_the_model(place):
    assert fit("--out", "run", "--sampler", "PCD(n_steps=2, n_chains=5)") == 0
    assert unlabeled.load("run").sampler.options() == {"n_steps": 2, "n_chains": 5}
    assert fit("--out", "run", "--sampler", "PCD(n_steps=2, n_chains=5)", "--resume") == 0


def test_validation_rows_are_watched(place):
    shutil.copy("bits.npy", "watch.npy")
    assert fit("--out", "run", "--val-data", "watch.npy") == 0
    assert "val_reconstruction_error" in Path("run/history.jsonl").read_text()


def test_a_data_set_is_measured_on_its_test_part(place, capsys):
    assert fit("--out", "run", "--binarize", "0.5", data="digits") == 0
    out, err = capsys.readouterr()
    assert "digits:train: 1,437 rows of 1x8x8; values divided by 16; above 0.5 is 1" in err
    assert "measured on           digits:test" in out


def test_a_report_is_written_and_pictures_too(place, capsys):
    pytest.importorskip("matplotlib")
    fit("--out", "run")
    capsys.readouterr()
    assert main(["report", "run", "bits.npy", "--quiet"]) == 0
    assert capsys.readouterr().out == "run/report.html\n"
    assert "RBM on bits.npy" in Path("run/report.html").read_text("utf-8")
    assert main(["sample", "run", "--out", "new.png", "--n-steps", "1"]) == 0
    assert Path("new.png").read_bytes().startswith(b"\x89PNG")


def test_the_report_of_a_run_knows_its_parts(place, monkeypatch, rows):
    pytest.importorskip("matplotlib")
    calls = []
    monkeypatch.setattr("unlabeled.plot.report", lambda *args, **options: calls.append(options))
    np.save("watch.npy", rows[:5])
    words = ["--out", "run", "--holdout", "0.5", "--val-data", "watch.npy", "--report"]
    assert fit(*words) == 0
    (options,) = calls
    assert options["title"] == "RBM on bits.npy"
    assert (len(options["X_test"]), len(options["X_val"])) == (20, 5)


def test_without_matplotlib_a_report_is_refused_first(place, capsys, monkeypatch):
    monkeypatch.setattr("unlabeled.cli.tables.find_spec", lambda name: None)
    assert main(["fit", "RBM", "bits.npy", "--report"]) == 1
    assert "needs matplotlib" in capsys.readouterr().err
    monkeypatch.setattr("unlabeled.cli.fit.find_spec", lambda name: None)
    assert main(["fit", "RBM", "bits.npy", *SMALL]) == 0
    assert "no report: it needs matplotlib" in capsys.readouterr().err


def test_a_model_of_real_values_gets_its_density(place, capsys):
    np.save("real.npy", np.random.default_rng(0).normal(5, 2, (40, 3)))
    words = ["--visible", "gaussian", "--scale", "standard", "--learning-rate", "0.01"]
    assert fit(*words, "--out", "run", data="real.npy") == 0
    out, err = capsys.readouterr()
    assert "columns shifted and scaled" in err
    assert "nats per row (exact)" in out
