"""Recommendation by a restricted Boltzmann machine of ratings, as an estimator."""

import math

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.energy.ratings.machine import RatingMachine
from unlabeled.energy.ratings.recommending import RecommendMixin
from unlabeled.energy.ratings.rows import (
    RatingRows,
    StoredRatings,
    check_scale,
    collect,
    require_on_scale,
)
from unlabeled.energy.ratings.sparse import contrast
from unlabeled.engine.rows import spread_out
from unlabeled.sampling.noise import stream_seed
from unlabeled.schedules import at
from unlabeled.validation import check_choice, check_number, check_rows

__all__ = ["RBMRecommender"]

_FEW = 0.25  # share of ratings below which products with them alone are faster
_HOLDING_OUT = 0x4E1D  # keeps the stream of the ratings held out apart


class _Learned(torch.nn.Module):
    """The machine, and the ratings whose missing ones it predicts."""

    def __init__(self, machine: RatingMachine, ratings: StoredRatings):
        super().__init__()
        self.machine, self.ratings = machine, ratings


class RBMRecommender(RecommendMixin, Estimator):
    r"""Recommends items by a restricted Boltzmann machine of ratings.

    Each rating is a softmax unit over the scale's values; units of missing ratings are absent:

    .. math:: p(v_i^k = 1 \mid h) \propto \exp\Big(b_i^k + \sum_j W_{ij}^k h_j\Big), \qquad
              p(h_j = 1 \mid v) = \sigma\Big(c_j + \sum_{i \text{ rated}} W_{ij}^{v_i}\Big)

    What is predicted is the expected rating, given all other ratings of the row. With
    ``kind="user"`` a user is a row of the machine and items are its units, as in the paper; with
    ``kind="item"`` an item is a row and users are its units, which predicts better where there
    are more ratings to an item than to a user, or nearly as many.

    Parameters
    ----------
    n_components : int, default=100
        Number of hidden units.
    kind : {"item", "user"}, default="item"
        What the rows of the machine are. "user" takes new users as it took the old; for "item", a
        new user is a new unit, whose weights are fitted
        (:mod:`unlabeled.energy.ratings.fold_in`).
    conditional : bool, default=False
        Whether the mere fact of a rating speaks to the hidden units, through weights D. A NaN
        that is stored in a sparse X then stands for "rated, nobody knows how".
    ratings : array-like of float or None, default=None
        The scale; None for the values found in X.
    sampler : {"mean-field", "cd"}, default="mean-field"
        How the gradient's second phase is had: by means, or by Gibbs sampling from the data.
    n_steps : int or Schedule, default=1
        Steps of it; the paper lets them grow.
    prediction : {"exact", "mean-field"}, default="exact"
        Whether the hidden units are summed out given the ratings and each value of the one to be
        predicted, or are at their means given the ratings.
    momentum : float or Schedule, default=0.9
        Of the optimizers that have one.
    weight_decay : float, default=0.001
        L2 penalty; on W and D.
    n_epochs : int, default=30
        Passes over the data.
    batch_size : int, default=50
        Rows of the machine per update (over all processes).
    learning_rate : float, default=0.05
        Step length at the start.
    schedule : {"linear", "constant", "cosine"} or Schedule, default="linear"
        What the learning rate is multiplied by on the way; "linear" and "cosine" fall from 1 to 0.
    optimizer : {"sgd", "adam", "adamw", "rmsprop"} or torch.optim class, default="sgd"
        How the gradient is applied.
    max_gradient_norm : float or None, default=None
        Longer gradients are shortened to this norm.
    validation_fraction : float, default=0.0
        Part of the *ratings* of X that is set apart to be watched: `val_rmse`. `X_val` in `fit`
        is, for "user", other users, each rating of whom is predicted from their others; for
        "item", which knows no others, further ratings of the same users.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    precision : {"float32", "bf16"}, default="float32"
        Of the matrix products while learning.
    backend : {"auto", "torch", "fast"}, default="auto"
        Plain torch, or compiled kernels, which multiply with ratings alone.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    machine_ : RatingMachine
        The machine itself, a plain `nn.Module`.
    ratings_ : tuple of float
        The scale, increasing.
    item_factors_ : ndarray of shape (n_items, n_components)
        What places items near each other.
    history_ : dict of list
        A value per epoch for "epoch", "seconds", "activity" of the hidden units, "rmse" (each
        rating of up to 200 rows predicted from their others) and "val_rmse" if ratings are held
        out.
    n_features_in_ : int
        Number of items.
    feature_names_in_ : ndarray of str
        If X had names.

    Notes
    -----
    X has users in rows and items in columns. Missing is what a sparse matrix does not store, 0,
    and NaN; 0 is a rating only if `ratings` has it, and then NaN alone is missing. Zeros that a
    sparse matrix stores are refused, for nobody knows what they mean.

    References
    ----------
    Salakhutdinov, Mnih, Hinton. Restricted Boltzmann machines for collaborative filtering.
    ICML 2007.

    Examples
    --------
    >>> import numpy as np
    >>> rng = np.random.default_rng(0)
    >>> X = np.where(rng.random((60, 40)) < 0.3, rng.integers(1, 6, (60, 40)), 0)
    >>> model = RBMRecommender(8, n_epochs=3, random_state=0).fit(X)
    >>> model.predict_ratings(users=[0, 1], items=[5, 7]).shape
    (2,)
    >>> model.recommend(X[:3], k=2).items.shape
    (3, 2)
    """

    module_: _Learned
    _shape: tuple[int, int]  # of the users and items of fit
    _nan_is_missing = True
    _holds_out_rows = False
    _watch_rows = 200
    _saved_attributes = (*Estimator._saved_attributes, "ratings_", "_shape", "_n_stored")

    def __init__(
        self,
        n_components=100,
        *,
        kind="item",
        conditional=False,
        ratings=None,
        sampler="mean-field",
        n_steps=1,
        prediction="exact",
        momentum=0.9,
        weight_decay=1e-3,
        n_epochs=30,
        batch_size=50,
        learning_rate=0.05,
        schedule="linear",
        optimizer="sgd",
        max_gradient_norm=None,
        validation_fraction=0.0,
        device="auto",
        precision="float32",
        backend="auto",
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.kind = kind
        self.conditional = conditional
        self.ratings = ratings
        self.sampler = sampler
        self.n_steps = n_steps
        self.prediction = prediction
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
        self.backend = backend
        self.random_state = random_state
        self.verbose = verbose

    # ---- the data ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        check_number("n_components", self.n_components, 1, integer=True)
        check_choice("kind", self.kind, ("item", "user"))
        check_choice("sampler", self.sampler, ("mean-field", "cd"))
        check_choice("prediction", self.prediction, ("exact", "mean-field"))
        check_number("n_steps", at(self.n_steps, 0.0), 1)
        check_number("momentum", at(self.momentum, 0.5), 0, 1)
        check_number("weight_decay", self.weight_decay, 0)
        if self.ratings is not None:
            check_scale(self.ratings)

    @property
    def _is_conditional(self):
        """On labels, which is what this word means to the base."""
        return False

    def _users(self, X, *, reset=False) -> RatingRows:
        """The ratings of users, checked."""
        rows = check_rows(self, X, reset=reset, allow_nan=True)
        given = self.ratings if reset else self.ratings_
        R = collect(
            rows,
            zero_counts=given is not None and 0 in given,
            keep_unknown=self.conditional,
        )
        if reset:
            self.ratings_ = check_scale(R if given is None else given)
        require_on_scale(R, self.ratings_)
        return RatingRows(R)

    def _rows_to_learn(self, X, y=None, *, reset=False, classes=None):
        rows = self._users(X, reset=reset)
        if reset:
            self._shape, self._n_stored = rows.X.shape, rows.X.nnz
        if self.kind == "user":
            return rows
        if rows.n_rows != self._shape[0]:
            raise ValueError(
                f"a machine of kind='item' has a unit for each of the {self._shape[0]} users of "
                f"fit, got {rows.n_rows} rows; recommend takes others."
            )
        return rows.turned()

    def _split(self, rows, X_val, y_val):
        order, held_out = torch.arange(rows.n_rows), None
        if X_val is not None:
            held_out = self._rows_to_learn(X_val)
            if self.kind == "item":
                held_out = RatingRows(rows.X, held_out.X)
        elif self.validation_fraction > 0:
            generator = torch.Generator().manual_seed(stream_seed(self._seed, _HOLDING_OUT))
            held_out = rows.hold_out(self.validation_fraction, generator)
        if held_out is not None:
            held_out = held_out, torch.arange(held_out.n_rows)
        return order, held_out, (rows, order[spread_out(len(order), self._watch_rows)])

    @property
    def machine_(self) -> RatingMachine:
        """The machine itself."""
        check_is_fitted(self, "module_")
        return self.module_.machine

    # ---- learning ----------------------------------------------------------------------------

    def _build(self):
        n_users, n_items = self._shape
        n_units = n_items if self.kind == "user" else n_users
        machine = RatingMachine(n_units, len(self.ratings_), self.n_components, self.conditional)
        machine.scale.copy_(torch.tensor(self.ratings_))
        return _Learned(machine, StoredRatings(n_users, n_items, self._n_stored))

    def _initialise(self, rows, index):
        self._store(rows)
        counts = torch.zeros(self.machine_.n_units, self.machine_.n_values)
        for k, value in enumerate(self.ratings_):
            unit = torch.from_numpy(rows.X.indices[rows.X.data == np.float32(value)]).long()
            counts[:, k] = torch.bincount(unit, minlength=len(counts))
        self.machine_.fit_base(counts.to(self._module_device))

    def _store(self, rows):
        known = rows.known if self.kind == "user" else rows.known.T.tocsr()
        self.module_.ratings.keep(known)

    def partial_fit(self, X, y=None, *, classes=None):
        """Go on learning: one pass in batches over X, whose ratings become those known.

        Parameters
        ----------
        X : as in fit
        y, classes : ignored

        Returns
        -------
        self
        """
        super().partial_fit(X)
        rows = self._rows_to_learn(X)
        known = rows.known if self.kind == "user" else rows.known.T
        (n_users, n_items), self._n_stored = known.shape, known.nnz
        self._shape = n_users, n_items
        stored = StoredRatings(n_users, n_items, self._n_stored)
        self.module_.ratings = stored.to(self._module_device)
        self._store(rows)
        return self

    def _parts(self, n_rows):
        step = self._gradient_step(self.machine_.parameters(), momentum=self.momentum)
        return {"step": step}

    @torch.no_grad()
    def _step(self, batch):
        machine, step = self.machine_, self._training.parts["step"]
        noise = batch.noise if self.sampler == "cd" else None
        how = batch.n_total, noise, round(at(self.n_steps, batch.progress))
        if self._training.backend == "fast" and self._is_sparse():
            gradient, h = contrast(machine, batch.x, *how, self._rated(batch.x))
        else:
            with self._products():
                v = machine.one_hot(batch.x)
                gradient, h = machine.contrast(v, *how, self._rated(batch.x))
        for name, p in machine.named_parameters():
            p.grad = gradient[name]
        step.sync()
        for name in gradient.keys() & {"W", "D"} if self.weight_decay else ():
            gradient[name].add_(machine.get_parameter(name), alpha=self.weight_decay)
        step.apply(batch.progress)
        return {"activity": h.mean()}

    def _is_sparse(self):
        """Whether few are rated of all."""
        return self._n_stored < _FEW * math.prod(self._shape)

    def _rated(self, x):
        """r: the ratings, and what is known to be rated, not how; None where nobody asks."""
        if self.machine_.D is None:
            return None
        return self.machine_.seen(self.machine_.one_hot(x)) + torch.isposinf(x).to(x.dtype)

    @torch.no_grad()
    def _means(self, rows, index):
        """Root of the mean squared error: of labels, or of each rating given its row's others."""
        total, count = 0.0, 0
        for part in index.split(self._rows_at_once(rows)):
            x, y = rows.fetch(part, self._device), rows.labels(part, self._device)
            error = self._errors(x, y)
            total, count = total + error.double().square().sum(), count + len(error)
        return {"rmse": math.sqrt(float(total) / max(1, count))}

    def _errors(self, x, y):
        f, r, value = self._fields(x)
        if y is None:
            row, unit = (value >= 0).nonzero(as_tuple=True)
            return self._expected(f, r, row, unit, value[row, unit]) - x[row, unit]
        row, unit = y.isfinite().nonzero(as_tuple=True)
        return self._expected(f, r, row, unit, value[row, unit]) - y[row, unit]
