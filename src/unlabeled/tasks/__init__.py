"""Applications on what models can do, whatever the model."""

from .detect import AnomalyDetector

__all__ = ["AnomalyDetector"]
