"""Triggers, the call, and what scenarios do to them."""

from __future__ import annotations

from random import Random
from typing import Any

from waterfall.made_deals.fees import changing, days_about

Table = dict[str, Any]


def triggers(rnd: Random, modes: tuple[str, ...], raw: Table) -> list[Table]:
    """Up to four triggers: modes, flags and effects, before and after, cured or not."""
    listed: list[Table] = []
    for name in ("弱", "weak", "worse", "worst")[: rnd.choice((0, 1, 2, 3, 4, 4))]:
        table: Table = {"name": name, "test": rnd.choice(("before", "after"))} | condition(rnd, raw)
        if listed and rnd.random() < 0.2:
            table["when"] = f"({table['when']}) or {listed[0]['name']} and pool.factor < 0.9"
        if rnd.random() < 0.6:
            table["mode"] = rnd.choice(modes)
        if rnd.random() < 0.6:
            table["effect"] = effect(rnd, raw)
        listed.append(table | tests(rnd, raw))
    return listed


def condition(rnd: Random, raw: Table) -> Table:
    """A condition, in which a threshold may be stated apart."""
    if rnd.random() < 0.4:
        return {"when": rnd.choice(plain(raw))}
    measure, numbers = rnd.choice(
        (
            ("pool.cumulative_default_rate > threshold", (0.01, 0.03, 0.08)),
            ("threshold <= pool.cumulative_loss_rate", (0.005, 0.02, 0.05)),
            ("average(pool.default, 2) / pool.initial_balance >= threshold", (0.004, 0.01, 0.02)),
            ("pool.factor < threshold and period > 1", (0.9, 0.7, 0.5)),
            ("sum_to_date(if(pool.default > threshold * pool.opening_balance, 1, 0)) >= 2", (0.005, 0.012)),
            ("notes.credit_support < threshold or tranche.A.interest_shortfall > 1e4", (0.0, 0.1, -0.2)),
        )
    )
    formulas = ["0.01 + 0.005 * months", "if(period < 4, 0.5, 0.02)", "max_over(pool.factor, 2) * 0.04"]
    changes = [changing(rnd, raw["dates"], numbers) for _ in range(2)]
    return {"when": measure, "threshold": rnd.choice((rnd.choice(numbers), rnd.choice(formulas), *changes))}


def plain(raw: Table) -> list[str]:
    """Conditions without a threshold."""
    listed = [
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
        "period == 2 or period == 5",
        "false",
    ]
    listed += [f"account.{a['name']}.balance < 0.5 * account.{a['name']}.target" for a in raw["account"]]
    if "revolving" in raw:
        listed += ["pool.idle_cash > 0.02 * pool.initial_balance", "not revolving.active and pool.purchased <= 0"]
        listed += ["revolving.shortfall > 5e3", "sum(pool.purchased, 2) > 0.1 * pool.initial_balance"]
    return listed + [f"fee.{f['name']}.due > 0.001 * pool.initial_balance" for f in raw["fee"]]


def tests(rnd: Random, raw: Table) -> Table:
    """When a trigger is tested and how long it holds."""
    table: Table = {"from_period": rnd.choice((1, 1, 3))}
    if rnd.random() < 0.15:
        table["phase"] = rnd.choice(("revolving", "amortising", "any"))
    if rnd.random() < 0.25:
        table |= rnd.choice(({"test_dates": days_about(rnd, raw["dates"], 400)}, {"test_months": rnd.sample(range(1, 13), 5)}))
    return table | rnd.choice(({"today_only": True}, *({"cure_periods": n} for n in (0, 1, 2, 3))))


def effect(rnd: Random, raw: Table) -> Table:
    """What a trigger does while it holds."""
    accounts = [a["name"] for a in raw["account"]]
    terms = [*(a["name"] for a in raw["account"]), "hurdle", "spread"]
    table: Table = {}
    if accounts and rnd.random() < 0.3:
        table["sweep"] = rnd.choice((accounts[0], rnd.sample(accounts, rnd.randint(1, len(accounts)))))
    if rnd.random() < 0.35:
        table["stop_step_down"] = rnd.choice((True, rnd.sample(terms, rnd.randint(1, len(terms)))))
    if rnd.random() < 0.35:
        table["trap"] = rnd.choice((True, *accounts))
    if "revolving" in raw and rnd.random() < 0.3:
        table["end_revolving"] = True
    numbers = settable(raw)
    if numbers and rnd.random() < 0.5:
        table["set"] = {name: rnd.choice(values) for name, values in rnd.sample(numbers, min(len(numbers), rnd.randint(1, 2)))}
    return table


def settable(raw: Table) -> list[tuple[str, tuple[float, ...]]]:
    """Numbers that triggers and scenarios may set."""
    listed: list[tuple[str, tuple[float, ...]]] = []
    for fee in raw["fee"]:
        for key, values in (("rate", (0.0, 0.02, 0.08)), ("amount", (0.0, 900.0))):
            if isinstance(fee.get(key), float):
                listed.append((f"fee.{fee['name']}.{key}", values))
    coupons = [t["name"] for t in raw["tranche"] if isinstance(t.get("coupon"), float)]
    return listed + [(f"tranche.{name}.coupon", (0.0, 0.04, 0.15)) for name in coupons]


def scenario(rnd: Random, raw: Table) -> Table:
    """What a scenario says beside its speeds: triggers fired and off, numbers set."""
    names = [t["name"] for t in raw["trigger"]]
    table: Table = {"fire": {}, "off": []}
    for name in names:
        said = rnd.random()
        if said < 0.25:
            table["fire"][name] = days_about(rnd, raw["dates"], 300)[0]
        elif said < 0.4:
            table["off"].append(name)
    numbers = settable(raw)
    sizes = [(f"account.{a['name']}.initial", (0.0, 9_000.0)) for a in raw["account"]]
    for t in raw["tranche"]:
        key = "share" if "share" in t else "balance"
        sizes += [(f"tranche.{t['name']}.{key}", (0.1 * t[key], 0.9 * t[key]))] * ("initial_balance" not in t)
    table["set"] = {name: rnd.choice(values) for name, values in numbers + sizes if rnd.random() < 0.15}
    if rnd.random() < 0.4:
        table["index_shift"] = rnd.choice((-0.03, 0.01, 0.05))
    multipliers = {f"{what}_multiplier": rnd.choice((0.5, 2.0)) for what in ("default", "prepayment") if rnd.random() < 0.3}
    return {key: said for key, said in table.items() if said} | multipliers


def call(rnd: Random) -> Table:
    """A call that pays every due, pays what it says, or may not be enough."""
    table: Table = {"when": rnd.choice(("pool.factor <= 0.10", "pool.factor <= 0.3", "period >= 8 and pool.balance > 0"))}
    table["assume"] = rnd.random() < 0.5
    if rnd.random() < 0.6:
        table["amount"] = rnd.choice(("pool.balance", "1.1 * pool.balance + 0.1 * funds.available", "0.4 * pool.balance"))
    return table
