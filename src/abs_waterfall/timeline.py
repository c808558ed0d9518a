"""Dates: day counts, months, payment dates.

Year fractions are plain numbers of years. Dates are `datetime.date`; nominal payment dates ignore weekends and holidays (see
`calendars`). Day counts follow the 2006 ISDA Definitions, section 4.16, and ICMA's rule 251.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, count, pairwise, takewhile
from types import MappingProxyType
from typing import Final

from abs_waterfall.errors import did_you_mean

FREQUENCY_MONTHS: Final = MappingProxyType({"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12})


def days_30_360(start: date, end: date) -> int:
    """Days of 30/360, US bond basis: a 31st is a 30th, at the end only where the start is on the 30th or 31st (4.16(f)).

    >>> days_30_360(date(2006, 8, 31), date(2007, 2, 28))
    178
    """
    first = min(start.day, 30)
    last = 30 if end.day == 31 and first == 30 else end.day
    return 360 * (end.year - start.year) + 30 * (end.month - start.month) + last - first


def _thirty_360(start: date, end: date) -> float:
    return days_30_360(start, end) / 360


def _thirty_e_360(start: date, end: date) -> float:
    # The Eurobond basis: a 31st is a 30th at both ends (4.16(g)).
    days = min(end.day, 30) - min(start.day, 30)
    return (360 * (end.year - start.year) + 30 * (end.month - start.month) + days) / 360


def _act_360(start: date, end: date) -> float:
    return (end - start).days / 360


def _act_365f(start: date, end: date) -> float:
    return (end - start).days / 365


def _leap_days(day: date) -> int:
    # 29ths of February up to and including a day.
    years = day.year if (day.month, day.day) >= (2, 29) else day.year - 1
    return years // 4 - years // 100 + years // 400


def _nl_365(start: date, end: date) -> float:
    return ((end - start).days - (_leap_days(end) - _leap_days(start))) / 365


def _share_of_year(day: date) -> float:
    return (day - date(day.year, 1, 1)).days / (366 if isleap(day.year) else 365)


def _act_act_isda(start: date, end: date) -> float:
    # Days in leap years over 366, the others over 365 (4.16(b)), with the whole years between cancelled.
    return end.year - start.year + (_share_of_year(end) - _share_of_year(start))


_YEAR_FRACTIONS: Final[dict[str, Callable[[date, date], float]]] = {
    "30/360": _thirty_360,
    "ACT/360": _act_360,
    "ACT/365F": _act_365f,
    "ACT/ACT ISDA": _act_act_isda,
    "30E/360": _thirty_e_360,
    "NL/365": _nl_365,
}
ICMA: Final = "ACT/ACT ICMA"
DAY_COUNTS: Final = (*_YEAR_FRACTIONS, ICMA)
MONTHS_OF_30_DAYS: Final = ("30/360", "30E/360")


@dataclass(frozen=True, slots=True)
class RegularPeriods:
    """The periods that ACT/ACT ICMA counts by: of so many months, two of them meeting some days before `anchor`."""

    anchor: date
    months: int
    end_of_month: bool = False
    days_before: int = 0

    def around(self, start: date, end: date) -> list[date]:
        """Their ends, from the last on or before `start` to the first on or after `end`."""
        first = self._periods_to(start + timedelta(days=self.days_before))
        while self._end(first) > start:
            first -= 1
        ends = [self._end(first)]
        while ends[-1] < end:
            ends.append(self._end(first + len(ends)))
        return ends

    def _periods_to(self, day: date) -> int:
        return (12 * (day.year - self.anchor.year) + day.month - self.anchor.month) // self.months + 1

    def _end(self, n: int) -> date:
        turn = add_months(self.anchor, n * self.months, end_of_month=self.end_of_month)
        return turn - timedelta(days=self.days_before)


def icma_fraction(start: date, end: date, periods: RegularPeriods) -> float:
    """Years on ACT/ACT ICMA: in each regular period, its days that lie between the two over all its days, in periods a year.

    >>> round(icma_fraction(date(2002, 8, 15), date(2003, 7, 15), RegularPeriods(date(2003, 7, 15), 6)), 12)  # a long first one
    0.915760869565
    """
    ends = periods.around(start, end)
    shares = ((min(end, last) - max(start, first)).days / (last - first).days for first, last in pairwise(ends))
    return sum(shares) * periods.months / 12


def year_fraction(start: date, end: date, day_count: str, periods: RegularPeriods | None = None) -> float:
    """Years from `start` to `end` on a day count of `DAY_COUNTS`; ACT/ACT ICMA counts by regular periods.

    >>> year_fraction(date(2015, 6, 30), date(2015, 7, 31), "30/360") * 12
    1.0
    >>> year_fraction(date(2002, 2, 1), date(2002, 2, 4), "ACT/360") * 360
    3.0
    """
    if day_count == ICMA:
        if periods is None:
            raise ValueError(f"{ICMA} counts by regular periods; expected `periods`")
        return icma_fraction(start, end, periods)
    if day_count not in _YEAR_FRACTIONS:
        known = ", ".join(DAY_COUNTS)
        raise ValueError(f'no day count "{day_count}"; the day counts are {known}.{did_you_mean(day_count, DAY_COUNTS)}')
    return _YEAR_FRACTIONS[day_count](start, end)


def is_month_end(day: date) -> bool:
    """Whether it is the last day of its month.

    >>> is_month_end(date(2024, 2, 28)), is_month_end(date(2023, 2, 28))
    (False, True)
    """
    return day.day == monthrange(day.year, day.month)[1]


def add_months(day: date, months: int, *, end_of_month: bool = False) -> date:
    """Move by whole months; the last of the month where there is no such day, or where `end_of_month` is set.

    >>> str(add_months(date(2015, 1, 31), 1)), str(add_months(date(2015, 2, 28), 1, end_of_month=True))
    ('2015-02-28', '2015-03-31')
    """
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, last if end_of_month else min(day.day, last))


def month_dates(cutoff: date, months: int) -> tuple[date, ...]:
    """`cutoff` + 1 .. `months` months, the last of each month where the cut-off is one.

    >>> [str(day) for day in month_dates(date(2015, 6, 30), 2)]
    ['2015-07-31', '2015-08-31']
    """
    end_of_month = is_month_end(cutoff)
    return tuple(add_months(cutoff, n, end_of_month=end_of_month) for n in range(1, months + 1))


def payment_dates(first: date, months_per_period: int, last: date, *, end_of_month: bool | None = None) -> tuple[date, ...]:
    """Nominal dates from `first` up to and including `last`, on its day of the month or, after it, at month ends.

    At month ends where `end_of_month` says so; where it says nothing, if `first` is one.

    >>> [str(day) for day in payment_dates(date(2015, 8, 15), 3, date(2016, 2, 15))]
    ['2015-08-15', '2015-11-15', '2016-02-15']
    """
    ends = is_month_end(first) if end_of_month is None else end_of_month
    days = (add_months(first, n, end_of_month=ends) for n in count(months_per_period, months_per_period))
    return tuple(takewhile(lambda day: day <= last, chain((first,), days)))


def months_ended(start: date, by: date) -> int:
    """How many months that begin at `start` have ended `by` a day; month ends follow a month end.

    >>> months_ended(date(2015, 6, 30), date(2015, 8, 31)), months_ended(date(2015, 6, 10), date(2015, 8, 9))
    (2, 1)
    """
    months = 12 * (by.year - start.year) + by.month - start.month
    return months - (add_months(start, months, end_of_month=is_month_end(start)) > by)


def last_on_or_before(day: date, day_of_month: int) -> date:
    """The last such day of a month that is not after `day`; the month's last where it has no such day.

    >>> str(last_on_or_before(date(2015, 3, 10), 31)), str(last_on_or_before(date(2015, 3, 10), 10))
    ('2015-02-28', '2015-03-10')
    """
    this = day.replace(day=min(day_of_month, monthrange(day.year, day.month)[1]))
    if this <= day:
        return this
    before = day.replace(day=1) - timedelta(days=1)
    return before.replace(day=min(day_of_month, before.day))


def whole_months(start: date, end: date) -> int | None:
    """Months from `start` to `end` where they are whole (same day of the month, clipped, or both month ends), else None.

    >>> whole_months(date(2015, 6, 30), date(2015, 8, 31)), whole_months(date(2015, 6, 30), date(2015, 8, 15))
    (2, None)
    """
    months = 12 * (end.year - start.year) + end.month - start.month
    both_ends = is_month_end(start) and is_month_end(end)
    return months if both_ends or add_months(start, months) == end else None
