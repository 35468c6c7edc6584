"""Sparse coding as an estimator."""

import warnings

import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import EncodeMixin, ReconstructMixin
from unlabeled.engine.rows import spread_out
from unlabeled.sampling.noise import stream_seed
from unlabeled.sparse.bcd import BCD
from unlabeled.sparse.coordinate_descent import CoordinateDescent
from unlabeled.sparse.dictionary import Dictionary
from unlabeled.sparse.feature_sign import FeatureSign
from unlabeled.sparse.fista import FISTA
from unlabeled.sparse.ksvd import KSVD
from unlabeled.sparse.lagrange_dual import LagrangeDual
from unlabeled.sparse.lasso import Solver, objective
from unlabeled.sparse.omp import OMP
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.updates import Coded, Update
from unlabeled.spec import choose
from unlabeled.validation import check_number

__all__ = ["SparseCoding"]

SOLVERS = {
    "cd": CoordinateDescent,
    "fista": FISTA,
    "feature_sign": FeatureSign,
    "omp": OMP,
}
LASSO = {"fast": CoordinateDescent, "torch": FISTA}  # the quickest of each backend
UPDATES = {"bcd": BCD, "lagrange_dual": LagrangeDual, "ksvd": KSVD}
_ATOMS = 0xA707  # keeps the stream of the first atoms apart
_PATIENCE = 10  # an atom is dead when n_components times as many rows had no use for it


