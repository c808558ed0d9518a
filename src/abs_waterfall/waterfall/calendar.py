"""When a deal collects, accrues and pays. P payment dates; everything here is fixed before a run."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from abs_waterfall import timeline
from abs_waterfall.arrays import Floats
from abs_waterfall.deal.model import Dates, Deal, Fee
from abs_waterfall.errors import InputError


@dataclass(frozen=True, slots=True)
class DealCalendar:
    """Payment dates and the months they collect."""

    nominal: tuple[dt.date, ...]  # (P,) before adjustment to business days
    paid: tuple[dt.date, ...]  # (P,)
    first_month: tuple[int, ...]  # (P,) index of the first month each date collects
    months: tuple[int, ...]  # (P,) how many it collects
    collection_ends: tuple[dt.date, ...]  # (P,)

    @property
    def periods(self) -> int:
        """P."""
        return len(self.nominal)


def deal_calendar(deal: Deal, horizon: int) -> DealCalendar:
    """The deal's payment dates until `horizon` months are collected or the legal final, whichever is first."""
    dates = deal.dates
    step = timeline.FREQUENCY_MONTHS[dates.frequency]
    first = dates.first_collection_months or step
    regular = timeline.payment_dates(dates.first_payment, step, dates.legal_final)
    nominal = tuple(dates.payment_dates or regular)
    needed = 1 + max(0, -(-(horizon - first) // step))
    nominal = nominal[:needed]
    counts = (first,) + (step,) * (len(nominal) - 1)
    starts = tuple(int(n) for n in np.cumsum((0, *counts[:-1])))
    ends = timeline.month_dates(dates.cutoff, starts[-1] + counts[-1])
    collection_ends = tuple(ends[start + count - 1] for start, count in zip(starts, counts, strict=True))
    check_collection(deal, collection_ends[0], first)
    return DealCalendar(nominal, adjusted(deal, nominal), starts, counts, collection_ends)


def check_collection(deal: Deal, first_end: dt.date, months: int) -> None:
    """The first payment cannot come before what it pays out is collected."""
    if first_end > deal.dates.first_payment:
        raise InputError.one(
            f"the first {months} months after cut-off end on {first_end}, after the first payment {deal.dates.first_payment}; "
            "expected a later first payment or fewer first_collection_months",
            "dates.first_payment",
            deal.file,
        )


def adjusted(deal: Deal, nominal: tuple[dt.date, ...]) -> tuple[dt.date, ...]:
    """The payment dates moved to business days."""
    dates = deal.dates
    try:
        closed = timeline.calendar(dates.calendar, range(nominal[0].year, nominal[-1].year + 1))
    except ValueError as fault:
        raise InputError.one(str(fault), "dates.calendar", deal.file) from None
    return tuple(timeline.business_day(day, dates.business_day, closed) for day in nominal)


def dated(dates: Dates) -> dt.date:
    """The day from which notes accrue."""
    return dates.dated or dates.closing


def accrual_days(calendar: DealCalendar, dates: Dates, accrue_on: str | None) -> tuple[dt.date, ...]:
    """The dates between which notes accrue: `dated`, then each payment date. P + 1 of them."""
    days = calendar.paid if (accrue_on or dates.accrue_on) == "adjusted" else calendar.nominal
    return (dated(dates), *days)


def note_fractions(calendar: DealCalendar, dates: Dates, day_count: str | None, accrue_on: str | None) -> Floats:
    """(P,) years that a class accrues up to each payment date; 0 where it has no day count."""
    if day_count is None:
        return np.zeros(calendar.periods)
    return year_fractions(accrual_days(calendar, dates, accrue_on), day_count)


def account_fractions(calendar: DealCalendar, dates: Dates) -> Floats:
    """(P,) years that cash in an account earns for up to each payment date, ACT/365F from closing."""
    return year_fractions((dates.closing, *calendar.paid), "ACT/365F")


def year_fractions(days: tuple[dt.date, ...], day_count: str) -> Floats:
    """Years between each date and the next."""
    return np.array([timeline.year_fraction(start, end, day_count) for start, end in pairwise(days)])


def month_fractions(calendar: DealCalendar, cutoff: dt.date, day_count: str) -> Floats:
    """Years in each collected month: 1/12 on 30/360, by days otherwise."""
    ends = timeline.month_dates(cutoff, calendar.first_month[-1] + calendar.months[-1])
    if day_count == "30/360":
        return np.full(len(ends), 1 / 12)
    return year_fractions((cutoff, *ends), day_count)


def fee_fractions(calendar: DealCalendar, dates: Dates, fee: Fee) -> Floats:
    """(P,) years that a fee accrues up to each payment date, over the collection or the payment period."""
    if fee.accrue == "payment":
        return year_fractions(accrual_days(calendar, dates, None), fee.day_count)
    months = month_fractions(calendar, dates.cutoff, fee.day_count)
    return np.add.reduceat(months, calendar.first_month)
