"""A report of any model that has the capabilities, whatever its class."""

import re
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

pytest.importorskip("matplotlib")

from unlabeled.plot import report


class Fake:
    """Independent bits: every capability in a line or two, and no class that anyone knows."""

    def __init__(self, n_components=9, *, shift=0.0, random_state=None):
        self.n_components, self.shift, self.random_state = n_components, shift, random_state

    def get_params(self, deep=True):
        return dict(vars_of(self))

    def fit(self, X):
        self.rate_ = X.mean(axis=0) * 0.98 + 0.01
        self.n_features_in_ = X.shape[1]
        self.components_ = np.eye(self.n_components, X.shape[1]) - 0.2
        self.history_ = {
            "epoch": [1, 2, 3],
            "seconds": [60.0, 60.0, 30.0],
            "loss": [3.0, 2.0, 1.0],
            "val_loss": [3.0, 2.5, 2.6],
        }
        return self

    def reconstruct(self, X):
        return 0.5 * np.asarray(X) + 0.5 * self.rate_

    def sample(self, n_samples=1, *, random_state=None):
        rng = np.random.default_rng(random_state)
        return (rng.random((n_samples, len(self.rate_))) < self.rate_).astype(np.float32)

    def complete(self, X, missing=None, *, n_samples=1, random_state=None):
        drawn = Fake.sample(self, n_samples * len(X), random_state=random_state)
        return np.where(missing, drawn.reshape(n_samples, *X.shape), X)

    def score_samples(self, X):
        return np.log(np.where(np.asarray(X) > 0.5, self.rate_, 1 - self.rate_)).sum(axis=1)

    def log_partition(self):
        return SimpleNamespace(value=3.0, standard_error=0.1, lower=2.9, upper=3.3, kind="ais")


def vars_of(model):
    return {k: v for k, v in vars(model).items() if not k.endswith("_")}


def bits(n=40, d=9, seed=0):
    return (np.random.default_rng(seed).random((n, d)) < np.linspace(0.1, 0.9, d)).astype(float)


def page_of(tmp_path, model, X, **options):
    return report(model, X, tmp_path / "page.html", **options).read_text("utf-8")


def sections_of(page):
    return re.findall(r'<section id="(\w+)"', page)


def test_a_model_that_can_do_everything_fills_every_section(tmp_path):
    X = bits()
    page = page_of(tmp_path, Fake().fit(X), X, snapshots=[np.zeros((4, 9)), np.eye(4, 9)])
    assert sections_of(page) == [
        "samples",
        "completions",
        "reconstructions",
        "filters",
        "film",
        "curves",
        "likelihood",
        "training",
        "making",
    ]


@pytest.mark.parametrize(
    ("ability", "name"),
    {
        "sample": "samples",
        "complete": "completions",
        "reconstruct": "reconstructions",
        "components_": "filters",
        "history_": "curves",
        "score_samples": "likelihood",
    }.items(),
)
def test_a_section_appears_only_if_the_model_can_fill_it(tmp_path, ability, name):
    X = bits()
    able = SimpleNamespace(**{ability: getattr(Fake().fit(X), ability)})
    assert sections_of(page_of(tmp_path, able, X)) == [name, "training", "making"]


def test_global_generators_are_left_alone(tmp_path):
    X = bits()
    before = repr(np.random.mtrand._rand.get_state())
    page_of(tmp_path, Fake().fit(X), X, random_state=None)
    assert repr(np.random.mtrand._rand.get_state()) == before


def test_nothing_is_fetched_from_outside(tmp_path):
    X = bits()
    page = page_of(tmp_path, Fake().fit(X), X, snapshots=[np.zeros((4, 9)), np.eye(4, 9)])
    addresses = re.findall(r'(?:src|srcset|href)="([^"]*)"', page)
    assert len(addresses) > 50
    assert all(a.startswith(("data:image/", "#")) for a in addresses)
    assert "default-src &#x27;none&#x27;" in page and "@import" not in page
    assert len(page) < 3_000_000


