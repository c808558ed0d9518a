"""The month axis of a projection: from the earliest cut-off of any loan to the last payment.

Month h runs from boundary h to boundary h + 1. The deal's cut-off is boundary `lead`; deal month t, from 1, is month
lead + t - 1. What is bought `elapsed` months after the deal's cut-off is projected from there: dates and periods count on.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.timeline import add_months, is_month_end, year_fraction


@dataclass(frozen=True, slots=True)
class MonthAxis:
    """Months of a projection."""

    cutoff: dt.date  # the deal's
    lead: int  # months before it
    months: int  # H, those of `lead` included
    elapsed: int = 0  # months from the deal's cut-off to where the projection starts

    def boundary(self, month: int) -> dt.date:
        """Date of a month boundary; boundaries before the axis count down from 0."""
        return add_months(self.cutoff, month - self.lead + self.elapsed, end_of_month=is_month_end(self.cutoff))

    @property
    def period(self) -> Ints:
        """Months since the deal's cut-off (H,): 1 for the first after it, 0 and less before."""
        return np.arange(1, self.months + 1) - self.lead + self.elapsed

    def years(self, basis: str, since: int = 0) -> Floats:
        """Years to each boundary from the one `since` (at most 0) on the loans' interest basis: (H + 1 - since,)."""
        count = self.months + 1 - since
        if basis == "30/360":  # whole months, whatever the days at a month's end
            return np.arange(count) / 12
        first = self.boundary(since)
        return np.array([year_fraction(first, self.boundary(since + n), basis) for n in range(count)])

    def day_shares(self) -> Floats:
        """Days of each month over 365 (H,)."""
        boundaries = [self.boundary(month) for month in range(self.months + 1)]
        return np.array([(end - start).days / 365 for start, end in pairwise(boundaries)])
