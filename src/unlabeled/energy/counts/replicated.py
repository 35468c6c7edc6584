"""The replicated softmax as an estimator: topics of documents."""

import numpy as np
import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.base import Estimator
from unlabeled.capabilities import EncodeMixin, ReconstructMixin, SampleMixin
from unlabeled.energy.counts.by_length import LengthsMixin
from unlabeled.energy.counts.documents import CHUNK, check_lengths, shares_of
from unlabeled.energy.counts.ladder import LengthLadder
from unlabeled.energy.counts.machine import CountMachine
from unlabeled.energy.gibbs import CD, PCD
from unlabeled.energy.learning import ContrastMixin
from unlabeled.engine.rows import moments_of, spread_out
from unlabeled.schedules import at
from unlabeled.validation import check_choice, check_number

__all__ = ["ReplicatedSoftmax"]

_SAMPLERS = {"cd": CD, "pcd": PCD, "pt": LengthLadder}
_SAMPLE = 2**16  # documents from which the frequencies of words are taken


class ReplicatedSoftmax(
    EncodeMixin, ReconstructMixin, SampleMixin, LengthsMixin, ContrastMixin, Estimator
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
    allow_empty : bool, default=False
        Take documents without any word, from which nothing is learned, instead of refusing them.
    sampler : {"pt", "pcd", "cd"}, default="pt"
        Where the model's documents come from. "cd": from those of the batch. "pcd": from chains
        that live through learning and keep their lengths, which are spread as those of the data.
        "pt": from such chains that also exchange their topics with neighbours in length, which is
        parallel tempering, for nothing.
    n_steps : int or Schedule, default=5
        Gibbs steps per update; `Linear(1, 5)` grows. With fewer, chains of long documents keep
        their topics for so long that Z of long documents is learned wrongly.
    centered : bool, default=True
        Follow the centred gradient.
    momentum : float or Schedule, default=0.0
        Of the optimizers that have one.
    weight_decay : float, default=5e-5
        L2 penalty; on W only.
    sparsity : float, Sparsity or None, default=None
        Mean activity that topics are drawn to.
    n_epochs : int, default=60
        Passes over the data.
    batch_size : int, default=100
        Documents per update (over all processes).
    learning_rate : float, default=0.003
        Step length at the start.
    schedule : {"linear", "constant", "cosine"} or Schedule, default="linear"
        What the learning rate is multiplied by on the way; "linear" and "cosine" fall from 1 to 0.
    optimizer : {"adam", "sgd", "adamw", "rmsprop"} or torch.optim class, default="adam"
        How the gradient is applied; "adam" because words differ so much in frequency.
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
    >>> model = ReplicatedSoftmax(2, learning_rate=0.1, random_state=0).fit(X)
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
        allow_empty=False,
        sampler="pt",
        n_steps=5,
        centered=True,
        momentum=0.0,
        weight_decay=5e-5,
        sparsity=None,
        n_epochs=60,
        batch_size=100,
        learning_rate=0.003,
        schedule="linear",
        optimizer="adam",
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
        self.allow_empty = allow_empty
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
        self._lengths(rows)
        if self.vocabulary is not None and len(self.vocabulary) != rows.n_features:
            raise ValueError(
                f"vocabulary must have a word for each of the {rows.n_features} columns of X, got "
                f"{len(self.vocabulary)}."
            )
        return rows

    def _build(self):
        return CountMachine(self.n_features_in_, self.n_components)

    def _initialise(self, rows, index):
        device = self._module_device
        self.module_.fit_lengths(self._lengths(rows)[index])
        chosen = torch.from_numpy(index[spread_out(len(index), _SAMPLE)])
        parts = chosen.split(max(1, CHUNK // rows.n_features))
        shares = (shares_of(rows.fetch(part, dtype=torch.float64)) for part in parts)
        mean, variance = (moment.float().to(device) for moment in moments_of(shares))
        self.module_.fit_base(mean + (mean.sum() == 0), variance)  # all empty: any word

    def _parts(self, n_rows):
        step = self._gradient_step(self.module_.parameters(), momentum=self.momentum)
        noise = self._training.noise.at(0)
        own = noise.rows(self.batch_size)
        if self.sampler == "pt":  # every process has a ladder of its own
            lengths = self.module_.typical_lengths(own.stop - own.start)
        else:
            lengths = self.module_.typical_lengths(self.batch_size)[own]
        machine = self.module_.of(lengths)
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
        self._follow(gradient, s_mean, t_mean, progress=batch.progress)
        return {"activity": t_mean.mean()}

    @torch.no_grad()
    def _evaluate(self, batch):
        v, machine = batch.x, self.module_
        f = machine.visible_field(self._encode(v))
        surprise = -(shares_of(v) * torch.log_softmax(f, -1)).sum(1)
        at_rest = machine.visible.rest(v).sum(1)
        free_energy = (machine.free_energy(v) - at_rest) / v.sum(1).clamp(min=1)
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
        return check_lengths(lengths, n).to(self.module_.base)

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
