"""The autoencoder: what linear ones come to, its losses, its networks, and MNIST."""

import numpy as np
import pytest
import torch
from sklearn.datasets import load_digits
from torch import nn

import unlabeled
from unlabeled import Autoencoder, datasets
from unlabeled.autoencoders import EncoderDecoder, TiedDecoder
from unlabeled.networks import MLP
from unlabeled.papers import hinton_salakhutdinov_2006
from unlabeled.sampling.lent import lent_generator

LINEAR = {"hidden_layer_sizes": (), "activation": "identity", "output": "linear"}


def small(**params):
    common = {"n_components": 4, "hidden_layer_sizes": (16,), "n_epochs": 3, "random_state": 0}
    return Autoencoder(**{**common, **params})


@pytest.fixture(scope="module")
def X():
    return (load_digits().data[:300] / 16).astype(np.float32)


# ---- linear ------------------------------------------------------------------------------------


def stretched():
    """400 rows whose variances along 8 hidden directions are known to differ."""
    generator = np.random.default_rng(0)
    turned, _ = np.linalg.qr(generator.normal(size=(8, 8)))
    scales = np.array([3.0, 2.5, 2.0, 1.0, 0.8, 0.6, 0.4, 0.2])
    return (generator.normal(size=(400, 8)) * scales @ turned + 1.0).astype(np.float32)


@pytest.mark.parametrize("params", [{}, {"tied": True}, {"hidden_layer_sizes": (5,)}], ids=str)
def test_linear_layers_find_what_pca_finds(params):
    X = stretched()
    ae = Autoencoder(
        3,
        **{**LINEAR, **params},
        n_epochs=100,
        batch_size=40,
        learning_rate=0.02,
        random_state=0,
    ).fit(X)
    variances, directions = np.linalg.eigh(np.cov(X.T, bias=True))
    discarded = float(variances[:-3].sum())
    assert -ae.score(X) == pytest.approx(discarded, rel=1e-3)
    origin, *ends = ae.inverse_transform(np.vstack([np.zeros(3), np.eye(3)]))
    span, _ = np.linalg.qr((np.array(ends) - origin).T)
    cosines = np.linalg.svd(span.T @ directions[:, -3:], compute_uv=False)
    assert cosines.min() > 0.999
    np.testing.assert_allclose(ae.reconstruct(X).mean(0), X.mean(0), atol=0.02)


def test_tied_linear_weights_become_orthonormal():
    params = {"n_epochs": 100, "batch_size": 40, "learning_rate": 0.02, "random_state": 0}
    ae = Autoencoder(3, **LINEAR, tied=True, **params).fit(stretched())
    W = ae.module_.encoder.network[0].weight.detach()
    torch.testing.assert_close(W @ W.T, torch.eye(3), atol=0.02, rtol=0)


# ---- tied --------------------------------------------------------------------------------------


def test_a_tied_decoder_is_what_its_formula_says():
    with lent_generator(0):
        encoder, h = MLP(6, 2, (5, 4), "tanh"), torch.randn(3, 2)
    decoder = TiedDecoder(encoder)
    with torch.no_grad():
        for k, b in enumerate(decoder.biases):
            b.fill_(0.1 * (k + 1))
    W1, W2, W3 = (encoder[k].weight for k in (0, 2, 4))
    b3, b2, b1 = decoder.biases
    expected = torch.tanh(torch.tanh(h @ W3 + b3) @ W2 + b2) @ W1 + b1
    torch.testing.assert_close(decoder(h), expected)


def test_a_tied_decoder_has_as_many_activations_as_places_for_them():
    shared = nn.Tanh()
    encoder = MLP(6, 2, (5, 4), lambda: shared)
    kinds = [type(layer) for layer in TiedDecoder(encoder).mirrored]
    assert kinds == [nn.Linear, nn.Tanh, nn.Linear, nn.Tanh, nn.Linear]


