"""When the deal collects, determines, accrues and pays."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from reference.dates import (
    MONTHS,
    IsOpen,
    adjusted,
    business_days,
    days_before,
    last_day_numbered,
    plus_months,
    rolled,
    rolls,
    years_between,
    years_of_regular_periods,
)
from reference.waterfall.state import Period, State


def periods_of(dates: dict[str, Any]) -> list[Period]:
    """Every payment date to the legal final, with its collection period."""
    is_open, every = business_days(dates), MONTHS[dates["frequency"]]
    regular = rolls(dates["first_payment"], every, dates.get("roll"))
    nominal = dates.get("payment_dates") or list(itertools.takewhile(lambda day: day <= dates["legal_final"], regular))
    periods: list[Period] = []
    for day in nominal:
        paid_on = adjusted(day, dates.get("business_day", "none"), is_open)
        determined_on = days_before(paid_on, dates.get("determination_lag", 0), is_open)
        start = periods[-1].months.stop if periods else 0
        stop, collection_end = collected(dates, start, determined_on)
        ends = [plus_months(dates["cutoff"], n) for n in (start, stop)]
        recorded_on = record_date(dates, paid_on, is_open)
        months = range(start, stop)
        periods.append(Period(len(periods) + 1, day, paid_on, *ends, months, collection_end, determined_on, recorded_on))
    return periods


def record_date(dates: dict[str, Any], paid_on: dt.date, is_open: IsOpen) -> dt.date | None:
    """When holders are noted, where the deal says so."""
    return days_before(paid_on, dates["record_lag"], is_open) if "record_lag" in dates else None


def collected(dates: dict[str, Any], start: int, determined_on: dt.date) -> tuple[int, dt.date]:
    """How many months after cut-off a collection period that begins at `start` ends, and its last day."""
    if "collection_day" not in dates:
        every = MONTHS[dates["frequency"]]
        stop = start + (dates.get("first_collection_months", every) if start == 0 else every)
        return stop, plus_months(dates["cutoff"], stop)
    last = last_day_numbered(dates["collection_day"], determined_on)
    stop = start
    while plus_months(dates["cutoff"], stop + 1) <= last:
        stop += 1
    return stop, last


class Dates(State):
    """Payment dates and the periods between them."""

    def calendar(self) -> list[Period]:
        """Every payment date there may be."""
        return periods_of(self.deal["dates"])

    def accrual(self, period: Period, accrue_on: str, first: dt.date) -> tuple[dt.date, dt.date]:
        """The days from one payment date to the next."""
        days = [p.paid_on if accrue_on == "adjusted" else p.nominal for p in self.periods]
        return (days[period.number - 2] if period.number > 1 else first), days[period.number - 1]

    def is_open(self, day: dt.date) -> bool:
        """Whether a day is a business day."""
        return business_days(self.deal["dates"])(day)

    def note_accrual(self, period: Period, accrue_on: str | None) -> tuple[dt.date, dt.date]:
        """The days over which notes accrue: up to so many days before payment, from the day they are dated."""
        dates = self.deal["dates"]
        dated, delay = dates.get("dated", dates["closing"]), dt.timedelta(days=dates.get("delay_days", 0))
        start, end = self.accrual(period, accrue_on or dates.get("accrue_on", "unadjusted"), dated + delay)
        return start - delay, end - delay

    def years(self, start: dt.date, end: dt.date, day_count: str, *, delayed: bool = True) -> float:
        """Years between two days; ACT/ACT ICMA counts by the regular periods, of accrual or (not delayed) of payment."""
        if day_count != "ACT/ACT ICMA":
            return years_between(start, end, day_count)
        dates, every = self.deal["dates"], MONTHS[self.deal["dates"]["frequency"]]
        delay, first = dt.timedelta(days=dates.get("delay_days", 0) if delayed else 0), dates["first_payment"]
        since = 12 * (start.year - first.year) // every * every
        spans = range(since - 12, since + 12 * (end.year - start.year + 3), every)
        turns = [rolled(first, months, dates.get("roll")) - delay for months in spans]
        return years_of_regular_periods(start, end, turns, 12 // every)
