"""Pictures of what a model learned, and a report in one file.

Every function returns a matplotlib ``Figure`` that no global state knows of, or the path of the
file it wrote. Matplotlib is imported when the first picture is drawn:
``pip install unlabeled[plot]``.
"""

from .atoms import atoms
from .chain import chains, mixing
from .compare import completions, reconstructions
from .curves import learning_curves
from .grid import filters, image_grid
from .lapse import time_lapse
from .page import report
from .plane import latent_plane
from .scatter import codes
from .walks import interpolations, traversals

__all__ = [
    "atoms",
    "chains",
    "codes",
    "completions",
    "filters",
    "image_grid",
    "interpolations",
    "latent_plane",
    "learning_curves",
    "mixing",
    "reconstructions",
    "report",
    "time_lapse",
    "traversals",
]
