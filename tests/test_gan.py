"""GAN: the two steps by hand, modes on a ring, labels, packs, averages, walks."""

import copy

import numpy as np
import pytest
import torch
from estimators import assert_same_model, digits, make, weights
from sklearn.datasets import load_digits
from visits import batch_indices

from unlabeled import GAN, load
from unlabeled.datasets import ring_centres, ring_of_gaussians
from unlabeled.networks import ConvolutionalEncoder
from unlabeled.sampling.noise import Noise

PLAIN = {"hidden_layer_sizes": (32,), "n_epochs": 1, "random_state": 0}


def gan(n_components=4, **params):
    return GAN(n_components, **{**PLAIN, **params})


def images(n=60):
    return (load_digits().images[:n, None] / 16).astype(np.float32)


def by_hand(model, X):
    """The algorithm of 2014 with torch's own Adam and cross-entropy, on a fresh copy."""
    net = model._seeded_module().train()
    adam = {
        player: torch.optim.Adam(getattr(net, player).parameters(), lr=2e-4, betas=(0.5, 0.999))
        for player in ("generator", "discriminator")
    }
    noise = Noise(model._seed, n_blocks=8)
    order = list(batch_indices(len(X), 50, model._seed, 0))
    for step, rows in enumerate(order, 1):
        x = torch.tensor(X[rows.numpy()])
        fake = net.generator(noise.at(step).of(len(x)).normal((len(x), 12)))
        for player, inputs, target in [
            ("discriminator", (x, fake.detach()), (1.0, 0.0)),
            ("generator", (fake,), (1.0,)),
        ]:
            logits = [net.discriminator(a) for a in inputs]
            loss = sum(
                torch.nn.functional.binary_cross_entropy_with_logits(d, torch.full_like(d, t))
                for d, t in zip(logits, target, strict=True)
            )
            net.zero_grad()
            loss.backward()
            adam[player].step()
    return net


def test_an_epoch_is_the_published_algorithm():
    model = make(GAN, n_epochs=1, schedule="constant", ema=None).fit(digits())
    expected = by_hand(model, digits()).state_dict()
    for name, value in weights(model).items():
        torch.testing.assert_close(value, expected[name], rtol=0, atol=1e-6)


def test_the_modes_of_a_ring_are_found():
    X = ring_of_gaussians(4000, std=0.05, random_state=0)
    model = gan(
        2,
        hidden_layer_sizes=(64, 64),
        output="linear",
        pack=2,
        n_epochs=20,
        batch_size=100,
        learning_rate=1e-3,
        learning_rate_d=4e-3,
    ).fit(X)
    S = model.sample(1000, random_state=0)
    distance = np.linalg.norm(S[:, None] - ring_centres(), axis=2)
    assert np.bincount(distance.argmin(1)[distance.min(1) < 0.2], minlength=8).min() > 10
    assert np.median(distance.min(1)) < 0.25


def test_a_class_is_drawn_when_it_is_asked_for():
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, 2000)
    X = np.where(y == 1, 0.8, 0.2)[:, None] + 0.03 * rng.normal(size=(2000, 2))
    names = np.array(["low", "high"])[y]
    model = gan(
        2, conditional=True, n_epochs=20, batch_size=100, learning_rate=5e-3, random_state=0
    ).fit(X, names)
    for name, level in (("low", 0.2), ("high", 0.8)):
        assert abs(np.median(model.sample(200, y=name, random_state=0)) - level) < 0.12
    row = np.full((1, 2), 0.2)
    assert model.discriminate(row, ["low"]) > model.discriminate(row, ["high"])


@pytest.mark.parametrize("pack", [2, 3])
@pytest.mark.parametrize("conditional", [False, True])
@pytest.mark.parametrize("kind", [None, "convolutional"])
def test_packs_labels_and_images_go_together(kind, conditional, pack):
    X, y = images(31), np.arange(31) % 3
    model = gan(
        generator=kind, discriminator=kind, conditional=conditional, pack=pack, batch_size=10
    ).fit(X, y, X_val=X[:7], y_val=y[:7])
    assert np.isfinite(list(model.history_.values())).all()
    assert model.sample(5, random_state=0).shape == (5, 64)
    with pytest.raises(ValueError, match=f"pack={pack}"):
        model.discriminate(X, y if conditional else None)


