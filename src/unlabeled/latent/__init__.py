"""Walks and arithmetic in the latent space of any model that decodes.

Everything here asks a model for `inverse_transform`, and for `transform` if it has it: rows are
encoded, moved and decoded. A model that decodes but cannot encode (a generator) is given **codes
in the place of rows**. Labels `y` are passed on where they are given, for conditional models.
"""

from .attributes import analogy, apply_attribute, attribute_vector
from .paths import interpolate, linear, slerp
from .traversal import traverse

__all__ = [
    "analogy",
    "apply_attribute",
    "attribute_vector",
    "interpolate",
    "linear",
    "slerp",
    "traverse",
]