def test_tied_weights_stay_tied_through_copies_and_files(X, tmp_path):
    ae = small(tied=True).fit(X)
    names = set(ae.module_.state_dict())
    assert not any("mirrored" in name for name in names)
    ae.save(tmp_path)
    twin = unlabeled.load(tmp_path)
    np.testing.assert_array_equal(twin.reconstruct(X), ae.reconstruct(X))
    before, codes = ae.inverse_transform(np.ones((1, 4))), ae.transform(X)
    with torch.no_grad():
        ae.module_.encoder.network[0].weight.mul_(2)
    assert (ae.inverse_transform(np.ones((1, 4))) != before).all()
    np.testing.assert_array_equal(twin.transform(X), codes)
    in_double = ae._float64()
    in_double.encoder.network[0].weight.data.zero_()
    a = in_double.activation(torch.ones(1, 4, dtype=torch.float64))
    torch.testing.assert_close(a[0], in_double.decoder.biases[-1].data)


# ---- losses ------------------------------------------------------------------------------------


def test_losses_are_sums_over_the_features_of_a_row(X):
    squared = small(n_epochs=0).fit(X)
    x_hat = squared.reconstruct(X).astype(float)
    assert -squared.score(X) == pytest.approx(((X - x_hat) ** 2).sum(1).mean(), rel=1e-5)
    nats = small(n_epochs=0, loss="cross_entropy").fit(X)
    x_hat = nats.reconstruct(X).astype(float)
    log_p = X * np.log(x_hat) + (1 - X) * np.log(1 - x_hat)
    assert -nats.score(X) == pytest.approx(-log_p.sum(1).mean(), rel=1e-5)


def test_cross_entropy_of_certain_pixels_is_not_lost_to_rounding():
    ae = small(n_epochs=0, loss="cross_entropy").fit(np.eye(2, dtype=np.float32))
    with torch.no_grad():
        ae.module_.decoder.network[-1].weight.zero_()
        ae.module_.decoder.network.output_bias.copy_(torch.tensor([200.0, -300.0]))
    assert ae.score(np.float32([[1, 0]])) == 0
    assert ae.score(np.float32([[0, 1]])) == -500


def test_the_history_is_in_the_units_of_the_loss(X):
    assert {"squared_error", "val_squared_error"} == {
        *small(validation_fraction=0.2).fit(X).history_
    } - {"epoch", "seconds"}
    ae = small(loss="cross_entropy").fit(X, X_val=X[:50])
    assert ae.history_["val_cross_entropy"][-1] == pytest.approx(-ae.score(X[:50]), rel=1e-5)
    error = ae.reconstruction_error(X[:50]).mean()
    assert ae.history_["val_squared_error"][-1] == pytest.approx(error, rel=1e-5)


# ---- learning ----------------------------------------------------------------------------------


@pytest.mark.parametrize("output", ["sigmoid", "linear"])
def test_the_output_starts_at_the_mean_of_the_data(X, output):
    ae = small(n_epochs=0, output=output).fit(X)
    said = ae.module_.mean(ae.module_.decoder.network.output_bias.detach())
    np.testing.assert_allclose(said, X.mean(0).clip(1e-3, 1 - 1e-3), atol=2e-3)


def test_a_code_may_be_larger_than_the_data_and_rows_fewer_than_a_batch(X):
    ae = small(n_components=100, hidden_layer_sizes=(200,), n_epochs=200, batch_size=1000)
    assert ae.fit(X[:20]).reconstruction_error(X[:20]).mean() < 0.1


def test_weight_decay_shrinks_weights(X):
    def size(**params):
        module = small(n_epochs=30, learning_rate=0.01, **params).fit(X).module_
        return sum(float(p.detach().square().sum()) for p in module.parameters())

    assert size(weight_decay=0.01) < 0.8 * size()
    assert size(weight_decay=1.0, optimizer="adamw") < 0.8 * size(optimizer="adamw")


def test_a_sigmoid_warns_of_other_values(X):
    with pytest.warns(UserWarning, match=r"sigmoid outputs are meant for values in \[0, 1\]"):
        small().fit(16 * X)
    small(output="linear").fit(16 * X)  # warnings are errors here


# ---- networks of one's own ---------------------------------------------------------------------


class Noisy(nn.Sequential):
    """Draws from torch's generator and remembers the rows it saw."""

    def __init__(self, n_in, n_out):
        layers = nn.Linear(n_in, 20), nn.BatchNorm1d(20), nn.ReLU(), nn.Dropout(0.2)
        super().__init__(*layers, nn.Linear(20, n_out))


