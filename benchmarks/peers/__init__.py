"""One file per library, run by :mod:`benchmarks.worker`.

A file says what it wants installed (`REQUIREMENTS`, nothing if our own environment has it), whose
versions count (`PACKAGES`), and has a function for each benchmark that it takes part in:

    def rbm(data, *, batch_size, ...):
        return train, read

`train()` makes and trains a model and is what is timed; `read(model)` gives arrays that say what
it learned. The library is imported inside of that function.
"""
