"""What the package promises as a whole: quick import, downward imports, documented names."""

import ast
import re
import subprocess
import sys
import tomllib
from graphlib import TopologicalSorter
from importlib import import_module
from importlib.util import resolve_name
from itertools import chain
from pathlib import Path

import pytest

import unlabeled

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
FILES = sorted((SOURCE / "unlabeled").rglob("*.py"))
REQUIRED = {"torch", "sklearn", "numpy", "scipy", "safetensors"}
# Whole rooms that are of use only with an extra.
EXTRAS = {"kernels": {"numba"}, "plot": {"matplotlib"}, "studio": {"starlette", "uvicorn"}}

# Rooms may import from rooms of lower rows only (docs/design.md).
ROWS = (
    ("folders", "spec"),
    ("kernels",),
    ("sampling", "schedules"),
    ("engine",),
    ("networks", "validation"),
    ("persistence",),
    ("fitting",),
    ("base",),
    ("capabilities", "callbacks"),
    ("energy", "sparse", "autoencoders", "variational", "autoregressive", "adversarial"),
    ("metrics", "datasets", "latent"),
    ("tasks",),
    ("plot",),
    ("papers",),
    ("cli", "studio"),
    ("__main__",),
)
RANK = {room: rank for rank, row in enumerate(ROWS) for room in row}


def module_name(path):
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in FILES}


def room(module):
    return module.split(".")[1]


def home(module, name):
    """The module that `from module import name` is really about."""
    if f"{module}.{name}" in MODULES:
        return f"{module}.{name}"
    return unlabeled._HOME.get(name) if module == "unlabeled" else module


def statements(tree):
    """All nodes but those for type checkers only."""
    for node in ast.iter_child_nodes(tree):
        if not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield node
            yield from statements(node)


def imports(module):
    """Modules of the package that one of them imports, at its top or inside a function."""
    path = MODULES[module]
    package = module if path.stem == "__init__" else module.rpartition(".")[0]
    found = set()
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            source = resolve_name("." * node.level + (node.module or ""), package)
            found |= {home(source, alias.name) for alias in node.names}
    return (found & set(MODULES)) - {"unlabeled", module}


GRAPH = {name: imports(name) for name in MODULES if name != "unlabeled"}


def test_imports_have_no_circle():
    TopologicalSorter(GRAPH).prepare()  # CycleError names the circle


def test_imports_point_downwards():
    across = [(a, b) for a in GRAPH for b in GRAPH[a] if room(a) != room(b)]
    assert [(a, b) for a, b in across if RANK[room(a)] <= RANK[room(b)]] == []


def packages_on_top(module):
    """Third-party packages that a file imports at its top."""
    names = set()
    for node in ast.parse(MODULES[module].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module)
    return {name.split(".")[0] for name in names} - sys.stdlib_module_names - {"unlabeled"}


def test_optional_packages_are_imported_on_use():
    found = {m: packages_on_top(m) - REQUIRED - EXTRAS.get(room(m), set()) for m in GRAPH}
    assert {module: packages for module, packages in found.items() if packages} == {}


def test_import_is_quick_and_light():
    code = """
import sys, time
start = time.perf_counter()
import unlabeled
seconds = time.perf_counter() - start
heavy = {"torch", "numpy", "scipy", "sklearn", "matplotlib", "pandas"} & set(sys.modules)
print(seconds, *heavy)
"""
    runs = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        for _ in range(5)
    ]
    seconds, heavy = zip(*[run.stdout.strip().partition(" ")[::2] for run in runs], strict=True)
    assert not any(heavy)
    assert min(map(float, seconds)) < 0.1


@pytest.mark.parametrize("folder", ["src", "tests", "benchmarks", "docs"])
def test_files_are_short(folder):
    lengths = {
        str(path.relative_to(ROOT)): path.read_text(encoding="utf-8").count("\n")
        for path in (ROOT / folder).rglob("*.py")
    }
    assert {name: n for name, n in lengths.items() if n > 400} == {}


@pytest.mark.parametrize("place", ["unlabeled", *(f"unlabeled.{r}" for r in unlabeled._ROOMS)])
def test_public_names_are_documented(place):
    from numpydoc.validate import validate

    # No docstring; parameters that are missing, unknown or in disorder.
    wanted = {"GL08", "PR01", "PR02", "PR03"}
    module = import_module(place)
    assert module.__doc__
    wrong = {}
    for name in module.__all__:
        if callable(getattr(module, name)):
            errors = {k: text for k, text in validate(f"{place}.{name}")["errors"] if k in wanted}
            wrong[name] = [text for text in errors.values() if "*args" not in text]
    assert {name: texts for name, texts in wrong.items() if texts} == {}


def examples():
    """Every block of Python in the README and the documentation."""
    for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        blocks = re.findall(r"^```python\n(.*?)^```", path.read_text("utf-8"), re.M | re.S)
        for index, code in enumerate(blocks):
            yield pytest.param(code, id=f"{path.relative_to(ROOT)}:{index}")


@pytest.mark.slow
@pytest.mark.parametrize("code", list(examples()))
def test_example_runs(code):
    exec(code, {})


def test_every_dependency_is_pinned():
    from packaging.requirements import Requirement

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    wanted = {*project["dependencies"], *chain.from_iterable(extras)}
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    for requirement in map(Requirement, wanted):
        if requirement.name != "unlabeled":
            assert pins[requirement.name] in requirement.specifier, requirement


def test_version_is_cited():
    assert f"\nversion: {unlabeled.__version__}\n" in (ROOT / "CITATION.cff").read_text()
