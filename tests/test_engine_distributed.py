"""Two processes learn what one learns: to rounding, for tens of updates."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from estimators import public, told, weights
from parallel import calm, cases
from safetensors.torch import load_file

from unlabeled import persistence
from unlabeled.engine import distributed
from unlabeled.engine.checkpoint import read_tree


def run_two(folder) -> str:
    """Run `parallel.py` in two processes; returns what they print."""
    options = ["--nproc-per-node", "2", "--rdzv-backend", "c10d", "--rdzv-endpoint", "127.0.0.1:0"]
    script = Path(__file__).parent / "parallel.py"
    loopback = "lo" if sys.platform == "linux" else "lo0"
    done = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *options, script, folder],
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"GLOO_SOCKET_IFNAME": loopback, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
        calm(cls, n_epochs=6).fit(*told(cls), checkpoint=folder)


def left(folder, name, rank):
    history = json.loads((folder / f"{name} {rank}.json").read_text())
    return load_file(folder / f"{name} {rank}.safetensors"), history


def assert_close(two, one):
    (theirs, their_history), ours = two, weights(one)
    for name, value in ours.items():
        torch.testing.assert_close(theirs[name], value, rtol=0, atol=5e-5, msg=name)
    for name, column in one.history_.items():
        if name != "seconds":
            assert their_history[name] == pytest.approx(column, rel=1e-5, nan_ok=True), name


def check_same_in_both(folder, name):
    (first, history), (second, other) = (left(folder, name, rank) for rank in (0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first)
    history.pop("seconds"), other.pop("seconds")
    assert history == other


def check_like_one(folder, name):
    cls, params = cases()[name]
    one = calm(cls, **params).fit(*told(cls))
    assert one._training.step >= 30
    assert_close(left(folder, name, 0), one)


def check_partial_fit(folder, cls):
    one = calm(cls).fit(*told(cls)).partial_fit(*told(cls))
    assert_close(left(folder, f"{cls.__name__} goes on", 1), one)


def check_from_two_to_one(folder, cls):
    place = folder / f"{cls.__name__} two to one"
    assert read_tree(place / "checkpoint.safetensors")["training"]["epoch"] == 3
    resumed = calm(cls, n_epochs=6).fit(*told(cls), checkpoint=place)
    assert_close((weights(resumed), resumed.history_), calm(cls, n_epochs=6).fit(*told(cls)))


def check_from_one_within_an_epoch_to_two(folder, cls):
    one = calm(cls, n_epochs=6).fit(*told(cls))
    assert_close(left(folder, f"{cls.__name__} one to two", 0), one)


def check_unseeded(folder, cls):
    (first, _), (second, _) = (left(folder, f"{cls.__name__} dataset", rank) for rank in (0, 1))
    assert all(torch.equal(first[key], second[key]) for key in first)


def check_one_line_per_epoch(folder, cls):
    lines = (folder / cls.__name__).read_text().splitlines()
    assert [json.loads(line)["epoch"] for line in lines] == [1, 2]


def check_apart_for_some_updates(folder):
    check_same_in_both(folder, "every 5")
    (often, whole), (rarely, apart) = (left(folder, f"every {k}", 0) for k in (1, 5))
    assert not torch.equal(often["W"], rarely["W"])
    assert apart["reconstruction_error"][-1] < 0.8 * apart["reconstruction_error"][0]
    for name in ("reconstruction_error", "free_energy", "activity"):
        assert apart[name][-1] == pytest.approx(whole[name][-1], rel=0.05), name


def test_two_processes_learn_what_one_learns(tmp_path, subtests):
    """One start of torchrun for everything, so that `pytest -n auto` has one, too."""
    models = public()
    for cls in models:
        stop_within_an_epoch(cls, tmp_path / f"{cls.__name__} mid")
    printed = run_two(tmp_path)
    for check in (check_like_one, check_same_in_both):
        for name in cases():
            with subtests.test(check.__name__, name=name):
                check(tmp_path, name)
    for check in (
        check_partial_fit,
        check_from_two_to_one,
        check_from_one_within_an_epoch_to_two,
        check_unseeded,
        check_one_line_per_epoch,
    ):
        for cls in models:
            with subtests.test(check.__name__, model=cls.__name__):
                check(tmp_path, cls)
    with subtests.test("apart for some updates"):
        check_apart_for_some_updates(tmp_path)
    first = [line.split(" epoch 1:")[0] for line in printed.splitlines() if " epoch 1:" in line]
    assert sorted(first) == sorted(cls.__name__ for cls in models)


def test_alone_everything_is_the_identity():
    x = torch.arange(3.0)
    distributed.join(torch.device("cpu"))
    distributed.sum_over_processes([x])
    assert x.tolist() == [0, 1, 2] and distributed.gather_rows(x) is x
    assert (distributed.rank(), distributed.world()) == (0, 1)
    assert distributed.same_everywhere(7) == 7
    module = torch.nn.Linear(2, 1)
    before = module.weight.clone()
    with distributed.apart():
        distributed.sum_over_processes([x])
    distributed.average_over_processes(module)
    assert x.tolist() == [0, 1, 2] and torch.equal(module.weight, before)
