"""The samplers by name."""

from unlabeled.energy.fast import FastPCD
from unlabeled.energy.gibbs import CD, PCD, Exact, MeanField
from unlabeled.energy.tempering import ParallelTempering

__all__ = ["SAMPLERS"]

SAMPLERS = {
    "pcd": PCD,
    "cd": CD,
    "fpcd": FastPCD,
    "pt": ParallelTempering,
    "mean-field": MeanField,
    "exact": Exact,
}