def test_networks_of_ones_own_learn_repeatably_and_are_saved(X, tmp_path):
    ae = small(encoder=Noisy, decoder=Noisy).fit(X)
    again = small(encoder=Noisy, decoder=Noisy).fit(X)
    np.testing.assert_array_equal(ae.reconstruct(X), again.reconstruct(X))
    np.testing.assert_allclose(ae.transform(X[:1]), ae.transform(X)[:1], atol=1e-6)
    ae.save(tmp_path)
    np.testing.assert_array_equal(unlabeled.load(tmp_path).transform(X), ae.transform(X))


def test_a_function_makes_a_network_but_cannot_be_saved(X, tmp_path):
    ae = small(encoder=lambda n, m: MLP(n, m, (8,), "relu")).fit(X)
    assert ae.transform(X).shape == (300, 4)
    with pytest.raises(TypeError, match=r"encoder cannot be written as text"):
        ae.save(tmp_path)


@pytest.mark.parametrize("as_images", [True, False])
def test_convolutions(X, as_images, tmp_path):
    params = {"encoder": "convolutional", "decoder": "convolutional"}
    images = X.reshape(-1, 1, 8, 8) if as_images else X
    ae = small(**params, image_shape=None if as_images else (1, 8, 8), n_epochs=0).fit(images)
    before = ae.score(images)
    ae.set_params(n_epochs=10, batch_size=30, learning_rate=0.01).fit(images)
    assert ae.score(images) > before + 1
    assert ae.image_shape_ == (1, 8, 8)
    assert ae.reconstruct(images).shape == (300, 64)
    ae.save(tmp_path)
    np.testing.assert_array_equal(
        unlabeled.load(tmp_path).reconstruct(images), ae.reconstruct(images)
    )


def test_convolutions_of_28_by_28():
    X = np.random.default_rng(0).random((40, 784), dtype=np.float32)
    ae = small(encoder="convolutional", image_shape=(1, 28, 28), precision="bf16").fit(X)
    assert ae.transform(X).shape == (40, 4) and isinstance(ae.module_, EncoderDecoder)


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"output": "softmax"}, ValueError, "output must be one of 'sigmoid', 'linear', got"),
        ({"loss": "mse"}, ValueError, "loss must be one of 'squared_error', 'cross_entropy'"),
        ({"loss": "cross_entropy", "output": "linear"}, ValueError, "needs output='sigmoid'"),
        ({"tied": True, "encoder": nn.Linear}, ValueError, "encoder and decoder must be None"),
        ({"tied": True, "decoder": "convolutional"}, ValueError, "transposes the weights"),
        ({"encoder": "convolutional"}, ValueError, "needs the shape of images"),
        ({"encoder": nn.Linear(64, 4)}, TypeError, "encoder must be a factory"),
        ({"activation": "swish"}, ValueError, "activation must be one of"),
        ({"hidden_layer_sizes": (10, 0)}, ValueError, "each of hidden_layer_sizes must be >= 1"),
        ({"hidden_layer_sizes": 10}, TypeError, "hidden_layer_sizes must be a tuple"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be >= 0"),
        ({"image_shape": (1, 7, 7)}, ValueError, "image_shape must be"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(X, params, error, words):
    with pytest.raises(error, match=words):
        small(**params).fit(X)


@pytest.mark.data
def test_a_small_one_beats_pca_on_mnist():
    X = datasets.load("mnist", scale=True)[:4000]
    train, held_out = X[:3000], X[3000:]
    params = {"hidden_layer_sizes": (100,), "n_epochs": 15, "learning_rate": 0.005}
    ae = Autoencoder(10, **params, random_state=0).fit(train)
    _, _, V = np.linalg.svd(train - train.mean(0), full_matrices=False)
    centred = held_out - train.mean(0)
    pca = float((centred**2).sum(1).mean() - ((centred @ V[:10].T) ** 2).sum(1).mean())
    assert -ae.score(held_out) < 0.75 * pca


def test_the_recipe_pins_every_parameter_that_decides_what_is_learned():
    free = {"validation_fraction", "device", "random_state", "verbose"}
    for key in ("recipe", "logistic", "linear"):
        pinned = set(hinton_salakhutdinov_2006.RUNS[key]["params"])
        assert pinned == set(Autoencoder().get_params()) - free
    defaults = hinton_salakhutdinov_2006.model("defaults", 3)
    assert defaults.get_params() == Autoencoder(random_state=3).get_params()