def test_a_pack_reaches_the_discriminator_as_channels():
    seen = []

    class Watching(ConvolutionalEncoder):
        def __init__(self, shape, n_out):
            super().__init__(shape, n_out)
            seen.append(shape)

    gan(discriminator=Watching, generator="convolutional", pack=3, conditional=True).fit(
        images(20), np.arange(20) % 2
    )
    assert seen == [(3 * (1 + 2), 8, 8)]


def test_labels_are_planes_of_ones():
    model = gan(
        discriminator="convolutional", generator="convolutional", conditional=True, pack=2
    ).fit(images(4), [0, 1, 0, 1])
    given = []
    discriminator = model.module_.discriminator
    discriminator.network.register_forward_pre_hook(lambda _, inputs: given.append(*inputs))
    discriminator(*discriminator.packs(torch.zeros(2, 64), torch.tensor([1, 0])))
    (x,) = given
    planes = x.view(6, 64)
    assert (planes[[3, 4]] == 1).all() and (planes[[0, 1, 2, 5]] == 0).all()


def test_smoothing_lowers_the_target_of_data_only():
    x = torch.tensor([0.3, -2.0])
    terms = gan(label_smoothing=0.1).fit(digits())._terms(x, x)
    t, p = torch.tensor(0.9), torch.sigmoid(x)
    real = -(t * p.log() + (1 - t) * (1 - p).log()).mean()
    torch.testing.assert_close(terms["loss_discriminator"], real - (1 - p).log().mean())
    torch.testing.assert_close(terms["loss_generator"], -p.log().mean())
    with pytest.raises(ValueError, match=r"Hinge\(\) has no target"):
        gan(loss="hinge", label_smoothing=0.1).fit(digits())


def test_the_generator_waits_for_the_discriminator():
    X = digits()[:200]
    model = gan(n_discriminator_steps=5, batch_size=50, ema=None)
    start = copy.deepcopy(model.fit(X)._seeded_module().state_dict())
    learned = weights(model)
    assert all(torch.equal(learned[k], start[k]) for k in learned if k.startswith("gen"))
    assert not any(torch.equal(learned[k], start[k]) for k in learned if k.startswith("disc"))
    model.partial_fit(X)
    assert not torch.equal(
        weights(model)["generator.network.network.0.weight"],
        start["generator.network.network.0.weight"],
    )


def test_the_average_of_a_loaded_model_counts_the_moves_of_the_generator(tmp_path):
    X = digits()[:200]
    model = gan(n_discriminator_steps=5, batch_size=20, n_epochs=3).fit(X)
    model.save(tmp_path)
    counts = [
        m.partial_fit(X)._training.parts["average"].n_updates for m in (model, load(tmp_path))
    ]
    assert counts == [8, 8], "every fifth of 40 batches"


def test_many_samples_go_through_the_generator_in_parts(monkeypatch):
    plain = gan().fit(digits())
    convolutional = gan(generator="convolutional").fit(images())
    monkeypatch.setattr("unlabeled.base.INFERENCE_ROWS", 7)
    monkeypatch.setattr("unlabeled.base.IMAGES", 5)
    for model, most in ((plain, 7), (convolutional, 5)):
        n_rows = []
        model.module_.average.register_forward_pre_hook(
            lambda _, given, n_rows=n_rows: n_rows.append(len(given[0]))
        )
        assert model.sample(17, random_state=0).shape == (17, 64)
        assert max(n_rows) == most and sum(n_rows) == 17


def test_rates_of_the_players_differ():
    model = gan(learning_rate=0.0, learning_rate_d=1e-3, ema=None).fit(digits())
    start, learned = model._seeded_module().state_dict(), weights(model)
    assert all(torch.equal(learned[k], start[k]) == k.startswith("generator") for k in learned)
    assert model._training.parts["generator"].optimizer.param_groups[0]["betas"] == (0.5, 0.999)


def test_samples_are_of_the_average_and_the_average_is_saved(tmp_path):
    model = gan(n_epochs=3, ema=0.9).fit(digits())
    z = torch.from_numpy(np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32))
    net = model.module_
    with torch.no_grad():
        assert torch.equal(model.inverse_transform(z), net.averaged(z))
        assert not torch.equal(net.averaged(z), net.generator(z))
    model.save(tmp_path)
    twin = load(tmp_path)
    assert_same_model(twin, model)
    np.testing.assert_array_equal(twin.sample(3, random_state=0), model.sample(3, random_state=0))
    plain = gan(ema=None).fit(digits())
    assert plain.module_.average is plain.module_.generator


