"""When the deal collects, accrues and pays."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Container

from reference.dates import MONTHS, adjusted, plus_months, regular_turns, years_between
from reference.waterfall.state import Period, State


class Dates(State):
    """Payment dates and the periods between them."""

    def calendar(self, holidays: Container[dt.date]) -> list[Period]:
        """Every payment date to the legal final, with its collection period."""
        dates, every = self.deal["dates"], MONTHS[self.deal["dates"]["frequency"]]
        first = dates.get("first_collection_months", every)
        periods: list[Period] = []
        for n, nominal in enumerate(dates.get("payment_dates") or self.regular_dates(every)):
            start, end = (0, first) if n == 0 else (first + every * (n - 1), first + every * n)
            periods.append(
                Period(
                    n + 1,
                    nominal,
                    adjusted(nominal, dates.get("business_day", "none"), holidays),
                    plus_months(dates["cutoff"], start),
                    plus_months(dates["cutoff"], end),
                    range(start, end),
                )
            )
        return periods

    def regular_dates(self, every: int) -> list[dt.date]:
        """The first payment date and every so many months later, to the legal final."""
        first, final = self.deal["dates"]["first_payment"], self.deal["dates"]["legal_final"]
        return list(itertools.takewhile(lambda day: day <= final, (plus_months(first, n) for n in itertools.count(0, every))))

    def accrual(self, period: Period, accrue_on: str, first: dt.date) -> tuple[dt.date, dt.date]:
        """The days from one payment date to the next."""
        days = [p.paid_on if accrue_on == "adjusted" else p.nominal for p in self.periods]
        return (days[period.number - 2] if period.number > 1 else first), days[period.number - 1]

    def is_open(self, day: dt.date) -> bool:
        """Whether a day is a business day."""
        return day.weekday() < 5 and day not in self.holidays

    def years(self, start: dt.date, end: dt.date, day_count: str, *, delayed: bool = True) -> float:
        """Years between two days; ACT/ACT ICMA counts by the regular periods, of accrual or (not delayed) of payment."""
        if day_count != "ACT/ACT ICMA":
            return years_between(start, end, day_count)
        dates, every = self.deal["dates"], MONTHS[self.deal["dates"]["frequency"]]
        first = dates["first_payment"] - dt.timedelta(days=dates.get("delay_days", 0) if delayed else 0)
        turns = regular_turns(first, every)
        shares = (
            (min(end, b) - max(start, a)).days / (b - a).days for a, b in itertools.pairwise(turns) if a < end and b > start
        )
        return sum(shares) * every / 12
