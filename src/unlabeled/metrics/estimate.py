"""A number that is worth nothing without the number of rows it was computed from."""

from dataclasses import dataclass

__all__ = ["Estimate"]


@dataclass(frozen=True)
class Estimate:
    """A measured number beside what real rows reach by the same measure.

    Parameters
    ----------
    value : float
        The number; also `float(estimate)`.
    floor : float
        The same measure with real rows in the place of the model's. No model can be expected to
        come nearer to the data than the data do: a distance has its floor here, a similarity
        (precision, coverage) its ceiling.
    n_real : int
        Real rows.
    n_model : int
        Rows of the model.
    n_floor : tuple of int
        Real rows that stayed real, and real rows that took the place of the model's, in `floor`.
    standard_error : float or None, default=None
        Of the value, where the measure has one.

    Examples
    --------
    >>> estimate = Estimate(23.82, 1.451, 10_000, 5_000, (5_000, 5_000))
    >>> print(estimate)
    23.82 (real against real: 1.451; n = 5,000 against 10,000 real)
    >>> float(estimate)
    23.82
    """

    value: float
    floor: float
    n_real: int
    n_model: int
    n_floor: tuple[int, int]
    standard_error: float | None = None

    def __float__(self) -> float:
        return self.value

    def __str__(self) -> str:
        error = "" if self.standard_error is None else f" ± {self.standard_error:.2g}"
        return (
            f"{self.value:.4g}{error} (real against real: {self.floor:.4g}; "
            f"n = {self.n_model:,} against {self.n_real:,} real)"
        )
