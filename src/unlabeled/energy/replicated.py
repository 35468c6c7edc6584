"""The replicated softmax as an estimator: topics of documents."""

import math

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator, give_back
from unlabeled.capabilities import DensityMixin, EncodeMixin, ReconstructMixin, SampleMixin
from unlabeled.energy.counts import CountMachine, shares_of
from unlabeled.energy.enumeration import enumerable
from unlabeled.energy.gibbs import CD, PCD
from unlabeled.energy.learning import ContrastMixin
from unlabeled.energy.lengths import AnnealedLengths, SummedLengths
from unlabeled.energy.partition import LogPartition, estimate
from unlabeled.energy.perplexity import document_lengths, perplexity
from unlabeled.engine.rows import moments_of, spread_out
from unlabeled.sampling.noise import stream_seed
from unlabeled.schedules import at
from unlabeled.validation import check_choice, check_number

__all__ = ["ReplicatedSoftmax"]

_SAMPLERS = {"cd": CD, "pcd": PCD}
_ANNEALING = 0xA15  # the random stream of the estimates that are kept
_SAMPLE = 2**16  # documents from which the frequencies of words are taken


class ReplicatedSoftmax(
    EncodeMixin, ReconstructMixin, SampleMixin, DensityMixin, ContrastMixin, Estimator
):
    r"""Replicated softmax: a topic model of word counts in which topics multiply.

    A document of D words with counts v, and binary topics h:

    .. math::
        p(v, h \mid D) = \frac{1}{Z_D} \prod_k \frac{1}{v_k!} \,
                         e^{b^\top v + D\, c^\top h + h^\top W v}, \qquad
        p(\text{word } k \mid h) \propto e^{b_k + \sum_j h_j W_{jk}}

    so that every topic that is on multiplies the odds of its words, where the topics of a mixture
    (latent Dirichlet allocation) share them out. It follows the gradient of the mean over
    documents of log p per word, which is the logarithm of the perplexity.

    Parameters
    ----------
    n_components : int, default=50
        Number of topics.
    vocabulary : array-like of str or None, default=None
        What the columns of X count, for `top_words_`; by default the names of its columns.
    sampler : {"cd", "pcd"}, default="cd"
        Where the model's documents come from: from those of the batch, or from chains that live
        through learning and keep their lengths, which are those of the data.
    n_steps : int or Schedule, default=1
        Gibbs steps per update; `Linear(1, 5)` grows.
    centered : bool, default=True
        Follow the centred gradient.
    momentum : float or Schedule, default=0.0
        Of the optimizers that have one.
    weight_decay : float, default=0.0
        L2 penalty; on W only.
    sparsity : float, Sparsity or None, default=None
        Mean activity that topics are drawn to.
    n_epochs : int, default=100
        Passes over the data.
    batch_size : int, default=100
        Documents per update (over all processes).
    learning_rate : float, default=10.0
        Step length at the start. It can be large because a document's shares of words are small.
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
        Who draws topics: plain torch, or compiled kernels where `unlabeled compile` has been run.
    sync_every : int, default=1
        Of several processes (torchrun): 1 sums the gradients of every update; more lets each go
        on alone for so many updates before parameters are averaged.
    random_state : int, RandomState, Generator or None, default=None
        Same number, same model.
    verbose : int, default=0
        1 prints a line per epoch.

    Attributes
    ----------
    module_ : CountMachine
        The machine itself, a plain `nn.Module`.
    components_ : ndarray of shape (n_components, n_features)
        W: by how much each topic raises the log-odds of each word.
    top_words_ : list of list of str
        The ten words that each topic raises most.
    history_ : dict of list
        A value per epoch for "epoch", "seconds" and every term: "activity" of the topics, and on
        up to 1 000 training documents "reconstruction" (nats per word, of one step up and down)
        and "free_energy" (nats per word); ``val_...`` on documents held out.
    backend_ : {"torch", "fast"}
        Who drew while it learned.
    score_kind_ : {"exact", "ais"}
        How the partition functions are known: by summing over at most 20 topics, or by annealing.
    n_features_in_ : int
    feature_names_in_ : ndarray of str
        If X had names.
    image_shape_ : None

    See Also
    --------
    sklearn.decomposition.LatentDirichletAllocation : topics that share a document out.

    References
    ----------
    Salakhutdinov, Hinton. Replicated softmax: an undirected topic model. NIPS 2009.

    Examples
    --------
    >>> from sklearn.feature_extraction.text import CountVectorizer
    >>> texts = ["rain and wind", "wind, rain, clouds", "oil, flour, salt", "salt the flour"] * 9
    >>> counter = CountVectorizer(stop_words="english")
    >>> X = counter.fit_transform(texts)
    >>> words = counter.get_feature_names_out()
    >>> model = ReplicatedSoftmax(2, vocabulary=words, random_state=0).fit(X)
    >>> model.transform(X).shape
    (36, 2)
    >>> p = model.reconstruct(counter.transform(["clouds"]))[0]
    >>> sorted(words[p.argsort()[-3:]])
    ['clouds', 'rain', 'wind']
    """

    module_: CountMachine
    _watch_rows = 1000

    def __init__(
        self,
        n_components=50,
        *,
        vocabulary=None,
        sampler="cd",
        n_steps=1,
        centered=True,
        momentum=0.0,
        weight_decay=0.0,
        sparsity=None,
        n_epochs=100,
        batch_size=100,
        learning_rate=10.0,
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
        self.vocabulary = vocabulary
        self.sampler = sampler
        self.n_steps = n_steps
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
        check_choice("sampler", self.sampler, _SAMPLERS)
        for progress in (0.0, 1.0):
            check_number("n_steps", at(self.n_steps, progress), 1)
        self._check_contrast_params()

    def _rows_to_learn(self, X, y, *, reset=False, classes=None):
        rows = super()._rows_to_learn(X, y, reset=reset, classes=classes)
        document_lengths(rows, type(self).__name__)
        if self.vocabulary is not None and len(self.vocabulary) != rows.n_features:
            raise ValueError(
                f"vocabulary must have a word for each of the {rows.n_features} columns of X, got "
                f"{len(self.vocabulary)}."
            )
        return rows

    def _fitted_rows(self, X, y=None, *, allow_nan=False):
        rows = super()._fitted_rows(X, y, allow_nan=allow_nan)
        document_lengths(rows, type(self).__name__)
        return rows

    def _build(self):
        return CountMachine(self.n_features_in_, self.n_components)

    def _initialise(self, rows, index):
        name, device = type(self).__name__, self._module_device
        self.module_.fit_lengths(document_lengths(rows, name)[index])
        chosen = torch.from_numpy(index[spread_out(len(index), _SAMPLE)])
        parts = chosen.split(self._rows_at_once(rows))
        shares = (shares_of(rows.fetch(part, dtype=torch.float64)) for part in parts)
        mean, variance = (moment.float().to(device) for moment in moments_of(shares))
        self.module_.fit_base(mean, variance)

    def _parts(self, n_rows):
        step = self._gradient_step(self.module_.parameters(), momentum=self.momentum)
        noise = self._training.noise.at(0)
        own = noise.rows(self.batch_size)
        machine = self.module_.of(self.module_.typical_lengths(self.batch_size)[own])
        self._sampler = _SAMPLERS[self.sampler]()
        chains = self._sampler.start(machine, self.batch_size, noise)
        return {"step": step} | ({} if chains is None else {"chains": chains})

    @torch.no_grad()
    def _step(self, batch):
        n_steps = round(at(self.n_steps, batch.progress))
        self._sampler = _SAMPLERS[self.sampler](n_steps)
        machine = self.module_.of(batch.x.sum(1, keepdim=True))
        with machine.products_in(self._training.dtype):
            gradient, s_mean, t_mean = self._sampler.gradient(
                machine, batch.x, batch.n_total, self._training.parts.get("chains"), batch.noise
            )
        self._follow(gradient, s_mean, t_mean, batch.progress)
        return {"activity": t_mean.mean()}

    @torch.no_grad()
    def _evaluate(self, batch):
        v, machine = batch.x, self.module_
        f = machine.visible_field(self._encode(v))
        surprise = -(shares_of(v) * torch.log_softmax(f, -1)).sum(1)
        at_rest = machine.visible.rest(v).sum(1)
        free_energy = (machine.free_energy(v) - at_rest) / v.sum(1)
        return {"reconstruction": surprise.mean(), "free_energy": free_energy.mean()}

    # ---- capabilities ------------------------------------------------------------------------

    def _encode(self, x):
        return self.module_.hidden.mean(self.module_.hidden_field(x))

    def _decode(self, h):
        return torch.softmax(self.module_.visible_field(h), -1)

    def _compared(self, x):
        return shares_of(x)

    def sample(self, n_samples=1, *, lengths=None, n_steps=1000, random_state=None):
        """Draw documents by Gibbs sampling, from documents without topics.

        Parameters
        ----------
        n_samples : int, default=1
        lengths : int or array-like of int of shape (n_samples,), optional
            How many words each has; drawn as the documents learned from had them by default.
        n_steps : int, default=1000
            Gibbs steps.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        X : array of shape (n_samples, n_features), float32
            Counts; rows sum to `lengths`.

        Raises
        ------
        ValueError
            If a length is less than 1.
        """
        check_number("n_steps", n_steps, 1, integer=True)

        def draw(n, noise):
            machine, D = self.module_, self._lengths_to_draw(lengths, n, noise)
            v = machine.of(D).visible.sample(machine.base.expand(n, -1), noise)
            for _ in range(n_steps):
                v = machine.sweep(v, noise)
            return v

        return self._drawn(draw, n_samples, None, random_state)

    def _lengths_to_draw(self, lengths, n, noise):
        if lengths is None:
            known = self.module_.lengths
            return known[(noise.uniform((n, 1)) * len(known)).long()]
        D = torch.as_tensor(lengths, device=noise.device).reshape(-1, 1)
        if D.is_floating_point() or len(D) not in (1, n) or D.min() < 1:
            raise ValueError(
                f"lengths must be a whole number of words of at least 1, or {n} of them, "
                f"got {lengths!r}."
            )
        return D.expand(n, 1).to(self.module_.base)

    # ---- likelihood --------------------------------------------------------------------------

    def _forget_estimates(self):
        self._kept = None

    @property
    def score_kind_(self):
        """How partition functions are known: "exact" or "ais"."""
        check_is_fitted(self, "module_")
        return "exact" if enumerable(self.module_.hidden) else "ais"

    def free_energy(self, X):
        """F(v) of each row in nats, shape (n,), float64: log p(v | D) = -F(v) - log Z_D."""
        rows = self._fitted_rows(X)
        return self._map(self._float64().free_energy, rows, X, dtype=torch.float64)

    def score_samples(self, X, y=None):
        """log p(v | D) of each row's vector of counts, given its length, in nats, float64.

        The probabilities of all vectors with D counts add up to 1. Sequences of words have less
        each, see `perplexity`; lengths are not modelled.

        Parameters
        ----------
        X : as in transform
        y : ignored

        Returns
        -------
        log_p : array or tensor of shape (n,)
        """
        minus_f, log_w, which, D = self._weighed(X)
        log_z = torch.logsumexp(log_w, 1) - math.log(log_w.shape[1]) - torch.lgamma(D + 1)
        return give_back(minus_f - log_z[which], X)

    def perplexity(self, X, *, n_chains=None, n_temperatures=None, random_state=None):
        """How many words the model hesitates between, given each document's length.

        Parameters
        ----------
        X : as in transform
        n_chains, n_temperatures, random_state : as in log_partition

        Returns
        -------
        Perplexity
            With `value`, the mean being taken over documents, and `per_word`, over words; and the
            standard errors of both that come from annealing.
        """
        minus_f, log_w, which, D = self._weighed(X, n_chains, n_temperatures, random_state)
        rows = self._fitted_rows(X)
        at_rest = self._map(self.module_.visible.rest, rows, dtype=torch.float64).sum(1)
        return perplexity(minus_f + torch.from_numpy(at_rest), log_w, which, D)

    def log_partition(self, lengths, *, n_chains=None, n_temperatures=None, random_state=None):
        r"""log Z of documents of some lengths, in nats: exact, or annealed in the length.

        :math:`Z_D = \sum_v e^{-F(v)}` over all vectors of D counts. Annealing starts at documents
        of one word, whose Z is known, and passes through all lengths.

        Parameters
        ----------
        lengths : int or array-like of int
        n_chains : int, optional
            Annealing runs; 100 if nothing is said.
        n_temperatures : int, optional
            Steps in which the length doubles; 100 if nothing is said.
        random_state : int, RandomState, Generator or None
            None for the model's own stream, which `score_samples` uses.

        Returns
        -------
        LogPartition, or list of LogPartition if there are several lengths

        Raises
        ------
        ValueError
            If a length is less than 1.
        """
        check_is_fitted(self, "module_")
        D = self._lengths_to_draw(lengths, np.size(lengths), self._noise(0)).double().cpu()[:, 0]
        log_w = self._log_weights(D, n_chains, n_temperatures, random_state)
        log_w = log_w - torch.lgamma(D + 1)[:, None]
        if self.score_kind_ == "exact":
            found = [LogPartition(x, 0.0, x, x, "exact") for x in log_w[:, 0].tolist()]
        else:
            found = [estimate(w) for w in log_w]
        return found[0] if np.ndim(lengths) == 0 else found

    def _weighed(self, X, *how):
        """-F(v) of each row, log-weights of each different length, which is a row's, lengths."""
        rows = self._fitted_rows(X)
        minus_f = -self._map(self._float64().free_energy, rows, torch.empty(0), torch.float64)
        lengths, which = document_lengths(rows, type(self).__name__).unique(return_inverse=True)
        return minus_f.cpu(), self._log_weights(lengths, *how), which, lengths

    @torch.no_grad()
    def _log_weights(self, D, n_chains=None, n_temperatures=None, random_state=None):
        """Of sequences of these numbers of words, shape (n_lengths, n_chains), float64."""
        asked = n_chains, n_temperatures, random_state
        kept = getattr(self, "_kept", None) if asked == (None, None, None) else None
        if kept is None or not kept.reaches(D.max()):
            kept = self._annealed(int(D.max()), *asked)
            if asked == (None, None, None):
                self._kept = kept
        return kept.log_weights(D)

    def _annealed(self, longest, n_chains, n_temperatures, random_state):
        if self.score_kind_ == "exact":
            return SummedLengths(self._float64())
        n_chains = 100 if n_chains is None else n_chains
        n_temperatures = 100 if n_temperatures is None else n_temperatures
        check_number("n_chains", n_chains, 2, integer=True)
        check_number("n_temperatures", n_temperatures, 1, integer=True)
        if random_state is None:
            random_state = stream_seed(self._seed, _ANNEALING)
        noise = self._noise(random_state)
        return AnnealedLengths(self.module_, longest, n_chains, n_temperatures, noise)

    # ---- topics ------------------------------------------------------------------------------

    def top_words(self, n_words: int = 10) -> list[list[str]]:
        """The words whose odds each topic raises most, the most first.

        Parameters
        ----------
        n_words : int, default=10

        Returns
        -------
        list of list of str
            A list for each topic.
        """
        check_is_fitted(self, "module_")
        names = self.vocabulary
        if names is None:
            names = getattr(self, "feature_names_in_", np.arange(self.n_features_in_).astype(str))
        order = self.module_.W.argsort(1, descending=True)[:, :n_words]
        return [[str(names[k]) for k in row] for row in order.tolist()]

    @property
    def top_words_(self):
        """The ten words that each topic raises most."""
        return self.top_words()

    @property
    def components_(self):
        """W, shape (n_components, n_features)."""
        check_is_fitted(self, "module_")
        return self.module_.W.numpy(force=True).copy()

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.categorical = True
        tags.input_tags.positive_only = True
        return tags
