"""The rates that interest accrues at, as far as they are known before a run, and the lines that it is due on.

Shapes: P payment dates, S scenarios (or 1 where no scenario shifts the indices). Rates are fractions a year. A line is what a
step pays interest to: a class's coupon ("A"), a component ("A.senior"), or what the cap of one took ("A.carry_over").
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import count, pairwise, takewhile

import numpy as np

from abs_waterfall import timeline
from abs_waterfall.arrays import Floats
from abs_waterfall.deal.coupons import (
    CARRY_OVER,
    Coupon,
    DatedRate,
    FloatingCoupon,
    FormulaCoupon,
    IndexCurve,
    SteppedCoupon,
    SteppedRate,
    carries_over,
)
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.tranche import Tranche
from abs_waterfall.waterfall.calendar import DealCalendar, accrual_days, closed_days, regular_periods


@dataclass(frozen=True, slots=True)
class Line:
    """What interest of a class is due on."""

    name: str
    tranche: int
    coupon: Coupon | None  # None: nothing accrues
    place: str
    carried_from: int = -1  # the line whose cap took what is due on this one


def lines_of(deal: Deal) -> tuple[Line, ...]:
    """Each class's own line, in the file's order; then components, then what caps took."""
    own = [Line(tranche.name, i, tranche.coupon, f"tranche[{i}].coupon") for i, tranche in enumerate(deal.tranche)]
    parts = [
        Line(f"{tranche.name}.{part.name}", i, part.coupon, f"tranche[{i}].component[{j}].coupon")
        for i, tranche in enumerate(deal.tranche)
        for j, part in enumerate(tranche.component)
    ]
    accruing = [*own, *parts]
    carried = [
        Line(f"{line.name}.{CARRY_OVER}", line.tranche, line.coupon, line.place, at)
        for at, line in enumerate(accruing)
        if carries_over(line.coupon)
    ]
    return (*accruing, *carried)


@dataclass(frozen=True, slots=True)
class Accrual:
    """The periods that something accrues over."""

    days: tuple[dt.date, ...]  # P + 1
    day_count: str
    regular: timeline.RegularPeriods
    turns: dict[dt.date, dt.date]  # the day that a period would end on, were it not moved off weekends -> the day it does
    closed: Container[dt.date]  # days that are no business days

    def years(self, start: dt.date, end: dt.date) -> float:
        """Years between two days on the day count."""
        return timeline.year_fraction(start, end, self.day_count, self.regular)


def accrual_of(deal: Deal, calendar: DealCalendar, tranche: Tranche) -> Accrual:
    """The periods that a class accrues over."""
    days, regular = accrual_days(calendar, deal.dates, tranche.accrue_on), regular_periods(deal.dates)
    closed = closed_days(deal, (days[0], *calendar.nominal)) if rests(tranche) else ()
    unmoved = accrual_days(calendar, deal.dates, "unadjusted")
    return Accrual(days, tranche.day_count or "30/360", regular, dict(zip(unmoved[1:], days[1:], strict=True)), closed)


def rests(tranche: Tranche) -> bool:
    """Whether a class has a coupon that is compounded over business days."""
    coupons = [tranche.coupon, *(part.coupon for part in tranche.component)]
    return any(isinstance(coupon, FloatingCoupon) and coupon.reset == "arrears" for coupon in coupons)


def index_shifts(deal: Deal) -> Floats:
    """(S,) what each scenario adds to every index, or (1,) 0 where none adds anything."""
    shifts = np.array([0.0, *(scenario.index_shift for scenario in deal.scenario.values())])
    return shifts if shifts.any() else shifts[:1]


# ----------------------------------------------------------------------------------------------------------------- rates


def coupon_rates(coupon: Coupon | None, deal: Deal, accrual: Accrual) -> tuple[Floats, Floats]:
    """The coupon by period, and before its cap, each (P, S) or (P, 1); 0 for a formula, which is evaluated as the deal runs."""
    periods = len(accrual.days) - 1
    match coupon:
        case FloatingCoupon():
            return floating_rates(coupon, deal.index[coupon.index], accrual, index_shifts(deal))
        case SteppedCoupon():
            rates = stepped(coupon.steps, accrual)[:, None]
        case FormulaCoupon() | None:
            rates = np.zeros((periods, 1))
        case _:
            rates = np.full((periods, 1), coupon)
    return rates, rates


def floating_rates(terms: FloatingCoupon, curve: IndexCurve, accrual: Accrual, shifts: Floats) -> tuple[Floats, Floats]:
    """Multiplier x index + margin, then cap, then floor; and without the cap."""
    if terms.reset == "arrears":
        index = compounded(curve.rates, accrual, shifts)
    else:
        index = held(curve.rates, fixing_days(terms.reset, accrual))[:, None] + shifts
    margin = stepped(terms.margin.steps, accrual)[:, None] if isinstance(terms.margin, SteppedRate) else terms.margin
    rates = terms.multiplier * index + margin
    capped = rates if terms.cap is None else np.minimum(rates, terms.cap)
    return np.maximum(capped, terms.floor), np.maximum(rates, terms.floor)


def held(rates: Sequence[DatedRate], days: Sequence[dt.date]) -> Floats:
    """The rate in force on each day; the first before there is any."""
    dates = [day for day, _ in rates]
    return np.array([rates[max(bisect_right(dates, day) - 1, 0)][1] for day in days])


def stepped(rates: Sequence[DatedRate], accrual: Accrual) -> Floats:
    """(P,) the rate of each period; where it changes within one, its mean by the period's days.

    A rate that changes on a payment date changes with the period, wherever business days move the date.
    """
    turned = [(accrual.turns.get(day, day), rate) for day, rate in rates]
    return np.array([mean_rate(turned, start, end, accrual) for start, end in pairwise(accrual.days)])


def mean_rate(rates: Sequence[DatedRate], start: dt.date, end: dt.date, accrual: Accrual) -> float:
    """The mean of a rate over a period."""
    days = (start, *(day for day, _ in rates if start < day < end), end)
    values = held(rates, days[:-1])
    weights = np.array([accrual.years(first, last) for first, last in pairwise(days)])
    return float(values[0] if len(values) == 1 or not weights.sum() else values @ weights / weights.sum())


def fixing_days(reset: str | int | list[dt.date], accrual: Accrual) -> list[dt.date]:
    """(P,) the day on which the index of each period is read.

    At its start; or on the last reset date by then: those listed, or every so many months from the first accrual date.
    """
    starts = accrual.days[:-1]
    if isinstance(reset, str):
        return list(starts)
    if isinstance(reset, int):
        months = (timeline.add_months(starts[0], n * reset) for n in count())
        resets = list(takewhile(lambda day: day <= starts[-1], months))
    else:
        resets = [starts[0], *(day for day in sorted(reset) if day > starts[0])]
    turned = [accrual.turns.get(day, day) for day in resets]
    return [resets[bisect_right(turned, start) - 1] for start in starts]


def compounded(rates: Sequence[DatedRate], accrual: Accrual, shifts: Floats) -> Floats:
    """(P, S) the index compounded over each period: prod(1 + rate x years) - 1 over the period's years.

    Interest joins on business days, a rate counting for the days to the next one (2021 ISDA Definitions, 7.3).
    """
    return np.array([compounded_over(rates, start, end, accrual, shifts) for start, end in pairwise(accrual.days)])


def compounded_over(rates: Sequence[DatedRate], start: dt.date, end: dt.date, accrual: Accrual, shifts: Floats) -> Floats:
    """(S,) the index compounded over one period."""
    days = (start, *(day for day in days_between(start, end) if day not in accrual.closed), end)
    growth, total = np.ones_like(shifts), accrual.years(start, end)
    for (first, last), rate in zip(pairwise(days), held(rates, days[:-1]), strict=True):
        growth = growth * (1.0 + (rate + shifts) * accrual.years(first, last))
    return (growth - 1.0) / total if total else held(rates, [start]) + shifts


def days_between(start: dt.date, end: dt.date) -> Iterator[dt.date]:
    """The days between two, neither of them in."""
    return (dt.date.fromordinal(day) for day in range(start.toordinal() + 1, end.toordinal()))
