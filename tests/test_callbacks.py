"""Callbacks in scikit-learn's protocol: what they see, when they stop, what they keep."""

import json
import math

import numpy as np
import pytest
import torch
from estimators import (
    Interrupt,
    answers,
    assert_same_model,
    digits,
    each,
    fitted,
    make,
    timeless,
    told,
    weights,
)
from sklearn.base import clone
from sklearn.callback import FitCallback
from sklearn.model_selection import GridSearchCV

from unlabeled import RBM, callbacks
from unlabeled.callbacks import (
    Callback,
    EarlyStopping,
    History,
    Monitor,
    ProgressBar,
    Snapshot,
    TensorBoard,
)


class Log(Callback):
    """Notes which hooks were called."""

    def __init__(self):
        self.calls = []

    def setup(self, estimator, context):
        self.calls.append("setup")

    def teardown(self, estimator, context):
        self.calls.append("teardown")

    def on_epoch(self, estimator, report):
        self.calls.append(report["epoch"])


@pytest.mark.parametrize("name", [n for n in callbacks.__all__ if n != "Callback"])
def test_all_keep_the_protocol(name):
    made = getattr(callbacks, name)(*(["folder"] if name == "TensorBoard" else []))
    assert isinstance(made, FitCallback)
    make(RBM).set_callbacks(made)


@each()
def test_hooks_are_called_in_order_and_torn_down(cls):
    log = Log()
    make(cls, n_epochs=3).set_callbacks(log).fit(*told(cls))
    assert log.calls == ["setup", 1, 2, 3, "teardown"]
    with pytest.raises(KeyboardInterrupt):
        make(cls, n_epochs=3).set_callbacks(other := Log(), Interrupt(2)).fit(*told(cls))
    assert other.calls == ["setup", 1, 2, "teardown"]


@each()
def test_watching_does_not_change_what_is_learned(cls, tmp_path):
    watchers = Log(), History(), Monitor(norm=lambda m: 1.0), Snapshot(take=lambda m: [1.0])
    watched = make(cls).set_callbacks(*watchers).fit(*told(cls))
    watched.history_.pop("norm")
    assert_same_model(watched, fitted(cls))


# ---- history -----------------------------------------------------------------------------------


@each()
def test_history_sees_every_report_and_writes_lines(cls, tmp_path):
    history = History(tmp_path / "new" / "log.jsonl")
    model = make(cls, validation_fraction=0.1).set_callbacks(history)
    model.fit(*told(cls)).fit(*told(cls))
    assert [[report["epoch"] for report in run] for run in history.runs] == [[1, 2], [1, 2]]
    for name, column in model.history_.items():
        assert [report[name] for report in history.runs[1]] == column
    lines = (tmp_path / "new" / "log.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == history.runs[0] + history.runs[1]


def a_validation_term(cls) -> str:
    model = make(cls, n_epochs=1, validation_fraction=0.2).fit(*told(cls))
    return next(name for name in model.history_ if name.startswith("val_"))


@each("score")
def test_callbacks_work_inside_a_grid_search(cls):
    history, stop = History(), EarlyStopping(a_validation_term(cls), patience=1)
    model = make(cls, validation_fraction=0.2).set_callbacks(history, stop)
    assert clone(model)._skl_callbacks == [history, stop]
    search = GridSearchCV(model, {"n_epochs": [1, 2]}, cv=2).fit(*told(cls))
    assert len(history.runs) == 5
    assert math.isfinite(search.best_score_)


# ---- snapshots and measurements ----------------------------------------------------------------


def test_snapshots_are_copies_and_survive_a_checkpoint(tmp_path):
    def model():
        film = Snapshot(every=2)
        return make(RBM, n_epochs=7).set_callbacks(film, interrupt), film

    interrupt = Interrupt(5)
    with pytest.raises(KeyboardInterrupt):
        model()[0].fit(digits(), checkpoint=tmp_path)
    resumed, film = model()
    interrupt.epoch = 0
    resumed.fit(digits(), checkpoint=tmp_path)
    whole, other = model()
    whole.fit(digits())
    assert film.epochs == other.epochs == [2, 4, 6]
    assert all(np.array_equal(a, b) for a, b in zip(film.frames, other.frames, strict=True))
    assert not np.array_equal(film.frames[0], film.frames[1])
    assert film.frames[0].shape == (12, 64)


def test_a_snapshot_of_anything():
    film = Snapshot(take=lambda model: model.sample(2, n_steps=3, random_state=0))
    make(RBM).set_callbacks(film).fit(digits())
    assert [frame.shape for frame in film.frames] == [(2, 64)] * 2


def test_measurements_become_terms_of_the_history():
    monitor, history = Monitor(every=2, width=lambda m: m.components_.std()), History()
    model = make(RBM, n_epochs=5).set_callbacks(monitor, history).fit(digits())
    assert [math.isnan(x) for x in model.history_["width"]] == [True, False, True, False, True]
    assert ["width" in report for report in history.runs[0]] == [False, True, False, True, False]
    assert len({len(column) for column in model.history_.values()}) == 1


@each("score")
def test_a_score_that_is_measured_is_that_of_the_epoch(cls):
    seen = []
    monitor = Monitor(score=lambda m: m.score(*told(cls)))
    watch = Snapshot(take=lambda m: seen.append(weights(m)) or [0.0])
    model = make(cls, n_epochs=4).set_callbacks(monitor, watch)
    model.fit(*told(cls)).fit(*told(cls))
    fresh = fitted(cls)
    for state, score in zip(seen[4:], model.history_["score"], strict=True):
        fresh.module_.load_state_dict(state)
        fresh._forget_estimates()
        assert fresh.score(*told(cls)) == score
    assert model.score(*told(cls)) == score


def test_interrupted_measurements_go_on_in_equal_columns(tmp_path):
    def model():
        return make(RBM, n_epochs=5).set_callbacks(
            Monitor(every=2, width=lambda m: m.components_.std()), interrupt
        )

    interrupt = Interrupt(4)
    with pytest.raises(KeyboardInterrupt):
        model().fit(digits(), checkpoint=tmp_path)
    interrupt = Interrupt(0)
    whole = model().fit(digits())
    assert timeless(model().fit(digits(), checkpoint=tmp_path).history_) == timeless(
        whole.history_
    )


# ---- others' windows ---------------------------------------------------------------------------


def test_tensorboard_gets_every_term(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    model = make(RBM, n_epochs=3).set_callbacks(TensorBoard(tmp_path)).fit(digits())
    log = EventAccumulator(str(tmp_path)).Reload()
    for name, column in model.history_.items():
        if name != "epoch":
            events = log.Scalars(name)
            assert [event.step for event in events] == [1, 2, 3]
            np.testing.assert_allclose([event.value for event in events], column, rtol=1e-6)


def test_tensorboard_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torch.utils.tensorboard", None)
    with pytest.raises(ImportError, match=r"pip install 'unlabeled\[tensorboard\]'"):
        make(RBM).set_callbacks(TensorBoard(tmp_path)).fit(digits())


def test_the_progress_bar_of_scikit_learn_follows_the_epochs(capsys):
    pytest.importorskip("rich")
    make(RBM, n_epochs=3).set_callbacks(ProgressBar()).fit(digits())
    assert "RBM" in capsys.readouterr().out


@each()
def test_a_model_answers_while_it_learns(cls):
    film = Snapshot(take=lambda m: [len(x) for x in answers(m, digits()[:3]).values()])
    model = make(cls).set_callbacks(film).fit(*told(cls))
    assert all((frame == 3).all() for frame in film.frames)
    assert torch.is_grad_enabled() and model.n_features_in_ == 64
