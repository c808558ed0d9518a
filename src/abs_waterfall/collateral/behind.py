"""Loans that fall behind and go on: for each cohort one more, which runs some months late and starts empty.

A loan that stops paying at a place of its schedule goes on there when the lag is over, so all that ever go on of a cohort are at
the same place: the flows stay cohorts x months. Shapes: C cohorts, H months of the axis, K segments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.collateral.cohorts import Cohorts
from abs_waterfall.collateral.kernels.shapes import Schedules
from abs_waterfall.collateral.strips import Strips


@record
class Doubled:
    """Cohorts with those that go on late beside them, segment by segment."""

    cohorts: Cohorts
    strips: Strips
    late: Bools  # (C',) those that go on late
    weighted: Floats  # (M, C', H + 1)
    returning: Ints  # (C',) the cohort that loans which fall behind go on in; -1 where none does
    lag: Ints  # (C',)


def with_returning(cohorts: Cohorts, strips: Strips, weighted: Floats, lags: Sequence[int]) -> Doubled:
    """The cohorts and, of segments that fall behind, their late twins; `lags` (K,) are 0 where none does."""
    lag = np.where(cohorts.line, 0, np.array(lags, np.int64)[cohorts.segment])  # what a line does not pay is its payment rate's
    late = np.flatnonzero(lag > 0)
    source = np.concatenate((np.arange(cohorts.count), late))
    behind = np.concatenate((np.zeros(cohorts.count, np.int64), lag[late]))
    keys = cohorts.part[source], cohorts.line[source], cohorts.segment[source]  # lines are the last of their segment
    order = np.lexsort(keys)
    source, behind = source[order], behind[order]
    place = np.full(cohorts.count, -1)
    place[source[behind > 0]] = np.flatnonzero(behind > 0)
    return Doubled(
        replace(
            cohorts,
            segment=cohorts.segment[source],
            part=cohorts.part[source],
            age=cohorts.age[source] + behind,
            term=cohorts.term[source],
            start=cohorts.start[source] + behind,
            line=cohorts.line[source],
            penalty=cohorts.penalty[source],
            default_multiplier=cohorts.default_multiplier[source],
            prepayment_multiplier=cohorts.prepayment_multiplier[source],
            shortens=cohorts.shortens[source],
        ),
        Strips(*(shifted(strip, source, behind) for strip in vars_of(strips))),
        behind > 0,
        np.array([shifted(strip, source, behind) for strip in weighted]).reshape(len(weighted), len(source), weighted.shape[2]),
        np.where(behind > 0, -1, place[source]),
        np.where(behind > 0, 0, lag[source]),
    )


def as_doubled(schedules: Schedules, late: Doubled) -> Schedules:
    """The schedules of doubled cohorts: those that go on late are empty at first, and no month is charged twice."""
    charge = np.where(late.late, 0.0, schedules.charge) if schedules.charge.size else schedules.charge
    start = np.where(late.late, -1, schedules.start)
    return schedules._replace(start=start, charge=charge, returning=late.returning, lag=late.lag)


def vars_of(strips: Strips) -> tuple[Floats, ...]:
    """The strips in the order of their fields."""
    return strips.balance, strips.interest, strips.exits, strips.capitalised, strips.loans, strips.prepaid


def shifted(strip: Floats, source: Ints, late: Ints) -> Floats:
    """The strips of some cohorts, each so many months late; one that the pool lacks stays so."""
    if not strip.size:
        return strip
    moved = np.zeros((len(source), strip.shape[1]))
    for months in np.unique(late):
        rows = late == months
        moved[rows, months:] = strip[source[rows], : strip.shape[1] - months]
    return moved
