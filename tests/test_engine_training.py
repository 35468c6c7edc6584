"""Batches, the sums of an epoch, and where a model lives."""

import math

import pytest
import torch
from estimators import digits, each, fitted, make, told, weights
from visits import batch_indices

from unlabeled.engine import device, training
from unlabeled.engine.device import choose_device, choose_precision, products_dtype
from unlabeled.engine.rows import as_rows
from unlabeled.engine.training import Training
from unlabeled.sampling import Noise

ROWS = as_rows(torch.arange(23.0)[:, None].repeat(1, 3))


def begun(total_steps=6, **state):
    made = Training(7, 10, total_steps, torch.device("cpu"))
    for name, value in state.items():
        setattr(made, name, value)
    return made


def test_batches_are_rows_with_their_numbers_noise_and_progress():
    loop, index = begun(), torch.arange(1, 22, 2)  # eleven of the rows
    noises = []
    for k, batch in enumerate(loop.batches(ROWS, index)):
        order = list(batch_indices(11, 10, 7, 0))[k]
        assert torch.equal(batch.index, index[order])
        assert torch.equal(batch.x[:, 0], batch.index.float())
        assert batch.n_total == len(batch.x) == (10 if k == 0 else 1)
        assert batch.progress == k / 6
        noises.append(batch.noise.uniform((batch.n_total, 2)))
    assert k == 1 and loop.step == loop.position == 2
    assert not torch.isin(noises[1], noises[0]).any()


def test_an_epoch_that_was_cut_short_is_walked_from_there():
    batches = begun().batches(ROWS, torch.arange(23))
    whole = [(batch.index, batch.noise.uniform((batch.n_total, 2))) for batch in batches]
    loop = begun()
    for _ in zip(range(2), loop.batches(ROWS, torch.arange(23)), strict=False):
        pass
    assert loop.position == 2
    resumed = begun()
    resumed.load_state_dict(loop.state_dict())
    (last,) = resumed.batches(ROWS, torch.arange(23))
    assert torch.equal(last.index, whole[2][0])
    assert torch.equal(last.noise.uniform((last.n_total, 2)), whole[2][1])
    assert last.progress == 2 / 6


def test_terms_are_means_over_rows_not_over_batches():
    loop = begun()
    loop.add({"a": torch.tensor(1.0), "b": torch.tensor(5, dtype=torch.int64)}, 10)
    loop.add({"a": torch.tensor(4.0, requires_grad=True), "b": torch.tensor(6)}, 5)
    loop.add({"a": torch.tensor(torch.nan), "b": torch.tensor(torch.nan)}, 0)
    assert loop.finish_epoch() == {"a": pytest.approx(2.0), "b": pytest.approx(16 / 3)}
    assert (loop.epoch, loop.position, loop.sums) == (1, 0, {})


def test_nan_is_never_replaced():
    loop = begun()
    loop.add({"a": torch.tensor(1.0)}, 10)
    loop.add({"a": torch.tensor(torch.nan)}, 1)
    assert math.isnan(loop.finish_epoch()["a"])


def test_sums_of_an_epoch_survive_and_are_counted_by_one_process(monkeypatch):
    loop = begun()
    loop.add({"a": torch.tensor(3.0)}, 10)
    first, second = begun(), begun()
    first.load_state_dict(loop.state_dict())
    monkeypatch.setattr(training, "rank", lambda: 1)
    second.load_state_dict(loop.state_dict())
    assert first.sums.keys() == second.sums.keys()
    assert [float(x) for x in first.sums.values()] == [10.0, 30.0]
    assert [float(x) for x in second.sums.values()] == [0.0, 0.0]
    assert first.finish_epoch() == {"a": 3.0}


def test_progress_without_an_end_is_nothing():
    assert begun(total_steps=None, step=5).progress == 0.0
    assert begun(total_steps=0, step=5).progress == 0.0
    assert begun(total_steps=4, step=5).progress == 1.0


