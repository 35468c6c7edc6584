"""This library and its peers side by side, in one run.

`python -m benchmarks` says what there is. A benchmark is one file here that ends in a
`BENCHMARK`; its name joins the tuple below.

- `contest.py`: what a benchmark is, the order of its rounds, what is made of the seconds
- `peers/`: one file per library, the only ones that import it
- `worker.py`, `processes.py`: the process in which a library runs, under an interpreter of its own
- `environments.py`: interpreters for peers that we do not install beside us
- `running.py`, `quick.py`, `pages.py`, `__main__.py`: run, write down, the command line
- `growth.py`, `growing.py`, `picture.py`: not a contest, but the same machine at many sizes
"""

__all__ = ["NAMES"]

NAMES = (
    *("rbm", "first_call", "ais", "log_z", "nade", "autoencoders", "members"),
    *("sparse_codes", "dictionary", "overhead", "memmap", "recommender"),
)
