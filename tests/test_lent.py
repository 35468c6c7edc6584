"""Layers with noise of their own draw from the step's noise and leave torch's generator alone."""

import numpy as np
import pytest
import torch
from estimators import assert_same_model, differ, digits, each_with, make, steady
from torch import nn
from torch.utils.data import TensorDataset

from unlabeled import load
from unlabeled.sampling import Noise
from unlabeled.sampling.lent import draws_by_itself, learning, lent_generator


class Noisy(nn.Sequential):
    """Half of the features, and batch statistics."""

    def __init__(self, n_in, n_out):
        super().__init__(
            nn.Dropout(0.5), nn.Linear(n_in, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Linear(8, n_out)
        )


def test_the_generator_is_given_back_as_it_was():
    before = torch.get_rng_state()
    with lent_generator(3):
        first = torch.rand(2)
    with lent_generator(3):
        assert torch.equal(torch.rand(2), first)
    assert torch.equal(torch.get_rng_state(), before)


def test_who_is_lent_it_may_lend_it_again():
    with lent_generator(3):
        first = torch.rand(2)
        with lent_generator(4):
            torch.rand(1)
        second = torch.rand(2)
    with lent_generator(3):
        assert torch.equal(torch.rand(4), torch.cat([first, second]))


def test_only_layers_that_may_draw_are_lent_to():
    assert not draws_by_itself(nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.BatchNorm1d(2)))
    assert draws_by_itself(nn.Sequential(nn.Linear(2, 2), nn.Dropout(0.1)))
    assert draws_by_itself(Noisy(2, 2))  # of a class that nobody knows


def test_learning_is_a_mode_that_ends_even_with_an_error():
    module, noise = nn.Dropout(0.5), Noise(0).at(7)
    module.eval()
    with pytest.raises(KeyboardInterrupt), learning(module) as own_draws:
        assert module.training
        with own_draws(noise):
            first = module(torch.ones(50))
        with own_draws(noise.at(7)):
            assert torch.equal(module(torch.ones(50)), first)
        with own_draws(noise.at(8)):
            assert not torch.equal(module(torch.ones(50)), first)
        raise KeyboardInterrupt
    assert not module.training


@each_with("encoder")
def test_networks_of_ones_own_may_drop_out_and_normalise(cls, tmp_path):
    kept = torch.get_rng_state()
    model = make(cls, encoder=Noisy).fit(digits())
    assert torch.equal(torch.get_rng_state(), kept)
    torch.manual_seed(1)
    assert_same_model(make(cls, encoder=Noisy).fit(digits()), model)
    assert differ(make(cls, encoder=Noisy, random_state=1).fit(digits()), model)
    halves = steady(cls, encoder=Noisy).partial_fit(digits()).partial_fit(digits())
    assert not differ(halves, steady(cls, encoder=Noisy, n_epochs=2).fit(digits()))
    H = model.transform(digits())
    np.testing.assert_allclose(model.transform(digits()[:3]), H[:3], atol=1e-6)
    model.save(tmp_path)
    np.testing.assert_array_equal(load(tmp_path).transform(digits()), H)


@each_with("encoder")
def test_networks_are_given_as_factories(cls, tmp_path):
    with pytest.raises(TypeError, match="must be a factory"):
        make(cls, encoder=nn.Linear(64, 2)).fit(digits())
    with pytest.raises(ValueError, match="'convolutional' or a factory"):
        make(cls, encoder="recurrent").fit(digits())
    with pytest.raises(ValueError, match="needs the shape of images"):
        make(cls, encoder="convolutional").fit(digits())
    nameless = make(cls, encoder=lambda n_in, n_out: nn.Linear(n_in, n_out)).fit(digits())
    with pytest.raises(TypeError, match="encoder cannot be written as text"):
        nameless.save(tmp_path)


@each_with("image_shape")
def test_images_are_rows_with_a_shape(cls):
    images = digits().reshape(-1, 1, 8, 8)
    flat = make(cls, image_shape=(1, 8, 8)).fit(digits())
    assert flat.image_shape_ == (1, 8, 8)
    assert not differ(make(cls).fit(images), flat)
    items = TensorDataset(torch.tensor(images))
    assert make(cls, n_epochs=0).fit(items).image_shape_ == (1, 8, 8)
    with pytest.raises(ValueError, match="of 64 features, got"):
        make(cls, image_shape=(1, 8, 9)).fit(digits())
