"""When a deal collects, accrues and pays. P payment dates; everything here is fixed before a run."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from abs_waterfall import timeline
from abs_waterfall.arrays import Bools, Floats
from abs_waterfall.calendars import Calendar, business_day, business_days_before
from abs_waterfall.calendars import calendar as public_calendar
from abs_waterfall.deal.dates import Dates
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.money import Fee
from abs_waterfall.deal.support import Facility, Hedge
from abs_waterfall.errors import InputError
from abs_waterfall.timeline import RegularPeriods


@dataclass(frozen=True, slots=True)
class DealCalendar:
    """Payment dates and the months they collect."""

    nominal: tuple[dt.date, ...]  # (P,) before adjustment to business days
    paid: tuple[dt.date, ...]  # (P,)
    first_month: tuple[int, ...]  # (P,) index of the first month each date collects
    months: tuple[int, ...]  # (P,) how many it collects
    collection_ends: tuple[dt.date, ...]  # (P,)
    determined: tuple[dt.date, ...] = ()  # (P,) determination dates; the payment dates where no lag is said
    record: tuple[dt.date, ...] = ()  # (P,) record dates; none where no lag is said
    published_to: int | None = None  # the last year whose holidays are known

    @property
    def periods(self) -> int:
        """P."""
        return len(self.nominal)


def deal_calendar(deal: Deal, horizon: int) -> DealCalendar:
    """The deal's payment dates until `horizon` months are collected or the legal final, whichever is first."""
    dates = deal.dates
    nominal = within_reach(nominal_dates(dates), dates, horizon)
    closed = closed_days(deal, nominal)
    paid = tuple(business_day(day, dates.business_day, closed) for day in nominal)
    determined = days_before(paid, dates.determination_lag or 0, closed)
    ended, ends = by_count(dates, len(nominal)) if dates.collection_day is None else by_day(dates, determined)
    periods = min(1 + int(np.searchsorted(ended, horizon)), len(nominal))
    starts = (0, *ended[: periods - 1])
    collection_ends = ends[:periods]
    check_collection(deal, starts, ended[:periods], collection_ends, paid, determined)
    return DealCalendar(
        nominal=nominal[:periods],
        paid=paid[:periods],
        first_month=starts,
        months=tuple(end - start for start, end in zip(starts, ended[:periods], strict=True)),
        collection_ends=collection_ends,
        determined=determined[:periods],
        record=() if dates.record_lag is None else days_before(paid[:periods], dates.record_lag, closed),
        published_to=closed.published_to,
    )


# ------------------------------------------------------------------------------------------------------ what is past


def past_dates(deal: Deal) -> int:
    """How many payment dates are past."""
    return deal.state.period if deal.state else 0


def past_months(deal: Deal) -> int:
    """How many of the pool's months since the deal's cut-off the past payment dates collected."""
    past, dates = past_dates(deal), deal.dates
    if not past:
        return 0
    nominal = nominal_dates(dates)
    if len(nominal) <= past:
        message = f"no payment date is left after {past}: the deal has {len(nominal)}, the last on {nominal[-1]}"
        raise InputError.one(message, "state.period", deal.file)
    if dates.collection_day is None:
        return by_count(dates, past)[0][-1]
    closed = closed_days(deal, nominal[:past])
    paid = tuple(business_day(day, dates.business_day, closed) for day in nominal[:past])
    return by_day(dates, days_before(paid, dates.determination_lag or 0, closed))[0][-1]


def pool_cutoff(deal: Deal) -> dt.date:
    """The day that the pool's balances are as of: the cut-off, or the end of the last collection period that was paid."""
    months = past_months(deal)
    return timeline.month_dates(deal.dates.cutoff, months)[-1] if months else deal.dates.cutoff


# -------------------------------------------------------------------------------------------------------- payment dates


def nominal_dates(dates: Dates) -> tuple[dt.date, ...]:
    """Every payment date to the legal final, listed or regular, before business days."""
    if dates.payment_dates is not None:
        return tuple(dates.payment_dates)
    ends = None if dates.roll is None else dates.roll == "end_of_month"
    step = timeline.FREQUENCY_MONTHS[dates.frequency]
    return timeline.payment_dates(dates.first_payment, step, dates.legal_final, end_of_month=ends)


