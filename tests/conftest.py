"""What every test relies on: one thread, and markers that skip cleanly."""

import os
from pathlib import Path

import numpy as np
import pytest

# Before anything imports torch: results then depend neither on the machine nor on `-n auto`.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "agg"
os.environ["SCIPY_ARRAY_API"] = "1"  # one more of scikit-learn's checks


def pytest_collection_modifyitems(items):
    for item in items:
        if item.get_closest_marker("gpu") and not has_gpu():
            item.add_marker(pytest.mark.skip(reason="needs a CUDA device"))
        if item.get_closest_marker("data") and not has_data():
            item.add_marker(pytest.mark.skip(reason="needs UNLABELED_DATA, a folder"))


def has_gpu() -> bool:
    import torch

    return torch.cuda.is_available()


def has_data() -> bool:
    folder = os.environ.get("UNLABELED_DATA")
    return bool(folder) and Path(folder).is_dir()


@pytest.fixture(autouse=True)
def names_in_doctests(doctest_namespace):
    doctest_namespace["np"] = np
