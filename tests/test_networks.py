"""Networks that families share: sizes, starts, images of any size, labels beside rows."""

import pytest
import torch
from torch import nn

from unlabeled.networks import (
    ACTIVATIONS,
    MLP,
    ConvolutionalDecoder,
    ConvolutionalEncoder,
    Decoder,
    Encoder,
)
from unlabeled.networks.choice import check_network
from unlabeled.networks.mlp import choose_activation, initialise
from unlabeled.sampling.lent import lent_generator


@pytest.fixture(autouse=True)
def seeded():
    with lent_generator(0):
        yield


def test_an_mlp_is_what_its_formula_says():
    mlp = MLP(5, 2, (4, 3), "tanh")
    x = torch.randn(7, 5)
    W1, b1, W2, b2, W3, b3 = mlp.parameters()
    hidden = torch.tanh(torch.tanh(x @ W1.T + b1) @ W2.T + b2)
    torch.testing.assert_close(mlp(x), hidden @ W3.T + b3)
    assert mlp.output_bias is b3
    assert [type(layer) for layer in MLP(5, 2)] == [nn.Linear]


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations_are_made_by_name(name):
    x = torch.linspace(-3, 3, 7)
    f = choose_activation(name)()(x)
    assert f.shape == x.shape and bool((f.diff() >= -0.2).all()) and f[-1] > f[0]


@pytest.mark.parametrize("activation", ["swish", nn.ReLU(), 3])
def test_other_activations_are_refused(activation):
    with pytest.raises(ValueError, match=r"activation must be one of 'elu'.*Module class, got"):
        MLP(2, 2, (3,), activation)


def test_weights_start_as_he_and_glorot_say():
    rectified, bounded = MLP(400, 300, (600,), "relu"), MLP(400, 300, (600,), "tanh")
    he, glorot, last = (2 / 400) ** 0.5, (2 / 1000) ** 0.5, (2 / 900) ** 0.5
    assert float(rectified[0].weight.detach().std()) == pytest.approx(he, rel=0.02)
    assert float(bounded[0].weight.detach().std()) == pytest.approx(glorot, rel=0.02)
    for mlp in (rectified, bounded):
        assert float(mlp[2].weight.detach().std()) == pytest.approx(last, rel=0.02)
        assert not mlp[0].bias.any()


@torch.no_grad()
@pytest.mark.parametrize(
    "layer",
    [
        nn.Linear(300, 200),
        nn.Conv2d(16, 32, 4, stride=2),
        nn.ConvTranspose2d(32, 16, 4, stride=2),
        nn.ConvTranspose2d(32, 16, 3),
    ],
    ids=lambda layer: type(layer).__name__,
)
def test_signals_keep_their_size_through_rectifiers(layer):
    initialise(nn.Sequential(layer, nn.Linear(1, 1)), "relu")
    shape = (200, 300) if isinstance(layer, nn.Linear) else (20, layer.in_channels, 32, 32)
    before = torch.relu(torch.randn(shape))
    after = layer(before)
    if after.ndim == 4:
        after = after[:, :, 4:-4, 4:-4]  # away from the edges, where fewer inputs meet
    assert float(after.square().mean()) == pytest.approx(
        2 * float(before.square().mean()), rel=0.1
    )


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 8, 8), (2, 5, 11), (1, 1, 1), (1, 64, 30)])
@pytest.mark.parametrize("channels", [(8,), (5, 16), (8, 16, 48)])
def test_convolutions_go_there_and_back_for_images_of_any_size(shape, channels):
    x = torch.rand(2, *shape)
    h = ConvolutionalEncoder(shape, 6, channels)(x)
    assert h.shape == (2, 6)
    assert ConvolutionalDecoder(6, shape, channels)(h).shape == x.shape


def test_convolutions_answer_for_each_row_alone():
    x = torch.rand(9, 1, 12, 12)
    encoder, decoder = ConvolutionalEncoder((1, 12, 12), 3), ConvolutionalDecoder(3, (1, 12, 12))
    alone = torch.cat([decoder(encoder(row[None])) for row in x])
    torch.testing.assert_close(decoder(encoder(x)), alone)


