"""How an estimator learns a Boltzmann machine: a sampler's gradient, followed."""

# What these methods ask of `self` is in Estimator, which comes after them among the bases.
# pyright: reportAttributeAccessIssue=false

import torch

from unlabeled.energy.chain import ParticlesMixin
from unlabeled.energy.gibbs import Sampler
from unlabeled.energy.restricted import RestrictedBoltzmannMachine
from unlabeled.energy.samplers import SAMPLERS
from unlabeled.energy.sparsity import Sparsity
from unlabeled.schedules import at
from unlabeled.spec import choose
from unlabeled.validation import check_number

__all__ = ["ContrastMixin", "FollowMixin"]

_PACE_OF_OFFSETS = 0.01


class FollowMixin(ParticlesMixin):
    """How an estimator moves its Boltzmann machine along a sampler's gradient.

    It has the parameters `centered`, `momentum` and `weight_decay`, a `_sampler`, and parts "step"
    and, where the sampler keeps some, "chains".
    """

    _decayed = "W"

    def _check_follow_params(self):
        check_number("momentum", at(self.momentum, 0.5), 0, 1)
        check_number("weight_decay", self.weight_decay, 0)

    def _follow(self, gradient, *means, progress):
        """Sum over processes, penalise, centre, move; returns terms of the sampler.

        Parameters
        ----------
        gradient : dict
            This process's share, a tensor for every parameter of the machine.
        *means : tensors
            Shares of what the offsets are moving averages of.
        progress : float
        """
        machine, parts = self.module_, self._training.parts
        for name, p in machine.named_parameters():
            p.grad = gradient[name]
        parts["step"].sync(*means)
        if self.weight_decay:
            weights = machine.get_parameter(self._decayed)
            gradient[self._decayed].add_(weights, alpha=self.weight_decay)
        if self.centered:
            machine.move_offsets(*means, rate=_PACE_OF_OFFSETS)
            machine.centre(gradient)
        self._penalise(gradient, *means)
        seen = self._sampler.followed(parts.get("chains"), gradient)
        parts["step"].apply(progress)
        return seen

    def _penalise(self, gradient, *means):
        """Change the gradient by whatever else is wished for."""


class ContrastMixin(FollowMixin):
    """`_parts` and `_step` of an estimator whose `module_` is a restricted Boltzmann machine.

    It also has the parameters `sampler`, `sparsity` and `sync_every`.
    """

    module_: RestrictedBoltzmannMachine

    def _check_contrast_params(self):
        self._check_follow_params()
        check_number("sync_every", self.sync_every, 1, integer=True)
        choose(self.sampler, SAMPLERS, Sampler, "sampler")
        Sparsity.of(self.sparsity)

    def _parts(self, n_rows):
        self._sampler = choose(self.sampler, SAMPLERS, Sampler, "sampler")
        self._sampler.check(self.module_)
        step = self._gradient_step(self.module_.parameters(), momentum=self.momentum)
        chains = self._sampler.start(self.module_, self.batch_size, self._training.noise.at(0))
        return {"step": step} | ({} if chains is None else {"chains": chains})

    @torch.no_grad()
    def _step(self, batch):
        rbm, chains = self.module_, self._training.parts.get("chains")
        with rbm.products_in(self._training.dtype):
            gradient, s_mean, t_mean = self._sampler.gradient(
                rbm, batch.x, batch.n_total, chains, batch.noise
            )
        seen = self._follow(gradient, s_mean, t_mean, progress=batch.progress)
        return {"activity": t_mean.mean(), **seen}

    def _penalise(self, gradient, s_mean, t_mean):
        sparsity = Sparsity.of(self.sparsity)
        if sparsity is not None:
            gradient["c"].sub_(sparsity.pull(t_mean))