class SparseCoding(EncodeMixin, ReconstructMixin, Estimator):
    r"""Sparse coding, or dictionary learning.

    Rows as sums of few out of many atoms, the unit vectors :math:`d_k` in the rows of D:

    .. math:: \min_{D, h} \; \sum_i \tfrac12 \|x_i - D^\top h_i\|^2 + \alpha \|h_i\|_1, \qquad
              \|d_k\| = 1 .

    (The scale of :func:`sklearn.decomposition.sparse_encode`, too.) Each batch is coded with the
    present atoms, and the atoms then move to what the codes of the recent batches ask for. NaN
    stands for a missing value: only what is seen of a row counts in its code and for the atoms.

    Parameters
    ----------
    n_components : int, default=256
        Number of atoms; more than features make the dictionary overcomplete.
    alpha : float, default=1.0
        Weight of the L1 penalty, > 0, in units of X: a row whose product with every atom is below
        it has a code of zeros, and a row has no product larger than its norm. A tenth to a third
        of the usual norm is a good start. Data that are multiplied by a number want `alpha`
        multiplied by it.
    solver : {"lasso", "cd", "fista", "feature_sign", "omp"} or Solver, default="lasso"
        How codes are found. "lasso" is the quickest way to the optimum that the backend has:
        `CoordinateDescent(tol, max_sweeps)` of the compiled kernels, "cd", or else
        `FISTA(tol, max_steps)`. `FeatureSign(tol, max_steps)` is exact to rounding;
        `OMP(n_nonzero, tolerance)` limits the number of non-zero codes or the error in place of
        the penalty (`alpha` then plays no part).
    update : {"bcd", "lagrange_dual", "ksvd"} or Update, default="bcd"
        How atoms are moved: `BCD(n_sweeps)` one after another, `LagrangeDual(tol, max_steps)` all
        at once, `KSVD(n_steps)` each with its codes.
    positive_code : bool, default=False
        Only codes >= 0 (not for "omp").
    forgetting : float, default=5.0
        Of all rows seen, the last 1 / (1 + forgetting) set the atoms; in `fit` never more than
        one pass over the data, so that a batch of all rows forgets all earlier codes. More is
        faster at first, less is steadier in the end where rows are few for the atoms.
    n_epochs : int, default=20
        Passes over the data.
    batch_size : int, default=256
        Rows per update (over all processes).
    validation_fraction : float, default=0.0
        Part of X that is set apart to be watched.
    device : str, default="auto"
        "cpu", "cuda", or "auto": where X is if it is a tensor, else CUDA if there is one.
    backend : {"auto", "torch", "fast"}, default="auto"
        Compiled kernels (`pip install 'unlabeled[fast]'`) or plain torch; "auto" takes the kernels
        where `unlabeled compile` has compiled them.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : Dictionary
        The dictionary itself, a plain `nn.Module`.
    components_ : ndarray of shape (n_components, n_features)
        D.
    history_ : dict of list
        A value per epoch for "epoch", "seconds", "objective" (mean per row, each batch at the
        atoms of its time) and "sparsity" (share of the codes that are not zero), ``val_...`` on
        rows held out.
    backend_ : {"torch", "fast"}
        With which it was learned.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : tuple or None
        (c, h, w) if X was given as images.

    See Also
    --------
    sklearn.decomposition.MiniBatchDictionaryLearning : The same objective on a CPU, in NumPy.

    Notes
    -----
    There is no intercept: take the mean off first, of the features or, for patches, of each row.

    References
    ----------
    Olshausen, Field. Emergence of simple-cell receptive field properties by learning a sparse
    code for natural images. Nature 381, 1996.
    Lee, Battle, Raina, Ng. Efficient sparse coding algorithms. NIPS 2006.
    Mairal, Bach, Ponce, Sapiro. Online learning for matrix factorization and sparse coding. JMLR
    11, 2010.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.random.default_rng(0).normal(size=(100, 8))
    >>> model = SparseCoding(16, alpha=0.5, n_epochs=5, random_state=0).fit(X)
    >>> H = model.transform(X)
    >>> H.shape, bool((H == 0).mean() > 0.5)
    ((100, 16), True)
    """

    module_: Dictionary
    _nan_is_missing = True

    def __init__(
        self,
        n_components=256,
        *,
        alpha=1.0,
        solver="lasso",
        update="bcd",
        positive_code=False,
        forgetting=5.0,
        n_epochs=20,
        batch_size=256,
        validation_fraction=0.0,
        device="auto",
        backend="auto",
        random_state=None,
        verbose=0,
    ):
        self.n_components = n_components
        self.alpha = alpha
        self.solver = solver
        self.update = update
        self.positive_code = positive_code
        self.forgetting = forgetting
        self.n_epochs = n_epochs
        self.batch_size = batch_size
        self.validation_fraction = validation_fraction
        self.device = device
        self.backend = backend
        self.random_state = random_state
        self.verbose = verbose

    # ---- learning ----------------------------------------------------------------------------

    def _check_params(self):
        super()._check_params()
        check_number("n_components", self.n_components, 1, integer=True)
        check_number("alpha", self.alpha, 0)
        check_number("forgetting", self.forgetting, 0)
        self._solver("torch").check(self.alpha, self.positive_code)
        choose(self.update, UPDATES, Update, "update")

    def _solver(self, backend: str) -> Solver:
        return choose(self.solver, {"lasso": LASSO[backend], **SOLVERS}, Solver, "solver")

    @property
    def _penalty(self) -> float:
        """What |h|_1 counts in the objective."""
        return float(self.alpha) if self._solver("torch").penalised else 0.0

    def _check_values(self, rows):
        x = rows.fetch(spread_out(rows.n_rows, 1000)).nan_to_num(0)
        longest = float(x.norm(dim=1).max())
        if 0 < longest <= self._penalty:
            warnings.warn(
                f"alpha={self.alpha!r} is not below the norm of any row (the largest is "
                f"{longest:.3g}), so that every code will be zero; choose a tenth of the norms or "
                "scale X.",
                UserWarning,
                stacklevel=4,
            )

    def _build(self):
        return Dictionary(self.n_components, self.n_features_in_)

    def _initialise(self, rows, index):
        generator = torch.Generator().manual_seed(stream_seed(self._seed, _ATOMS))
        chosen = torch.randperm(len(index), generator=generator)[: self.n_components]
        x = rows.fetch(index[chosen.numpy()])
        x = torch.where(torch.isnan(x), x.nanmean(0).nan_to_num(0), x)
        self.module_.begin_at(x.to(self._module_device))

    def _parts(self, n_rows):
        self._n_rows = n_rows
        self._update = choose(self.update, UPDATES, Update, "update")
        return {}

    @torch.no_grad()
    def _step(self, batch):
        dictionary, statistics = self.module_, self.module_.statistics
        problem, backend = LeastSquares(batch.x, dictionary.D.data), self._training.backend
        h = self._solver(backend).solve(problem, self.alpha, self.positive_code)
        value = objective(problem, h, self._penalty)
        x = batch.x if problem.seen is None else dictionary.filled(batch.x, h)
        share = statistics.share(batch.n_total, self.forgetting, self._rows_that_come_again)
        coded = Coded(x, h, batch.n_total, share, self._penalty, backend)
        self._update.move(dictionary.D.data, statistics, coded)
        self._replace_dead_atoms(x, value, batch.noise)
        return {"objective": value.mean(), "sparsity": _sparsity(h)}

    @property
    def _rows_that_come_again(self) -> int | None:
        """Rows of an epoch, in `fit`; `partial_fit` does not know what will come."""
        return self._n_rows if self._training.total_steps is not None else None

    def _replace_dead_atoms(self, x, value, noise):
        statistics = self.module_.statistics
        dead = (statistics.idle > _PATIENCE * self.n_components).nonzero()[:, 0]
        if len(dead):
            statistics.drop(self.module_.replace(dead, x, value, noise))

    @torch.no_grad()
    def _evaluate(self, batch):
        h = self._codes(batch.x, self._training.backend)
        value = self.module_.objective(batch.x, h, self._penalty)
        return {"objective": value.mean(), "sparsity": _sparsity(h)}

    # ---- capabilities ------------------------------------------------------------------------

    def _encode(self, x):
        return self._codes(x, self._choose_backend())

    def _codes(self, x, backend):
        """In float64, in which rounding does not decide when a row of a solver is done."""
        problem = LeastSquares(x.double(), self.module_.D.data.double())
        h = self._solver(backend).solve(problem, self.alpha, self.positive_code)
        return h.to(x.dtype)

    def _decode(self, h):
        return self.module_.decode(h)

    def objective(self, X):
        r""":math:`\tfrac12 \lVert x - D^\top h \rVert^2 + \alpha \lVert h \rVert_1` of each row.

        The code is the solver's; all is computed in float64.

        With `solver="omp"` the squared error alone. Of rows with gaps, what is seen of them.

        Parameters
        ----------
        X : as in transform

        Returns
        -------
        array or tensor of shape (n,), float64
            In squared units of X.
        """
        rows, D = self._fitted_rows(X), self.module_.D.double()

        def value(x):
            return objective(LeastSquares(x, D), self._encode(x), self._penalty)

        return self._map(value, rows, X, dtype=torch.float64)

    def score(self, X, y=None) -> float:
        """Minus the mean of `objective` over the rows.

        Parameters
        ----------
        X : as in transform
        y : ignored
        """
        return -float(self.objective(X).mean())

    @property
    def components_(self):
        """D, shape (n_components, n_features)."""
        check_is_fitted(self, "module_")
        return self.module_.D.numpy(force=True).copy()


def _sparsity(h):
    """Share of the codes that are not zero."""
    return h.count_nonzero() / h.numel()
