"""The generative adversarial network as an estimator."""

import torch

from unlabeled.adversarial.average import MovingAverage
from unlabeled.adversarial.generating import GeneratorMixin
from unlabeled.adversarial.losses import LOSSES, Loss, mean
from unlabeled.adversarial.penalties import PENALTIES, Penalty
from unlabeled.adversarial.players import OUTPUTS, AdversarialNetworks, Discriminator, Generator
from unlabeled.base import Estimator
from unlabeled.engine.order import n_batches
from unlabeled.networks.choice import check_network
from unlabeled.networks.mlp import choose_activation
from unlabeled.schedules import SCHEDULES, Schedule, Times
from unlabeled.spec import choose
from unlabeled.validation import check_choice, check_number, check_sizes, warn_outside

__all__ = ["GAN"]


class GAN(GeneratorMixin, Estimator):
    r"""Generative adversarial network.

    A generator G turns noise z into rows; a discriminator D is shown rows of both kinds, and gives
    a large logit to data, a small one to samples. Each learns against the other:

    .. math:: \max_D \; \mathbb{E}_x[\log \sigma(D(x))]
              + \mathbb{E}_{z \sim N(0, I)}[\log(1 - \sigma(D(G(z))))], \qquad
              \max_G \; \mathbb{E}_z[\log \sigma(D(G(z)))]

    (:mod:`unlabeled.adversarial.losses` has other games.) For every batch the discriminator moves,
    and then the generator against it. Samples are drawn from a moving average of the generator.

    There is no likelihood, and no code of a given row.

    Parameters
    ----------
    n_components : int, default=100
        Size of the noise z.
    hidden_layer_sizes : tuple of int, default=(256, 256)
        Layers of both players, where they are MLPs.
    activation : str or torch.nn.Module class, default="leaky_relu"
        Between layers, a name of `unlabeled.networks.ACTIVATIONS`.
    output : {"sigmoid", "tanh", "linear"}, default="sigmoid"
        Of the generator: for data in [0, 1], in [-1, 1], or any.
    generator : None, "convolutional" or torch.nn.Module class, default=None
        None for an MLP; "convolutional" has the shape of DCGAN, for images of any size. A class is
        called as `generator(n_components, n_features)`, with (c, h, w) in the place of
        `n_features` where that is known; with `conditional=True` the noise has a further component
        for every class. A function that makes a network will do too, but such a model cannot be
        saved.
    discriminator : None, "convolutional" or torch.nn.Module class, default=None
        Likewise, called as `discriminator(n_features, 1)`, or with (c, h, w) for `n_features`;
        with `conditional=True` a row has a further feature (or channel) for every class, and
        a pack has the features (or channels) of all its rows.
    image_shape : tuple of int or None, default=None
        (c, h, w), if rows are images that were flattened.
    conditional : bool, default=False
        Tell both players the label of a row.
    loss : str or Loss, default="nonsaturating"
        What the players want: "nonsaturating", "minimax", "hinge", "least_squares", "wasserstein".
    label_smoothing : float, default=0.0
        How far the target of real rows lies below 1; that of samples stays 0. For losses that
        have a target.
    penalty : None, "gp", "r1" or Penalty, default=None
        On the discriminator's gradient: `GradientPenalty(weight)` towards norm 1 between data and
        samples, `R1(weight)` towards 0 at the data.
    spectral_norm : bool, default=False
        Hold the largest singular value of every layer of the discriminator at 1.
    pack : int, default=1
        Rows that the discriminator judges together (PacGAN): it then notices when samples are
        less diverse than data.
    n_discriminator_steps : int, default=1
        Batches on which the discriminator moves for each on which the generator does.
    ema : float or None, default=0.999
        Decay of the moving average of the generator; None samples from the generator itself.
    n_epochs : int, default=50
        Passes over the data.
    batch_size : int, default=64
        Rows per update (over all processes).
    learning_rate : float, default=0.0002
        Step length at the start.
    learning_rate_d : float or None, default=None
        The discriminator's, where it differs.
    betas : tuple of float, default=(0.5, 0.999)
        Decays of the moments, for optimizers of Adam's kind.
    schedule : {"linear", "constant", "cosine"} or Schedule, default="linear"
        What the learning rates are multiplied by on the way; "linear" and "cosine" fall from 1
        to 0.
    optimizer : {"sgd", "adam", "adamw", "rmsprop"} or torch.optim class, default="adam"
        How the gradients are applied; each player has one.
    max_gradient_norm : float or None, default=None
        Longer gradients of a player are shortened to this norm.
    validation_fraction : float, default=0.0
        Part of X that is set apart to be watched.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    precision : {"float32", "bf16"}, default="float32"
        Of the products while learning; losses and penalties are never in bf16.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : AdversarialNetworks
        Both players, plain `nn.Module`; `module_.average` is what is sampled from.
    history_ : dict of list
        A value per epoch for "epoch", "seconds", "loss_discriminator", "loss_generator", and
        "real" and "fake", the mean logits of data and samples; ``val_...`` on rows held out,
        where "fake" is of the moving average.
    classes_ : ndarray
        The labels, if conditional.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if rows are images.

    References
    ----------
    Goodfellow et al. Generative adversarial nets. 2014.
    Radford, Metz, Chintala. Unsupervised representation learning with deep convolutional
    generative adversarial networks. 2016.
    Salimans et al. Improved techniques for training GANs. 2016.
    Lin, Khetan, Fanti, Oh. PacGAN: the power of two samples in generative adversarial networks.
    2018.

    Examples
    --------
    >>> from unlabeled.datasets import ring_of_gaussians
    >>> X = ring_of_gaussians(1000, random_state=0)
    >>> gan = GAN(2, hidden_layer_sizes=(32,), output="linear", n_epochs=1, random_state=0).fit(X)
    >>> gan.sample(5, random_state=0).shape
    (5, 2)
    """

    module_: AdversarialNetworks

    def __init__(
        self,
        n_components=100,
        *,
        hidden_layer_sizes=(256, 256),
        activation="leaky_relu",
        output="sigmoid",
        generator=None,
        discriminator=None,
        image_shape=None,
        conditional=False,
        loss="nonsaturating",
        label_smoothing=0.0,
        penalty=None,
        spectral_norm=False,
        pack=1,
        n_discriminator_steps=1,
        ema=0.999,
        n_epochs=50,
        batch_size=64,
        learning_rate=0.0002,
        learning_rate_d=None,
        betas=(0.5, 0.999),
        schedule="linear",
        optimizer="adam",
        max_gradient_norm=None,
        validation_fraction=0.0,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.output = output
        self.generator = generator
        self.discriminator = discriminator
        self.image_shape = image_shape
        self.conditional = conditional
        self.loss = loss
        self.label_smoothing = label_smoothing
        self.penalty = penalty
        self.spectral_norm = spectral_norm
        self.pack = pack
        self.n_discriminator_steps = n_discriminator_steps
        self.ema = ema
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.learning_rate_d = learning_rate_d
        self.betas = betas
        self.schedule = schedule
        self.optimizer = optimizer
        self.max_gradient_norm = max_gradient_norm
        self.validation_fraction = validation_fraction
        self.device = device
        self.precision = precision
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        for name in ("n_components", "pack", "n_discriminator_steps"):
            check_number(name, getattr(self, name), 1, integer=True)
        check_sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        if not isinstance(self.betas, (tuple, list)) or len(self.betas) != 2:
            raise ValueError(f"betas must be a pair of numbers, got {self.betas!r}.")
        for beta in self.betas:
            _check_decay("each of betas", beta)
        check_number("label_smoothing", self.label_smoothing, 0, 1)
        if self.ema is not None:
            _check_decay("ema", self.ema)
        if self.learning_rate_d is not None:
            check_number("learning_rate_d", self.learning_rate_d, 0)
        choose_activation(self.activation)
        check_network("generator", self.generator)
        check_network("discriminator", self.discriminator)
        check_choice("output", self.output, OUTPUTS)
        loss = choose(self.loss, LOSSES, Loss, "loss")
        if self.label_smoothing and not loss.has_target:
            raise ValueError(
                f"{loss!r} has no target that label_smoothing={self.label_smoothing} could lower; "
                "set it to 0 or use 'nonsaturating', 'minimax' or 'least_squares'."
            )
        self._penalty()

    def _penalty(self) -> Penalty | None:
        if self.penalty is None:
            return None
        return choose(self.penalty, PENALTIES, Penalty, "penalty")

    def _check_values(self, rows):
        if self.output != "linear":
            low = 0 if self.output == "sigmoid" else -1
            warn_outside(rows, low, 1, f"{self.output} outputs")

    def _build(self):
        shape = self.image_shape_ or self.n_features_in_
        common = {
            "n_classes": len(self.classes_) if self.conditional else 0,
            "hidden_layer_sizes": tuple(self.hidden_layer_sizes),
            "activation": self.activation,
        }
        networks = AdversarialNetworks(
            Generator(self.generator, self.n_components, shape, output=self.output, **common),
            Discriminator(
                self.discriminator,
                shape,
                pack=self.pack,
                spectral_norm=self.spectral_norm,
                **common,
            ),
            averaged=self.ema is not None,
        )
        if self.precision == "bf16":
            networks.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
        return networks

    def _parts(self, n_rows):
        net = self.module_
        self._game = choose(self.loss, LOSSES, Loss, "loss"), self._penalty()
        rate = self.learning_rate if self.learning_rate_d is None else self.learning_rate_d
        schedule = choose(self.schedule, SCHEDULES, Schedule, "schedule")
        players = {
            "generator": self._gradient_step(net.generator.parameters(), betas=self.betas),
            "discriminator": self._gradient_step(
                net.discriminator.parameters(), betas=self.betas, lr=Times(rate, schedule)
            ),
        }
        if self.ema is None:
            return players
        seen = self._training.epoch * n_batches(n_rows, self.batch_size)
        done = seen // self.n_discriminator_steps
        return {**players, "average": MovingAverage(net.average, net.generator, self.ema, done)}

    def _step(self, batch):
        moves = self._training.step % self.n_discriminator_steps == 0
        y = () if batch.y is None else (batch.y,)
        z = batch.noise.normal((len(batch.x), self.n_components))
        with torch.set_grad_enabled(moves), self._products():
            fake = self.module_.generator(z, *y).float()
        terms = self._move_discriminator(batch, fake.detach(), y)
        if moves:
            self._move_generator(batch, fake, y)
        return terms

    def _move_discriminator(self, batch, fake, y):
        with self._products():
            logits = self.module_.judge(batch.x, *y), self.module_.judge(fake, *y)
        terms = self._terms(*logits)
        objective = terms["loss_discriminator"]
        _, penalty = self._game
        if penalty is not None:
            u = batch.noise.uniform((len(fake), 1))
            objective = objective + self.module_.penalise(penalty, batch.x, fake, u, *y)
        (objective * (len(fake) / batch.n_total)).backward()
        self._training.parts["discriminator"](batch.progress)
        return terms

    def _move_generator(self, batch, fake, y):
        (loss, _), parts = self._game, self._training.parts
        with self._products():
            objective = mean(loss.generator(self.module_.judge(fake, *y)))
        share = objective * (len(fake) / batch.n_total)
        share.backward(inputs=parts["generator"].parameters)
        parts["generator"](batch.progress)
        if "average" in parts:
            parts["average"].update()

    @torch.no_grad()
    def _evaluate(self, batch):
        net, y = self.module_, () if batch.y is None else (batch.y,)
        fake = net.average(batch.noise.normal((len(batch.x), self.n_components)), *y)
        return self._terms(net.judge(batch.x, *y), net.judge(fake, *y))

    def _terms(self, real, fake):
        """What is reported, of the logits of data and of samples."""
        loss, _ = self._game
        return {
            "loss_discriminator": loss.discriminator(real, fake, 1 - self.label_smoothing),
            "loss_generator": mean(loss.generator(fake.detach())),
            "real": mean(real),
            "fake": mean(fake),
        }

    # ---- capabilities ------------------------------------------------------------------------

    def discriminate(self, X, y=None):
        """The discriminator's logit of each row: large for what looks like data.

        It has been trained to tell data from the generator's samples, and knows little about rows
        that are neither.

        Parameters
        ----------
        X : array-like, CSR matrix, tensor, images or Dataset of n rows
        y : array-like of shape (n,), optional
            Labels, for a conditional model.

        Returns
        -------
        d : array or tensor of shape (n,), float32

        Raises
        ------
        ValueError
            If the discriminator judges packs of rows.
        """
        if self.pack > 1:
            raise ValueError(
                f"with pack={self.pack} the discriminator has no logit for a single row; "
                "module_.judge(x) gives those of packs."
            )
        return self._map(self._judge, self._fitted_rows(X, y), X)

    def _judge(self, x, *y):
        return self.module_.judge(x, *y)


def _check_decay(name, value):
    check_number(name, value, 0)
    if value >= 1:
        raise ValueError(f"{name} must be >= 0 and < 1, got {value!r}.")
