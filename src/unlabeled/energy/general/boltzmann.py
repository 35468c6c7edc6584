"""The general Boltzmann machine as an estimator."""

import torch
from sklearn.utils.metaestimators import available_if
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import EncodeMixin
from unlabeled.energy.chain import ChainMixin
from unlabeled.energy.general import phases
from unlabeled.energy.general.annealing import GeneralPath
from unlabeled.energy.general.joint import begin
from unlabeled.energy.general.machine import GeneralBoltzmannMachine, two_values
from unlabeled.energy.general.posterior import POSTERIORS, Posterior
from unlabeled.energy.gibbs import Exact, Sampler
from unlabeled.energy.learning import FollowMixin
from unlabeled.energy.likelihood import PartitionMixin
from unlabeled.energy.partition import LogPartition
from unlabeled.energy.units import UNITS, Unit
from unlabeled.energy.units.data import warn_unexpected
from unlabeled.engine.rows import moments
from unlabeled.spec import choose
from unlabeled.validation import check_number

__all__ = ["BoltzmannMachine"]


def _has_code(model) -> bool:
    if not model.n_hidden:
        raise AttributeError("a machine without hidden units has no code: n_hidden is 0.")
    return True


class CodeMixin:
    """The methods of a code, where there are hidden units to be one."""

    transform = available_if(_has_code)(EncodeMixin.transform)
    fit_transform = available_if(_has_code)(EncodeMixin.fit_transform)
    get_feature_names_out = available_if(_has_code)(EncodeMixin.get_feature_names_out)