@each()
def test_terms_do_not_depend_on_how_rows_are_evaluated(cls, monkeypatch):
    class Silent(Noise):
        def _filled(self, out, fill):
            return out.fill_(1)

    monkeypatch.setattr("unlabeled.base.Noise", Silent)
    model, (X, *y) = fitted(cls), told(cls, digits().copy())
    rows = model._rows_to_learn(X, *y or [None])
    whole = model._means(rows, torch.arange(333))
    monkeypatch.setattr("unlabeled.base.INFERENCE_ROWS", 7)
    pieces = model._means(rows, torch.arange(333))
    assert whole
    for name, value in whole.items():
        assert pieces[name] == pytest.approx(value, rel=1e-5), name


# ---- devices -----------------------------------------------------------------------------------


def test_auto_is_where_the_tensor_is_or_the_best_there_is(monkeypatch):
    x = torch.empty(1, device="meta")
    assert choose_device("auto", x) == x.device
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert choose_device("auto") == torch.device("cpu") == choose_device("cpu", x)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda")
    assert choose_device("auto", torch.ones(1)) == torch.device("cpu")


def test_each_process_of_a_machine_has_its_own_gpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert choose_device("auto") == choose_device("cuda") == torch.device("cuda:3")
    assert choose_device("cuda:1") == torch.device("cuda:1")


@pytest.mark.parametrize("wrong", ["tpu9", 3.5, None])
def test_devices_that_are_none(wrong):
    with pytest.raises(ValueError, match="device must be 'auto', 'cpu' or 'cuda', got"):
        choose_device(wrong)


def test_precisions():
    assert choose_precision("bf16") is torch.bfloat16
    assert set(device.PRECISIONS) == {"float32", "bf16"}
    with pytest.raises(ValueError, match="precision must be one of 'float32', 'bf16', got 'fp8'"):
        choose_precision("fp8")


@pytest.fixture
def bf16(monkeypatch):
    """Says what this processor is to be capable of."""

    def capable(flags):
        device._multiplies_bf16.cache_clear()
        monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
        monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: flags, raising=False)

    yield capable
    device._multiplies_bf16.cache_clear()


def test_bf16_is_for_processors_that_have_it_and_batches_that_pay(bf16, recwarn):
    bf16({"avx512_bf16": True})
    assert products_dtype("bf16", "cpu", 64) is torch.bfloat16
    assert products_dtype("bf16", "cpu", 63) is torch.float32
    assert products_dtype("float32", "cpu", 64) is torch.float32
    assert not recwarn
    with pytest.raises(ValueError, match="precision must be one of"):
        products_dtype("fp8", "cpu", 64)


def test_a_processor_without_bf16_says_so_once(bf16, recwarn):
    bf16({"avx512_f": True, "avx512_bf16": False})
    assert products_dtype("bf16", "cpu", 10) is torch.float32 and not recwarn
    with pytest.warns(UserWarning, match="'bf16' is float32 here: this CPU has no fast products"):
        assert products_dtype("bf16", "cpu", 100) is torch.float32
    assert products_dtype("bf16", "cpu", 200) is torch.float32
    assert not recwarn


@pytest.mark.gpu
@each("score")
def test_a_gpu_learns_as_well_as_a_cpu(cls):
    options = {"n_epochs": 60, "batch_size": 20}
    before = fitted(cls).score(*told(cls))
    cpu, gpu = (make(cls, device=d, **options).fit(*told(cls)) for d in ("cpu", "cuda"))
    assert next(iter(weights(gpu).values())).is_cuda
    gain = cpu.score(*told(cls)) - before
    assert gpu.score(*told(cls)) - before == pytest.approx(gain, rel=0.15)


@pytest.mark.gpu
@each("transform")
def test_a_tensor_on_a_gpu_is_answered_there(cls):
    x = torch.tensor(digits(), device="cuda")
    model = make(cls).fit(*told(cls, x))
    H = model.transform(x)
    assert H.is_cuda and next(iter(weights(model).values())).is_cuda
    array = model.transform(digits())
    assert abs(H.cpu().numpy() - array).max() < 1e-4
    assert make(cls).fit(*told(cls, x)).transform(x).equal(H)