def test_text_is_escaped(tmp_path):
    X = bits()
    model = Fake(random_state="<script>alert(1)</script>").fit(X)
    page = page_of(tmp_path, model, X, title='"<img onerror=x>&', model_path="<b>")
    assert "<script" not in page and "<img onerror" not in page and "<b>" not in page
    assert "&lt;script&gt;" in page and "&lt;img onerror=x&gt;&amp;" in page


def test_same_seed_same_page_up_to_the_making_of(tmp_path):
    X = bits()
    model = Fake().fit(X)
    first, again, other = (
        page_of(tmp_path, model, X, random_state=seed).split('<section id="making"')[0]
        for seed in (3, 3, 4)
    )
    assert first == again != other


def test_likelihood_is_the_models_beside_independent_pixels(tmp_path):
    X, new = bits(60), bits(30, seed=1)
    page = page_of(tmp_path, Fake().fit(X), X, X_test=new)
    rate = (X.sum(axis=0) + 1) / (len(X) + 2)
    baseline = np.mean(np.log(np.where(new == 1, rate, 1 - rate)).sum(axis=1))
    mean = Fake().fit(X).score_samples(new).mean()
    row = re.search(r'<th scope="row">test</th>(.*?)</tr>', page)[1].replace("\u2212", "-")
    cells = re.findall(r"<td>(.*?)</td>", row)
    assert cells[0] == "30" and cells[1] == f"{mean:.2f}" and cells[-1] == f"{baseline:.2f}"
    low, high = f"{mean - 0.3:.2f}", f"{mean + 0.1:.2f}"
    assert f"lies between {low} and {high}".replace("-", "\u2212") in page


def test_independent_baseline_is_for_binary_data_alone(tmp_path):
    X = bits()
    grey = page_of(tmp_path, Fake().fit(X), 0.5 * X)
    assert "independent" not in grey and "not all 0 and 1" in grey


def test_parameters_that_differ_from_the_default_are_named(tmp_path):
    X = bits()
    page = page_of(tmp_path, Fake(random_state=7).fit(X), X)
    shown, folded = page.split('<section id="training"')[1].split("<details>")
    assert "random_state" in shown and "shift" not in shown
    assert "shift" in folded.split("</details>")[0]


def test_time_is_the_sum_of_the_epochs(tmp_path):
    X = bits()
    assert "<dd>2 min 30 s</dd><dt>of training, 3 epochs" in page_of(tmp_path, Fake().fit(X), X)


def test_a_failing_section_is_named_and_the_others_stay(tmp_path):
    X = bits()
    model = Fake().fit(X)
    model.sample = None
    with pytest.warns(UserWarning, match="'samples' of the report failed, TypeError"):
        page = page_of(tmp_path, model, X)
    assert "could not be made" in page and "likelihood" in sections_of(page)


def test_wrong_width_and_unfitted_are_refused(tmp_path):
    from sklearn.exceptions import NotFittedError
    from sklearn.neural_network import BernoulliRBM

    with pytest.raises(ValueError, match=r"9 features.*got shape \(5, 4\)"):
        report(Fake().fit(bits()), np.ones((5, 4)), tmp_path / "x.html")
    with pytest.raises(NotFittedError):
        report(BernoulliRBM(), bits(), tmp_path / "x.html")
    assert not list(tmp_path.iterdir())


def plain(X):
    return X.toarray() if hasattr(X, "toarray") else np.asarray(X)


NAMES = ["pay$", "<b>", "age", "x_1", "height", "weight"]
KINDS = {
    "uint8": lambda X: X.astype(np.uint8),
    "csr": lambda X: pytest.importorskip("scipy.sparse").csr_array(X.astype(float)),
    "tensor": lambda X: pytest.importorskip("torch").tensor(X),
    "pandas": lambda X: pytest.importorskip("pandas").DataFrame(X, columns=NAMES),
    "polars": lambda X: pytest.importorskip("polars").DataFrame(X, schema=NAMES),
}


