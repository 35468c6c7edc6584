"""The compiled backend: kernels in numba (the extra `fast`), and who decides when they are used.

Nothing here imports numba until a kernel is asked for, and nothing is compiled before it is first
called. Every kernel has a plain twin in torch elsewhere in the library, to which a test holds it.
"""

from unlabeled.kernels.backend import BACKENDS, choose_backend

__all__ = ["BACKENDS", "choose_backend"]
