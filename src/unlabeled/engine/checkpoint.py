"""Trees of tensors and plain values as one safetensors file, written atomically."""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import save as to_bytes

__all__ = ["read_tree", "write_bytes", "write_tree"]

_TENSOR = "<tensor>"


def write_tree(path: str | os.PathLike, tree: dict) -> None:
    """Write a tree of dicts, lists, tensors, numbers, strings and None to one file.

    The file appears whole or not at all: a process that is killed while it writes leaves the
    file of before.

    Raises
    ------
    TypeError
        If the tree holds anything else.
    """
    tensors: dict[str, torch.Tensor] = {}
    skeleton = _take_out(tree, "", tensors)
    write_bytes(path, to_bytes(tensors, metadata={"tree": json.dumps(skeleton)}))


def read_tree(path: str | os.PathLike, device="cpu") -> dict[str, Any]:
    """Read what :func:`write_tree` wrote; tensors come to `device`."""
    with safe_open(str(path), framework="pt", device=str(device)) as file:
        return _put_back(json.loads(file.metadata()["tree"]), file)


def write_bytes(path: str | os.PathLike, content: bytes) -> None:
    """Write a file that is whole as soon as it exists under its name."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _take_out(node, name, tensors):
    if isinstance(node, torch.Tensor):
        tensors[name] = node.detach().cpu().contiguous().clone()
        return {_TENSOR: name}
    if isinstance(node, dict):
        return {"dict": [[key, _take_out(node[key], f"{name}/{key}", tensors)] for key in node]}
    if isinstance(node, (list, tuple)):
        kind = type(node).__name__
        return {kind: [_take_out(x, f"{name}/{k}", tensors) for k, x in enumerate(node)]}
    if node is None or isinstance(node, (bool, int, float, str)):
        return node
    raise TypeError(
        f"a checkpoint holds tensors and plain values, got {type(node).__name__} at {name}."
    )


def _put_back(node, file) -> Any:
    if not isinstance(node, dict):
        return node
    ((kind, inside),) = node.items()
    if kind == _TENSOR:
        return file.get_tensor(inside)
    if kind == "dict":
        return {key: _put_back(value, file) for key, value in inside}
    items = [_put_back(value, file) for value in inside]
    return tuple(items) if kind == "tuple" else items
