"""The autoencoder as an estimator."""

from typing import cast

import numpy as np
import torch

from unlabeled.autoencoders.encoder_decoder import (
    OUTPUTS,
    EncoderDecoder,
    TiedDecoder,
    cross_entropy,
    squared_error,
)
from unlabeled.base import Estimator
from unlabeled.capabilities import EncodeMixin, ReconstructMixin
from unlabeled.engine.rows import moments
from unlabeled.networks import MLP, Decoder, Encoder
from unlabeled.networks.choice import check_network
from unlabeled.networks.mlp import choose_activation
from unlabeled.validation import check_choice, check_number, check_sizes, warn_outside

__all__ = ["Autoencoder"]

_LOSSES = ("squared_error", "cross_entropy")


class Autoencoder(EncodeMixin, ReconstructMixin, Estimator):
    r"""Deep autoencoder.

    An encoder f makes a code of few numbers out of a row, a decoder g makes the row out of the
    code, and both learn from what is lost on the way:

    .. math:: h = f(x), \qquad \hat x = s(g(h)), \qquad
              \min_{f, g} \; \frac{1}{N} \sum_x \lVert x - \hat x \rVert^2

    (or the cross-entropy). Sums go over all features of a row, never means, so that the loss is in
    the units of the data. The code is linear. All weights learn together from a random start;
    with linear layers only, the code spans what PCA finds.

    Parameters
    ----------
    n_components : int, default=30
        Size of the code. It may be larger than the data.
    hidden_layer_sizes : tuple of int, default=(1000, 500, 250)
        Layers of the encoder; the decoder has them in reverse. () makes both linear maps.
    activation : str or torch.nn.Module class, default="gelu"
        Between layers, a name of `unlabeled.networks.ACTIVATIONS`.
    output : {"sigmoid", "linear"}, default="sigmoid"
        s: for data in [0, 1], or for any.
    loss : {"squared_error", "cross_entropy"}, default="squared_error"
        What is minimised; cross-entropy, in nats, needs a sigmoid.
    tied : bool, default=False
        Give the decoder the transposed weights of the encoder, with biases of its own (no own
        networks).
    encoder : None, "convolutional" or torch.nn.Module class, default=None
        None for an MLP; "convolutional" needs images. A class is called as
        `encoder(n_features, n_components)`, with (c, h, w) in the place of `n_features` where
        that is known. A function that makes a network will do too, but a model with one cannot
        be saved.
    decoder : None, "convolutional" or torch.nn.Module class, default=None
        The same, called as `decoder(n_components, n_features)`.
    image_shape : tuple of int or None, default=None
        (c, h, w), if rows are images that were flattened.
    weight_decay : float, default=0.0
        L2 penalty, or with `optimizer="adamw"` the rate at which weights shrink by themselves.
    n_epochs : int, default=50
        Passes over the data.
    batch_size : int, default=128
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
        Of the matrix products while learning; losses are never in bf16.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : EncoderDecoder
        The networks, a plain `nn.Module`.
    history_ : dict of list
        A value per epoch for "epoch", "seconds", "squared_error" (per row) and, where that is the
        loss, "cross_entropy" (nats per row); ``val_...`` on rows held out.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if rows are images.

    See Also
    --------
    sklearn.decomposition.PCA : What linear layers come to.

    References
    ----------
    Rumelhart, Hinton, Williams. Learning internal representations by error propagation. 1986.
    Baldi, Hornik. Neural networks and principal component analysis. 1989.
    Hinton, Salakhutdinov. Reducing the dimensionality of data with neural networks. Science 2006.

    Examples
    --------
    >>> from sklearn.datasets import load_digits
    >>> X = load_digits().data / 16
    >>> ae = Autoencoder(10, hidden_layer_sizes=(50,), n_epochs=5, random_state=0).fit(X)
    >>> ae.transform(X).shape, ae.reconstruct(X).shape
    ((1797, 10), (1797, 64))
    """

    module_: EncoderDecoder

    def __init__(
        self,
        n_components=30,
        *,
        hidden_layer_sizes=(1000, 500, 250),
        activation="gelu",
        output="sigmoid",
        loss="squared_error",
        tied=False,
        encoder=None,
        decoder=None,
        image_shape=None,
        weight_decay=0.0,
        n_epochs=50,
        batch_size=128,
        learning_rate=0.001,
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
        self.loss = loss
        self.tied = tied
        self.encoder = encoder
        self.decoder = decoder
        self.image_shape = image_shape
        self.weight_decay = weight_decay
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
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
        check_number("n_components", self.n_components, 1, integer=True)
        check_sizes("hidden_layer_sizes", self.hidden_layer_sizes)
        check_number("weight_decay", self.weight_decay, 0)
        choose_activation(self.activation)
        check_choice("output", self.output, OUTPUTS)
        check_choice("loss", self.loss, _LOSSES)
        check_network("encoder", self.encoder)
        check_network("decoder", self.decoder)
        if self.loss == "cross_entropy" and self.output != "sigmoid":
            raise ValueError(
                f"loss='cross_entropy' needs output='sigmoid', got output={self.output!r}."
            )
        if self.tied and not (self.encoder is None and self.decoder is None):
            raise ValueError(
                "tied=True transposes the weights of an MLP: encoder and decoder must be None, "
                f"got {self.encoder!r} and {self.decoder!r}."
            )

    def _check_values(self, rows):
        if self.output == "sigmoid":
            warn_outside(rows, 0, 1, "sigmoid outputs")

    def _build(self):
        shape = self.image_shape_ or self.n_features_in_
        sizes = tuple(self.hidden_layer_sizes)
        encoder = Encoder(
            self.encoder,
            shape,
            self.n_components,
            hidden_layer_sizes=sizes,
            activation=self.activation,
        )
        if self.tied:
            return EncoderDecoder(encoder, TiedDecoder(cast(MLP, encoder.network)), self.output)
        decoder = Decoder(
            self.decoder,
            self.n_components,
            shape,
            hidden_layer_sizes=sizes[::-1],
            activation=self.activation,
        )
        return EncoderDecoder(encoder, decoder, self.output)

    def _initialise(self, rows, index):
        mean, _ = moments(rows, index)
        self.module_.start_at(mean.to(self._module_device))

    def _parts(self, n_rows):
        parameters = self.module_.parameters()
        return {"step": self._gradient_step(parameters, weight_decay=self.weight_decay)}

    def _step(self, batch):
        with self._products():
            a = self.module_.activation(self.module_.encode(batch.x))
        terms = self._losses(batch.x, a.float())
        (terms[self.loss].sum() / batch.n_total).backward()
        self._training.parts["step"](batch.progress)
        return {name: value.detach().mean() for name, value in terms.items()}

    @torch.no_grad()
    def _evaluate(self, batch):
        a = self.module_.activation(self.module_.encode(batch.x))
        return {name: value.mean() for name, value in self._losses(batch.x, a).items()}

    def _losses(self, x, a):
        """What is lost of each row, by name, where the output function gets `a`."""
        terms = {"squared_error": squared_error(self.module_.mean(a), x)}
        if self.loss == "cross_entropy":
            terms["cross_entropy"] = cross_entropy(a, x)
        return terms

    # ---- capabilities ------------------------------------------------------------------------

    def _encode(self, x):
        return self.module_.encode(x)

    def _decode(self, h):
        return self.module_.decode(h)

    def score(self, X, y=None) -> float:
        """Minus the mean loss per row: higher is better, as a search over parameters wants it.

        Parameters
        ----------
        X : as in transform
        y : ignored

        Returns
        -------
        float
            In squared units of the data, or in nats.
        """

        def loss(x):
            a = self.module_.activation(self.module_.encode(x))
            return self._losses(x, a)[self.loss]

        return -float(np.mean(self._map(loss, self._fitted_rows(X)), dtype=np.float64))
