"""Fees."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from waterfall.made_deals.dates import DAY_COUNTS

Table = dict[str, Any]


def fees(rnd: Random, balance: float, dates: Table) -> list[Table]:
    """Up to three fees; the last may read the first."""
    return [fee(rnd, name, balance, dates) for name in ("servicing", "trustee", "vat")[: rnd.randint(0, 3)]]


def fee(rnd: Random, name: str, balance: float, dates: Table) -> Table:
    """A rate, an amount or stated amounts; due on every date, on some or on stated ones."""
    if rnd.random() < 0.1:
        days = days_about(rnd, dates, 300)
        return {"name": name, "dates": [[day, 500.0 * (n + 1)] for n, day in enumerate(days)]}
    table: Table = {"name": name, "every": rnd.choice((1, 1, 1, 2, 3)), "from_period": rnd.choice((1, 1, 1, 2, 5))}
    if rnd.random() < 0.6:
        bases = ("pool.opening_balance", "pool.opening_balance", "pool.balance", "notes.balance", "0.5 * tranche.A.balance")
        table |= {"rate": rnd.choice((0.01, 0.05)), "base": rnd.choice(bases)}
    else:
        table["amount"] = rnd.choice(amounts(rnd, name, dates))
    if "rate" in table or table["every"] == 1:
        table |= {key: share * balance for key, share in (("floor", 0.002), ("cap", 0.008)) if rnd.random() < 0.3}
    return table | {"accrue": rnd.choice(("collection", "payment")), "day_count": rnd.choice(DAY_COUNTS[:-1])}


def amounts(rnd: Random, name: str, dates: Table) -> list[Any]:
    """Amounts of a payment date: numbers, formulas, and numbers that change."""
    listed: list[Any] = [250.0, "0.03 * pool.interest", "tranche.A.interest_paid * 0.1 + notes.interest_due * 0.01"]
    listed += ["0.02 * average(pool.interest, 2)", "150 * pool.months + if(pool.factor > 0.5, 15, 5)"]
    listed += ["0.1 * fee.servicing.due"] * (name != "servicing")
    return [*listed, changing(rnd, dates, (300.0, 2_000.0, 0.0, 700.0))]


def changing(rnd: Random, dates: Table, numbers: tuple[float, ...]) -> Table:
    """A number by payment date, which the last of the list or another follows, or from days on."""
    if rnd.random() < 0.5:
        return {"by_date": [[day, rnd.choice(numbers)] for day in sorted(set(days_about(rnd, dates, 300)))]}
    listed = [rnd.choice(numbers) for _ in range(rnd.choice((1, 1, 2, 3, 6)))]
    then = {"then": rnd.choice([number for number in numbers if number != listed[-1]])}
    return {"by_period": listed} | (then if rnd.random() < 0.7 else {})


def days_about(rnd: Random, dates: Table, reach: int) -> list[dt.date]:
    """Some days from before the first payment to so many days after it, none after the legal final."""
    days = [dates["first_payment"] + dt.timedelta(days=rnd.randint(-40, reach)) for _ in range(rnd.randint(1, 4))]
    return [min(day, dates["legal_final"]) for day in days]
