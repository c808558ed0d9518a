"""Fees."""

from __future__ import annotations

from random import Random
from typing import Any

Table = dict[str, Any]


def fees(rnd: Random, balance: float) -> list[Table]:
    """Up to three fees; the last may read the first."""
    listed = []
    for name in ("servicing", "trustee", "vat")[: rnd.randint(0, 3)]:
        fee: Table = {"name": name}
        if rnd.random() < 0.6:
            bases = ("pool.opening_balance", "pool.opening_balance", "pool.balance", "notes.balance", "0.5 * tranche.A.balance")
            fee |= {"rate": rnd.choice((0.01, 0.05)), "base": rnd.choice(bases)}
        else:
            amounts = [250.0, "0.03 * pool.interest", "tranche.A.interest_paid * 0.1 + notes.interest_due * 0.01"]
            amounts += ["0.02 * average(pool.interest, 2)"] + ["0.1 * fee.servicing.due"] * (name != "servicing")
            fee["amount"] = rnd.choice(amounts)
        if rnd.random() < 0.3:
            fee["floor"] = 0.002 * balance
        if rnd.random() < 0.3:
            fee["cap"] = 0.008 * balance
        fee |= {"accrue": rnd.choice(("collection", "payment")), "day_count": rnd.choice(("30/360", "ACT/360", "ACT/ACT ISDA"))}
        listed.append(fee)
    return listed
