"""Facilities and hedges."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from waterfall.made_deals.interest import DAY_COUNTS

Table = dict[str, Any]


def facilities(rnd: Random, balance: float) -> list[Table]:
    """Up to two: money lent, perhaps, and money given."""
    return [facility(rnd, name, balance) for name in rnd.sample(("lent-1", "given"), rnd.choice((0, 1, 1, 2)))]


def facility(rnd: Random, name: str, balance: float) -> Table:
    """A facility with a limit that may fall below what is drawn."""
    limits = (0.03 * balance, "0.05 * notes.balance", "if(period > 4, 0.005, 0.04) * pool.initial_balance", "0.1 * pool.balance")
    table: Table = {"name": name, "limit": rnd.choice(limits), "day_count": rnd.choice(DAY_COUNTS)}
    if rnd.random() < 0.6:
        table["commitment_fee"] = 0.01
    if name == "given":
        return table | {"owed": False}
    floats = {"index": "I1", "margin": 0.03} | ({"multiplier": 2.0} if rnd.random() < 0.5 else {})
    return table | {"rate": rnd.choice((0.0, 0.05, "0.02 + index.I-2", "if(pool.factor < 0.5, 0.1, 0.03)", floats))}


def hedges(rnd: Random, raw: Table, balance: float) -> list[Table]:
    """Perhaps a swap, a cap or a floor, or two."""
    return [hedge(rnd, name, raw, balance) for name in ("swap-1", "cover")[: rnd.choice((0, 1, 2, 2))]]


def hedge(rnd: Random, name: str, raw: Table, balance: float) -> Table:
    """A hedge of any kind on any notional, that ends before the deal or does not."""
    notionals = ("tranche.A.balance", "notes.balance", 0.5 * balance, [balance * (1 - n / 9) for n in range(9)])
    table: Table = {"name": name, "notional": rnd.choice(notionals), "day_count": rnd.choice(DAY_COUNTS), "receives": leg(rnd)}
    kind = rnd.choice(("swap", "swap", "cap", "floor"))
    bought = {"kind": kind, "strike": rnd.choice((0.02, 0.03, 0.05)), "premium": rnd.choice((0.0, 0.004))}
    table |= {"pays": leg(rnd)} if kind == "swap" else bought
    if rnd.random() < 0.3:
        table["ends"] = raw["dates"]["first_payment"] + dt.timedelta(days=rnd.randint(-10, 400))
    return table


def leg(rnd: Random) -> Any:
    """A leg: a rate, a formula, or an index with its terms."""
    floats = {"index": rnd.choice(("I1", "I-2"))} | ({"margin": 0.01, "multiplier": 1.5} if rnd.random() < 0.5 else {})
    return rnd.choice((0.02, 0.05, "index.I-2 + 0.01", "if(months < 9, 0.01, 0.06)", "tranche.A.coupon", floats, floats))