def within_reach(nominal: tuple[dt.date, ...], dates: Dates, horizon: int) -> tuple[dt.date, ...]:
    """The payment dates that may be needed: no year of holidays is asked for that no date of the run is in."""
    step = timeline.FREQUENCY_MONTHS[dates.frequency]
    if dates.collection_day is None:
        return nominal[: 1 + max(0, -(-(horizon - (dates.first_collection_months or step)) // step))]
    slack = 4 + step  # a lag of 60 business days, and a period
    return nominal[: max(1, sum(timeline.months_ended(dates.cutoff, day) <= horizon + slack for day in nominal))]


def closed_days(deal: Deal, nominal: tuple[dt.date, ...]) -> Calendar:
    """The deal's calendar with its own holidays."""
    dates = deal.dates
    try:
        closed = public_calendar(dates.calendar, range(nominal[0].year, nominal[-1].year + 1))
    except ValueError as fault:
        raise InputError.one(str(fault), "dates.calendar", deal.file) from None
    return closed.with_days(dates.holidays or {})


def days_before(days: tuple[dt.date, ...], lag: int, closed: Calendar) -> tuple[dt.date, ...]:
    """So many business days before each day."""
    return tuple(business_days_before(day, lag, closed) for day in days)


# ---------------------------------------------------------------------------------------------------- collection periods


def by_count(dates: Dates, periods: int) -> tuple[tuple[int, ...], tuple[dt.date, ...]]:
    """Months ended by each payment date counted from cut-off, and the days on which the last of them end."""
    step = timeline.FREQUENCY_MONTHS[dates.frequency]
    first = dates.first_collection_months or step
    ended = tuple(first + n * step for n in range(periods))
    ends = timeline.month_dates(dates.cutoff, ended[-1])
    return ended, tuple(ends[months - 1] for months in ended)


def by_day(dates: Dates, determined: tuple[dt.date, ...]) -> tuple[tuple[int, ...], tuple[dt.date, ...]]:
    """Months ended by each collection date, and those dates: the last such day of a month by the determination date."""
    ends = tuple(timeline.last_on_or_before(day, dates.collection_day or 31) for day in determined)
    return tuple(max(0, timeline.months_ended(dates.cutoff, day)) for day in ends), ends


def check_collection(
    deal: Deal,
    starts: tuple[int, ...],
    ended: tuple[int, ...],
    ends: tuple[dt.date, ...],
    paid: tuple[dt.date, ...],
    determined: tuple[dt.date, ...],
) -> None:
    """What a date pays out is collected before it is determined, and it is a month at least."""
    dates = deal.dates
    if ends[0] > max(dates.first_payment, paid[0]):
        raise InputError.one(
            f"the first {ended[0]} months after cut-off end on {ends[0]}, after the first payment {dates.first_payment}; "
            "expected a later first payment or fewer first_collection_months",
            "dates.first_payment",
            deal.file,
        )
    for end, day in zip(ends, determined, strict=False):
        if dates.determination_lag and end > day:
            message = f"a collection period ends on {end}, after its determination date {day}; expected a shorter lag"
            raise InputError.one(message, "dates.determination_lag", deal.file)
    for before, after, end, payment, day in zip(starts, ended, ends, paid, determined, strict=False):
        if before == after:
            raise InputError.one(
                f"no month of the pool ends in the collection period to {end}, which the payment of {payment} collects, "
                f"determined on {day}: months end {end_of_months(dates.cutoff)}; expected a shorter lag or a later payment",
                "dates.collection_day",
                deal.file,
            )


def end_of_months(cutoff: dt.date) -> str:
    """When the pool's months end, in words."""
    return "at month ends, as the cut-off does" if timeline.is_month_end(cutoff) else f"on day {cutoff.day}, that of the cut-off"


# ------------------------------------------------------------------------------------------------------------- accruals


def dated(dates: Dates) -> dt.date:
    """The day from which notes accrue."""
    return dates.dated or dates.closing


def accrual_days(calendar: DealCalendar, dates: Dates, accrue_on: str | None) -> tuple[dt.date, ...]:
    """The dates between which notes accrue: `dated`, then each payment date less the delay. P + 1 of them."""
    first, *days = payment_days(calendar, dates, accrue_on)
    return (first, *(day - delay(dates) for day in days))


def payment_days(calendar: DealCalendar, dates: Dates, accrue_on: str | None) -> tuple[dt.date, ...]:
    """`dated`, then each payment date, adjusted to business days or not. P + 1 of them."""
    return (dated(dates), *(calendar.paid if (accrue_on or dates.accrue_on) == "adjusted" else calendar.nominal))


def delay(dates: Dates) -> dt.timedelta:
    """From the end of an accrual period to its payment."""
    return dt.timedelta(days=dates.delay_days)


def regular_periods(dates: Dates, *, delayed: bool = True) -> RegularPeriods:
    """The periods that ACT/ACT ICMA counts by: those that notes accrue over, or payment periods, had none been long or moved."""
    month_ends = timeline.is_month_end(dates.first_payment) if dates.roll is None else dates.roll == "end_of_month"
    months, before = timeline.FREQUENCY_MONTHS[dates.frequency], dates.delay_days if delayed else 0
    return RegularPeriods(dates.first_payment, months, month_ends, before)


def note_fractions(calendar: DealCalendar, dates: Dates, day_count: str | None, accrue_on: str | None) -> Floats:
    """(P,) years that a class accrues up to each payment date; 0 where it has no day count."""
    if day_count is None:
        return np.zeros(calendar.periods)
    return year_fractions(accrual_days(calendar, dates, accrue_on), day_count, regular_periods(dates))


def account_fractions(calendar: DealCalendar, dates: Dates) -> Floats:
    """(P,) years that cash in an account earns for up to each payment date, ACT/365F from closing."""
    return year_fractions((dates.closing, *calendar.paid), "ACT/365F")


def facility_fractions(calendar: DealCalendar, dates: Dates, facility: Facility) -> Floats:
    """(P,) years that a facility costs for up to each payment date, between actual ones from closing."""
    return year_fractions((dates.closing, *calendar.paid), facility.day_count, regular_periods(dates, delayed=False))


def hedge_fractions(calendar: DealCalendar, dates: Dates, hedge: Hedge) -> Floats:
    """(P,) years that a hedge accrues for up to each payment date, as the notes do, until it ends."""
    days = tuple(min(day, hedge.ends or day) for day in accrual_days(calendar, dates, None))
    return year_fractions(days, hedge.day_count, regular_periods(dates))


def year_fractions(days: tuple[dt.date, ...], day_count: str, periods: RegularPeriods | None = None) -> Floats:
    """Years between each date and the next."""
    return np.array([timeline.year_fraction(start, end, day_count, periods) for start, end in pairwise(days)])


def month_fractions(calendar: DealCalendar, cutoff: dt.date, day_count: str) -> Floats:
    """Years in each collected month: by days, but 1/12 where a day count takes months as alike."""
    ends = timeline.month_dates(cutoff, calendar.first_month[-1] + calendar.months[-1])
    if day_count in (*timeline.MONTHS_OF_30_DAYS, timeline.ICMA):
        return np.full(len(ends), 1 / 12)
    return year_fractions((cutoff, *ends), day_count)


def fee_dates(calendar: DealCalendar, fee: Fee) -> Bools:
    """(P,) the payment dates on which a fee falls due: every so many from one on."""
    periods = np.arange(1, calendar.periods + 1)
    return np.asarray((periods >= fee.from_period) & ((periods - fee.from_period) % fee.every == 0))


def dated_amounts(calendar: DealCalendar, fee: Fee) -> Floats:
    """(P,) the amounts of a fee stated by date, each on the first payment date on or after."""
    amounts = np.zeros(calendar.periods + 1)  # the last takes what no date is left for
    for day, amount in fee.dates or ():
        amounts[bisect_left(calendar.nominal, day)] += amount
    return amounts[:-1]


def fee_fractions(calendar: DealCalendar, dates: Dates, fee: Fee) -> Floats:
    """(P,) years that a fee accrues up to each payment date, over the collection or the payment period."""
    if fee.accrue == "payment":
        return year_fractions(payment_days(calendar, dates, None), fee.day_count, regular_periods(dates, delayed=False))
    months = month_fractions(calendar, dates.cutoff, fee.day_count)
    return np.add.reduceat(months, calendar.first_month)
