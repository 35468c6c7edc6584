"""How a kernel is compiled, and in how many threads it runs.

numba's OpenMP layer and torch then share one pool of threads: torch, imported first, is where the
layer finds its OpenMP. A second pool, or one of other makers, would fight with torch's for the
cores (kernels that wait for a core that torch's idle threads are spinning on), so with any other
threading layer a kernel runs in the thread that calls it. So it does in a forked child, where GNU
OpenMP cannot be used again.
"""

import os
import types
from collections.abc import Callable
from functools import cache
from typing import Any

import torch  # first: see above
from numba import config, njit, prange, set_num_threads
from numba.np.ufunc import threading_layer

__all__ = ["Kernel", "compiled", "part"]

# What floats may be rearranged to; never that they are finite, or sums in any order.
_ARITHMETIC = {"contract", "nsz", "arcp"}


def part(function: Callable):
    """Decorator of what kernels are made of; compiled with them."""
    return njit(function, nogil=True, fastmath=_ARITHMETIC, error_model="numpy")


class Kernel:
    """A function of arrays, compiled for their types on the first call and kept on disk.

    Its outer loop is a `prange`: in one thread, or shared out among as many as torch has.

    Parameters
    ----------
    function : callable
        Of NumPy arrays and numbers; must not depend on how the loop is shared out.
    sums : bool, default=False
        Whether sums of floats may be taken in any order, which lets them use whole registers.
    """

    def __init__(self, function: Callable, sums: bool = False):
        arithmetic = _ARITHMETIC | {"reassoc"} if sums else _ARITHMETIC
        options = {
            "nogil": True,
            "cache": True,
            "fastmath": arithmetic,
            "error_model": "numpy",
        }
        self.__doc__, self.__name__ = function.__doc__, function.__name__
        self.alone = njit(function, **options)
        self.together = njit(_twin(function), parallel=True, **options)

    def __call__(self, *arguments, together: bool = True):
        """Run; `together=False` where there is too little to do for two threads."""
        n_threads = min(torch.get_num_threads(), config.NUMBA_NUM_THREADS)  # pyright: ignore
        if not together or n_threads == 1 or not shares_threads(os.getpid()):
            return self.alone(*arguments)
        set_num_threads(n_threads)
        return self.together(*arguments)


def compiled(function: Callable | None = None, *, sums: bool = False) -> Any:
    """Decorator: a :class:`Kernel` of this function."""
    return Kernel(function, sums) if function else lambda function: Kernel(function, sums)


@cache
def shares_threads(process: int) -> bool:
    """Whether kernels may run in several threads in this process.

    Parameters
    ----------
    process : int
        Its number: a fork of one that used OpenMP is another.
    """
    if process != _HOME:
        return False
    _nothing(1)
    return threading_layer() == "omp"


_HOME = os.getpid()


@njit(parallel=True, cache=True)
def _nothing(n):
    """Makes numba choose its threading layer."""
    total = 0
    for i in prange(n):
        total += i
    return total


def _twin(function):
    """The same function under another name: numba's cache goes by names, not by options."""
    twin = types.FunctionType(function.__code__, function.__globals__, function.__name__)
    twin.__qualname__ = f"{function.__qualname__}_together"
    twin.__module__ = function.__module__
    return twin
