"""The command as a person meets it: help, answers to mistakes, exit codes."""

import re
import subprocess
import sys
import time
import types
import warnings

import pytest

import unlabeled
from unlabeled.cli import COMMANDS, main
from unlabeled.cli.fit import model_names


def run(capsys, *words):
    code = main(list(words))
    out, err = capsys.readouterr()
    return code, out, err


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys; from unlabeled.cli import main; code = main(['--help']);"
        "print({'torch', 'numpy', 'sklearn', 'scipy'} & set(sys.modules), code)"
    )
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        seconds.append(time.perf_counter() - began)
        assert done.stdout.endswith("set() 0\n")
    assert min(seconds) < 0.5
    assert all(name in done.stdout for name in COMMANDS)


@pytest.mark.parametrize(
    "words", [["fit", "RBM", "--help"], ["fit", "RBM", "digits", "--lr", "1"], ["sampel"]]
)
def test_torch_is_not_imported_to_answer(words):
    code = (
        f"import sys; from unlabeled.cli import main; main({words}); print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.endswith("False\n")


def test_the_module_is_the_command():
    words = [sys.executable, "-m", "unlabeled", "fti"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "unlabeled: there is no command 'fti' (did you mean fit?).\n"


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"], ["help"]])
def test_help_comes_when_asked_or_when_nothing_is(capsys, words):
    code, out, err = run(capsys, *words)
    assert (code, err) == (0, "")
    assert out.startswith("usage: unlabeled COMMAND")


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(capsys, name):
    code, out, _ = run(capsys, name, "--help")
    assert code == 0
    assert out.startswith(f"usage: unlabeled {name}")


def test_the_help_of_a_model_is_its_docstring(capsys):
    _, out, _ = run(capsys, "fit", "RBM", "--help")
    text = " ".join(out.split())
    assert "--n-components INT Number of hidden units. (int, default=256)" in text
    assert "--centered, --no-centered" in text


def test_the_version_is_told(capsys):
    assert run(capsys, "--version") == (0, f"unlabeled {unlabeled.__version__}\n", "")


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["fit", "RBN", "digits"], "there is no model 'RBN' (did you mean RBM?)"),
        (["fit", "rbm", "digits"], "there is no model 'rbm' (did you mean RBM?)"),
        (["fit", "--n-epochs", "3", "RBM", "digits"], "the model comes first"),
        (["fit", "RBM"], "the following arguments are required: DATA"),
        (["fit", "RBM", "digits", "--learn-rate", "1"], "(did you mean --learning-rate?)"),
        (["fit", "RBM", "digits", "--n-epochs", "many"], "--n-epochs expects a number"),
        (["fit", "RBM", "digits", "--sampler", "PDC(1)"], "(did you mean PCD?)"),
        (["fit", "RBM", "digits", "--sampler", "__import__('os')"], "not a parameter object"),
        (["fit", "RBM", "digits", "--holdout", "2"], "--holdout expects a fraction"),
        (["fit", "RBM", "digits", "--holdout", "0.1", "--test-data", "d"], "exclude each other"),
        (["reproduce", "salakhutdino2008"], "there is no paper 'salakhutdino2008'"),
        (["models", "--al"], "there is no option --al"),
    ],
)
def test_what_cannot_be_understood_is_answered_with_2(
    capsys, tmp_path, monkeypatch, words, answer
):
    monkeypatch.chdir(tmp_path)
    code, out, err = run(capsys, *words)
    assert (code, out) == (2, "")
    assert answer in err
    assert err.startswith("unlabeled: ") and err.count("\n") == 1
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        (["fit", "RBM", "mnits"], "there is no data set or file 'mnits' (did you mean mnist?)"),
        (["fit", "RBM", "digits", "--n-components", "0"], "n_components must be >= 1"),
        (["score", "nowhere", "digits"], "there is no folder nowhere"),
        (["sample", "."], "holds no model"),
    ],
)
def test_what_fails_is_answered_with_1(capsys, tmp_path, monkeypatch, words, answer):
    monkeypatch.chdir(tmp_path)
    code, _, err = run(capsys, *words)
    assert code == 1
    assert answer in err
    assert "Traceback" not in err


def test_debug_shows_where_it_came_from():
    with pytest.raises(unlabeled.cli.mistakes.UsageMistake):
        main(["fit", "RBN", "digits", "--debug"])


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyboardInterrupt("Go on."), 130, "unlabeled: interrupted. Go on.\n"),
        (MemoryError(), 1, "unlabeled: MemoryError: MemoryError (--debug shows where)\n"),
        (FloatingPointError("it diverged."), 1, "unlabeled: it diverged.\n"),
        (SystemExit(3), 3, ""),
    ],
)
def test_every_end_has_its_code(capsys, monkeypatch, error, code, text):
    def fail(argv):
        raise error

    monkeypatch.setattr("unlabeled.cli.lists.models", fail)
    assert run(capsys, "models") == (code, "", text)


def test_warnings_are_one_line(capsys, monkeypatch):
    def warn(argv):
        warnings.simplefilter("always")
        warnings.warn("scale it.", stacklevel=1)

    monkeypatch.setattr("unlabeled.cli.lists.models", warn)
    assert run(capsys, "models") == (0, "", "unlabeled: note: scale it.\n")


def test_models_are_listed_with_what_they_are(capsys):
    code, out, _ = run(capsys, "models")
    assert code == 0
    assert re.search(r"^RBM +Restricted Boltzmann machine\.$", out, re.M)
    assert "load" not in out


def test_data_sets_are_listed_with_their_parts(capsys):
    code, out, _ = run(capsys, "datasets")
    assert code == 0
    assert "1x8x8 grey; train 1,437, test 360, all 1,797" in out


@pytest.fixture
def papers(monkeypatch):
    calls = []
    fake = types.SimpleNamespace(
        available=lambda: ["salakhutdinov2008"], reproduce=lambda *a, **k: calls.append((a, k))
    )
    monkeypatch.setitem(sys.modules, "unlabeled.papers", fake)
    monkeypatch.setattr(unlabeled, "papers", fake, raising=False)
    return calls


def test_papers_are_listed_and_reproduced(capsys, papers):
    assert run(capsys, "reproduce")[1] == "salakhutdinov2008\n"
    words = ["reproduce", "salakhutdinov2008", "--only", "CD-1,PCD", "--out", "there", "--quiet"]
    assert run(capsys, *words)[0] == 0
    ((name,), options) = papers[0]
    assert name == "salakhutdinov2008"
    assert (options["only"], str(options["out"]), options["quiet"]) == (
        ["CD-1", "PCD"],
        "there",
        True,
    )
    assert "(did you mean salakhutdinov2008?)" in run(capsys, "reproduce", "salakhut2008")[2]


@pytest.mark.parametrize("name", model_names())
def test_a_models_parameters_and_the_commands_options_differ(name):
    from unlabeled.cli.fit import _parser

    _parser(name)  # argparse refuses two options of one name
    words = {"model", "data", "test_data", "holdout", "val_data", "scale", "binarize", "drop"}
    assert not words & {o.name for o in unlabeled.cli.signatures.model_options(name)}
