"""The sections of a report, in the order of the page.

A section is a function of a :class:`~unlabeled.plot.subject.Subject` that returns markup, or None
if the model cannot show it. To add one: write it in a file of its own, and name it here.
"""

from .atoms import atoms
from .codes import codes
from .completions import completions
from .curves import curves
from .dreams import dreams
from .film import film
from .filters import filters
from .headline import headline
from .interpolations import interpolations
from .likelihood import likelihood
from .making import making
from .plane import plane
from .reconstructions import reconstructions
from .samples import samples
from .training import training
from .traversals import traversals

__all__ = ["SECTIONS"]

SECTIONS = (
    headline,
    samples,
    dreams,
    completions,
    reconstructions,
    interpolations,
    plane,
    traversals,
    codes,
    filters,
    atoms,
    film,
    curves,
    likelihood,
    training,
    making,
)
