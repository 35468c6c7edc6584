"""The likelihood of an estimator whose density is known up to its partition function."""

import dataclasses
from typing import Any

import torch
from sklearn.utils.validation import check_is_fitted

from unlabeled.capabilities import DensityMixin
from unlabeled.energy import partition
from unlabeled.energy.enumeration import enumerable
from unlabeled.sampling.noise import stream_seed
from unlabeled.validation import check_number

__all__ = ["ANNEALING", "PartitionMixin"]

ANNEALING = 0xA15  # the random stream of the estimate that is kept


class PartitionMixin(DensityMixin):
    """`score_samples` as -F(v) - log Z; a model gives `_path()`, its module `free_energy`."""

    _saved_attributes: tuple[str, ...] = ("_log_z",)

    module_: Any

    def _path(self) -> partition.Path:
        raise NotImplementedError

    def _forget_estimates(self):
        self._log_z = None

    def _density(self):
        machine, log_z = self._float64(), self.log_partition().value
        return lambda v: -machine.free_energy(v) - log_z

    def free_energy(self, X):
        """F(v) of each row in nats, shape (n,), float64: log p(v) = -F(v) - log Z."""
        rows = self._fitted_rows(X)
        return self._map(self._float64().free_energy, rows, X, dtype=torch.float64)

    @torch.no_grad()
    def log_partition(
        self, method="auto", *, n_chains=None, n_temperatures=None, random_state=None
    ):
        """log Z in nats: exact in float64, or from chains in float32 with weights in float64.

        Parameters
        ----------
        method : {"auto", "exact", "ais", "bracket"}, default="auto"
            "auto" is exact where a layer has at most 20 discrete units, else AIS. With no more
            said, it has a random stream of the model's own, is kept until the model learns
            again, and is what `score_samples` uses. "bracket" anneals in both directions.
        n_chains : int, optional
            Annealing runs; 100 if nothing is said.
        n_temperatures : int, optional
            Steps from the base rates to the model; 10 000 if nothing is said.
        random_state : int, RandomState, Generator or None
            None for fresh entropy.

        Returns
        -------
        LogPartition
            With `value`, `standard_error`, `lower`, `upper` and `kind`.

        References
        ----------
        Salakhutdinov, Murray. On the quantitative analysis of deep belief networks. ICML 2008.
        """
        check_is_fitted(self, "module_")
        if method not in ("auto", "exact", "ais", "bracket"):
            raise ValueError(
                f"method must be 'auto', 'exact', 'ais' or 'bracket', got {method!r}."
            )
        if method == "auto" and (n_chains, n_temperatures, random_state) == (None, None, None):
            return self._kept_log_partition()
        if method == "auto":
            method = self._partition_kind
        if method == "exact":
            return self._exact_partition()
        n_chains = 100 if n_chains is None else n_chains
        n_temperatures = 10_000 if n_temperatures is None else n_temperatures
        check_number("n_chains", n_chains, 2, integer=True)
        check_number("n_temperatures", n_temperatures, 3, integer=True)
        path, betas = self._path(), partition.temperatures(n_temperatures)
        noise = self._noise(random_state)
        if method == "bracket":
            return partition.bracket(path, betas, n_chains, noise)
        return partition.estimate(partition.annealed(path, betas, n_chains, noise)[0])

    def _kept_log_partition(self):
        kept = getattr(self, "_log_z", None)
        if kept is None:
            stream = stream_seed(self._seed, ANNEALING)
            fresh = self.log_partition(self._partition_kind, random_state=stream)
            kept = self._log_z = dataclasses.astuple(fresh)
        return partition.LogPartition(*kept)

    def _exact_partition(self) -> partition.LogPartition:
        return partition.exact(self._float64())

    @property
    def _partition_kind(self) -> str:
        """How log Z is known, where that is not all there is to say of the score."""
        return self.score_kind_

    @property
    def score_kind_(self):
        """How `score_samples` knows log Z: "exact" or "ais"."""
        check_is_fitted(self, "module_")
        layers = self.module_.visible, self.module_.hidden
        return "exact" if any(enumerable(unit) for unit in layers) else "ais"
