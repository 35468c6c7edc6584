"""Stop, load, continue equals never having stopped: bit for bit, however it was stopped."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest
import scipy.sparse as sp
import torch
from estimators import (
    OBJECTS,
    Interrupt,
    answers,
    assert_same_model,
    differ,
    digits,
    each,
    make,
    steady,
    told,
)

from unlabeled import RBM, persistence
from unlabeled.energy import CD, PCD, Exact
from unlabeled.engine.checkpoint import read_tree, write_bytes, write_tree

# ---- files -------------------------------------------------------------------------------------


def test_a_tree_comes_back_as_it_was(tmp_path):
    tree = {
        "empty": [{}, [], (), "", None],
        "numbers": (1, -2.5, True, math.inf),
        "nested": {"a": {3: [torch.arange(3), {"b": torch.tensor(2.5, dtype=torch.float64)}]}},
        "strided": torch.arange(12.0).view(3, 4).t(),
        "bf16": torch.ones(2, dtype=torch.bfloat16, requires_grad=True),
        "none": torch.empty(0, 3),
    }
    write_tree(tmp_path / "new" / "tree.safetensors", tree)
    back = read_tree(tmp_path / "new" / "tree.safetensors")
    assert back["empty"] == tree["empty"] and back["numbers"] == tree["numbers"]
    assert type(back["numbers"]) is tuple and list(back) == list(tree)
    assert torch.equal(back["nested"]["a"][3][0], torch.arange(3))
    assert back["nested"]["a"][3][1]["b"].dtype == torch.float64
    for name in ("strided", "bf16", "none"):
        assert torch.equal(back[name], tree[name]) and back[name].dtype == tree[name].dtype


def test_the_same_tensor_twice_is_no_trouble(tmp_path):
    x = torch.ones(3)
    write_tree(tmp_path / "tree", {"a": x, "b": [x, x[:2]]})
    assert torch.equal(read_tree(tmp_path / "tree")["b"][1], torch.ones(2))


@pytest.mark.parametrize("node", [object(), {1}, b"", 1j, print])
def test_what_a_tree_cannot_hold_is_named(tmp_path, node):
    kind = type(node).__name__
    with pytest.raises(TypeError, match=f"tensors and plain values, got {kind} at /a/b/0"):
        write_tree(tmp_path / "tree", {"a": {"b": [node]}})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_file_of_before(tmp_path, monkeypatch, step):
    def fail(*args):
        raise OSError("disk full")

    write_bytes(tmp_path / "file", b"old")
    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="disk full"):
        write_bytes(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


# ---- trainings ---------------------------------------------------------------------------------


def interrupted(model, folder, monkeypatch, step):
    """Train until Ctrl-C comes in the middle of an update."""
    learn = type(model)._step

    def _step(self, batch):
        if self._training.step == step:
            raise KeyboardInterrupt
        return learn(self, batch)

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(type(model), "_step", _step)
        model.fit(*told(type(model)), checkpoint=folder)


@each()
@pytest.mark.parametrize("pause", [0, 60])
@pytest.mark.parametrize("step", [1, 2, 7, 8, 13, 21])
def test_ctrl_c_at_any_update(cls, step, pause, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "_PAUSE", pause)
    model = make(cls, n_epochs=3)
    interrupted(model, tmp_path, monkeypatch, step)
    assert all(len(answer) == 5 for answer in answers(model, digits()[:5]).values())
    if step > 7 or (step > 1 and pause == 0):
        saved = read_tree(tmp_path / "checkpoint.safetensors")["training"]["step"]
        assert saved == (step - 1 if pause == 0 else (step - 1) // 7 * 7)
    resumed = make(cls, n_epochs=3).fit(*told(cls), checkpoint=tmp_path)
    assert_same_model(resumed, make(cls, n_epochs=3).fit(*told(cls)))
    assert resumed._training.step == 21


@each()
def test_ctrl_c_from_a_callback(cls, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        make(cls, n_epochs=4).set_callbacks(Interrupt(3)).fit(*told(cls), checkpoint=tmp_path)
    assert read_tree(tmp_path / "checkpoint.safetensors")["training"]["epoch"] == 2
    resumed = make(cls, n_epochs=4).fit(*told(cls), checkpoint=tmp_path)
    assert_same_model(resumed, make(cls, n_epochs=4).fit(*told(cls)))


OPTIONS = [
    {"sampler": CD(2)},
    {"sampler": PCD(1, n_chains=13), "momentum": 0.9},
    {"sampler": Exact(), "optimizer": "adam", "learning_rate": 0.01},
    {"optimizer": "adamw", "schedule": "cosine", "validation_fraction": 0.2},
    {"optimizer": "rmsprop", "momentum": 0.5, "learning_rate": 0.01, "max_gradient_norm": 0.1},
    {"precision": "bf16", "batch_size": 1000, "n_epochs": 16},
    OBJECTS["RBM"],
]


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_whatever_a_training_carries(options, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "_PAUSE", 0)
    options = {"n_epochs": 3, **options}
    interrupted(make(RBM, **options), tmp_path, monkeypatch, 12)
    resumed = make(RBM, **options).fit(digits(), checkpoint=tmp_path)
    assert_same_model(resumed, make(RBM, **options).fit(digits()))


KILLED = """
import os, signal, sys
sys.path.insert(0, sys.argv[1])
from estimators import make, public, told
from unlabeled import persistence

