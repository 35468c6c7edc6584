"""What every model with a generator can do."""

# The mixin rests on Estimator, which comes after it among the bases of a model.
# pyright: reportAttributeAccessIssue=false

import numpy as np
from sklearn.utils.validation import check_is_fitted

from unlabeled.capabilities import DecodeMixin, SampleMixin
from unlabeled.sampling.slerp import slerp
from unlabeled.validation import check_number

__all__ = ["GeneratorMixin"]


class GeneratorMixin(DecodeMixin, SampleMixin):
    """`inverse_transform`, `sample`, `interpolate`, for a module with a generator `average`."""

    def _decode(self, z, *y):
        return self.module_.average(z, *y)

    def _sample(self, n, noise, *y):
        return self._in_parts(self.module_.average, noise.normal((n, self.n_components)), *y)

    def interpolate(self, start=None, end=None, n_steps=8, *, y=None, random_state=None):
        """Samples along the arc from one noise vector to another.

        Parameters
        ----------
        start, end : array-like of shape (n_components,), optional
            The ends; drawn where they are not given.
        n_steps : int, default=8
            Points of the path, both ends included.
        y : label, optional
            For a conditional model: the class of all, drawn if it is not given.
        random_state : int, RandomState, Generator or None
            Of what is drawn.

        Returns
        -------
        X : array of shape (n_steps, n_features), float32

        Raises
        ------
        ValueError
            If an end has another shape.
        """
        check_is_fitted(self, "module_")
        check_number("n_steps", n_steps, 2, integer=True)
        noise = self._noise(random_state)
        drawn = noise.normal((2, self.n_components)).numpy(force=True)
        a, b = (own if z is None else z for z, own in zip((start, end), drawn, strict=True))
        if np.shape(a) != (self.n_components,) or np.shape(b) != (self.n_components,):
            raise ValueError(
                f"start and end must have shape ({self.n_components},), got {np.shape(a)} "
                f"and {np.shape(b)}."
            )
        labels = [self.classes_[int(k)] for k in self._labels_to_draw(y, 1, noise)] * n_steps
        path = slerp(a, b, np.linspace(0, 1, n_steps)).astype(np.float32)
        return self.inverse_transform(path, labels or None)