class BoltzmannMachine(CodeMixin, EncodeMixin, ChainMixin, PartitionMixin, FollowMixin, Estimator):
    r"""Boltzmann machine: units of which any two may be joined.

    Visible and hidden units :math:`x = (v, h)` with symmetric couplings U, zero on the diagonal:

    .. math:: E(x) = -\tfrac12 x^\top U x - b^\top x
             = -\sum_{i < j} U_{ij} x_i x_j - \sum_i b_i x_i, \qquad
             p(v) = \frac{\sum_h e^{-E(v, h)}}{Z}

    With the half, each pair counts once. It learns by following the centred gradient of the
    log-likelihood,

    .. math:: \frac{\partial \log p(v)}{\partial U_{ij}} =
              \mathbb{E}[x_i x_j \mid v] - \mathbb{E}[x_i x_j].

    Without hidden units it is an Ising model, or Markov random field, learned from data; with
    `edges=("vh",)` it is the restricted machine.

    Parameters
    ----------
    n_hidden : int, default=0
        Number of hidden units.
    edges : None, tuple of {"vv", "vh", "hh"}, or array-like of bool, default=None
        Which pairs are joined: all; all of these kinds (visible-visible, visible-hidden,
        hidden-hidden); or a symmetric matrix over all units, visible ones first (see
        :func:`unlabeled.energy.lattice`).
    unit : {"bernoulli", "spin"} or Unit, default="bernoulli"
        What all units are: 0 or 1, or -1 or 1.
    sampler : {"pcd", "pt", "exact", "pseudo-likelihood"} or Sampler, default="pcd"
        How the second expectation is had: `PCD(n_steps, n_chains)`, `ParallelTempering(...)`,
        `Exact()` for few units (at most 20 beside one class of units that are not joined), or, for
        machines without hidden units, not at all: `PseudoLikelihood()`.
    posterior : {"mean-field", "gibbs"} or Posterior, default="mean-field"
        How the first is had where hidden units are joined: `VariationalPosterior(tol)`, a lower
        bound, or `SampledPosterior(n_steps)`, clamped chains. `Exact` sums over hidden units.
    centered : bool, default=True
        Follow the centred gradient, which does not depend on which state is called 0.
    momentum : float or Schedule, default=0.0
        Of the optimizers that have one.
    weight_decay : float, default=0.0
        L2 penalty; on U only, each pair once.
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
        Of the matrix products while learning; likelihoods are never in bf16.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : GeneralBoltzmannMachine
        The machine itself, a plain `nn.Module`.
    couplings_ : ndarray of shape (n, n)
        U; visible units come first.
    biases_ : ndarray of shape (n,)
        b.
    components_ : ndarray of shape (n_hidden, n_features)
        The couplings of hidden to visible units.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and every term: "activity" (mean of the hidden
        units over data, of the visible ones where there are no others), "swap_rate" of parallel
        tempering; on up to 1 000 training rows "free_energy" (nats, its mean-field bound), and
        "pseudo_log_likelihood" (nats) where there are no hidden units; ``val_...`` on rows held
        out.
    score_kind_ : {"exact", "ais", "lower bound"}
        How `score_samples` is known: by sums; with log Z by annealing; or, where hidden units
        cannot be summed out either, as the mean-field bound less that log Z.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if X was given as images.

    See Also
    --------
    RBM : The restricted machine, with more kinds of units, and quicker.

    References
    ----------
    Ackley, Hinton, Sejnowski. A learning algorithm for Boltzmann machines. Cognitive Science 9,
    1985.
    Melchior, Fischer, Wiskott. How to center deep Boltzmann machines. JMLR 17(99), 2016.

    Examples
    --------
    >>> from unlabeled.datasets import bars_and_stripes
    >>> X = bars_and_stripes(2)
    >>> machine = BoltzmannMachine(
    ...     sampler="exact", learning_rate=2.0, schedule="constant", n_epochs=300, random_state=0
    ... ).fit(X)
    >>> machine.complete([[1, 0, float("nan"), float("nan")]], random_state=1).tolist()
    [[1.0, 0.0, 1.0, 0.0]]
    """

    module_: GeneralBoltzmannMachine
    _decayed = "U"
    _watch_rows = 1000
    _saved_attributes = (*Estimator._saved_attributes, *PartitionMixin._saved_attributes)

    def __init__(
        self,
        *,
        n_hidden=0,
        edges=None,
        unit="bernoulli",
        sampler="pcd",
        posterior="mean-field",
        centered=True,
        momentum=0.0,
        weight_decay=0.0,
        n_epochs=100,
        batch_size=100,
        learning_rate=0.1,
        schedule="linear",
        optimizer="sgd",
        max_gradient_norm=None,
        validation_fraction=0.0,
        device="auto",
        precision="float32",
        random_state=None,
        verbose=0,
    ):
        self.n_hidden = n_hidden
        self.edges = edges
        self.unit = unit
        self.sampler = sampler
        self.posterior = posterior
        self.centered = centered
        self.momentum = momentum
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
        check_number("n_hidden", self.n_hidden, 0, integer=True)
        self._check_follow_params()
        two_values(self._kind())
        choose(self.posterior, POSTERIORS, Posterior, "posterior")
        sampler = choose(self.sampler, phases.SAMPLERS, Sampler, "sampler")
        if type(sampler) not in phases.SAMPLERS.values():
            known = ", ".join(kind.__name__ for kind in phases.SAMPLERS.values())
            raise ValueError(f"sampler must be one of {known} for such a machine, got {sampler}.")
        if isinstance(sampler, phases.PseudoLikelihood) and self.n_hidden:
            raise ValueError(
                f"sampler='pseudo-likelihood' is for machines without hidden units, got "
                f"n_hidden={self.n_hidden}; take 'pcd' or 'exact'."
            )

    def _kind(self) -> Unit:
        return choose(self.unit, UNITS, Unit, "unit")

    def _check_values(self, rows):
        warn_unexpected(rows, self._kind())

    def _build(self):
        return GeneralBoltzmannMachine(
            self.n_features_in_, self.n_hidden, self.edges, self._kind()
        )

    def _initialise(self, rows, index):
        mean, variance = moments(rows, index)
        self.module_.fit_base(mean.to(self._module_device), variance.to(self._module_device))

    def _start(self, rows, index):
        super()._start(rows, index)
        self._n_features_out = self.n_hidden

    def _parts(self, n_rows):
        machine = self.module_
        self._sampler = choose(self.sampler, phases.SAMPLERS, Sampler, "sampler")
        self._posterior = choose(self.posterior, POSTERIORS, Posterior, "posterior")
        if isinstance(self._sampler, Exact):
            machine.everything.check()
        step = self._gradient_step(machine.parameters(), momentum=self.momentum)
        noise = self._training.noise.at(0)
        chains = begin(self._sampler, machine, self.batch_size, noise)
        return {"step": step} | ({} if chains is None else {"chains": chains})

    @torch.no_grad()
    def _step(self, batch):
        machine, chains = self.module_, self._training.parts.get("chains")
        with machine.products_in(self._training.dtype):
            gradient, x_mean = phases.gradient(
                self._sampler,
                self._posterior,
                machine,
                batch.x,
                batch.n_total,
                chains,
                batch.noise,
            )
        seen = self._follow(gradient, x_mean, progress=batch.progress)
        machine.U.copy_(machine.on_edges(machine.U))  # both triangles to the last bit
        k = machine.n_visible if machine.n_hidden else 0
        return {"activity": x_mean[k:].mean(), **seen}

    @torch.no_grad()
    def _evaluate(self, batch):
        terms = {"free_energy": self.module_.bound(batch.x).mean()}
        if not self.n_hidden:
            terms["pseudo_log_likelihood"] = self.module_.pseudo_log_likelihood(batch.x).mean()
        return terms

    # ---- capabilities ------------------------------------------------------------------------

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        if not self.n_hidden:
            tags.transformer_tags = None
        return tags

    def _encode(self, x):
        """Means of the hidden units, in their mean field where they are joined."""
        return self.module_.settle(x)[:, self.module_.n_visible :]

    def _chain_start(self, n, noise):
        """Independent units at the base rates of the data."""
        return self.module_.start(n, noise)[:, : self.module_.n_visible]

    def _chain(self, v, noise, *, mean=False, missing=None):
        """Scans over all units, of the visible ones only those that are missing."""
        machine, k, seen = self.module_, self.module_.n_visible, v
        hidden = machine.start(len(v), noise)[:, k:]
        x, scan, free = torch.cat([v, hidden], 1), machine.scan(), None
        if missing is not None:
            free = torch.cat([missing, torch.ones_like(hidden, dtype=torch.bool)], 1)
        while True:
            x = machine.sweep(x, noise, free=free, scan=scan)
            v = machine.unit.mean(machine.field(x))[:, :k] if mean else x[:, :k]
            yield v if missing is None else torch.where(missing, v, seen)

    def pseudo_log_likelihood(self, X):
        """Sum over all features of log p(v_i | the others), for each row, in nats; exact.

        Parameters
        ----------
        X : as in transform

        Returns
        -------
        array or tensor of shape (n,), float64

        Raises
        ------
        ValueError
            If the hidden units cannot be summed out.
        """
        rows = self._fitted_rows(X)
        return self._map(self._float64().pseudo_log_likelihood, rows, X, dtype=torch.float64)

    # ---- likelihood --------------------------------------------------------------------------

    def _path(self):
        return GeneralPath(self.module_)

    def _exact_partition(self):
        machine = self._float64()
        value = float(machine.everything.log_sum(machine.b.new_empty(1, 0)))
        return LogPartition(value, 0.0, value, value, "exact")

    @property
    def _partition_kind(self):
        return "exact" if self.module_.everything.is_possible else "ais"

    @property
    def score_kind_(self):
        """How `score_samples` is known: "exact", "ais" or "lower bound"."""
        check_is_fitted(self, "module_")
        return self._partition_kind if self.module_.hidden.is_possible else "lower bound"

    # ---- what was learned --------------------------------------------------------------------

    @property
    def couplings_(self):
        """U, shape (n, n)."""
        check_is_fitted(self, "module_")
        return self.module_.U.numpy(force=True).copy()

    @property
    def biases_(self):
        """b, shape (n,)."""
        check_is_fitted(self, "module_")
        return self.module_.b.numpy(force=True).copy()

    @property
    def components_(self):
        """Couplings of hidden to visible units, shape (n_hidden, n_features)."""
        _has_code(self)
        k = self.n_features_in_
        return self.couplings_[k:, :k]
