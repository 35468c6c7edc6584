"""What units expect of the data that they are shown."""

import math

from unlabeled.energy.units.unit import Unit
from unlabeled.engine.rows import Rows
from unlabeled.validation import warn_outside

__all__ = ["warn_unexpected"]


def warn_unexpected(rows: Rows, unit: Unit) -> None:
    """Warn of values in columns whose kind of unit has another range, once for each kind.

    Parameters
    ----------
    rows : Rows
    unit : Unit
        The description, not yet built.

    Raises
    ------
    ValueError
        If the unit is for another number of columns.
    """
    for columns, kind in unit.build(rows.n_features).kinds():
        if math.isfinite(kind.low) or math.isfinite(kind.high):
            what = f"{type(kind).__name__} units"
            warn_outside(rows, kind.low, kind.high, what, columns)
