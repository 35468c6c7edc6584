"""One command, and a machine learns digits."""

import re

import numpy as np
import pytest

import unlabeled
from unlabeled.cli import main
from unlabeled.cli.demo import ASCII, SETTINGS, independent_bits, picture


def figures(text):
    found = re.findall(r"^  (RBM|independent pixels) +(-\d+\.\d+)", text, re.M)
    return {name: float(value) for name, value in found}


@pytest.fixture
def small(monkeypatch, tmp_path):
    """A demo of a moment."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"n_components": 4, "n_epochs": 2}.items():
        monkeypatch.setitem(SETTINGS, name, value)
    monkeypatch.setattr("unlabeled.cli.demo.write_report", lambda *a, **k: "somewhere.html")


def test_the_demo_says_what_it_found_and_where(small, capsys):
    assert main(["demo"]) == 0
    out, err = capsys.readouterr()
    assert figures(out).keys() == {"RBM", "independent pixels"}
    assert figures(out)["independent pixels"] == pytest.approx(-24.49, abs=0.005)
    assert "report  somewhere.html" in out
    assert "1,438 digits" in err and "359 held out" in err
    assert err.count("█") > 20
    assert (unlabeled.load("unlabeled-demo").n_components, len(err) > 500) == (4, True)


def test_what_the_demo_leaves_can_be_used(small, capsys):
    main(["demo", "--out", "here", "--quiet"])
    out, err = capsys.readouterr()
    assert err == ""
    assert main(["score", "here", "digits:all"]) == 0
    assert "divided by 16; above 0.5 is 1" in capsys.readouterr().err
    assert main(["demo", "--out", "here", "--quiet"]) == 0
    assert figures(capsys.readouterr().out) == figures(out)


@pytest.mark.slow
def test_the_machine_learns(capsys, tmp_path):
    """Seven nats better than coins, on digits that it has not seen."""
    assert main(["demo", "--out", str(tmp_path / "demo")]) == 0
    found = figures(capsys.readouterr().out)
    assert found["RBM"] > found["independent pixels"] + 7
    assert (tmp_path / "demo" / "report.html").stat().st_size > 10_000


def test_independent_bits_is_the_likelihood_of_coins():
    X, X_test = np.array([[0, 1, 1], [0, 1, 0]]), np.array([[1, 1, 0], [0, 0, 0]])
    p = np.array([1, 3, 2]) / 4
    by_hand = np.log([p[0] * p[1] * (1 - p[2]), (1 - p[0]) * (1 - p[1]) * (1 - p[2])]).mean()
    assert independent_bits(X, X_test) == pytest.approx(by_hand)


def test_a_picture_has_two_rows_of_pixels_to_a_line():
    image = np.array([[0, 1, 0, 1], [0, 0, 1, 1], [1, 1, 0, 0]])
    assert picture(image[None]) == " ▀▄█\n▀▀  "
    assert picture(np.stack([image, image]), ASCII) == " '.#   '.#\n''    ''  "
