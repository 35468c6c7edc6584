"""When it stops, what it gives back, and that a checkpoint does not make it forget."""

import numpy as np
import pytest
from estimators import Interrupt, assert_same_model, differ, digits, each, make, told

from unlabeled import RBM
from unlabeled.callbacks import Callback, EarlyStopping, Monitor, Snapshot


class Script(Callback):
    """Reports, in place of a term of the model's, the numbers that it was given."""

    def __init__(self, *values):
        self.values = values

    def on_epoch(self, estimator, report):
        report["scripted"] = self.values[report["epoch"] - 1]


def scripted(values, n_epochs=None, **options):
    stop = EarlyStopping("scripted", **options)
    model = make(RBM, n_epochs=n_epochs or len(values)).set_callbacks(Script(*values), stop)
    return model.fit(digits()), stop


def test_it_stops_when_patience_is_at_its_end():
    model, stop = scripted([5, 4, 4.5, 4, 3.9, 4, 4, 4, 0], patience=3)
    assert model.history_["epoch"][-1] == 8
    assert (stop.best, stop.best_epoch, stop.waited) == (3.9, 5, 3)


def test_it_does_not_stop_while_it_improves():
    model, stop = scripted([5, 6, 4, 5, 3, 4], patience=2)
    assert model.history_["epoch"][-1] == 6 and stop.best == 3


def test_large_may_be_good_and_small_steps_may_not_count():
    model, stop = scripted([1, 2, 2.05, 2.08, 9], patience=2, mode="max", min_delta=0.1)
    assert model.history_["epoch"][-1] == 4 and stop.best_epoch == 2
    with pytest.raises(ValueError, match="mode must be 'min' or 'max', got 'up'"):
        EarlyStopping(mode="up")


def test_the_best_parameters_come_back_or_not():
    best, last = make(RBM, n_epochs=4).fit(digits()), make(RBM, n_epochs=4)
    values = [5, 4, 6, 6, 6, 6, 6]
    frames = Snapshot()
    stop = EarlyStopping("scripted", patience=2)
    best.set_callbacks(Script(*values), frames, stop).fit(digits())
    assert best.history_["epoch"][-1] == 4
    np.testing.assert_allclose(best.components_, frames.frames[1], atol=2e-4)
    last.set_callbacks(
        Script(*values), EarlyStopping("scripted", patience=2, restore_best=False)
    ).fit(digits())
    np.testing.assert_allclose(last.components_, frames.frames[3], atol=2e-4)
    assert differ(best, last)


def test_a_second_fit_is_not_stopped_by_the_first():
    stop = EarlyStopping("scripted", patience=1)
    model = make(RBM, n_epochs=3).set_callbacks(Script(1, 2, 3), stop)
    assert model.fit(digits()).history_["epoch"] == model.fit(digits()).history_["epoch"] == [1, 2]


def test_a_term_that_nobody_reports_is_named():
    model = make(RBM).set_callbacks(EarlyStopping())
    with pytest.raises(
        ValueError, match=r"watches 'val_reconstruction_error', but only .*free_energy"
    ):
        model.fit(digits())
    assert len(model.fit(digits(), X_val=digits()).history_["epoch"]) == 2


def test_patience_survives_a_checkpoint(tmp_path):
    values = [5, 4, 4.5, 4.5, 4.5, 4.5, 1]

    def model():
        stop = EarlyStopping("scripted", patience=3)
        return make(RBM, n_epochs=7).set_callbacks(Script(*values), stop, interrupt), stop

    interrupt = Interrupt(4)
    with pytest.raises(KeyboardInterrupt):
        model()[0].fit(digits(), checkpoint=tmp_path)
    interrupt = Interrupt(0)
    whole, one = model()
    whole.fit(digits())
    resumed, other = model()
    resumed.fit(digits(), checkpoint=tmp_path)
    assert resumed.history_["epoch"][-1] == whole.history_["epoch"][-1] == 5
    assert (one.best, one.best_epoch, one.waited) == (other.best, other.best_epoch, other.waited)
    assert_same_model(resumed, whole)
    again = model()[0].fit(digits(), checkpoint=tmp_path)
    assert_same_model(again, whole)


@each("score")
def test_the_score_of_the_best_parameters_is_not_that_of_the_last(cls):
    monitor = Monitor(score=lambda m: m.score(*told(cls)))
    worst = EarlyStopping("score", mode="min", patience=99)
    model = make(cls, n_epochs=20, batch_size=10).set_callbacks(monitor, worst).fit(*told(cls))
    assert min(model.history_["score"]) < model.history_["score"][-1]
    assert model.score(*told(cls)) == min(model.history_["score"])


def test_it_may_wait_for_what_is_measured_now_and_then():
    values = iter([4.0, 3.0, 5.0, 5.0])
    monitor = Monitor(every=2, odd=lambda m: next(values))
    stop = EarlyStopping("odd", patience=2)
    model = make(RBM, n_epochs=20).set_callbacks(monitor, stop).fit(digits())
    assert model.history_["epoch"][-1] == 8 and stop.best_epoch == 4
