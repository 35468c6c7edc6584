"""The sections of a report, in the order of the page.

A section is a function of a :class:`~unlabeled.plot.subject.Subject` that returns markup, or None
if the model cannot show it. To add one: write it in a file of its own, and name it here.
"""

from .completions import completions
from .curves import curves
from .film import film
from .filters import filters
from .headline import headline
from .likelihood import likelihood
from .making import making
from .reconstructions import reconstructions
from .samples import samples
from .training import training

__all__ = ["SECTIONS"]

SECTIONS = (
    headline,
    samples,
    completions,
    reconstructions,
    filters,
    film,
    curves,
    likelihood,
    training,
    making,
)