@pytest.mark.parametrize("loss", ["minimax", "hinge", "least_squares", "wasserstein"])
@pytest.mark.parametrize("penalty", ["gp", "r1"])
def test_every_loss_with_every_penalty(loss, penalty):
    model = gan(loss=loss, penalty=penalty, spectral_norm=True).fit(digits())
    assert np.isfinite(list(model.history_.values())).all()


def test_the_penalty_holds_the_slope_between_data_and_samples():
    def slope(model):
        fake = torch.from_numpy(model.sample(200, random_state=0))
        x = (torch.tensor(digits()[:200]) + fake).div(2).requires_grad_()
        (gradient,) = torch.autograd.grad(model.module_.judge(x).sum(), x)
        return float(gradient.norm(dim=1).mean())

    common = {"loss": "wasserstein", "learning_rate": 2e-3, "n_epochs": 25, "schedule": "constant"}
    assert slope(gan(**common).fit(digits())) > 3
    assert slope(gan(**common, penalty="gp").fit(digits())) == pytest.approx(1, abs=0.25)


def test_a_walk_goes_from_one_end_to_the_other():
    model = gan().fit(digits())
    a, b = np.random.default_rng(0).normal(size=(2, 4)).astype(np.float32)
    path = model.interpolate(a, b, 5)
    assert path.shape == (5, 64) and path.dtype == np.float32
    ends = model.inverse_transform(np.stack([a, b]))
    np.testing.assert_allclose(path[[0, -1]], ends, atol=1e-5)
    drawn = [model.interpolate(random_state=k) for k in (0, 0, 1)]
    np.testing.assert_array_equal(drawn[0], drawn[1])
    assert (drawn[1] != drawn[2]).any() and drawn[0].shape == (8, 64)
    with pytest.raises(ValueError, match=r"shape \(4,\), got \(3,\)"):
        model.interpolate(a[:3], b)


def test_a_walk_keeps_to_its_class():
    y = np.array(["a", "b"])[np.arange(333) % 2]
    model = gan(conditional=True).fit(digits(), y)
    z = np.ones(4, np.float32)
    expected = model.inverse_transform(np.stack([z, 2 * z]), ["b", "b"])
    path = model.interpolate(z, 2 * z, 2, y="b")
    np.testing.assert_allclose(path, expected, atol=1e-5)
    assert model.interpolate(random_state=0).shape == (8, 64)


def test_layers_in_bfloat16_and_channels_last_learn_images():
    params = {"generator": "convolutional", "discriminator": "convolutional", "n_epochs": 3}
    models = [gan(precision=p, **params).fit(images(100)) for p in ("float32", "bf16")]
    exact, rough = (m.history_["loss_discriminator"][-1] for m in models)
    assert rough == pytest.approx(exact, rel=0.1) and rough != exact
    assert all(w.dtype == torch.float32 for w in weights(models[1]).values())


@pytest.mark.parametrize(
    ("params", "message"),
    [
        ({"loss": "kl"}, "loss must be one of 'nonsaturating'"),
        ({"penalty": "dragan"}, "penalty must be one of 'gp', 'r1'"),
        ({"output": "relu"}, "output must be one of 'sigmoid', 'tanh', 'linear', got 'relu'"),
        ({"pack": 0}, "pack must be"),
        ({"ema": 1.5}, "ema must be"),
        ({"ema": 1.0}, "ema must be >= 0 and < 1, got 1.0"),
        ({"betas": (0.5, 2)}, "each of betas must be"),
        ({"betas": (0.5, 1.0)}, "each of betas must be >= 0 and < 1, got 1.0"),
        ({"betas": (0.5, 0.9, 0.9)}, "betas must be a pair of numbers"),
        ({"betas": 0.5}, "betas must be a pair of numbers, got 0.5"),
        ({"hidden_layer_sizes": 10}, "hidden_layer_sizes must be a tuple"),
        ({"output": []}, r"output must be one of 'sigmoid', 'tanh', 'linear', got \[\]"),
        ({"label_smoothing": -0.1}, "label_smoothing must be"),
        ({"generator": "convolutional"}, "needs the shape of images"),
        ({"discriminator": "dense"}, "discriminator must be None, 'convolutional' or a factory"),
    ],
)
def test_what_makes_no_sense_is_refused(params, message):
    with pytest.raises((ValueError, TypeError), match=message):
        gan(**params).fit(digits())
