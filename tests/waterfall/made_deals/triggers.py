"""Triggers and the call."""

from __future__ import annotations

from random import Random
from typing import Any

Table = dict[str, Any]


def triggers(rnd: Random, modes: tuple[str, ...], raw: Table) -> list[Table]:
    """Up to three triggers: modes and flags, before and after, cured or not."""
    conditions = [
        "pool.cumulative_default_rate > 0.03",
        "average(pool.loss, 3) > 0.002 * pool.initial_balance",
        "pool.default > 0.012 * pool.opening_balance",
        "tranche.A.interest_shortfall > 1",
        "max_over(pool.default, 2) > 0.01 * pool.opening_balance and period < 9",
        "previous(pool.balance, 2) - pool.balance > 0.2 * pool.initial_balance",
        "notes.balance > 1.01 * pool.balance",
        "sum(tranche.A.principal_paid, 3) < 0.1 * tranche.A.initial_balance or date > 2016-09-01",
        "pool.factor < 0.5",
        "tranche.A.factor < 0.7 and not months > 12",
        "hurdle > notes.balance",
        "pool.net_rate < 0.05",
    ]
    conditions += [f"account.{a['name']}.balance < 0.5 * account.{a['name']}.target" for a in raw["account"]]
    conditions += [f"fee.{f['name']}.due > 0.001 * pool.initial_balance" for f in raw["fee"]]
    listed: list[Table] = []
    for name in ("弱", "weak", "worse")[: rnd.randint(0, 3)]:
        table: Table = {"name": name, "when": rnd.choice(conditions), "test": rnd.choice(("before", "after"))}
        if listed and rnd.random() < 0.2:
            table["when"] = f"{listed[0]['name']} and pool.factor < 0.9"
        if rnd.random() < 0.7:
            table["mode"] = rnd.choice(modes)
        table |= {"from_period": rnd.choice((1, 1, 3)), "cure_periods": rnd.choice((0, 1, 2, 3))}
        listed.append(table)
    return listed


def call(rnd: Random) -> Table:
    """A call that pays every due, pays what it says, or may not be enough."""
    table: Table = {"when": rnd.choice(("pool.factor <= 0.10", "pool.factor <= 0.3", "period >= 8 and pool.balance > 0"))}
    table["assume"] = rnd.random() < 0.5
    if rnd.random() < 0.6:
        table["amount"] = rnd.choice(("pool.balance", "1.1 * pool.balance + 0.1 * funds.available", "0.4 * pool.balance"))
    return table
