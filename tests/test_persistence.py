"""A model in a folder, in a pickle, on another device: always the same model."""

import json
import pickle
import stat

import joblib
import numpy as np
import pytest
import torch
from estimators import (
    OBJECTS,
    answers,
    assert_same_model,
    digits,
    each,
    fitted,
    make,
    public,
    steady,
    timeless,
    told,
    weights,
)
from safetensors.torch import load_file
from sklearn.exceptions import NotFittedError

from unlabeled import RBM, load
from unlabeled.callbacks import EarlyStopping
from unlabeled.energy import CD, PCD, Exact, Gaussian
from unlabeled.schedules import Constant, Cosine, Linear, Steps, Times
from unlabeled.spec import Spec, choose, from_plain, to_plain


def by_folder(model, folder):
    model.save(folder / "model")
    return load(folder / "model")


def by_pickle(model, folder):
    return pickle.loads(pickle.dumps(model))


def by_joblib(model, folder):
    joblib.dump(model, folder / "model.joblib")
    return joblib.load(folder / "model.joblib")


WAYS = [by_folder, by_pickle, by_joblib]


def assert_same_answers(a, b, X, *methods):
    ours, theirs = (answers(model, X, *methods) for model in (a, b))
    assert ours
    for name in ours:
        np.testing.assert_array_equal(ours[name], theirs[name])


@each()
@pytest.mark.parametrize("way", WAYS)
def test_a_round_trip_changes_nothing(cls, way, tmp_path):
    model = make(cls, validation_fraction=0.1).fit(*told(cls, digits().reshape(333, 1, 8, 8)))
    twin = way(model, tmp_path)
    assert type(twin) is cls
    assert twin.get_params() == model.get_params()
    assert_same_model(twin, model)
    assert twin.history_["seconds"] == model.history_["seconds"]
    assert twin.image_shape_ == (1, 8, 8) and twin.n_features_in_ == 64
    assert_same_answers(twin, model, digits())
    if hasattr(cls, "sample"):
        np.testing.assert_array_equal(
            twin.sample(3, random_state=0), model.sample(3, random_state=0)
        )


@each()
@pytest.mark.parametrize("way", WAYS)
def test_names_of_features_come_along(cls, way, tmp_path):
    pd = pytest.importorskip("pandas")
    X = pd.DataFrame(digits(), columns=[f"pixel {k}" for k in range(64)])
    twin = way(make(cls).fit(*told(cls, X)), tmp_path)
    assert twin.feature_names_in_.dtype == object
    assert list(twin.feature_names_in_) == list(X.columns)
    assert_same_answers(twin, make(cls).fit(*told(cls, X)), X)


WITH_OBJECTS = [cls for cls in public() if cls.__name__ in OBJECTS]


