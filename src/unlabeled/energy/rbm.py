"""The restricted Boltzmann machine as an estimator."""

import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import EncodeMixin, ReconstructMixin
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.chain import ChainMixin
from unlabeled.energy.learning import ContrastMixin
from unlabeled.energy.likelihood import PartitionMixin
from unlabeled.energy.pseudo import pseudo_log_likelihood
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.units import UNITS, Bernoulli, Unit
from unlabeled.energy.units.data import warn_unexpected
from unlabeled.engine.rows import moments
from unlabeled.spec import choose
from unlabeled.validation import check_number

__all__ = ["RBM"]


class RBM(
    EncodeMixin,
    ReconstructMixin,
    ChainMixin,
    PartitionMixin,
    ContrastMixin,
    Estimator,
):
    r"""Restricted Boltzmann machine.

    A layer of visible units v and one of hidden units h, joined by weights W:

    .. math:: E(v, h) = -b^\top v - c^\top h - h^\top W v, \qquad p(v, h) = e^{-E(v, h)} / Z

    (Bernoulli units; :mod:`unlabeled.energy.units` has the general form.) It learns by following
    the gradient of the log-likelihood, centred, with its second phase estimated by a sampler.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    visible : {"bernoulli", "spin", "gaussian", "relu"} or Unit, default="bernoulli"
        What the data are: in [0, 1]; -1 or 1; real with variances that are learned; not negative;
        or `Softmax(n_classes)`, `Multinomial(n_draws)`, `Mixed(((unit, n_columns), ...))` and
        units of one's own.
    hidden : {"bernoulli", "spin", "gaussian", "relu"} or Unit, default="bernoulli"
        What the code is made of.
    sampler : {"pcd", "cd", "fpcd", "pt", "mean-field", "exact"} or Sampler, default="pcd"
        How the gradient is estimated: `PCD(n_steps, n_chains)`, `CD(n_steps)`, `FastPCD(...)`,
        `ParallelTempering(...)`, `MeanField(n_steps)`, or `Exact()` for a model with at most 20
        units in one layer.
    centered : bool, default=True
        Follow the centred gradient, which does not depend on which state is called 0.
    momentum : float or Schedule, default=0.0
        Of the optimizers that have one.
    weight_decay : float, default=0.0
        L2 penalty; on W only.
    sparsity : float, Sparsity or None, default=None
        Mean activity that hidden units are drawn to (`Sparsity(target, weight)`).
    n_epochs : int, default=100
        Passes over the data.
    batch_size : int, default=100
        Rows per update (over all processes).
    learning_rate : float, default=0.1
        Step length at the start.
    schedule : {"linear", "constant", "cosine"} or Schedule, default="linear"
        What the learning rate is multiplied by on the way; "linear" and "cosine" fall from 1 to 0.
    optimizer : {"sgd", "adam", "adamw", "rmsprop"} or torch.optim class, default="sgd"
        How the gradient is applied.
    max_gradient_norm : float or None, default=None
        Longer gradients are shortened to this norm.
    validation_fraction : float, default=0.0
        Part of X that is set apart to be watched.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    precision : {"float32", "bf16"}, default="float32"
        Of the matrix products while learning; sums and likelihoods are never in bf16.
    backend : {"auto", "torch", "fast"}, default="auto"
        Who draws: plain torch, or compiled kernels (`pip install 'unlabeled[fast]'`). "auto" takes
        the kernels on a CPU for which `unlabeled compile` has compiled them.
    sync_every : int, default=1
        Of several processes (torchrun): 1 sums the gradients of every update; more lets each go
        on alone for so many updates before parameters are averaged.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : RestrictedBoltzmannMachine
        The machine itself, a plain `nn.Module`.
    components_ : ndarray of shape (n_components, n_features)
        W.
    intercept_visible_ : ndarray of shape (n_features,)
        b.
    intercept_hidden_ : ndarray of shape (n_components,)
        c.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and every term: "activity" (mean of the hidden
        statistics), "swap_rate" of parallel tempering, "reconstruction_error" (squared, per row)
        and "free_energy" (nats) on up to 1 000 training rows, ``val_...`` on rows held out.
    backend_ : {"torch", "fast"}
        Who drew while it learned.
    score_kind_ : {"exact", "ais"}
        How `score_samples` knows log Z.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if X was given as images.

    See Also
    --------
    sklearn.neural_network.BernoulliRBM : PCD-1 on Bernoulli units in NumPy.

    References
    ----------
    Smolensky. Information processing in dynamical systems: foundations of harmony theory. 1986.
    Hinton. A practical guide to training restricted Boltzmann machines. 2010.
    Melchior, Fischer, Wiskott. How to center deep Boltzmann machines. JMLR 17(99), 2016.

    Examples
    --------
    >>> from unlabeled.datasets import bars_and_stripes
    >>> X = bars_and_stripes(3)
    >>> rbm = RBM(6, sampler="exact", n_epochs=200, batch_size=16, random_state=0).fit(X)
    >>> rbm.transform(X).shape
    (16, 6)
    """

    module_: RestrictedBoltzmannMachine
    _watch_rows = 1000
    _saved_attributes = (*Estimator._saved_attributes, *PartitionMixin._saved_attributes)

    def __init__(
        self,
        n_components=256,
        *,
        visible="bernoulli",
        hidden="bernoulli",
        sampler="pcd",
        centered=True,
        momentum=0.0,
        weight_decay=0.0,
        sparsity=None,
        n_epochs=100,
        batch_size=100,
        learning_rate=0.1,
        schedule="linear",
        optimizer="sgd",
        max_gradient_norm=None,
        validation_fraction=0.0,
        device="auto",
        precision="float32",
        backend="auto",
        sync_every=1,
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.visible = visible
        self.hidden = hidden
        self.sampler = sampler
        self.centered = centered
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.sparsity = sparsity
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
        self.sync_every = sync_every
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        check_number("n_components", self.n_components, 1, integer=True)
        self._check_contrast_params()
        for layer in ("visible", "hidden"):
            self._unit(layer)
        if self.sparsity is not None and not isinstance(self._unit("hidden"), Bernoulli):
            raise ValueError("sparsity needs hidden='bernoulli'; set it to None.")

    def _unit(self, layer) -> Unit:
        return choose(getattr(self, layer), UNITS, Unit, layer)

    def _check_values(self, rows):
        warn_unexpected(rows, self._unit("visible"))

    def _build(self):
        units = self._unit("visible"), self._unit("hidden")
        return RestrictedBoltzmannMachine(self.n_features_in_, self.n_components, *units)

    def _initialise(self, rows, index):
        mean, variance = moments(rows, index)
        self.module_.fit_base(mean.to(self._module_device), variance.to(self._module_device))

    @torch.no_grad()
    def _evaluate(self, batch):
        x = batch.x
        error = (x - self._reconstruct(x)).square().sum(1).mean()
        return {"reconstruction_error": error, "free_energy": self.module_.free_energy(x).mean()}

    # ---- capabilities ------------------------------------------------------------------------

    def _encode(self, x):
        return self.module_.hidden.mean(self.module_.hidden_field(x))

    def _decode(self, h):
        return self.module_.visible.mean(self.module_.visible_field(h))

    def _path(self):
        return RBMPath(self.module_)

    def _chain_start(self, n, noise):
        """Independent units at the base rates of the data."""
        rbm = self.module_
        return rbm.visible.sample(rbm.base.expand(n, -1), noise)

    def _chain(self, v, noise, *, mean=False, missing=None):
        """Block Gibbs sampling: h ~ p(h | v), then v ~ p(v | h) where it is missing."""
        rbm, seen = self.module_, v
        while True:
            f = rbm.visible_field(rbm.hidden.sample(rbm.hidden_field(v), noise))
            if mean:
                yield _where(missing, rbm.visible.mean(f), seen)
            v = _where(missing, rbm.visible.sample(f, noise), seen)
            if not mean:
                yield v

    def pseudo_log_likelihood(self, X):
        """Sum over all features of log p(v_i | the others), for each row, in nats; exact.

        Parameters
        ----------
        X : as in transform
            Discrete visible units only.

        Returns
        -------
        array or tensor of shape (n,), float64

        Raises
        ------
        ValueError
            If the visible units are a continuum.
        """
        rows = self._fitted_rows(X)
        rbm = self._float64()
        return self._map(lambda v: pseudo_log_likelihood(rbm, v), rows, X, dtype=torch.float64)

    @property
    def components_(self):
        """W, shape (n_components, n_features)."""
        check_is_fitted(self, "module_")
        return self.module_.W.numpy(force=True).copy()

    @property
    def intercept_visible_(self):
        """b, shape (n_features,)."""
        check_is_fitted(self, "module_")
        return self.module_.b.numpy(force=True).copy()

    @property
    def intercept_hidden_(self):
        """c, shape (n_components,)."""
        check_is_fitted(self, "module_")
        return self.module_.c.numpy(force=True).copy()


def _where(missing, drawn, seen):
    return drawn if missing is None else torch.where(missing, drawn, seen)
