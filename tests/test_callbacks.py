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
from unlabeled.energy import ParallelTempering


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


def test_a_film_that_grows_too_long_is_thinned_out_evenly(tmp_path):
    def model(until):
        film = Snapshot(every=2, max_frames=3, take=lambda model: [len(model.history_["epoch"])])
        made = make(RBM, n_components=2, n_epochs=29).set_callbacks(film, Interrupt(until))
        return made, film

    whole, film = model(0)
    whole.fit(digits())
    assert film.epochs == [8, 16, 24] and [int(frame[0]) for frame in film.frames] == [8, 16, 24]
    with pytest.raises(KeyboardInterrupt):
        model(15)[0].fit(digits(), checkpoint=tmp_path)
    resumed, other = model(0)
    resumed.fit(digits(), checkpoint=tmp_path)
    assert other.epochs == film.epochs and other.frames == film.frames


def test_frames_are_as_small_as_a_picture_bears():
    films = [Snapshot(take=take) for take in ("components", "samples", "particles")]
    model = make(RBM, n_components=150).set_callbacks(*films).fit(digits())
    weights, samples, particles = (film.frames[-1] for film in films)
    assert (weights.dtype, weights.shape) == (np.float16, (100, 64))
    wide = np.ptp(model.components_[:100])
    np.testing.assert_allclose(weights, model.components_[:100], atol=1e-3 * wide)
    assert samples.dtype == particles.dtype == np.uint8 and samples.shape == (100, 64)
    np.testing.assert_array_equal(particles, model.particles_)


@pytest.mark.parametrize("values", [[2000.0, 2000.7], [1e9, -1e9], [-1.0, 0.1], [256.0, 1.0]])
def test_what_few_bits_would_spoil_keeps_them(values):
    frame = np.array([values])
    assert abs(callbacks._small(frame) - frame).max() <= 1e-3 * np.ptp(frame)
    assert callbacks._small(frame) is not frame


def test_a_film_of_particles_survives_a_checkpoint(tmp_path):
    def model(until):
        film = Snapshot(take="particles")
        options = {"sampler": ParallelTempering(n_chains=8, n_temperatures=3), "n_epochs": 4}
        return make(RBM, **options).set_callbacks(film, Interrupt(until)), film

    whole, film = model(0)
    whole.fit(digits())
    with pytest.raises(KeyboardInterrupt):
        model(2)[0].fit(digits(), checkpoint=tmp_path)
    resumed, other = model(0)
    resumed.fit(digits(), checkpoint=tmp_path)
    assert all(np.array_equal(a, b) for a, b in zip(film.frames, other.frames, strict=True))
    assert film.epochs == other.epochs == [1, 2, 3, 4]


def test_what_cannot_be_filmed_is_said():
    with pytest.raises(AttributeError, match="no chains are kept by sampler='cd'"):
        make(RBM, sampler="cd").set_callbacks(Snapshot(take="particles")).fit(digits())
    with pytest.raises(ValueError, match=r"take must be one of .*'particles'"):
        Snapshot(take="dreams")
    with pytest.raises(ValueError, match="max_frames must be >= 2, got 1"):
        Snapshot(max_frames=1)


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
