"""Dates of a deal, counted out by hand: months, day counts, business days."""

from __future__ import annotations

import calendar
import datetime as dt
import functools
from collections.abc import Container

MONTHS = {"monthly": 1, "quarterly": 3, "semiannual": 6, "annual": 12}


def plus_months(day: dt.date, months: int) -> dt.date:
    """The same day of a later month, or its last; the last stays the last."""
    year, month = day.year, day.month
    for _ in range(months):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    last = calendar.monthrange(year, month)[1]
    was_last = day.day == calendar.monthrange(day.year, day.month)[1]
    return dt.date(year, month, last if was_last else min(day.day, last))


def shifted(day: dt.date, months: int) -> dt.date:
    """The same day of an earlier or a later month, or its last; the last stays the last."""
    year, month = divmod(12 * day.year + day.month - 1 + months, 12)
    last = calendar.monthrange(year, month + 1)[1]
    was_last = (day + dt.timedelta(days=1)).day == 1
    return dt.date(year, month + 1, last if was_last else min(day.day, last))


@functools.cache
def regular_turns(first: dt.date, every: int) -> list[dt.date]:
    """Days so many months apart, some years before and after a first payment."""
    return [shifted(first, every * n) for n in range(-60 // every - 1, 240 // every)]


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
    if day_count == "30/360":
        first = 30 if start.day == 31 else start.day
        last = 30 if end.day == 31 and first == 30 else end.day
        return ((end.year - start.year) * 360 + (end.month - start.month) * 30 + last - first) / 360
    if day_count == "30E/360":
        whole = (end.year - start.year) * 360 + (end.month - start.month) * 30
        return (whole + min(end.day, 30) - min(start.day, 30)) / 360
    if day_count == "NL/365":
        days = [start + dt.timedelta(days=n + 1) for n in range((end - start).days)]
        return sum((day.month, day.day) != (2, 29) for day in days) / 365
    if day_count == "ACT/ACT ISDA":
        days = [start + dt.timedelta(days=n) for n in range((end - start).days)]
        leap = sum(calendar.isleap(day.year) for day in days)
        return leap / 366 + (len(days) - leap) / 365
    return (end - start).days / {"ACT/360": 360, "ACT/365F": 365}[day_count]


def adjusted(day: dt.date, convention: str, holidays: Container[dt.date]) -> dt.date:
    """The business day that a payment date falls on."""

    def closed(d: dt.date) -> bool:
        return d.weekday() > 4 or d in holidays

    def walk(d: dt.date, step: int) -> dt.date:
        while closed(d):
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
