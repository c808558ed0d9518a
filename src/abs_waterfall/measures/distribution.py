"""What many scenarios make of one figure: its mean, its percentiles and its worst.

A figure that does not exist in a scenario (NaN) counts in none of them; `count` says in how many it does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from abs_waterfall.arrays import Floats

PERCENTILES: Final = (1, 5, 25, 50, 75, 95, 99)


@dataclass(frozen=True, slots=True)
class Distribution:
    """One figure over the scenarios; NaN where none has it."""

    count: int
    mean: float
    percentiles: tuple[float, ...]  # as PERCENTILES
    worst: float


def distribution(values: Floats, *, worst_is_lowest: bool = False) -> Distribution:
    """Sum up a figure (S,); percentiles lie between the two nearest scenarios.

    >>> distribution(np.array([1.0, 2.0, 3.0, np.nan]))
    Distribution(count=3, mean=2.0, percentiles=(1.02, 1.1, 1.5, 2.0, 2.5, 2.9, 2.98), worst=3.0)
    """
    found = values[np.isfinite(values)]
    if not found.size:
        return Distribution(0, np.nan, (np.nan,) * len(PERCENTILES), np.nan)
    percentiles = tuple(float(value) for value in np.percentile(found, PERCENTILES))
    return Distribution(len(found), float(found.mean()), percentiles, float(found.min() if worst_is_lowest else found.max()))