def doubles(X):
    """A model of everything, whatever holds the rows, that gives back what it gets."""
    return SimpleNamespace(
        components_=np.eye(X.shape[1]) - 0.5,
        reconstruct=lambda X: X,
        sample=lambda n, random_state: plain(X)[:n],
        complete=lambda X, missing, n_samples, random_state: np.stack([plain(X)] * n_samples),
    )


@pytest.mark.parametrize("kind", KINDS)
def test_whatever_holds_the_rows(tmp_path, kind):
    X = KINDS[kind](np.random.default_rng(0).integers(0, 2, (30, 6)))
    page = page_of(tmp_path, doubles(X), X, image_shape=(2, 3))
    assert sections_of(page)[:4] == ["samples", "completions", "reconstructions", "filters"]
    assert "6 = 2 × 3" in page and "0 and 1" in page


def test_a_dataset_of_pairs(tmp_path):
    X = bits()
    pairs = [(row, "label") for row in X]
    pairs_only = type("Pairs", (), {"__len__": lambda _: 40, "__getitem__": lambda _, i: pairs[i]})
    same = page_of(tmp_path, Fake().fit(X), X).split('<section id="training"')[0]
    assert page_of(tmp_path, Fake().fit(X), pairs_only()).startswith(same)


def test_a_table_is_no_picture(tmp_path):
    X = KINDS["pandas"](np.random.default_rng(0).normal(size=(4, 6)))
    page = page_of(tmp_path, doubles(X), X)
    assert sections_of(page)[:4] == ["samples", "completions", "reconstructions", "filters"]
    words = page.split("</style>")[1]
    assert "feature" in words and "pixel" not in words


def test_colour_pictures_larger_than_a_tile(tmp_path):
    X = np.random.default_rng(0).random((4, 3, 130, 140))
    model = SimpleNamespace(reconstruct=lambda X: X, sample=lambda n, random_state: X[:n])
    page = page_of(tmp_path, model, X)
    assert sections_of(page)[:2] == ["samples", "reconstructions"]
    assert "130 × 140 × 3 channels" in page
    assert len(page) < 3_000_000


def test_importing_draws_in_no_matplotlib():
    code = "import sys, unlabeled.plot; print('matplotlib' in sys.modules, 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


# ---- what a model can do with codes ------------------------------------------------------------


class Turn:
    """Encodes and decodes by a rotation; no class that anyone knows."""

    def __init__(self, k=3, d=9, *, unit=False):
        self.n_components = k
        self.Q = np.linalg.qr(np.random.default_rng(0).normal(size=(d, d)))[0][:, :k]
        if unit:
            self.components_ = self.Q.T

    def transform(self, X):
        return plain(X) @ self.Q

    def inverse_transform(self, H):
        return np.asarray(H) @ self.Q.T


def only(model, *names):
    """The model with some of its abilities."""
    return SimpleNamespace(**{name: getattr(model, name) for name in names})


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        (Turn(3), ["interpolations", "traversals", "codes"]),
        (Turn(2), ["interpolations", "plane", "codes"]),
        (Turn(1), ["interpolations", "traversals", "codes"]),
        (Turn(3, unit=True), ["interpolations", "traversals", "codes", "atoms"]),
        (only(Turn(3), "transform"), ["codes"]),
        (only(Turn(3), "inverse_transform", "n_components"), ["interpolations", "traversals"]),
        (only(Turn(2), "inverse_transform", "n_components"), ["interpolations", "plane"]),
        (only(Turn(3), "inverse_transform"), []),  # nobody knows how long its codes are
        (only(Turn(3, unit=True), "components_"), ["atoms"]),
        (
            only(Fake().fit(bits()), "sample", "complete", "score_samples"),
            ["samples", "completions", "likelihood"],
        ),
    ],
)
def test_codes_are_shown_as_far_as_the_model_goes(tmp_path, model, expected):
    page = page_of(tmp_path, model, bits())
    assert sections_of(page) == [*expected, "training", "making"]


@pytest.mark.parametrize("k", [2, 3])
def test_codes_of_a_table(tmp_path, k):
    page = page_of(tmp_path, Turn(k, unit=True), bits(), image_shape=False)
    walk = "plane" if k == 2 else "traversals"
    assert sections_of(page)[:4] == ["interpolations", walk, "codes", "atoms"]


