"""How every model is fitted, written once: validate, start, walk the epochs, report."""

# What these methods ask of `self` is in Estimator, which is built on them.
# pyright: reportAttributeAccessIssue=false

import time

import numpy as np
import torch
from sklearn.callback import CallbackSupportMixin, with_callbacks

from unlabeled.engine import distributed
from unlabeled.engine.device import choose_device
from unlabeled.engine.order import n_batches
from unlabeled.engine.rows import Rows, spread_out
from unlabeled.engine.training import Batch, Training
from unlabeled.persistence import Checkpoint
from unlabeled.sampling.lent import learning, lent_generator
from unlabeled.sampling.noise import stream_seed
from unlabeled.validation import generator_seed

__all__ = ["FitTemplate"]

_SPLIT = 0x5917  # keeps the stream of the validation split apart
_WATCHING = 0x3A7C  # and that of evaluation


class FitTemplate(CallbackSupportMixin):
    """`fit` and `partial_fit` in terms of what a model says (see Estimator)."""

    @with_callbacks
    def fit(self, X, y=None, *, X_val=None, y_val=None, checkpoint=None):
        """Learn from X.

        Parameters
        ----------
        X : array-like, frame, memmap, CSR matrix, tensor, images (n, c, h, w) or Dataset
            Rows to learn from; each batch is cast to float32, the whole never.
        y : array-like of shape (n,), optional
            Labels, for a classifier or a model with `conditional=True`; ignored by all others,
            so that a Pipeline can pass them along.
        X_val : like X, optional
            Rows to watch: their terms appear in `history_` with the prefix `val_`. Without it,
            `validation_fraction` of X is set apart.
        y_val : like y, optional
            Their labels.
        checkpoint : str or path, optional
            A folder. The state of training is kept there, and found there: run the same line
            again after an interruption and it goes on where it was, to the same result.

        Returns
        -------
        self

        Raises
        ------
        ValueError, TypeError
            On parameters or data that make no sense.
        FloatingPointError
            If a term of the objective is not finite.
        """
        rows = self._begin(X, y)
        saved = Checkpoint(checkpoint, self, rows)
        self._seed = self._draw_seed(saved.seed)
        index, held_out, watched = self._split(rows, X_val, y_val)
        self._start(rows, index)
        context = self._init_callback_context(max_subtasks=self.n_epochs)
        stop = saved.restore()
        self._note_backend()
        context.call_on_fit_task_begin(estimator=self, X=X)
        while self._training.epoch < self.n_epochs and not stop:
            epoch = context.subcontext(task_name="epoch")
            epoch.call_on_fit_task_begin(estimator=self)
            report = self._epoch(rows, index, held_out, watched, saved)
            stop = epoch.call_on_fit_task_end(
                estimator=self, metadata=report, reconstruction_attributes=dict
            )
            stop = bool(distributed.same_everywhere(int(stop)))
            saved.write(stopped=stop)
        context.call_on_fit_task_end(estimator=self, reconstruction_attributes=dict)
        return self

    def partial_fit(self, X, y=None, *, classes=None):
        """Go on learning: one pass in batches over X.

        There is no end in sight here, so schedules stay at their start. Optimizer, sampler, batch
        size and rates are those with which learning began; other ones come with the next `fit`.

        Parameters
        ----------
        X, y : as in fit
        classes : array-like, optional
            All labels that will ever come; by default those of the first y.

        Returns
        -------
        self
        """
        if hasattr(self, "module_"):
            self._check_params()
            rows = self._rows_to_learn(X, y)
            distributed.join(self._module_device)
        else:
            rows = self._begin(X, y, classes)
            self._seed = self._draw_seed()
        index = torch.arange(rows.n_rows)
        if not hasattr(self, "_training"):
            self._start(rows, index)
        self._training.begin_anew()
        self._epoch(rows, index, None, None)
        return self

    def _begin(self, X, y, classes=None) -> Rows:
        self._check_params()
        rows = self._rows_to_learn(X, y, reset=True, classes=classes)
        if rows.n_rows < self._needs_rows:
            raise ValueError(
                f"{type(self).__name__} needs at least {self._needs_rows} rows, "
                f"got n_samples = {rows.n_rows}."
            )
        self.image_shape_ = self._picture_shape(X)
        self._check_values(rows)
        self._device = choose_device(self.device, X)
        distributed.join(self._device)
        for name in ("module_", "_training", "history_"):
            self.__dict__.pop(name, None)
        if not self._learns_labels:
            for name in ("classes_", "class_prior_"):
                self.__dict__.pop(name, None)
        return rows

    def _split(self, rows, X_val, y_val):
        """Rows to learn from, (rows, index) to validate on, (rows, index) to watch."""
        order = torch.arange(rows.n_rows)
        held_out = None
        if X_val is not None:
            other = self._rows_to_learn(X_val, y_val)
            held_out = (other, torch.arange(other.n_rows))
        elif self.validation_fraction > 0:
            n = round(self.validation_fraction * rows.n_rows)
            if not 0 < n < rows.n_rows:
                raise ValueError(
                    f"validation_fraction={self.validation_fraction} leaves {n} of {rows.n_rows} "
                    "rows to validate on; give more rows or X_val."
                )
            generator = torch.Generator().manual_seed(stream_seed(self._seed, _SPLIT))
            order = torch.randperm(rows.n_rows, generator=generator)
            held_out, order = (rows, order[:n].sort().values), order[n:].sort().values
        watched = with_labels(rows, order)
        watched = (rows, watched[spread_out(len(watched), self._watch_rows)])
        if held_out is not None:
            held_out = held_out[0], with_labels(*held_out)
            if not len(held_out[1]):
                raise ValueError("none of the rows to validate on has a label; give others.")
        return order, held_out, watched if self._watch_rows else None

    def _draw_seed(self, saved: int | None = None) -> int:
        """The seed of this training, the first process's in all of them."""
        own = generator_seed(self.random_state) if saved is None else saved
        return distributed.same_everywhere(own)

    def _start(self, rows, index):
        """Build the module, unless there is one, and all that training carries."""
        if not hasattr(self, "module_"):
            self.module_ = self._seeded_module().to(self._device)
            self._initialise(rows, index.numpy())
            self.history_ = {"epoch": [], "seconds": []}
            self._forget_estimates()
        steps = self.n_epochs * n_batches(len(index), self.batch_size)
        backend = distributed.same_everywhere(self._choose_backend())
        precision = getattr(self, "precision", "float32")
        self._training = Training(
            self._seed, self.batch_size, steps, self._module_device, backend, precision
        )
        self._note_backend()
        self._training.epoch = len(self.history_["epoch"])
        self._training.parts = self._parts(len(index))
        self._n_features_out = getattr(self, "n_components", None)

    def _note_backend(self):
        if hasattr(self, "backend"):
            self.backend_ = self._training.backend

    def _seeded_module(self) -> torch.nn.Module:
        with lent_generator(stream_seed(self._seed, 0)):
            return self._build().eval()

    def _epoch(self, rows, index, held_out, watched, saved=None) -> dict[str, float]:
        """One pass over the rows; returns what is reported of it."""
        training, began = self._training, time.perf_counter()
        every = getattr(self, "sync_every", 1) if distributed.world() > 1 else 1
        self._forget_estimates()
        with learning(self.module_) as own_draws:
            for batch in training.batches(rows, index):
                with own_draws(batch.noise):
                    training.add(self._learn(batch, every), len(batch.x))
                if saved is not None:
                    saved.now_and_then()
        if every > 1:
            distributed.average_over_processes(self.module_)
        report = {"epoch": training.epoch + 1, **training.finish_epoch()}
        if watched is not None:
            report |= self._means(*watched)
        if held_out is not None:
            report |= {f"val_{name}": value for name, value in self._means(*held_out).items()}
        self._require_finite(report)
        report["seconds"] = time.perf_counter() - began
        self._record(report)
        return report

    def _learn(self, batch, every: int):
        """One update: together, or apart with an average over the processes now and then."""
        if every == 1:
            return self._step(batch)
        with distributed.apart():
            terms = self._step(batch)
        if self._training.step % every == 0:
            distributed.average_over_processes(self.module_)
        return terms

    def _means(self, rows, index) -> dict[str, float]:
        """Terms of rows, with the same noise in every epoch."""
        noise = self._noise(stream_seed(self._seed, _WATCHING))
        totals: dict[str, torch.Tensor] = {}
        for k, part in enumerate(index.split(self._rows_at_once(rows))):
            x, y = rows.fetch(part, self._device), rows.labels(part, self._device)
            batch = Batch(x, part, len(part), noise.at(k), self._training.progress, y)
            for name, value in self._evaluate(batch).items():
                totals[name] = totals.get(name, 0.0) + value.detach().double() * len(part)
        return {name: float(total) / len(index) for name, total in totals.items()}

    def _require_finite(self, report):
        for name, value in report.items():
            if not np.isfinite(value):
                rate = getattr(self, "learning_rate", None)
                why = f" (learning_rate={rate!r} is probably too high)" if rate else ""
                raise FloatingPointError(
                    f"{name} became {value} in epoch {report['epoch']}: the model has diverged"
                    f"{why} or a batch of the data held NaN."
                )

    def _record(self, report):
        done = len(self.history_["epoch"])
        for name in {**self.history_, **report}:
            column = self.history_.setdefault(name, [float("nan")] * done)
            column.append(report.get(name, float("nan")))
        if self.verbose and distributed.rank() == 0:
            terms = (f"{k} {v:.5g}" for k, v in report.items() if k != "epoch")
            print(f"{type(self).__name__} epoch {report['epoch']}: {', '.join(terms)}", flush=True)


def with_labels(rows: Rows, index: torch.Tensor) -> torch.Tensor:
    """Of these rows, those that have a label; all where nobody asks for labels."""
    return index if rows.y is None else index[rows.y[index] >= 0]