@pytest.mark.parametrize("cls", WITH_OBJECTS, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("way", WAYS)
def test_parameters_that_are_objects_come_along(cls, way, tmp_path):
    model = make(cls, **OBJECTS[cls.__name__]).fit(*told(cls))
    twin = way(model, tmp_path)
    assert repr(twin) == repr(model)
    asked = ("transform", "reconstruct", "score_samples", "discriminate", "expected_ratings")
    assert_same_answers(twin, model, digits(), asked)
    assert_same_model(twin.set_params(n_epochs=2).fit(*told(cls)), model)


@each()
def test_nothing_is_pickled(cls, tmp_path):
    fitted(cls).save(tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {"config.json", "model.safetensors"}
    config = json.loads((tmp_path / "config.json").read_text())
    assert config["class"] == cls.__name__
    assert {"unlabeled", "torch", "scikit-learn", "python"} <= config["versions"].keys()
    tensors = load_file(tmp_path / "model.safetensors")
    assert all(torch.equal(tensors[name], value) for name, value in weights(fitted(cls)).items())


@each()
def test_a_saved_model_can_be_read_by_others(cls, tmp_path):
    (tmp_path / "any").touch()
    usual = stat.S_IMODE((tmp_path / "any").stat().st_mode)
    fitted(cls).save(tmp_path)
    for name in ("config.json", "model.safetensors"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == usual


@each()
def test_a_loaded_model_goes_on_learning(cls, tmp_path):
    model = by_folder(steady(cls).fit(*told(cls)), tmp_path)
    before = weights(model)
    model.partial_fit(*told(cls))
    assert model.history_["epoch"] == [1, 2, 3]
    assert len({len(column) for column in model.history_.values()}) == 1
    assert any(not torch.equal(before[name], value) for name, value in weights(model).items())
    with pytest.raises(ValueError, match="X has 60 features"):
        model.partial_fit(*told(cls, digits()[:, :60]))


@each()
def test_a_pickled_model_goes_on_as_if_it_had_never_been_away(cls, tmp_path):
    model = steady(cls).fit(*told(cls))
    twin = by_pickle(model, tmp_path)
    assert_same_model(twin.partial_fit(*told(cls)), model.partial_fit(*told(cls)))


@each()
def test_what_has_learned_nothing_cannot_be_saved(cls, tmp_path):
    with pytest.raises(NotFittedError):
        make(cls).save(tmp_path)
    assert not list(tmp_path.iterdir())


def make_sgd(parameters, lr):
    return torch.optim.SGD(parameters, lr=lr)


@each()
@pytest.mark.parametrize("optimizer", [lambda p, lr: torch.optim.SGD(p, lr=lr), make_sgd])
def test_functions_cannot_be_saved_and_nothing_is_written(cls, optimizer, tmp_path):
    if "optimizer" not in make(cls).get_params():
        pytest.skip("has no optimizer")
    model = make(cls, optimizer=optimizer).fit(*told(cls))
    sentence = "optimizer cannot be written as text: .*a schedule instead of a lambda"
    with pytest.raises(TypeError, match=sentence):
        model.save(tmp_path)
    with pytest.raises(TypeError, match=sentence):
        make(cls, optimizer=optimizer).fit(*told(cls), checkpoint=tmp_path)
    assert not list(tmp_path.iterdir())


@each()
@pytest.mark.parametrize(
    ("given", "kept"), [(np.int64(3), 3), (None, None), (np.random.default_rng(0), None)]
)
def test_the_seed_is_kept_and_a_generator_is_not(cls, given, kept, tmp_path):
    model = make(cls, random_state=given).fit(*told(cls))
    assert by_folder(model, tmp_path).get_params()["random_state"] == kept


def test_a_folder_without_a_model(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"there is no saved model in .*: config\.json is"):
        load(tmp_path)


def test_a_class_that_is_not_known_here(tmp_path):
    fitted(RBM).save(tmp_path)
    config = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(config | {"class": "Nobody"}))
    with pytest.raises(ValueError, match=r"a Nobody of .* was saved; import that module"):
        load(tmp_path)


class Mine(RBM):
    """A user's own model."""


def test_a_class_of_ones_own_is_found_when_it_is_imported(tmp_path):
    model = by_folder(Mine(4, n_epochs=1, random_state=0).fit(digits()), tmp_path)
    assert type(model) is Mine


def test_the_parameters_of_a_fit_that_stopped_early_are_the_best_ones(tmp_path):
    stop = EarlyStopping(patience=2)
    model = make(RBM, n_epochs=9).set_callbacks(stop).fit(digits(), X_val=digits()[::-1])
    assert_same_answers(by_folder(model, tmp_path), model, digits())


# ---- parameters as text ------------------------------------------------------------------------

VALUES = [
    None,
    True,
    3,
    0.1,
    "pcd",
    (1, 2.5, "a"),
    [1, (2, 3)],
    torch.optim.Adam,
    PCD(25, n_chains=1000),
    CD(n_steps=3),
    Exact(),
    Gaussian(learn_variance=False, variance=0.5),
    Times(0.1, Steps((0.5, 0.9), at=(0.1,))),
    (Linear(1, 0, hold=0.5), Cosine(0.2, warmup=0.1), Constant(3)),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_text_and_back(value):
    back = from_plain(json.loads(json.dumps(to_plain(value))))
    assert repr(back) == repr(value) and type(back) is type(value)


def test_numpy_scalars_become_numbers():
    assert type(to_plain(np.float32(0.5))) is float and type(to_plain(np.int64(3))) is int


@pytest.mark.parametrize("value", [{"object": "os:system"}, {"object": "builtins:eval"}])
def test_only_objects_of_ours_are_made_of_text(value):
    with pytest.raises(ValueError, match="is not known here"):
        from_plain(value | {"options": {}})


@pytest.mark.parametrize("value", [torch.nn.Linear(1, 1), object(), {1: 2}, print])
def test_what_text_cannot_hold(value):
    with pytest.raises(TypeError, match="cannot be written as text"):
        to_plain(value)


class Colour(Spec):
    def __init__(self, name="red", *, light=False):
        self.name, self.light = name, light


def test_a_choice_is_a_name_or_an_object():
    names = {"red": Colour, "blue": lambda: Colour("blue")}
    assert choose("blue", names, Colour, "paint").name == "blue"
    mine = Colour("green", light=True)
    assert choose(mine, names, Colour, "paint") is mine
    assert repr(mine) == "Colour(name='green', light=True)"
    with pytest.raises(
        ValueError, match="paint must be one of 'red', 'blue' or an object, got 'g'"
    ):
        choose("g", names, Colour, "paint")
    with pytest.raises(TypeError, match="paint must be a name or a Colour object, got int"):
        choose(3, names, Colour, "paint")


@each()
def test_a_pickle_from_elsewhere_is_of_the_cpu_and_leaves_the_model_alone(cls, monkeypatch):
    model = fitted(cls)
    module, training = model.module_, model._training
    monkeypatch.setattr(cls, "_module_device", torch.device("meta"))
    state = model.__getstate__()
    assert model.module_ is module and model._training is training
    assert state["module_"] is not module and "_training" not in state


@pytest.mark.gpu
@each()
@pytest.mark.parametrize("way", WAYS)
def test_what_was_fitted_on_a_gpu_opens_on_the_cpu(cls, way, tmp_path):
    model = make(cls, device="cuda").fit(*told(cls))
    twin = way(model, tmp_path)
    assert twin._module_device.type == "cpu"
    assert all(torch.equal(value.cpu(), weights(twin)[k]) for k, value in weights(model).items())
    assert timeless(twin.history_) == timeless(model.history_)
    twin.partial_fit(*told(cls))
    if way is by_folder:
        assert load(tmp_path / "model", device="cuda")._module_device.type == "cuda"
