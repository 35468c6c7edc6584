"""What X may be: the same rows in any clothes make the same model and get the same answers."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp
import torch
from estimators import answers, assert_same_model, digits, each, fitted, make, told
from torch.utils.data import TensorDataset


class Pairs(torch.utils.data.Dataset):
    """Images with labels, one at a time."""

    def __len__(self):
        return len(digits())

    def __getitem__(self, k):
        return torch.tensor(digits()[k]).view(1, 8, 8), k % 10


def memory_map(folder):
    np.save(folder / "digits.npy", digits().astype(np.uint8))
    return np.load(folder / "digits.npy", mmap_mode="r")


CLOTHES = {
    "float64": lambda folder: digits().astype(np.float64),
    "bool": lambda folder: digits().astype(bool),
    "fortran order": lambda folder: np.asfortranarray(digits()),
    "other byte order": lambda folder: digits().astype(">f8"),
    "reversed twice": lambda folder: digits()[::-1].copy()[::-1],
    "list of lists": lambda folder: digits().tolist(),
    "CSR": lambda folder: sp.csr_array(digits()),
    "CSC": lambda folder: sp.csc_matrix(digits()),
    "images": lambda folder: digits().reshape(333, 1, 8, 8),
    "memory map": memory_map,
    "tensor": lambda folder: torch.tensor(digits()),
    "byte tensor": lambda folder: torch.tensor(digits()).to(torch.uint8),
    "tensor with a graph": lambda folder: torch.tensor(digits()).requires_grad_(),
    "image tensor": lambda folder: torch.tensor(digits()).view(333, 1, 8, 8),
    "Dataset": lambda folder: TensorDataset(torch.tensor(digits())),
    "Dataset of pairs": lambda folder: Pairs(),
}

IMAGES = ("images", "image tensor", "Dataset of pairs")


@each()
@pytest.mark.parametrize("clothes", CLOTHES)
def test_the_same_rows_in_any_clothes(cls, clothes, tmp_path):
    X = CLOTHES[clothes](tmp_path)
    model = make(cls).fit(*told(cls, X))
    assert_same_model(model, fitted(cls))
    assert model.n_features_in_ == 64
    assert model.image_shape_ == ((1, 8, 8) if clothes in IMAGES else None)
    expected = answers(fitted(cls), digits())
    for name, value in answers(model, X).items():
        assert isinstance(value, torch.Tensor) == isinstance(X, torch.Tensor), name
        np.testing.assert_array_equal(np.asarray(value), expected[name])


@each()
def test_a_model_of_flat_rows_takes_images_too(cls):
    flat, image = answers(fitted(cls), digits()), answers(fitted(cls), CLOTHES["images"](None))
    assert all(np.array_equal(image[name], flat[name]) for name in flat)


@each("complete")
def test_completion_of_a_tensor_is_a_tensor(cls):
    x = torch.tensor(digits()[:4])
    mask = torch.arange(64) > 40
    drawn = fitted(cls).complete(x, mask, n_steps=2, random_state=0)
    array = fitted(cls).complete(digits()[:4], mask.numpy(), n_steps=2, random_state=0)
    assert isinstance(drawn, torch.Tensor)
    np.testing.assert_array_equal(drawn.numpy(), array)


@each()
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_data_are_not_changed(cls, dtype):
    X, x = digits().astype(dtype), torch.from_numpy(digits().astype(dtype))
    answers(make(cls).fit(*told(cls, X)), X), answers(make(cls).fit(*told(cls, x)), x)
    np.testing.assert_array_equal(X, digits())
    np.testing.assert_array_equal(x.numpy(), digits())


MEASURE = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[1])
from estimators import BIG, digits, make, public, told
from unlabeled.engine import order

order.BLOCK = 2**11  # a window of rows is in the process, and here it is a small one

def megabytes():
    lines = (line.split() for line in open("/proc/self/status") if line.endswith(" kB\\n"))
    return {name[:-1]: int(size) / 1024 for name, size, unit in lines}

cls = {cls.__name__: cls for cls in public()}[sys.argv[2]]
make(cls).fit(*told(cls, digits()[:50]))
before = megabytes()
for path in sys.argv[3:]:
    X = np.load(path, mmap_mode="r")
    make(cls, **{"n_epochs": 1, **BIG.get(cls.__name__, {})}).fit(*told(cls, X))
after = megabytes()
print(after["VmHWM"] - before["VmRSS"], after["RssAnon"] - before["RssAnon"])
"""


def sparse_file(path, dtype, shape):
    """An array of zeros on disk that takes no room there."""
    dtype = np.dtype(dtype)
    header = {"descr": dtype.str, "fortran_order": False, "shape": shape}
    with open(path, "wb") as file:
        np.lib.format.write_array_header_1_0(file, header)
        file.truncate(file.tell() + shape[0] * shape[1] * dtype.itemsize)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="memory is read from /proc")
@each()
def test_a_memory_map_is_never_loaded_whole(cls, tmp_path):
    """314 MB of floats, all to be looked at for NaN, and 392 MB of bytes."""
    files = tmp_path / "floats.npy", tmp_path / "bytes.npy"
    sparse_file(files[0], "float32", (10**5, 784))
    sparse_file(files[1], "uint8", (5 * 10**5, 784))
    command = [sys.executable, "-c", MEASURE, Path(__file__).parent, cls.__name__, *files]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    peak, kept = (float(megabytes) for megabytes in done.stdout.split())
    assert peak < 300 and kept < 150
