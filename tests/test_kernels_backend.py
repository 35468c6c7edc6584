"""Who decides when kernels are used, and that they are compiled for the asking only."""

import subprocess
import sys

import pytest
import torch

from unlabeled import RBM
from unlabeled.cli import main
from unlabeled.kernels import build, choose_backend

X = torch.eye(4).repeat(8, 1)


@pytest.fixture(autouse=True)
def empty_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("UNLABELED_CACHE", str(tmp_path))


def test_auto_takes_kernels_only_where_they_are_compiled(capsys):
    pytest.importorskip("numba")
    assert choose_backend("auto") == "torch"
    assert RBM(2, n_epochs=1).fit(X).backend_ == "torch"
    assert main(["compile"]) == 0
    assert "kernels" in capsys.readouterr().out
    assert build.is_compiled() and choose_backend("auto") == "fast"
    assert choose_backend("auto", "meta") == "torch"
    assert RBM(2, n_epochs=1).fit(X).backend_ == "fast"
    build.stamp_path().unlink()
    assert choose_backend("auto") == "torch"


def test_other_names_and_devices_are_refused(monkeypatch):
    with pytest.raises(ValueError, match="backend must be 'auto', 'torch' or 'fast', got 'numba'"):
        RBM(2, backend="numba").fit(X)
    with pytest.raises(ValueError, match="kernels for a CPU only, got device meta"):
        choose_backend("fast", "meta")


def test_without_numba(monkeypatch):
    monkeypatch.setattr(build, "is_installed", lambda: False)
    assert choose_backend("auto") == "torch"
    for ask in (lambda: choose_backend("fast"), build.compile_all):
        with pytest.raises(ImportError, match=r"pip install 'unlabeled\[fast\]'"):
            ask()


def test_numba_is_not_imported_until_a_kernel_is_used():
    script = """
import sys, torch
from unlabeled import RBM
rbm = RBM(2, n_epochs=1, backend="torch").fit(torch.eye(4))
rbm.sample(2, n_steps=2)
sys.exit("numba" in sys.modules)
"""
    subprocess.run([sys.executable, "-c", script], check=True)
