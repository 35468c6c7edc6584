"""The contract that every model keeps: what it says, and what it is given for that."""

import copy
import math
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import numpy as np
import torch
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from unlabeled.engine.device import choose_precision
from unlabeled.engine.gradient import GradientStep, choose_optimizer
from unlabeled.engine.rows import Rows, rows_at_once
from unlabeled.engine.training import Batch
from unlabeled.fitting import FitTemplate
from unlabeled.kernels import choose_backend
from unlabeled.persistence import save
from unlabeled.sampling.noise import Noise
from unlabeled.schedules import SCHEDULES, Schedule, Times
from unlabeled.spec import choose
from unlabeled.validation import (
    check_labels,
    check_number,
    check_rows,
    generator_seed,
    image_shape_of,
)

__all__ = ["Estimator"]

INFERENCE_ROWS = 4096  # rows that go through a model together outside of training
IMAGES = 256  # the same where convolutions, or nobody knows what, make much of each row


class Estimator(FitTemplate, BaseEstimator):
    """Base of all models: validation, the fit template, device, randomness, persistence.

    A model says what it is made of and what one minibatch does:

    - `_check_params()` refuses parameters that make no sense;
    - `_build()` returns the module for `n_features_in_` features, made under a private seed;
    - `_initialise(rows, index)` may set it up from the data;
    - `_parts(n_rows)` returns what must live from step to step: optimizers, chains, averages;
    - `_step(batch)` learns from one batch and returns the terms to report;
    - `_evaluate(batch)` returns terms, means over its rows, to be watched on data held out.

    `fit`, `partial_fit`, checkpoints, callbacks, several processes and `save` follow from these.
    The shared parameters are described in `docs/design.md`.
    """

    _saved_attributes: tuple[str, ...] = (
        "n_features_in_",
        "feature_names_in_",
        "image_shape_",
        "classes_",
        "class_prior_",
        "backend_",
        "history_",
        "_n_features_out",
        "_seed",
    )
    _watch_rows = 0  # training rows on which `_evaluate` is reported too
    _needs_rows = 1
    _nan_is_missing = False  # whether a row may have gaps
    _holds_out_rows = True  # or a part of each, where `validation_fraction` is of what is in them
    _is_supervised = False  # whether fit needs labels; a conditional model needs them everywhere

    # ---- what a model says -------------------------------------------------------------------

    def _check_params(self) -> None:
        """Raise on parameters that make no sense; extended by the models."""
        check_number("n_epochs", self.n_epochs, 0, integer=True)
        check_number("batch_size", self.batch_size, 1, integer=True)
        check_number("validation_fraction", self.validation_fraction, 0, 0.9)
        if hasattr(self, "precision"):
            choose_precision(self.precision)
        if hasattr(self, "backend"):
            choose_backend(self.backend)
        if hasattr(self, "optimizer"):
            self._check_gradient_params()

    def _check_gradient_params(self):
        check_number("learning_rate", self.learning_rate, 0)
        choose(self.schedule, SCHEDULES, Schedule, "schedule")
        if self.max_gradient_norm is not None:
            check_number("max_gradient_norm", self.max_gradient_norm, 0, closed=False)
        choose_optimizer(self.optimizer)

    def _build(self) -> torch.nn.Module:
        raise NotImplementedError

    def _initialise(self, rows: Rows, index: np.ndarray) -> None:
        return

    def _parts(self, n_rows: int) -> dict:
        return {}

    def _step(self, batch: Batch) -> dict[str, torch.Tensor]:
        raise NotImplementedError

    def _gradient_step(self, parameters, **rates) -> GradientStep:
        """A step with the estimator's optimizer, learning rate, schedule and clipping."""
        schedule = choose(self.schedule, SCHEDULES, Schedule, "schedule")
        rates = {"lr": Times(self.learning_rate, schedule), "weight_decay": 0.0, **rates}
        return GradientStep(
            parameters, self.optimizer, max_gradient_norm=self.max_gradient_norm, **rates
        )

    def _evaluate(self, batch: Batch) -> dict[str, torch.Tensor]:
        return {}

    def _forget_estimates(self):
        """Forget what was computed from the parameters: they are about to change."""

    # ---- the data ----------------------------------------------------------------------------

    def _rows_to_learn(self, X, y, *, reset=False, classes=None) -> Rows:
        """Rows to learn from or to watch, with their labels if the model learns from labels."""
        rows = check_rows(self, X, reset=reset, allow_nan=self._nan_is_missing)
        if self._learns_labels:
            rows.y = check_labels(self, y, rows.n_rows, reset=reset, classes=classes)
        return rows

    @property
    def _learns_labels(self) -> bool:
        return self._is_supervised or self._is_conditional

    @property
    def _is_conditional(self) -> bool:
        return bool(getattr(self, "conditional", False))

    def _picture_shape(self, X) -> tuple[int, ...] | None:
        """(c, h, w) as the parameter `image_shape` says, else as X has it, else None."""
        shape = getattr(self, "image_shape", None) or image_shape_of(X)
        if shape is None:
            return None
        if len(shape) != 3 or math.prod(shape) != self.n_features_in_:
            raise ValueError(
                f"image_shape must be (channels, height, width) of {self.n_features_in_} "
                f"features, got {shape!r}."
            )
        return tuple(int(k) for k in shape)

    def _check_values(self, rows: Rows) -> None:
        """Warn about values outside of what the model is meant for."""

    # ---- for the capabilities ----------------------------------------------------------------

    def _fitted_rows(self, X, y=None, *, allow_nan=False) -> Rows:
        """Rows that are asked about; a conditional model needs labels, a classifier takes them."""
        check_is_fitted(self, "module_")
        rows = check_rows(self, X, reset=False, allow_nan=allow_nan or self._nan_is_missing)
        if self._is_conditional or (self._is_supervised and y is not None):
            rows.y = check_labels(self, y, rows.n_rows, reset=False)
        return rows

    def _rows_at_once(self, rows: Rows | None = None) -> int:
        """How many rows (or codes of rows) go through the module together."""
        widest = max(self.n_features_in_, 0 if rows is None else rows.n_features)
        networks = ("encoder", "decoder", "generator", "discriminator")
        custom = any(getattr(self, name, None) is not None for name in networks)
        return rows_at_once(widest, min(INFERENCE_ROWS, IMAGES) if custom else INFERENCE_ROWS)

    def _map(self, function, rows: Rows, like=None, dtype=torch.float32):
        """`function` of all rows, a few thousand at a time; NumPy unless `like` is a tensor.

        A conditional model's function gets the numbers of the labels as its second argument.
        """
        parts, device = [], self._module_device
        with torch.no_grad():
            for part in torch.arange(rows.n_rows).split(self._rows_at_once(rows)):
                x, y = rows.fetch(part, device, dtype), rows.labels(part, device)
                parts.append(function(x) if y is None else function(x, y))
        return give_back(torch.cat(parts), like)

    def _products(self) -> AbstractContextManager:
        """Around what autograd follows: matrix products in the chosen precision."""
        kind, dtype = self._training.device.type, self._training.dtype
        reduced = dtype != torch.float32
        if not reduced and not torch.is_autocast_enabled(kind):
            return nullcontext()
        return torch.autocast(kind, dtype, enabled=reduced)

    def _float64(self) -> Any:
        """A copy of the module in float64, for what is reported."""
        return copy.deepcopy(self.module_).double()

    @property
    def _module_device(self) -> torch.device:
        return next(iter(self.module_.state_dict().values())).device

    def _noise(self, random_state) -> Noise:
        seed, backend = generator_seed(random_state), self._choose_backend()
        return Noise(seed, self._module_device, backend=backend)

    def _choose_backend(self) -> str:
        """Who computes here and now: "torch", or the compiled kernels, "fast"."""
        return choose_backend(getattr(self, "backend", "torch"), self._module_device)

    def save(self, folder) -> None:
        """Write `config.json` and `model.safetensors` (no pickle); see :func:`unlabeled.load`.

        Parameters
        ----------
        folder : str or path
            Made if need be.
        """
        check_is_fitted(self, "module_")
        save(self, folder)

    def __getstate__(self):
        """As fitted, but on the CPU, so that a pickle from a GPU opens anywhere."""
        state = dict(super().__getstate__())
        if "module_" in state and self._module_device.type != "cpu":
            state["module_"] = copy.deepcopy(self.module_).cpu()
            state.pop("_training", None)
        return state

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.input_tags.allow_nan = self._nan_is_missing
        tags.target_tags.required = self._learns_labels
        return tags


def give_back(x: torch.Tensor, like=None):
    """A tensor to who gave a tensor, NumPy to everybody else."""
    return x.to(like.device) if isinstance(like, torch.Tensor) else x.numpy(force=True)
