"""Weighted average life, in years from settlement.

Shapes: times (P,), years from settlement to each payment date; principal (..., P); results (...).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.measures.sums import ratio, sum_over_time
from abs_waterfall.timeline import MONTHS_OF_30_DAYS, year_fraction


def times(settlement: date, dates: Sequence[date], day_count: str) -> Floats:
    """Years from settlement: on the day count of a 30/360 note (give nominal dates), else on ACT/365F (give actual ones)."""
    basis = day_count if day_count in MONTHS_OF_30_DAYS else "ACT/365F"
    return np.array([year_fraction(settlement, day, basis) for day in dates], dtype=np.float64)


def wal(times: Floats, principal: Floats) -> Floats:
    """Weighted average life: sum(t principal) / sum(principal); NaN where no principal is paid.

    Negative principal (interest added to the balance) counts as such: Standard Formulas, page SF-56.

    >>> float(wal(np.array([1.0, 2.0, 3.0]), np.array([-10.0, 0.0, 110.0])))
    3.2
    """
    return ratio(sum_over_time(principal * times), sum_over_time(principal))
