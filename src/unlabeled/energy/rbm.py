"""The restricted Boltzmann machine as an estimator."""

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import CompleteMixin, EncodeMixin, ReconstructMixin, SampleMixin
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.gibbs import SAMPLERS, Sampler
from unlabeled.energy.likelihood import PartitionMixin
from unlabeled.energy.pseudo import pseudo_log_likelihood
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.sparsity import Sparsity
from unlabeled.energy.units import UNITS, Bernoulli, Unit
from unlabeled.engine.rows import moments
from unlabeled.schedules import at
from unlabeled.spec import choose
from unlabeled.validation import check_number, warn_outside

__all__ = ["RBM"]


class RBM(EncodeMixin, ReconstructMixin, SampleMixin, CompleteMixin, PartitionMixin, Estimator):
    r"""Restricted Boltzmann machine.

    A layer of visible units v and one of hidden units h, joined by weights W:

    .. math:: E(v, h) = -b^\top v - c^\top h - h^\top W v, \qquad p(v, h) = e^{-E(v, h)} / Z

    (Bernoulli units; :mod:`unlabeled.energy.units` has the general form.) It learns by following
    the gradient of the log-likelihood, centred, with its second phase estimated by a sampler.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    visible : {"bernoulli", "gaussian"} or Unit, default="bernoulli"
        What the data are: in [0, 1], or real with variances that are learned.
    hidden : {"bernoulli"} or Unit, default="bernoulli"
        What the code is made of.
    sampler : {"pcd", "cd", "exact"} or Sampler, default="pcd"
        How the gradient is estimated: `PCD(n_steps, n_chains)`, `CD(n_steps)`, or `Exact()` for a
        model with at most 20 units in one layer.
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
        A value per epoch for "epoch", "seconds" and every term: "reconstruction_error" (squared,
        per row) and "free_energy" (nats) on up to 1 000 training rows, ``val_...`` on rows
        held out.
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
        check_number("momentum", at(self.momentum, 0.5), 0, 1)
        check_number("weight_decay", self.weight_decay, 0)
        check_number("sync_every", self.sync_every, 1, integer=True)
        for layer in ("visible", "hidden"):
            self._unit(layer)
        choose(self.sampler, SAMPLERS, Sampler, "sampler")
        if self.sparsity is not None and not isinstance(self._unit("hidden"), Bernoulli):
            raise ValueError("sparsity needs hidden='bernoulli'; set it to None.")
        Sparsity.of(self.sparsity)

    def _unit(self, layer) -> Unit:
        return choose(getattr(self, layer), UNITS, Unit, layer)

    def _check_values(self, rows):
        unit = self._unit("visible")
        if unit.support is not None:
            warn_outside(rows, unit.low, unit.high, f"{type(unit).__name__} units")

    def _build(self):
        units = self._unit("visible"), self._unit("hidden")
        return RestrictedBoltzmannMachine(self.n_features_in_, self.n_components, *units)

    def _initialise(self, rows, index):
        mean, variance = moments(rows, index)
        self.module_.fit_base(mean.to(self._module_device), variance.to(self._module_device))

    def _parts(self, n_rows):
        self._sampler = choose(self.sampler, SAMPLERS, Sampler, "sampler")
        self._sampler.check(self.module_)
        step = self._gradient_step(self.module_.parameters(), momentum=self.momentum)
        chains = self._sampler.start(self.module_, self.batch_size, self._training.noise.at(0))
        return {"step": step} | ({} if chains is None else {"chains": chains})

    @torch.no_grad()
    def _step(self, batch):
        rbm, parts = self.module_, self._training.parts
        with rbm.products_in(self._training.dtype):
            gradient, s_mean, t_mean = self._sampler.gradient(
                rbm, batch.x, batch.n_total, parts.get("chains"), batch.noise
            )
        self._follow(parts["step"], gradient, s_mean, t_mean, batch.progress)
        return {"activity": t_mean.mean()}

    def _follow(self, step, gradient, s_mean, t_mean, progress):
        """Sum over processes, penalise, centre, move."""
        rbm = self.module_
        for name, p in rbm.named_parameters():
            p.grad = gradient[name]
        step.sync(s_mean, t_mean)
        if self.weight_decay:
            gradient["W"].add_(rbm.W, alpha=self.weight_decay)
        if self.centered:
            rbm.move_offsets(s_mean, t_mean, rate=0.01)
            rbm.centre(gradient)
        sparsity = Sparsity.of(self.sparsity)
        if sparsity is not None:
            gradient["c"].sub_(sparsity.pull(t_mean))
        step.apply(progress)

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

    def _complete(self, x, missing, noise, n_steps):
        """Gibbs sampling with the seen units clamped, from the base rates."""
        rbm = self.module_
        v = torch.where(missing, rbm.visible.sample(rbm.base.expand_as(x), noise), x)
        for _ in range(n_steps):
            v = torch.where(missing, rbm.sweep(v, noise), x)
        return v

    def sample(self, n_samples=1, *, n_steps=1000, start=None, mean=False, random_state=None):
        """Draw rows by Gibbs sampling.

        Parameters
        ----------
        n_samples : int, default=1
            Number of chains, a row of each.
        n_steps : int, default=1000
            Gibbs steps from the start.
        start : array-like of shape (n_samples, n_features), optional
            Where the chains start; at the base rates of the data by default.
        mean : bool, default=False
            Return E[v | h] of the last step instead of a draw: smoother pictures, not samples.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32

        Raises
        ------
        ValueError
            If `start` has another shape.
        """
        check_is_fitted(self, "module_")
        check_number("n_samples", n_samples, 1, integer=True)
        check_number("n_steps", n_steps, 1, integer=True)
        rbm, noise = self.module_, self._noise(random_state)
        with torch.no_grad():
            v = self._chain_start(n_samples, start, noise)
            for _ in range(n_steps - 1):
                v = rbm.sweep(v, noise)
            f = rbm.visible_field(rbm.hidden.sample(rbm.hidden_field(v), noise))
            v = rbm.visible.mean(f) if mean else rbm.visible.sample(f, noise)
        return v.numpy(force=True)

    def _chain_start(self, n_samples, start, noise):
        rbm = self.module_
        if start is None:
            return rbm.visible.sample(rbm.base.expand(n_samples, -1), noise)
        rows = self._fitted_rows(start)
        if rows.n_rows != n_samples:
            raise ValueError(
                f"start must have n_samples={n_samples} rows, got shape "
                f"({rows.n_rows}, {rows.n_features})."
            )
        return rows.fetch(np.arange(n_samples), self._module_device)

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
