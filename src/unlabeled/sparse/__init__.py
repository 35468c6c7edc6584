"""Sparse coding: dictionaries, solvers that find codes, updates that learn atoms."""

from unlabeled.sparse.bcd import BCD
from unlabeled.sparse.coordinate_descent import CoordinateDescent
from unlabeled.sparse.dictionary import Dictionary
from unlabeled.sparse.feature_sign import FeatureSign
from unlabeled.sparse.fista import FISTA
from unlabeled.sparse.ksvd import KSVD
from unlabeled.sparse.lagrange_dual import LagrangeDual
from unlabeled.sparse.lasso import Solver
from unlabeled.sparse.omp import OMP
from unlabeled.sparse.problem import LeastSquares
from unlabeled.sparse.updates import Update

__all__ = [
    "BCD",
    "FISTA",
    "KSVD",
    "OMP",
    "CoordinateDescent",
    "Dictionary",
    "FeatureSign",
    "LagrangeDual",
    "LeastSquares",
    "Solver",
    "Update",
]
