"""Calendars: which days are business days, and how a date moves to one."""

from __future__ import annotations

import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from difflib import get_close_matches
from importlib import import_module
from importlib.util import find_spec, module_from_spec
from typing import Any, Final

from abs_waterfall.errors import did_you_mean

BUSINESS_DAY_CONVENTIONS: Final = ("none", "following", "modified_following", "preceding")
HOLIDAY: Final = "holiday"
WORKING: Final = "working"
CHINESE: Final = ("CN", "CN-exchange", "CN-interbank")
"""Of these the State Council announces the days of a year towards the end of the one before."""


_ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days on which nobody pays: `day in calendar` says that it is closed."""

    holidays: frozenset[date] = frozenset()
    weekend: frozenset[int] = frozenset({5, 6})  # Monday is 0
    working: frozenset[date] = frozenset()  # days that are worked, whatever else is said of them
    published_to: int | None = None  # the last year whose days are known; None where no calendar is asked for

    def __contains__(self, day: object) -> bool:
        closed = isinstance(day, date) and (day.weekday() in self.weekend or day in self.holidays)
        return closed and day not in self.working

    def with_days(self, days: Mapping[date, str]) -> Calendar:
        """The same calendar but for some days, each "holiday" or "working"; they publish the years they continue."""
        holidays = frozenset(day for day, said in days.items() if said == HOLIDAY)
        working = frozenset(day for day, said in days.items() if said == WORKING)
        years, published_to = {day.year for day in days}, self.published_to
        while published_to is not None and published_to + 1 in years:
            published_to += 1
        return Calendar(self.holidays | holidays, self.weekend, (self.working - holidays) | working, published_to)


def _nearest(country: str) -> str:
    """Say which code is meant by another spelling of it, a three-letter code, or a country's name."""
    from holidays.registry import COUNTRIES  # noqa: PLC0415 - only on the way to an error

    codes = {"none": "none", "uk": "GB"} | {name.casefold(): name for name in CHINESE}
    for name, (_, two, three, *_) in COUNTRIES.items():
        codes |= {two.casefold(): two, three.casefold(): two, name: two}
    asked = country.strip().casefold().replace(" ", "_")
    close = get_close_matches(asked, codes, n=1, cutoff=0.6)
    return f' Did you mean "{codes[close[0]]}"?' if close else ""


def _class_of(kind: str, code: str) -> Callable[..., Any] | None:
    """The library's class of a country, or of a market; None of a code it does not know."""
    from holidays import registry  # noqa: PLC0415 - only a run with a calendar pays for the library

    known = {"countries": registry.COUNTRIES, "financial": registry.FINANCIAL}[kind]
    names = {codes[1]: (module, codes[0]) for module, codes in known.items()}
    if code not in names:
        return None
    module, name = names[code]
    with _alone(f"holidays.{kind}"):
        made: Callable[..., Any] = getattr(import_module(f"holidays.{kind}.{module}"), name)
    return made


@contextmanager
def _alone(package: str) -> Iterator[None]:
    """Import modules of a package without what it imports itself: here, each of 250 countries."""
    spec = find_spec(package)
    hide = package not in sys.modules and spec is not None
    if hide and spec is not None:
        sys.modules[package] = module_from_spec(spec)
    try:
        yield
    finally:
        if hide:
            del sys.modules[package]


def kept(country: str) -> Callable[..., Any]:
    """The library's class of a calendar; ValueError where it has none."""
    kind, code = ("financial", "XSHG") if country == "CN-exchange" else ("countries", "CN" if country in CHINESE else country)
    found = _class_of(kind, code)
    if found is None:
        raise ValueError(f'no calendar "{country}"; expected a country code such as "US" or "CN", or "none".{_nearest(country)}')
    return found


def calendar(country: str, years: Iterable[int]) -> Calendar:
    """Weekends and public holidays of a country, by its code in the `holidays` library; "none" knows weekends only.

    The year before and after `years` are in, as a date may move across the new year. Weekends that a government declares
    working days stay closed, but in "CN-interbank"; "CN-exchange" has the days on which Shanghai does not trade.
    """
    if country == "none":
        return Calendar()
    wanted = {year + shift for year in years for shift in (-1, 0, 1)}
    days = kept(country)(years=wanted)
    return Calendar(
        holidays=frozenset(days),
        weekend=frozenset(days.weekend),
        working=frozenset(days.weekend_workdays) if country == "CN-interbank" else frozenset(),
        published_to=max(days.special_public_holidays) if country in CHINESE else int(days.end_year),
    )


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


def business_days_before(day: date, days: int, closed: Container[date]) -> date:
    """The day that lies so many business days before `day`; `day` itself for none.

    >>> str(business_days_before(date(2015, 11, 2), 1, Calendar()))  # a Monday
    '2015-10-30'
    """
    for _ in range(days):
        day = _roll(day - _ONE_DAY, -_ONE_DAY, closed)
    return day
