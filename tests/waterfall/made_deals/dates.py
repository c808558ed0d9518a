"""When a deal pays."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from reference.dates import MONTHS, plus_months
from reference.waterfall.dates import periods_of

Table = dict[str, Any]
CUTOFFS = (dt.date(2015, 6, 30), dt.date(2015, 1, 31), dt.date(2016, 2, 29), dt.date(2015, 3, 15), dt.date(2014, 12, 30))
FREQUENCIES = ("monthly",) * 6 + ("quarterly", "semiannual", "annual")
DAY_COUNTS = ("30/360", "30E/360", "ACT/360", "ACT/365F", "NL/365", "ACT/ACT ISDA", "ACT/ACT ICMA")


def dates(rnd: Random) -> Table:
    """Any dates that make sense: each payment collects a month or more, which has ended when it is determined."""
    while True:
        table = drawn(rnd)
        if sensible(table):
            return table


def sensible(table: Table) -> bool:
    """Whether every payment has something to pay, and notes accrue before it."""
    periods = periods_of(table)
    first = min(periods[0].nominal, periods[0].paid_on) - dt.timedelta(days=table.get("delay_days", 0))
    collected = all(p.months and p.collection_end <= p.determined_on for p in periods)
    return collected and first > table.get("dated", table["closing"])


def drawn(rnd: Random) -> Table:
    """When it pays: monthly or more rarely, with a long or a short first collection, or on listed dates."""
    cutoff, frequency = rnd.choice(CUTOFFS), rnd.choice(FREQUENCIES)
    every = MONTHS[frequency]
    first_months = rnd.choice((every, every, 1, 2, 5))
    after = dt.timedelta(days=rnd.choice((0, 1, 15, 20)))
    first = plus_months(cutoff, first_months) + after
    closing = cutoff + dt.timedelta(days=rnd.choice((0, 5, 16)))
    if rnd.random() < 0.4:  # on the day of the month of payments
        closing = plus_months(cutoff, rnd.randrange(first_months)) + after
    table: Table = {
        "cutoff": cutoff,
        "closing": closing,
        "first_payment": first,
        "frequency": frequency,
        "first_collection_months": first_months,
        "legal_final": plus_months(first, every * (rnd.choice((0, 7, 40, 40, 40, 40)) // every)),
        "business_day": rnd.choice(("none", "following", "modified_following", "preceding")),
        "accrue_on": rnd.choice(("unadjusted", "adjusted")),
    }
    if rnd.random() < 0.3:
        table["dated"] = closing + dt.timedelta(days=rnd.randint(-3, 3))
    if rnd.random() < 0.15:
        count = rnd.randint(1, 12)
        table["payment_dates"] = [plus_months(first, n * every) + dt.timedelta(days=n % 4) for n in range(count)]
        table["legal_final"] = table["payment_dates"][-1]
    elif rnd.random() < 0.3:
        table["roll"] = rnd.choice(("day_of_month", "end_of_month"))
    table |= business_calendar(rnd, first) | lags(rnd)
    if "collection_day" in table:
        del table["first_collection_months"]
    return table


def business_calendar(rnd: Random, first: dt.date) -> Table:
    """Perhaps a calendar, and days of the deal's own about its first payments."""
    said: Table = {}
    if rnd.random() < 0.4:
        said["calendar"] = rnd.choice(("US", "CN-exchange", "CN-interbank"))
    if rnd.random() < 0.2:
        days = [plus_months(first, rnd.randint(0, 6)) + dt.timedelta(days=rnd.choice((0, 0, 1, 2))) for _ in range(8)]
        said["holidays"] = {day: rnd.choice(("holiday", "working")) for day in days}
    return said


def lags(rnd: Random) -> Table:
    """Perhaps days between collection, determination, record and payment."""
    said: Table = {}
    if rnd.random() < 0.25:
        said["determination_lag"] = rnd.choice((0, 3, 5))
    if rnd.random() < 0.2:
        said["record_lag"] = rnd.choice((0, 1, 10))
    if rnd.random() < 0.2:
        said["delay_days"] = rnd.choice((1, 14, 24))
    if rnd.random() < 0.25:
        said["collection_day"] = rnd.choice((1, 10, 20, 28, 31))
    return said
