"""Two processes learn what one learns: to rounding, for tens of updates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from estimators import digits, each, make, weights
from parallel import cases
from safetensors.torch import load_file

from unlabeled import persistence
from unlabeled.engine import distributed
from unlabeled.engine.checkpoint import read_tree


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What two processes left; one start of torchrun for all tests."""
    folder = tmp_path_factory.mktemp("two")
    for cls in {cls for cls, _ in cases().values()}:
        stop_within_an_epoch(cls, folder / f"{cls.__name__} mid")
    options = ["--nproc-per-node", "2", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    loopback = "lo" if sys.platform == "linux" else "lo0"
    script = Path(__file__).parent / "parallel.py"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *options, script, folder],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"GLOO_SOCKET_IFNAME": loopback, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    (folder / "printed").write_text(done.stdout)
    return folder


def stop_within_an_epoch(cls, folder):
    """One process's checkpoint with one batch of an epoch still to come, the ragged one."""
    learn = cls._step

    def _step(self, batch):
        if self._training.step == 14:
            raise KeyboardInterrupt
        return learn(self, batch)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(cls, "_step", _step)
        patch.setattr(persistence, "_PAUSE", 0)
        make(cls, n_epochs=6).fit(digits(), checkpoint=folder)


def left(folder, name, rank):
    history = json.loads((folder / f"{name} {rank}.json").read_text())
    return load_file(folder / f"{name} {rank}.safetensors"), history


def assert_close(two, one):
    (theirs, their_history), ours = two, weights(one)
    for name, value in ours.items():
        torch.testing.assert_close(theirs[name], value, rtol=0, atol=1e-5, msg=name)
    for name, column in one.history_.items():
        if name != "seconds":
            assert their_history[name] == pytest.approx(column, rel=1e-5, nan_ok=True), name


@pytest.mark.parametrize("name", cases())
def test_two_processes_learn_what_one_learns(name, folder):
    cls, params = cases()[name]
    one = make(cls, **params).fit(digits())
    assert one._training.step >= 30
    assert_close(left(folder, name, 0), one)


@pytest.mark.parametrize("name", cases())
def test_the_processes_have_the_same_weights(name, folder):
    (first, first_history), (second, second_history) = (
        left(folder, name, rank) for rank in (0, 1)
    )
    assert all(torch.equal(first[key], second[key]) for key in first)
    first_history.pop("seconds"), second_history.pop("seconds")
    assert first_history == second_history


@each()
def test_without_a_seed_they_agree_on_one(cls, folder):
    (first, _), (second, _) = (left(folder, f"{cls.__name__} dataset", rank) for rank in (0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first)


@each()
def test_partial_fit_too(cls, folder):
    one = make(cls).fit(digits()).partial_fit(digits())
    assert_close(left(folder, f"{cls.__name__} goes on", 1), one)


@each()
def test_a_checkpoint_of_two_is_gone_on_with_by_one(cls, folder):
    place = folder / f"{cls.__name__} two to one"
    assert read_tree(place / "checkpoint.safetensors")["training"]["epoch"] == 3
    one = make(cls, n_epochs=6).fit(digits())
    resumed = make(cls, n_epochs=6).fit(digits(), checkpoint=place)
    assert_close((weights(resumed), resumed.history_), one)


@each()
def test_a_checkpoint_of_one_within_an_epoch_is_gone_on_with_by_two(cls, folder):
    one = make(cls, n_epochs=6).fit(digits())
    assert_close(left(folder, f"{cls.__name__} one to two", 0), one)


@each()
def test_only_the_first_process_prints_and_writes(cls, folder):
    lines = (folder / cls.__name__).read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]
    assert (folder / "printed").read_text().count(f"{cls.__name__} epoch 1:") == 1


def test_alone_everything_is_the_identity():
    x = torch.arange(3.0)
    distributed.join(torch.device("cpu"))
    distributed.sum_over_processes([x])
    assert x.tolist() == [0, 1, 2] and distributed.gather_rows(x) is x
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.same_everywhere(7) == 7