def test_players_have_a_curve_each(tmp_path):
    history = {"epoch": [1, 2], "loss_generator": [1.0, 2.0], "loss_discriminator": [2.0, 1.0]}
    page = page_of(tmp_path, SimpleNamespace(history_=history), bits())
    assert "learning curve of loss generator" in page
    assert "learning curve of loss discriminator" in page


def test_labels_colour_the_codes_and_the_model_is_not_told(tmp_path):
    X = bits()
    page = page_of(tmp_path, Turn(), X, y=np.arange(40) % 3)
    assert "Colours are labels, which the model never saw" in page
    assert page != page_of(tmp_path, Turn(), X, y=np.arange(40) % 4)
    assert "Colours" not in page_of(tmp_path, Turn(), X)
    assert "codes" in sections_of(page_of(tmp_path, Turn(), X, y=[f"row {i}" for i in range(40)]))
    with pytest.raises(ValueError, match="a label for each training row, got 3 for 40"):
        page_of(tmp_path, Turn(), X, y=[0, 1, 2])


class Conditional(Turn):
    """Needs to be told the label of every row, whatever it does."""

    conditional = True

    def transform(self, X, y):
        return plain(X) @ self.Q - self.told(X, y)

    def inverse_transform(self, H, y):
        return (np.asarray(H) + self.told(H, y)) @ self.Q.T

    def reconstruct(self, X, y):
        return self.inverse_transform(self.transform(X, y), y)

    def complete(self, X, missing=None, *, y, n_samples=1, random_state=None):
        return np.stack([X - 0 * self.told(X, y)[:, :1]] * n_samples)

    def score_samples(self, X, y):
        return -self.told(X, y)[:, 0]

    def sample(self, n_samples=1, *, y=None, random_state=None):
        return np.zeros((n_samples, len(self.Q)))

    def told(self, X, y):
        assert (len(y) == len(X) and (np.asarray(y) == np.round(10 * plain(X)[:, -1])).all()) or (
            np.shape(X)[1] == len(self.Q.T)
        )
        return np.asarray(y, float)[:, None] * np.ones(len(self.Q.T))


@pytest.mark.parametrize("k", [2, 3])
def test_a_conditional_model_is_told_the_labels_of_the_very_rows(tmp_path, k):
    X, y = bits(), np.arange(40) % 3
    X[:, -1] = y / 10
    page = page_of(tmp_path, Conditional(k), X, y=y, X_test=X[::-1], y_test=y[::-1])
    walk = "plane" if k == 2 else "traversals"
    assert sections_of(page)[:5] == [
        *("samples", "completions", "reconstructions", "interpolations", walk)
    ]
    assert "could not be made" not in page and "40 labelled pictures" in page
    with pytest.raises(ValueError, match="labels of the test rows, as this model is conditional"):
        page_of(tmp_path, Conditional(k), X, y=y, X_test=X)


def test_the_error_of_each_pixel_is_the_mean_over_rows(tmp_path):
    X = bits()
    gap = np.linspace(0, 0.9, 9)
    page = page_of(tmp_path, SimpleNamespace(reconstruct=lambda X: X + gap), X)
    assert "black none, white 0.81" in page


def test_points_of_the_plane_are_drawn_as_points(tmp_path):
    X = np.random.default_rng(0).normal(size=(50, 2))
    model = SimpleNamespace(sample=lambda n, random_state: X[:n] + 9)
    page = page_of(tmp_path, model, X, snapshots=[X, X + 1])
    assert sections_of(page)[:2] == ["samples", "film"]
    assert "50 rows of the training data, and as many that the model drew" in page


def test_means_are_not_called_draws(tmp_path):
    X = bits()
    model = SimpleNamespace(sample=lambda n, random_state, mean=False: X[:n] + 0.1 * mean)
    page = page_of(tmp_path, model, X)
    assert "the mean of the distribution that the pixels of each" in page
    assert "last draw" not in page
