"""The neural autoregressive distribution estimator, as an estimator."""

import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.autoregressive.neural_autoregressive import NeuralAutoregressive
from unlabeled.base import Estimator
from unlabeled.capabilities import CompleteMixin, DensityMixin, SampleMixin
from unlabeled.engine.rows import moments
from unlabeled.validation import check_number, warn_outside

__all__ = ["NADE"]


class NADE(SampleMixin, CompleteMixin, DensityMixin, Estimator):
    r"""Neural autoregressive distribution estimator for binary data.

    Each feature is predicted from those before it in an ordering o, by hidden layers that share
    their weights:

    .. math::
        p(x) = \prod_d p(x_{o_d} \mid x_{o_{<d}}), \qquad
        p(x_{o_d} = 1 \mid x_{o_{<d}}) = \sigma(b_d + V_d \cdot h_d), \qquad
        h_d = \sigma\Big(c + \sum_{e < d} x_{o_e} W_e\Big)

    So the likelihood is exact, it is learned by following its own gradient, and `sample` draws
    independent rows. `complete` draws exactly where nothing that was seen comes after a missing
    feature in the ordering (a lower half given the upper one); else a row is the end of `n_steps`
    steps of an independence Metropolis-Hastings chain, which proposes the missing features from
    their conditionals in order (:mod:`unlabeled.autoregressive.drawing`).

    Parameters
    ----------
    n_components : int, default=500
        Number of hidden units.
    ordering : None, "random" or sequence of int, default=None
        The features in the order in which they are predicted: as they stand, drawn by
        `random_state`, or a permutation of 0 .. n_features - 1.
    weight_decay : float, default=0.0
        Of W and V only: an L2 penalty, whose gradient is added before the optimizer, also where
        that is "adamw".
    n_epochs : int, default=20
        Passes over the data.
    batch_size : int, default=100
        Rows per update (over all processes).
    learning_rate : float, default=0.005
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
        Of the matrix products with hidden states while learning; sums and likelihoods are never
        in bf16.
    backend : {"auto", "torch", "fast"}, default="auto"
        Who draws in `sample` and `complete`: compiled kernels
        (`pip install 'unlabeled[fast]'`) or plain torch; "auto" takes the kernels where
        `unlabeled compile` has compiled them. The random numbers are the same.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : NeuralAutoregressive
        The model itself, a plain `nn.Module`.
    components_ : ndarray of shape (n_components, n_features)
        W': what each feature, in the order of X, adds to the hidden units.
    ordering_ : ndarray of shape (n_features,)
        The features in the order in which they are predicted.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and "nats": the mean of -log p(x) over the epoch's
        rows while they were learned from, ``val_nats`` on rows held out.
    backend_ : {"torch", "fast"}
        Who drew when learning ended.
    score_kind_ : "exact"
        `score_samples` is the log-likelihood itself.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if X was given as images.

    See Also
    --------
    RBM : The model whose mean-field conditionals NADE was made of; no exact likelihood.

    References
    ----------
    Larochelle, Murray. The neural autoregressive distribution estimator. AISTATS 2011.
    Uria, Côté, Gregor, Murray, Larochelle. Neural autoregressive distribution estimation. JMLR
    17(205), 2016.

    Examples
    --------
    >>> from unlabeled.datasets import bars_and_stripes
    >>> X = bars_and_stripes(3)
    >>> nade = NADE(16, n_epochs=100, learning_rate=0.05, random_state=0).fit(X)
    >>> nade.sample(5, random_state=0).shape
    (5, 9)
    >>> bool(nade.score(X) > -4)  # 14 different rows, two of them twice: -2.6 at best
    True
    """

    module_: NeuralAutoregressive

    def __init__(
        self,
        n_components=500,
        *,
        ordering=None,
        weight_decay=0.0,
        n_epochs=20,
        batch_size=100,
        learning_rate=0.005,
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
        self.ordering = ordering
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
        self.backend = backend
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        check_number("n_components", self.n_components, 1, integer=True)
        check_number("weight_decay", self.weight_decay, 0)

    def _check_values(self, rows):
        warn_outside(rows, 0, 1, "Bernoulli conditionals")

    def _build(self):
        return NeuralAutoregressive(self.n_features_in_, self.n_components, self._order())

    def _order(self):
        """The ordering as a tensor, or None where features stay as they stand."""
        n, order = self.n_features_in_, self.ordering
        if order is None:
            return None
        if isinstance(order, str) and order == "random":
            return torch.randperm(n)
        if isinstance(order, str) or sorted(order) != list(range(n)):
            raise ValueError(
                f"ordering must be None, 'random' or a permutation of 0 .. {n - 1}, got {order!r}."
            )
        return torch.tensor([int(d) for d in order])

    def _initialise(self, rows, index):
        mean, _ = moments(rows, index)
        self.module_.fit_base(mean.to(self._module_device))

    def _parts(self, n_rows):
        return {"step": self._gradient_step(self.module_.parameters())}

    def _step(self, batch):
        nade, step, x = self.module_, self._training.parts["step"], batch.x
        weight = x.new_full((len(x),), -1 / batch.n_total)
        log_p, gradient = nade.gradient(x, weight, self._training.dtype)
        for name, p in nade.named_parameters():
            p.grad = gradient[name]
        step.sync()
        if self.weight_decay:
            gradient["W"].add_(nade.W.detach(), alpha=self.weight_decay)
            gradient["V"].add_(nade.V.detach(), alpha=self.weight_decay)
        step.apply(batch.progress)
        return {"nats": -log_p.mean()}

    @torch.no_grad()
    def _evaluate(self, batch):
        return {"nats": -self.module_.log_prob(batch.x).mean()}

    # ---- capabilities ------------------------------------------------------------------------

    @property
    def score_kind_(self):
        """How the likelihood is known."""
        check_is_fitted(self, "module_")
        return "exact"

    def _density(self):
        return self._float64().log_prob

    def _sample(self, n, noise):
        return self.module_.sample(n, noise)

    def _complete(self, x, missing, noise, n_steps):
        return self.module_.complete(x, missing, noise, n_steps)

    @property
    def components_(self):
        """W', shape (n_components, n_features)."""
        check_is_fitted(self, "module_")
        nade = self.module_
        return nade.W[nade.ordering.argsort()].t().numpy(force=True).copy()

    @property
    def ordering_(self):
        """The features in the order in which they are predicted, shape (n_features,)."""
        check_is_fitted(self, "module_")
        return self.module_.ordering.numpy(force=True).copy()
