"""Sphinx configuration; build with `make docs`."""

import re
import runpy
from pathlib import Path

HERE = Path(__file__).parent
INIT = (HERE.parent / "src/unlabeled/__init__.py").read_text(encoding="utf-8")

project = "Unlabeled"
author = "The Unlabeled contributors"
project_copyright = f"2026, {author}"
release = re.search(r'__version__ = "(.+?)"', INIT).group(1)

extensions = [
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.mathjax",
    "sphinx.ext.viewcode",
    "numpydoc",
    "myst_parser",
]
exclude_patterns = ["_build"]
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath", "amsmath", "deflist"]
myst_heading_anchors = 3

html_theme = "furo"
html_title = f"Unlabeled {release}"
html_copy_source = False

autosummary_generate = True
autosummary_ignore_module_all = False
autosummary_imported_members = True
autodoc_typehints = "none"
autodoc_default_options = {"members": True, "show-inheritance": True}
numpydoc_show_class_members = False


def setup(app):
    app.connect("builder-inited", draw_pictures)
    app.connect("autodoc-skip-member", skip_what_is_not_ours)


def draw_pictures(app):
    runpy.run_path(str(HERE / "pictures.py"))["draw"]()


def skip_what_is_not_ours(app, what, name, thing, skip, options):
    """Leave out what a class inherits from torch and scikit-learn."""
    thing = getattr(thing, "fget", thing)
    module = getattr(thing, "__module__", None) or ""
    return skip or (what == "class" and not module.startswith("unlabeled"))
