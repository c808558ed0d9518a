"""What a floating coupon is in each period, day by day in plain Python; nothing of ours is imported.

A rate holds from its date to the next. Days are actual days; accrual turns on the days given.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

Dated = Sequence[tuple[dt.date, float]]


def on_day(rates: Dated, day: dt.date) -> float:
    """The rate in force."""
    value = rates[0][1]
    for start, rate in rates:
        if start <= day:
            value = rate
    return value


def margin_over(margin: float | Dated, start: dt.date, end: dt.date) -> float:
    """The margin, averaged over the days of a period."""
    if isinstance(margin, int | float):
        return margin
    days = [start + dt.timedelta(n) for n in range((end - start).days)]
    return sum(on_day(margin, day) for day in days) / len(days)


def compounded(rates: Dated, start: dt.date, end: dt.date, year: int) -> float:
    """Interest joins what bears it on each weekday; money is put out at the start and on every weekday after it."""
    owed, bearing_from, rate = 1.0, start, on_day(rates, start)
    day = start
    while day < end:
        day += dt.timedelta(1)
        if day == end or day.weekday() < 5:
            owed += owed * rate * (day - bearing_from).days / year
            bearing_from, rate = day, on_day(rates, day)
    return (owed - 1) * year / (end - start).days


def read_on(reset: Any, turns: Sequence[dt.date], period: int) -> dt.date:
    """The day the index of a period is read."""
    start = turns[period]
    if reset == "payment":
        return start
    if isinstance(reset, int):  # turns are on one day of the month, a month apart
        return turns[period - period % reset]
    return max([turns[0], *(day for day in reset if turns[0] < day <= start)])


def coupon(
    terms: dict[str, Any], rates: Dated, turns: Sequence[dt.date], period: int, year: int, shift: float
) -> tuple[float, float]:
    """The coupon of a period and what the cap took."""
    shifted = [(day, rate + shift) for day, rate in rates]
    start, end = turns[period], turns[period + 1]
    if terms["reset"] == "arrears":
        index = compounded(shifted, start, end, year)
    else:
        index = on_day(shifted, read_on(terms["reset"], turns, period))
    free = terms["multiplier"] * index + margin_over(terms["margin"], start, end)
    paid = max(min(free, terms["cap"]), terms["floor"])
    return paid, max(free, terms["floor"]) - paid
