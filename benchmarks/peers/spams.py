"""SPAMS, the sparse modelling software of Mairal et al., in a process of its own."""

__all__ = ["PACKAGES", "REQUIREMENTS", "sparse_codes"]

REQUIREMENTS = ("spams-bin==2.6.14",)
PACKAGES = ("spams-bin", "numpy")


def sparse_codes(data, *, alpha):
    """`spams.lasso`, which takes rows as columns and returns a sparse matrix."""
    import os

    import numpy as np
    import spams

    X, D = (np.asfortranarray(data[name].T) for name in ("X", "D"))
    options = {"lambda1": alpha, "mode": 2, "numThreads": int(os.environ["OMP_NUM_THREADS"])}
    return lambda: spams.lasso(X, D=D, **options), lambda h: {"h": h.toarray().T}
