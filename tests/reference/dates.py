"""Dates of a deal, counted out by hand: months, day counts, business days."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import QuantLib as ql

MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}
CALENDARS = {
    "none": ql.WeekendsOnly(),
    "US": ql.UnitedStates(ql.UnitedStates.Settlement),
    "CN-exchange": ql.China(ql.China.SSE),
    "CN-interbank": ql.China(ql.China.IB),
}
IsOpen = Callable[[dt.date], bool]


@functools.cache
def plus_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last; the last stays the last."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    for _ in range(-months):
        year, month = (year - 1, 12) if month == 1 else (year, month - 1)
    last = calendar.monthrange(year, month)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if was_last else min(day.day, last))


def same_day_later(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last."""
    month = plus_months(day.replace(day=1), months)
    return month.replace(day=min(day.day, calendar.monthrange(month.year, month.month)[1]))


def whole_months(start: dt.date, end: dt.date) -> int:
    """How many whole months lie between two days: the same day of the month, or its last, ends one."""
    months = 0
    while plus_months(start, months + 1) <= end or clipped(start, months + 1) <= end:
        months += 1
    return months


def clipped(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last where it has no such day."""
    later = plus_months(day, months)
    return later.replace(day=min(day.day, later.day))


@functools.cache
def years_between(start: dt.date, end: dt.date, day_count: str) -> float:
    """Years from one day to another."""
    if day_count in ("30/360", "30E/360"):
        first = 30 if start.day == 31 else start.day
        last = 30 if end.day == 31 and (first == 30 or day_count == "30E/360") else end.day
        return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first) / 360
    days = [start + dt.timedelta(days=n) for n in range((end - start).days)]
    if day_count == "ACT/ACT ISDA":
        leap = sum(calendar.isleap(day.year) for day in days)
        return leap / 366 + (len(days) - leap) / 365
    if day_count == "NL/365":
        return sum((day + dt.timedelta(1)).strftime("%m%d") != "0229" for day in days) / 365
    return len(days) / {"ACT/360": 360, "ACT/365F": 365}[day_count]


def years_of_regular_periods(start: dt.date, end: dt.date, turns: list[dt.date], a_year: int) -> float:
    """ACT/ACT ICMA: of each regular period the share of its days, and so many of them make a year."""
    years = 0.0
    for first, last in itertools.pairwise(turns):
        days = (min(end, last) - max(start, first)).days
        years += max(0, days) / (last - first).days / a_year
    return years


@functools.cache
def rolled(first: dt.date, months: int, roll: str | None) -> dt.date:
    """The regular day of payment so many months from the first one, before or after it."""
    if roll == "day_of_month":
        return clipped(first, months)
    day = plus_months(first, months)
    return day if roll is None else day.replace(day=calendar.monthrange(day.year, day.month)[1])


def rolls(first: dt.date, every: int, roll: str | None) -> Iterator[dt.date]:
    """The first payment and every so many months later."""
    return itertools.chain([first], (rolled(first, months, roll) for months in itertools.count(every, every)))


@functools.cache
def opens(name: str, day: dt.date) -> bool:
    """Whether a calendar has a day as a business day."""
    return bool(CALENDARS[name].isBusinessDay(ql.Date.from_date(day)))


def business_days(dates: dict[str, Any]) -> IsOpen:
    """Those of the deal's calendar, but for days of its own."""
    own = dates.get("holidays", {})
    return lambda day: own[day] == "working" if day in own else opens(dates.get("calendar", "none"), day)


def adjusted(day: dt.date, convention: str, is_open: IsOpen) -> dt.date:
    """The business day that a payment date falls on."""

    def walk(d: dt.date, step: int) -> dt.date:
        while not is_open(d):
            d += dt.timedelta(days=step)
        return d

    if convention == "none":
        return day
    if convention == "preceding":
        return walk(day, -1)
    later = walk(day, 1)
    if convention == "modified_following" and later.month != day.month:
        return walk(day, -1)
    return later


def days_before(day: dt.date, lag: int, is_open: IsOpen) -> dt.date:
    """So many business days before a day."""
    while lag:
        day -= dt.timedelta(days=1)
        lag -= is_open(day)
    return day


def last_day_numbered(number: int, by: dt.date) -> dt.date:
    """The last day that has this number in its month, or is its month's last, by a day."""
    day = by
    while day.day != min(number, calendar.monthrange(day.year, day.month)[1]):
        day -= dt.timedelta(days=1)
    return day
