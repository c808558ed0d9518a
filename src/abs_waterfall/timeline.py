"""Dates: day counts, months, payment dates, business days.

Year fractions are plain numbers of years. Dates are `datetime.date`; nominal payment dates ignore weekends and holidays, and
`business_day` moves one of them. Day counts follow the 2006 ISDA Definitions, section 4.16.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Callable, Container, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from itertools import count, takewhile
from types import MappingProxyType
from typing import Final

from abs_waterfall.errors import did_you_mean

FREQUENCY_MONTHS: Final = MappingProxyType({"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12})
BUSINESS_DAY_CONVENTIONS: Final = ("none", "following", "modified_following", "preceding")

_ONE_DAY = timedelta(days=1)


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


def _act_360(start: date, end: date) -> float:
    return (end - start).days / 360


def _act_365f(start: date, end: date) -> float:
    return (end - start).days / 365


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
}
DAY_COUNTS: Final = tuple(_YEAR_FRACTIONS)


def year_fraction(start: date, end: date, day_count: str) -> float:
    """Years from `start` to `end` on a day count of `DAY_COUNTS`.

    >>> year_fraction(date(2015, 6, 30), date(2015, 7, 31), "30/360") * 12
    1.0
    >>> year_fraction(date(2002, 2, 1), date(2002, 2, 4), "ACT/360") * 360
    3.0
    """
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


def payment_dates(first: date, months_per_period: int, last: date) -> tuple[date, ...]:
    """Nominal dates from `first` up to and including `last`, on its day of the month; a month-end `first` stays at month ends.

    >>> [str(day) for day in payment_dates(date(2015, 8, 15), 3, date(2016, 2, 15))]
    ['2015-08-15', '2015-11-15', '2016-02-15']
    """
    end_of_month = is_month_end(first)
    days = (add_months(first, n, end_of_month=end_of_month) for n in count(0, months_per_period))
    return tuple(takewhile(lambda day: day <= last, days))


def whole_months(start: date, end: date) -> int | None:
    """Months from `start` to `end` where they are whole (same day of the month, clipped, or both month ends), else None.

    >>> whole_months(date(2015, 6, 30), date(2015, 8, 31)), whole_months(date(2015, 6, 30), date(2015, 8, 15))
    (2, None)
    """
    months = 12 * (end.year - start.year) + end.month - start.month
    both_ends = is_month_end(start) and is_month_end(end)
    return months if both_ends or add_months(start, months) == end else None


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which nobody pays: `day in calendar` says that it is closed."""

    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})  # Monday is 0

    def __contains__(self, day: object) -> bool:
        return isinstance(day, date) and (day.weekday() in self.weekend or day in self.holidays)


def _nearest(country: str) -> str:
    """Say which code is meant by another spelling of it, a three-letter code, or a country's name."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - only on the way to an error

    codes = {"none": "none", "uk": "GB"}
    for name, (_, two, three, *_) in COUNTRIES.items():
        codes |= {two.casefold(): two, three.casefold(): two, name: two}
    asked = country.strip().casefold().replace(" ", "_")
    close = get_close_matches(asked, codes, n=1, cutoff=0.6)
    return f' Did you mean "{codes[close[0]]}"?' if close else ""


def calendar(country: str, years: Iterable[int]) -> Calendar:
    """Weekends and public holidays of a country, by its code in the `holidays` library; "none" knows weekends only.

    The year before and after `years` are in, as a date may move across the new year. Weekends that a government declares
    working days stay closed.
    """
    if country == "none":
        return Calendar()
    import holidays as library  # noqa: PLC0415 - half a second that only a run with a calendar pays

    if country not in library.list_supported_countries(include_aliases=False):
        raise ValueError(f'no calendar "{country}"; expected a country code such as "US" or "CN", or "none".{_nearest(country)}')
    wanted = {year + shift for year in years for shift in (-1, 0, 1)}
    days = library.country_holidays(country, years=wanted)
    return Calendar(frozenset(days), frozenset(days.weekend))


def _roll(day: date, step: timedelta, closed: Container[date]) -> date:
    while day in closed:
        day += step
    return day


def business_day(day: date, convention: str, closed: Container[date]) -> date:
    """`day`, moved off the `closed` days of a calendar by a convention of `BUSINESS_DAY_CONVENTIONS`.

    >>> saturday = date(2015, 10, 31)
    >>> [str(business_day(saturday, how, Calendar())) for how in BUSINESS_DAY_CONVENTIONS]
    ['2015-10-31', '2015-11-02', '2015-10-30', '2015-10-30']
    """
    if convention == "none":
        return day
    if convention not in BUSINESS_DAY_CONVENTIONS:
        near = did_you_mean(convention, BUSINESS_DAY_CONVENTIONS)
        raise ValueError(f'no business day convention "{convention}"; expected {", ".join(BUSINESS_DAY_CONVENTIONS)}.{near}')
    later = _roll(day, _ONE_DAY, closed)
    leaves_month = convention == "modified_following" and later.month != day.month
    return _roll(day, -_ONE_DAY, closed) if convention == "preceding" or leaves_month else later