cls = {cls.__name__: cls for cls in public()}[sys.argv[2]]

def die(*args):
    os.kill(os.getpid(), signal.SIGKILL)

def in_an_epoch():
    persistence._PAUSE = 0
    learn = cls._step
    cls._step = lambda self, b: die() if self._training.step == 11 else learn(self, b)

def in_an_epoch_not_saved():
    in_an_epoch()
    persistence._PAUSE = 60

def while_writing():
    sync, calls = os.fsync, []
    os.fsync = lambda file: die() if calls.append(file) or len(calls) == 3 else sync(file)

for scenario in (in_an_epoch, in_an_epoch_not_saved, while_writing):
    child = os.fork()
    if child == 0:
        scenario()
        make(cls, n_epochs=4).fit(*told(cls), checkpoint=f"{sys.argv[3]}/{scenario.__name__}")
        os._exit(0)
    assert os.waitpid(child, 0)[1] == signal.SIGKILL, scenario
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no SIGKILL on this system")
@each()
def test_kill_9(cls, tmp_path):
    here = str(Path(__file__).parent)
    command = [sys.executable, "-c", KILLED, here, cls.__name__, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    whole = make(cls, n_epochs=4).fit(*told(cls))
    folders = {folder.name: folder for folder in tmp_path.iterdir()}
    saved = {"in_an_epoch": 10, "in_an_epoch_not_saved": 7, "while_writing": 14}
    assert folders.keys() == saved.keys()
    assert len(list(folders["while_writing"].iterdir())) == 2  # half a file beside the last one
    for name, folder in folders.items():
        state = read_tree(folder / "checkpoint.safetensors")
        assert state["training"]["step"] == saved[name], name
        assert_same_model(make(cls, n_epochs=4).fit(*told(cls), checkpoint=folder), whole)


@each()
def test_more_epochs_go_on_and_fewer_do_nothing(cls, tmp_path):
    first = steady(cls, n_epochs=2).fit(*told(cls), checkpoint=tmp_path)
    assert_same_model(steady(cls, n_epochs=1).fit(*told(cls), checkpoint=tmp_path), first)
    longer = steady(cls, n_epochs=4, verbose=0).fit(*told(cls), checkpoint=tmp_path)
    assert_same_model(longer, steady(cls, n_epochs=4).fit(*told(cls)))


@each()
def test_a_checkpoint_does_not_change_what_is_learned(cls, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "_PAUSE", 0)
    kept = make(cls).fit(*told(cls), checkpoint=tmp_path / "a" / "b")
    assert_same_model(kept, make(cls).fit(*told(cls)))
    assert [path.name for path in (tmp_path / "a" / "b").iterdir()] == ["checkpoint.safetensors"]


@each()
def test_without_a_seed_the_one_of_before_is_taken(cls, tmp_path):
    unseeded = make(cls, n_epochs=3, random_state=None)
    unseeded.set_callbacks(Interrupt(2))
    with pytest.raises(KeyboardInterrupt):
        unseeded.fit(*told(cls), checkpoint=tmp_path)
    resumed = make(cls, n_epochs=3, random_state=None).fit(*told(cls), checkpoint=tmp_path)
    assert_same_model(resumed, make(cls, n_epochs=3, random_state=resumed._seed).fit(*told(cls)))


@each()
def test_another_training_is_refused_and_what_differs_is_named(cls, tmp_path):
    make(cls).fit(*told(cls), checkpoint=tmp_path)
    sentence = (
        r"checkpoint\.safetensors was left by a training with other params: "
        r"\{'batch_size': 50\} there, \{'batch_size': 20\} here; choose another folder or"
    )
    with pytest.raises(ValueError, match=sentence):
        make(cls, batch_size=20).fit(*told(cls), checkpoint=tmp_path)
    with pytest.raises(ValueError, match=r"other data: 333x64:\w+ there, 300x64:\w+ here; choose"):
        make(cls).fit(*told(cls, digits()[:300]), checkpoint=tmp_path)
    with pytest.raises(ValueError, match="other data"):
        make(cls).fit(*told(cls, digits()[::-1]), checkpoint=tmp_path)
    make(cls).fit(*told(cls, sp.csr_array(digits())), checkpoint=tmp_path)


class Other(RBM):
    """Another class with the same parameters."""


def test_another_class_is_refused(tmp_path):
    make(RBM).fit(digits(), checkpoint=tmp_path)
    with pytest.raises(ValueError, match="other class: RBM there, Other here"):
        Other(**make(RBM).get_params()).fit(digits(), checkpoint=tmp_path)


@each()
def test_a_resumed_model_goes_on_with_partial_fit(cls, tmp_path):
    steady(cls, n_epochs=2).fit(*told(cls), checkpoint=tmp_path)
    resumed = steady(cls, n_epochs=2).fit(*told(cls), checkpoint=tmp_path).partial_fit(*told(cls))
    assert_same_model(resumed, steady(cls, n_epochs=2).fit(*told(cls)).partial_fit(*told(cls)))
    assert differ(resumed, steady(cls, n_epochs=2).fit(*told(cls)))