def test_every_parameter_gets_a_gradient():
    shape = (1, 10, 10)
    for normalise in (True, False):
        encoder = ConvolutionalEncoder(shape, 4, normalise=normalise)
        decoder = ConvolutionalDecoder(4, shape, normalise=normalise)
        decoder(encoder(torch.rand(3, *shape))).square().sum().backward()
        for p in [*encoder.parameters(), *decoder.parameters()]:
            assert p.grad is not None and p.grad.abs().sum() > 0


class Recorder(nn.Module):
    """Remembers the sizes it was made for and what it was fed."""

    def __init__(self, n_in, n_out):
        super().__init__()
        self.sizes = n_in, n_out

    def forward(self, x):
        self.fed = x
        return x.new_zeros(
            len(x), *([self.sizes[1]] if isinstance(self.sizes[1], int) else self.sizes[1])
        )


def test_networks_of_ones_own_are_made_for_rows_images_and_labels():
    x, y = torch.rand(3, 12), torch.tensor([1, 0, 1])
    assert Encoder(Recorder, 12, 5).network.sizes == (12, 5)
    assert Encoder(Recorder, (1, 3, 4), 5, n_classes=2).network.sizes == ((3, 3, 4), 5)
    assert Decoder(Recorder, 5, (1, 3, 4), n_classes=2).network.sizes == (7, (1, 3, 4))
    rows = Encoder(Recorder, 12, 5, n_classes=2)
    assert rows(x, y).shape == (3, 5)
    hot = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]])
    torch.testing.assert_close(rows.network.fed, torch.cat([x, hot], 1))
    images = Encoder(Recorder, (1, 3, 4), 5, n_classes=2)
    images(x, y)
    assert images.network.fed.shape == (3, 3, 3, 4)
    torch.testing.assert_close(images.network.fed[:, 0].flatten(1), x)
    torch.testing.assert_close(images.network.fed[:, 2, 1, 1], hot[:, 1])
    assert Decoder(Recorder, 5, (1, 3, 4))(torch.rand(3, 5)).shape == (3, 12)


@pytest.mark.parametrize("network", [None, "convolutional"])
def test_labels_reach_both_networks_that_come_by_name(network):
    x, y = torch.rand(4, 64), torch.tensor([0, 1, 2, 0])
    encoder, decoder = (
        Encoder(network, (1, 8, 8), 3, n_classes=3),
        Decoder(network, 3, (1, 8, 8), n_classes=3),
    )
    h = encoder(x, y)
    assert decoder(h, y).shape == x.shape
    assert (encoder(x, y.flip(0)) != h).any()
    assert (decoder(h, y.flip(0)) != decoder(h, y)).any()


class Narrow(nn.Linear):
    """Gives one number, whatever was asked for."""

    def __init__(self, n_in, n_out):
        super().__init__(n_in, 1)


def test_a_network_of_the_wrong_width_is_refused():
    with pytest.raises(ValueError, match=r"must return 12 numbers per row, got shape \(3, 1\)"):
        Decoder(Narrow, 5, 12)(torch.rand(3, 5))
    with pytest.raises(ValueError, match=r"must return 5 numbers per row"):
        Encoder(Narrow, 12, 5)(torch.rand(3, 12))


def test_choices_that_make_no_sense_are_refused():
    with pytest.raises(ValueError, match=r"needs the shape of images: give image_shape"):
        Encoder("convolutional", 64, 3)
    with pytest.raises(ValueError, match=r"needs the shape of images"):
        Decoder("convolutional", 3, 64)
    with pytest.raises(TypeError, match=r"encoder must be a factory .* built already"):
        check_network("encoder", nn.Linear(2, 2))
    with pytest.raises(ValueError, match=r"decoder must be None, 'convolutional' or a factory"):
        check_network("decoder", "resnet")
    check_network("decoder", nn.Linear)


def test_between_convolutions_values_and_gradients_lie_alike():
    encoder, decoder = ConvolutionalEncoder((1, 8, 12), 3), ConvolutionalDecoder(3, (1, 8, 12))
    kept = []
    for layer in [*encoder.stages, *decoder.stages]:
        if isinstance(layer, (nn.GELU, nn.GroupNorm)):
            layer.register_forward_hook(lambda layer, x, y: kept.extend([*x, y]))
            layer.register_full_backward_hook(lambda layer, x, y: kept.extend([*x, *y]))
    decoder(encoder(torch.randn(5, 1, 8, 12))).square().sum().backward()
    assert len(kept) == 28
    assert all(x.is_contiguous(memory_format=torch.channels_last) for x in kept)
