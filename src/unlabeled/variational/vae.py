"""The variational autoencoder as an estimator."""

from functools import partial

import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import (
    CompleteMixin,
    DensityMixin,
    EncodeMixin,
    ReconstructMixin,
    SampleMixin,
)
from unlabeled.engine.rows import moments
from unlabeled.networks import Decoder, Encoder
from unlabeled.networks.choice import check_network
from unlabeled.networks.mlp import choose_activation
from unlabeled.sampling.noise import stream_seed
from unlabeled.schedules import Schedule, at
from unlabeled.spec import choose
from unlabeled.validation import check_number, check_sizes, warn_outside
from unlabeled.variational import completion, importance
from unlabeled.variational.autoencoder import VariationalAutoencoder
from unlabeled.variational.likelihoods import LIKELIHOODS, Likelihood

__all__ = ["VAE"]

_SCORING = 0x5C02E  # the stream of the noise that every scored row meets


class VAE(EncodeMixin, ReconstructMixin, SampleMixin, CompleteMixin, DensityMixin, Estimator):
    r"""Variational autoencoder, and with `n_importance` > 1 the importance-weighted one.

    A code z with a standard normal prior is decoded into a row x; an encoder approximates its
    posterior by a Gaussian with independent components. Both learn to make a lower bound of the
    log-likelihood large,

    .. math:: \log p(x) \ge \mathbb{E}_{q(z \mid x)} \log p(x \mid z)
              - \beta\, \mathrm{KL}(q(z \mid x) \,\|\, p(z)) \qquad (\beta = 1),

    the divergence in closed form, or for K = `n_importance` > 1 codes the tighter

    .. math:: \log p(x) \ge \mathbb{E}_{z_1 \dots z_K \sim q} \log \frac1K \sum_{k=1}^K
              \frac{p(x, z_k)}{q(z_k \mid x)}.

    Parameters
    ----------
    n_components : int, default=50
        Size of the code z.
    hidden_layer_sizes : tuple of int, default=(200, 200)
        Layers of the encoder; the decoder has them in reverse.
    activation : str or torch.nn.Module class, default="gelu"
        What stands between layers: a name of `unlabeled.networks.ACTIVATIONS` or a class.
    likelihood : {"bernoulli", "gaussian"} or Likelihood, default="bernoulli"
        What a row is given its code: `Bernoulli(dynamic)`, `Gaussian(variance)`.
    beta : float or Schedule, default=1.0
        Weight of the divergence. What is reported is always the bound, of weight 1.
    n_importance : int, default=1
        Codes per row in the bound that is learned from.
    score_n_importance : int, default=128
        Codes per row in `score_samples`, evenly spread, of the same noise for all rows; best a
        power of 2.
    encoder : None, "convolutional" or callable, default=None
        None for `hidden_layer_sizes`; a factory is called with the sizes of input and output:
        n_features (or (c, h, w) of images) and 2 * n_components. With `conditional=True` the
        input has a further feature (or channel) for every class.
    decoder : None, "convolutional" or callable, default=None
        Likewise, called with n_components (and a further one for every class) and k * n_features
        (or (k * c, h, w)), where the likelihood takes k outputs for each feature: 1 for both that
        have a name.
    image_shape : tuple of int, optional
        (c, h, w) of rows that are images, where X itself does not say so.
    conditional : bool, default=False
        Learn p(x | y): encoder and decoder get the labels y as well.
    n_epochs : int, default=100
        Passes over the data.
    batch_size : int, default=100
        Rows per update (over all processes).
    learning_rate : float, default=0.001
        Step length at the start.
    schedule : {"linear", "constant", "cosine"} or Schedule, default="linear"
        What the learning rate is multiplied by on the way; "linear" and "cosine" fall from 1 to 0.
    optimizer : {"sgd", "adam", "adamw", "rmsprop"} or torch.optim class, default="adam"
        How the gradient is applied.
    max_gradient_norm : float or None, default=None
        Longer gradients are shortened to this norm.
    validation_fraction : float, default=0.0
        Part of X that is set apart to be watched.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    precision : {"float32", "bf16"}, default="float32"
        Of the networks while learning; sums and likelihoods are never in bf16.
    backend : {"auto", "torch", "fast"}, default="auto"
        Who draws: plain torch, or compiled kernels (`pip install 'unlabeled[fast]'`). "auto" takes
        the kernels on a CPU for which `unlabeled compile` has compiled them.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : VariationalAutoencoder
        The model itself, a plain `nn.Module`.
    backend_ : {"torch", "fast"}
        Who drew while it learned.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and every term, in nats per row: "bound" (to be
        raised), "reconstruction" (log p(x | z)) and "kl", whose difference it is for
        n_importance=1; ``val_...`` on rows held out.
    score_kind_ : "lower bound"
        What `score_samples` returns: the importance-weighted bound, a lower one on average over
        the noise, which comes from the seed of the model.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w), if rows are images.
    classes_ : ndarray
        The labels, if conditional.

    References
    ----------
    Kingma, Welling. Auto-encoding variational Bayes. ICLR 2014.
    Rezende, Mohamed, Wierstra. Stochastic backpropagation and approximate inference in deep
    generative models. ICML 2014.
    Burda, Grosse, Salakhutdinov. Importance weighted autoencoders. ICLR 2016.
    Higgins et al. beta-VAE: learning basic visual concepts with a constrained variational
    framework. ICLR 2017.

    Examples
    --------
    >>> from unlabeled.datasets import bars_and_stripes
    >>> X = bars_and_stripes(3)
    >>> vae = VAE(2, hidden_layer_sizes=(32,), n_epochs=5, random_state=0).fit(X)
    >>> vae.transform(X).shape
    (16, 2)
    >>> bool((vae.score_samples(X) < 0).all())
    True
    """

    module_: VariationalAutoencoder

    def __init__(
        self,
        n_components=50,
        *,
        hidden_layer_sizes=(200, 200),
        activation="gelu",
        likelihood="bernoulli",
        beta=1.0,
        n_importance=1,
        score_n_importance=128,
        encoder=None,
        decoder=None,
        image_shape=None,
        conditional=False,
        n_epochs=100,
        batch_size=100,
        learning_rate=0.001,
        schedule="linear",
        optimizer="adam",
        max_gradient_norm=None,
        validation_fraction=0.0,
        device="auto",
        precision="float32",
        backend="auto",
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.likelihood = likelihood
        self.beta = beta
        self.n_importance = n_importance
        self.score_n_importance = score_n_importance
        self.encoder = encoder
        self.decoder = decoder
        self.image_shape = image_shape
        self.conditional = conditional
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.optimizer = optimizer
        self.max_gradient_norm = max_gradient_norm
        self.validation_fraction = validation_fraction
        self.device = device
        self.precision = precision
        self.backend = backend
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        for name in ("n_components", "n_importance", "score_n_importance"):
            check_number(name, getattr(self, name), 1, integer=True)
        check_sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        if not isinstance(self.beta, Schedule):
            check_number("beta", self.beta, 0)
        choose_activation(self.activation)
        self._likelihood()
        check_network("encoder", self.encoder)
        check_network("decoder", self.decoder)

    def _likelihood(self) -> Likelihood:
        return choose(self.likelihood, LIKELIHOODS, Likelihood, "likelihood")

    def _check_values(self, rows):
        likelihood = self._likelihood()
        name = f"{type(likelihood).__name__} likelihoods"
        warn_outside(rows, likelihood.low, likelihood.high, name)

    def _build(self):
        likelihood = self._likelihood().build(self.n_features_in_)
        shape, k = self.image_shape_ or self.n_features_in_, likelihood.n_outputs
        sizes = tuple(self.hidden_layer_sizes)
        both = {
            "activation": self.activation,
            "n_classes": len(self.classes_) if self.conditional else 0,
        }
        encoder = Encoder(
            self.encoder, shape, 2 * self.n_components, hidden_layer_sizes=sizes, **both
        )
        many = (k * shape[0], *shape[1:]) if isinstance(shape, tuple) else k * shape
        decoder = Decoder(
            self.decoder, self.n_components, many, hidden_layer_sizes=sizes[::-1], **both
        )
        return VariationalAutoencoder(encoder, decoder, likelihood, k * self.n_features_in_)

    def _initialise(self, rows, index):
        device = self._module_device
        mean, variance = (m.to(device) for m in moments(rows, index))
        self.module_.base.copy_(self.module_.likelihood.base(mean, variance))

    def _parts(self, n_rows):
        return {"step": self._gradient_step(self.module_.parameters())}

    def _step(self, batch):
        with self._products():
            objective, terms = self._objective(batch, at(self.beta, batch.progress))
        (-objective.sum() / batch.n_total).backward()
        self._training.parts["step"](batch.progress)
        return {name: value.detach().mean() for name, value in terms.items()}

    @torch.no_grad()
    def _evaluate(self, batch):
        return {name: value.mean() for name, value in self._objective(batch, 1.0)[1].items()}

    def _objective(self, batch, beta):
        x = self.module_.likelihood.observe(batch.x, batch.noise)
        e = batch.noise.normal((len(x), self.n_importance, self.n_components))
        return self.module_.objective(x, e, beta=beta, y=batch.y)

    # ---- capabilities ------------------------------------------------------------------------

    def _encode(self, x, *y):
        return self.module_.posterior(x, *y)[0]

    def _decode(self, z, *y):
        return self.module_.likelihood.mean(self.module_.outputs(z, *y))

    @property
    def score_kind_(self):
        """How the likelihood is known."""
        check_is_fitted(self, "module_")
        return "lower bound"

    def _density(self):
        vae = self._float64()
        seed = stream_seed(self._seed, _SCORING)
        e = importance.even(self.score_n_importance, self.n_components, seed)
        e = e.to(self._module_device)

        def log_p(x, *y):
            parts = e.split(importance.split(len(e), x))
            return importance.bound(vae, x, (part.expand(len(x), -1, -1) for part in parts), *y)

        return log_p

    def log_likelihood(self, X, y=None, *, n_importance=5000, random_state=None):
        """Estimate log p(x) of each row with fresh noise, as is usual for what is published.

        On average a lower bound, which rises with `n_importance` to log p(x). The networks run in
        their own float32, the weights are summed in float64.

        Parameters
        ----------
        X, y : as in transform
        n_importance : int, default=5000
            Codes drawn for each row.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        log_p : array or tensor of shape (n,), float64
            In nats.
        """
        check_number("n_importance", n_importance, 1, integer=True)
        rows = self._fitted_rows(X, y)
        noise = self._noise(random_state)

        def log_p(x, *y):
            parts = importance.split(n_importance, x)
            draws = (noise.normal((len(x), k, self.n_components)) for k in parts)
            return importance.bound(self.module_, x, draws, *y)

        return self._map(log_p, rows, X)

    def sample(self, n_samples=1, *, y=None, mean=False, random_state=None):
        """Draw rows: z from the prior, x from p(x | z).

        Parameters
        ----------
        n_samples, y, random_state : as in :meth:`unlabeled.capabilities.SampleMixin.sample`
        mean : bool, default=False
            Return E[x | z] instead of a draw: smoother pictures, not samples.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32
        """
        return self._drawn(partial(self._sample, mean=mean), n_samples, y, random_state)

    def _sample(self, n, noise, *y, mean=False):
        vae, z = self.module_, noise.normal((n, self.module_.n_components))

        def rows(z, *y):
            f = vae.outputs(z, *y)
            return vae.likelihood.mean(f) if mean else vae.likelihood.sample(f, noise)

        return self._in_parts(rows, z, *y)

    def _complete(self, x, missing, noise, n_steps, *y):
        return completion.complete(self.module_, x, missing, noise, n_steps, *y)
