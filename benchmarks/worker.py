"""The process in which a peer runs: a request per line of stdin, an answer per line of stdout.

Started as `PYTHON -P worker.py peers/NAME.py` by the peer's own interpreter, so nothing of ours is
imported here but that one file (and `-P` keeps its folder off the path: it is named after the
library that it imports).

    -> {"benchmark": "rbm", "data": FOLDER, "options": {...}, "keep": FILE or null}
    <- {"seconds": 1.23, "megabytes": 45.6}  or  {"error": TRACEBACK}

The first line out is {"versions": {...}}. What a peer itself prints goes to stderr.
"""

import gc
import importlib.util
import json
import os
import sys
import time
import traceback
from importlib import import_module, metadata

__all__ = ["Arrays", "serve"]


class Arrays(dict):
    """The arrays `NAME.npy` of a folder, read on first use."""

    def __init__(self, folder):
        super().__init__()
        self.folder = folder

    def __missing__(self, name):
        import numpy as np

        self[name] = np.load(os.path.join(self.folder, f"{name}.npy"))
        return self[name]


def load(path):
    """The module of a peer's file."""
    spec = importlib.util.spec_from_file_location("peer", path)
    peer = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(peer)
    return peer


def version(package):
    """Of an installed package, or of one that is merely on the path."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return import_module(package).__version__


def run(peer, data, request):
    """Train once; only the peer's own training call is timed."""
    train, read = getattr(peer, request["benchmark"])(data, **request["options"])
    gc.collect()
    before = memory("VmRSS", forget_peak=True)
    began = time.perf_counter()
    model = train()
    seconds = time.perf_counter() - began
    peak = memory("VmHWM")
    if request["keep"]:
        import numpy as np

        np.savez(request["keep"], **read(model))
    return {"seconds": seconds, "megabytes": None if peak is None else peak - before}


def memory(field, *, forget_peak=False):
    """What this process holds, in megabytes, where Linux says it; None elsewhere."""
    try:
        if forget_peak:
            with open("/proc/self/clear_refs", "w") as refs:
                refs.write("5")
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) / 1024 for line in status if field in line)
    except OSError:
        return None


def serve(path, requests, answers):
    """Answer until there are no more requests."""
    peer, folders = load(path), {}
    tell(answers, {"versions": {name: version(name) for name in peer.PACKAGES}})
    for line in requests:
        request = json.loads(line)
        data = folders.setdefault(request["data"], Arrays(request["data"]))
        try:
            tell(answers, run(peer, data, request))
        except Exception:
            tell(answers, {"error": traceback.format_exc()})


def tell(answers, message):
    answers.write(json.dumps(message) + "\n")
    answers.flush()


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "w") as channel:
        os.dup2(2, 1)
        serve(sys.argv[1], sys.stdin, channel)
