"""What a training that goes on must take along, and what it must not."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from unlabeled import RBM, datasets, persistence
from unlabeled.callbacks import Callback, EarlyStopping, Monitor
from unlabeled.engine.gradient import OPTIMIZERS

TESTS = Path(__file__).parent


@pytest.fixture(scope="module")
def X():
    return datasets.load("digits", binarize=0.5)[:300]


class InterruptAt(Callback):
    """Ctrl-C in the middle of an epoch."""

    def __init__(self, model, step):
        self.step, self._step, self._model = step, model._step, model
        self.seen = 0
        model._step = self

    def __call__(self, batch):
        self.seen += 1
        if self.seen == self.step:
            raise KeyboardInterrupt
        return self._step(batch)


def test_partial_fit_after_an_interrupted_fit_sees_all_of_its_rows(X):
    model = RBM(4, batch_size=10, n_epochs=2, random_state=0)
    InterruptAt(model, 8)
    with pytest.raises(KeyboardInterrupt):
        model.fit(X)
    del model._step
    before, steps = model.components_, model._training.step
    model.partial_fit(X[:40])
    assert model._training.step == steps + 4
    assert not np.array_equal(before, model.components_)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_no_optimizer_decays_what_it_was_not_told_to(X, optimizer):
    """torch's AdamW decays everything by default; ours is of W alone, and off."""
    model = RBM(4, optimizer=optimizer, n_epochs=1, random_state=0)
    model.fit(X)
    group = model._training.parts["step"].optimizer.param_groups[0]
    assert group["weight_decay"] == 0.0


def test_a_checkpoint_of_another_seed_is_refused(X, tmp_path):
    RBM(4, n_epochs=1, random_state=0).fit(X, checkpoint=tmp_path)
    with pytest.raises(ValueError, match="with random_state=0, got 1"):
        RBM(4, n_epochs=1, random_state=1).fit(X, checkpoint=tmp_path)
    RBM(4, n_epochs=2, random_state=None).fit(X, checkpoint=tmp_path)


def test_who_stopped_a_training_must_be_there_to_keep_it_stopped(X, tmp_path):
    never = EarlyStopping("reconstruction_error", patience=1, min_delta=1e9)
    stopped = RBM(4, n_epochs=9, random_state=0).set_callbacks(never).fit(X, checkpoint=tmp_path)
    assert len(stopped.history_["epoch"]) == 2
    again = RBM(4, n_epochs=9, random_state=0).set_callbacks(
        Callback(), EarlyStopping("reconstruction_error", patience=1, min_delta=1e9)
    )
    assert len(again.fit(X, checkpoint=tmp_path).history_["epoch"]) == 2
    assert (
        len(RBM(4, n_epochs=9, random_state=0).fit(X, checkpoint=tmp_path).history_["epoch"]) == 9
    )


def test_a_diverged_state_never_replaces_a_good_checkpoint(X, tmp_path, monkeypatch):
    monkeypatch.setattr(persistence, "_PAUSE", 0.0)
    model = RBM(4, n_epochs=3, batch_size=10, random_state=0)
    genuine = model._step

    def poisoned(batch):
        if model._training.epoch == 1:
            model.module_.W.data.fill_(torch.nan)
        return genuine(batch)

    model._step = poisoned
    with pytest.raises(FloatingPointError):
        model.fit(X, checkpoint=tmp_path)
    resumed = RBM(4, n_epochs=3, batch_size=10, random_state=0).fit(X, checkpoint=tmp_path)
    whole = RBM(4, n_epochs=3, batch_size=10, random_state=0).fit(X)
    np.testing.assert_array_equal(resumed.components_, whole.components_)


def test_wide_rows_are_made_dense_a_few_at_a_time(X, monkeypatch):
    sizes = []
    model = RBM(2, n_epochs=0, random_state=0).fit(np.zeros((50, 2**20), np.uint8))
    genuine = model._encode
    monkeypatch.setattr(model, "_encode", lambda x: sizes.append(len(x)) or genuine(x))
    model.transform(np.zeros((50, 2**20), np.uint8))
    assert max(sizes) == 16 and sum(sizes) == 50


def test_completion_in_pieces_is_completion(X, monkeypatch):
    from unlabeled import base

    model = RBM(4, n_epochs=2, random_state=0).fit(X)
    missing = np.zeros(64, bool)
    missing[20:] = True
    monkeypatch.setattr(base, "INFERENCE_ROWS", 16)
    drawn = model.complete(X[:40], missing, n_samples=3, n_steps=2, random_state=0)
    assert drawn.shape == (3, 40, 64)
    np.testing.assert_array_equal(drawn[..., :20], np.broadcast_to(X[:40, :20], (3, 40, 20)))
    assert not np.array_equal(drawn[0, :5], drawn[0, 5:10])
    images = np.broadcast_to(missing.reshape(1, 1, 8, 8), (40, 1, 8, 8))
    again = model.complete(X[:40], images, n_samples=3, n_steps=2, random_state=0)
    np.testing.assert_array_equal(again, drawn)


SCRIPT = """
import glob, json, sys
import torch.distributed as dist
from unlabeled import RBM, datasets, load
from unlabeled.callbacks import EarlyStopping, Monitor
from unlabeled.engine import distributed
folder, what = sys.argv[1:]
X = datasets.load("digits", binarize=0.5)[:300]
if what == "resume":
    model = RBM(4, n_epochs=4, random_state=0).fit(X, checkpoint=folder)
else:
    model = load(folder).partial_fit(X)
world = dist.get_world_size() if dist.is_initialized() else 1
ranks = iter(range(100))
noisy = Monitor(luck=lambda m: dist.get_rank() * next(ranks))
stopped = RBM(4, n_epochs=6, random_state=0).set_callbacks(
    noisy, EarlyStopping("luck", patience=2, mode="max")
).fit(X)
first = dist.get_rank() == 0
distributed._leave()
threads = [open(path).read() for path in glob.glob("/proc/self/task/*/comm")]
assert not any("gloo" in name for name in threads), threads
if first:
    print(json.dumps([world, len(model.history_["epoch"]), len(stopped.history_["epoch"])]))
"""


@pytest.mark.slow
@pytest.mark.parametrize(("what", "epochs"), [("resume", 4), ("partial_fit", 3)])
def test_processes_join_also_where_a_training_goes_on(what, epochs, tmp_path, X):
    """Nothing but the first call joins them here: no seed is drawn when one is known."""
    model = RBM(4, n_epochs=2, random_state=0).fit(X, checkpoint=tmp_path)
    model.save(tmp_path)
    (tmp_path / "script.py").write_text(SCRIPT)
    launch = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2"]
    launch += ["--standalone", str(tmp_path / "script.py"), str(tmp_path), what]
    source = str(TESTS.parent / "src")
    done = subprocess.run(
        launch,
        env={**os.environ, "PYTHONPATH": source, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [2, epochs, 3]


def test_a_monitored_term_keeps_its_own_value_alone(X):
    model = RBM(4, n_epochs=2, random_state=0).set_callbacks(Monitor(two=lambda m: 2.0)).fit(X)
    assert model.history_["two"] == [2.0, 2.0]
