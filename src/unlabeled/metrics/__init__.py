"""Numbers that say how good a model is, from arrays or features."""

from .probe import linear_probe
from .reconstruction import reconstruction_error

__all__ = ["linear_probe", "reconstruction_error"]
