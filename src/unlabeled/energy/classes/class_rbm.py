"""The classification restricted Boltzmann machine as an estimator."""

from dataclasses import replace

import torch
from sklearn.utils.validation import check_is_fitted
from torch.nn.functional import one_hot

from unlabeled.base import Estimator
from unlabeled.capabilities import ClassifyMixin, EncodeMixin, ReconstructMixin
from unlabeled.energy.annealing import RBMPath
from unlabeled.energy.chain import ChainMixin
from unlabeled.energy.classes.machine import ClassMachine
from unlabeled.energy.learning import ContrastMixin
from unlabeled.energy.likelihood import PartitionMixin
from unlabeled.energy.units import UNITS, Unit
from unlabeled.energy.units.data import warn_unexpected
from unlabeled.engine.distributed import sum_over_processes
from unlabeled.engine.rows import moments
from unlabeled.spec import choose
from unlabeled.validation import check_choice, check_number

__all__ = ["ClassRBM"]

OBJECTIVES = ("hybrid", "discriminative", "generative")


class ClassRBM(
    ClassifyMixin,
    EncodeMixin,
    ReconstructMixin,
    ChainMixin,
    PartitionMixin,
    ContrastMixin,
    Estimator,
):
    r"""Restricted Boltzmann machine of features and a class: a classifier that can dream.

    Hidden units h see a row v and its class y, in one column for each class:

    .. math:: E(v, y, h) = -b^\top v - c^\top h - d_y - h^\top W v - h^\top U_{\cdot y}

    (Bernoulli features.) The class given the row is known in closed form,

    .. math:: p(y \mid v) \propto \exp\Big(d_y + \sum_j \log(1 + e^{c_j + U_{jy} + W_j v})\Big),

    and what is descended is, with a for `generative_weight` and b for `unlabelled_weight`, the
    mean over rows of

    .. math:: -\log p(y \mid v) - a \log p(v, y) \quad \text{or, without a label,} \quad
              -b \log p(v).

    The first term has an exact gradient; of the others, a sampler estimates the second phase.

    Parameters
    ----------
    n_components : int, default=256
        Number of hidden units.
    objective : {"hybrid", "discriminative", "generative"}, default="hybrid"
        Both terms, or only -log p(y | v), or only -log p(v, y) (with weight 1).
    generative_weight : float, default=0.01
        a, of the hybrid objective.
    unlabelled : label or None, default=None
        What stands in y for "no label", such as -1: semi-supervised learning. None: every row has
        a label.
    unlabelled_weight : float, default=0.01
        b.
    visible : {"bernoulli", "gaussian", "spin", "relu"} or Unit, default="bernoulli"
        What the features are: in [0, 1], or real with variances that are learned, ...
    sampler : {"pcd", "cd", "fpcd", "pt", "mean-field", "exact"} or Sampler, default="pcd"
        How the gradient of the generative terms is estimated.
    centered : bool, default=True
        Follow the centred gradient, which does not depend on which state is called 0.
    momentum : float or Schedule, default=0.9
        Of the optimizers that have one.
    weight_decay : float, default=0.0
        L2 penalty; on W and U only.
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
        Of the matrix products while learning; probabilities and likelihoods are never in bf16.
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
    classes_ : ndarray of shape (n_classes,)
        The labels, sorted.
    class_prior_ : ndarray of shape (n_classes,)
        Their shares among the rows with a label.
    module_ : ClassMachine
        The machine itself, a plain `nn.Module`.
    components_ : ndarray of shape (n_components, n_features)
        W.
    class_components_ : ndarray of shape (n_components, n_classes)
        U.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and every term: "error" (share of rows whose class
        is not the most probable one) and "cross_entropy" (of p(y | v), nats) on up to 1 000
        training rows, ``val_...`` on rows held out; of those with a label.
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
    RBM : The same without classes.

    References
    ----------
    Larochelle, Bengio. Classification using discriminative restricted Boltzmann machines. ICML
    2008.
    Larochelle, Mandel, Pascanu, Bengio. Learning algorithms for the classification restricted
    Boltzmann machine. JMLR 13, 2012.

    Examples
    --------
    >>> from unlabeled import datasets
    >>> X, y = datasets.load("digits", binarize=0.5, return_labels=True)
    >>> machine = ClassRBM(32, n_epochs=10, batch_size=20, learning_rate=0.3, random_state=0)
    >>> machine.fit(X[:500], y[:500]).score(X[500:], y[500:]) > 0.8
    True
    >>> machine.sample(2, y=7, random_state=0).shape
    (2, 64)
    """

    module_: ClassMachine
    _watch_rows = 1000
    _saved_attributes = (*Estimator._saved_attributes, *PartitionMixin._saved_attributes)

    def __init__(
        self,
        n_components=256,
        *,
        objective="hybrid",
        generative_weight=0.01,
        unlabelled=None,
        unlabelled_weight=0.01,
        visible="bernoulli",
        sampler="pcd",
        centered=True,
        momentum=0.9,
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
        self.objective = objective
        self.generative_weight = generative_weight
        self.unlabelled = unlabelled
        self.unlabelled_weight = unlabelled_weight
        self.visible = visible
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
        check_choice("objective", self.objective, OBJECTIVES)
        check_number("generative_weight", self.generative_weight, 0)
        check_number("unlabelled_weight", self.unlabelled_weight, 0)
        self._check_contrast_params()
        self._unit()

    def _unit(self) -> Unit:
        return choose(self.visible, UNITS, Unit, "visible")

    def _check_values(self, rows):
        super()._check_values(rows)
        warn_unexpected(rows, self._unit())

    def _build(self):
        sizes = self.n_features_in_, len(self.classes_), self.n_components
        return ClassMachine(*sizes, self._unit())

    def _initialise(self, rows, index):
        mean, variance = moments(rows, index)
        prior = torch.from_numpy(self.class_prior_).to(mean)
        mean, variance = torch.cat([mean, prior]), torch.cat([variance, prior * (1 - prior)])
        self.module_.fit_base(mean.to(self._module_device), variance.to(self._module_device))

    @property
    def _weights(self) -> tuple[float, float]:
        """Of log p(y | v) and of log p(v, y)."""
        both = {"discriminative": (1.0, 0.0), "generative": (0.0, 1.0)}
        return both.get(self.objective, (1.0, self.generative_weight))

    @torch.no_grad()
    def _step(self, batch):
        if self.objective == "generative" and self.unlabelled is None:
            return super()._step(replace(batch, x=self.module_.joined(batch.x, batch.y)))
        with self.module_.products_in(self._training.dtype):
            gradient, s_mean, t_mean = self._gradient(batch)
        seen = self._follow(gradient, s_mean, t_mean, progress=batch.progress)
        return {"activity": t_mean.mean(), **seen}

    def _gradient(self, batch):
        """What `Sampler.gradient` returns, of the objective.

        With q(y) what is known of a row's label (certain, or p(y | v)), its first phase is a sum
        over classes with weights q - p for log p(y | v), and q for log p(v, y) or log p(v). A
        sampler takes all rows as complete and worth the same: those without a label get one drawn
        from p(y | v), and what its first phase has beyond the objective's is taken away.
        """
        rbm, v, n = self.module_, batch.x, batch.n_total
        discriminative, generative = self._weights
        fields = rbm.class_fields(v)
        p = torch.softmax(rbm.class_scores(fields), 1)
        y = batch.y if self.unlabelled is None else rbm.labelled(batch.y, p, batch.noise)
        certain, known = one_hot(y, rbm.n_classes).to(p), (batch.y >= 0)[:, None]
        q = torch.where(known, certain, p)
        share = torch.full_like(p[:, :1], self.unlabelled_weight).masked_fill_(known, generative)
        weight = discriminative * (q - p) + share * q
        if not generative and self.unlabelled is None:
            t = rbm.hidden.mean(fields[torch.arange(len(y), device=y.device), y])
            s = rbm.visible.statistic(rbm.joined(v, y))
            return rbm.class_gradient(v, fields, weight / -n), s.sum(0) / n, t.sum(0) / n
        mean_share = share.sum() / n
        sum_over_processes([mean_share])
        chains = self._training.parts.get("chains")
        sampled, s_mean, t_mean = self._sampler.gradient(
            rbm, rbm.joined(v, y), n, chains, batch.noise
        )
        own = rbm.class_gradient(v, fields, (weight - mean_share * certain) / -n)
        return {k: own[k].add_(mean_share * g) for k, g in sampled.items()}, s_mean, t_mean

    @torch.no_grad()
    def _evaluate(self, batch):
        log_p = self.module_.log_posterior(batch.x)
        of_label = log_p.gather(1, batch.y[:, None])
        error = (log_p.argmax(1) != batch.y).to(log_p).mean()
        return {"error": error, "cross_entropy": -of_label.mean()}

    # ---- capabilities ------------------------------------------------------------------------

    def _log_posterior(self):
        return self._float64().log_posterior

    def _encode(self, x, *labels):
        return self._float64().hidden_mean(x.double()).float()

    def _decode(self, h, *labels):
        rbm = self.module_
        return rbm.features.mean(rbm.visible_field(h)[:, : rbm.n_features])

    def _path(self):
        return RBMPath(self.module_)

    def _density(self):
        minus_f, log_z = self._minus_free_energy(), self.log_partition().value
        return lambda v, *labels: minus_f(v, *labels) - log_z

    def free_energy(self, X, y=None):
        """F(v), or F(v, y), of each row in nats, float64: the log-density is -F - log Z.

        Parameters
        ----------
        X : as in transform
        y : array-like of shape (n,), optional
            Labels; without them (all, or those of some rows) the class is summed out.

        Returns
        -------
        array or tensor of shape (n,)
        """
        minus_f, rows = self._minus_free_energy(), self._fitted_rows(X, y)
        return self._map(lambda v, *labels: -minus_f(v, *labels), rows, X, dtype=torch.float64)

    def _minus_free_energy(self):
        rbm = self._float64()

        def minus_f(v, y=None):
            of_row = -rbm.marginal_free_energy(v)
            if y is None:
                return of_row
            return torch.where(y < 0, of_row, -rbm.free_energy(rbm.joined(v, y)))

        return minus_f

    def _chain_start(self, n, noise):
        """Independent features at the base rates of the data."""
        rbm = self.module_
        return rbm.features.sample(rbm.base[: rbm.n_features].expand(n, -1), noise)

    def _chain(self, v, noise, y=None, *, mean=False, missing=None):
        """Block Gibbs sampling: y ~ p(y | v) unless it is known, h ~ p(h | v, y), v ~ p(v | h)."""
        rbm, seen = self.module_, v
        given = torch.full((len(v),), -1, device=v.device) if y is None else y
        is_known = bool((given >= 0).all())
        while True:
            y = given if is_known else rbm.labelled(given, rbm.log_posterior(v).exp(), noise)
            h = rbm.hidden.sample(rbm.hidden_field(rbm.joined(v, y)), noise)
            f = rbm.visible_field(h)[:, : rbm.n_features]
            if mean:
                yield _where(missing, rbm.features.mean(f), seen)
            v = _where(missing, rbm.features.sample(f, noise), seen)
            if not mean:
                yield v

    @property
    def components_(self):
        """W, shape (n_components, n_features)."""
        check_is_fitted(self, "module_")
        return self.module_.W[:, : self.n_features_in_].numpy(force=True).copy()

    @property
    def class_components_(self):
        """U, shape (n_components, n_classes)."""
        check_is_fitted(self, "module_")
        return self.module_.W[:, self.n_features_in_ :].numpy(force=True).copy()


def _where(missing, drawn, seen):
    return drawn if missing is None else torch.where(missing, drawn, seen)
