"""Classes, groups of them, and ledgers."""

from __future__ import annotations

from random import Random
from typing import Any

from waterfall.made_deals.dates import DAY_COUNTS
from waterfall.made_deals.loans import holds_lines

Table = dict[str, Any]


def tranches(rnd: Random, balance: float) -> list[Table]:
    """One to five classes, the last perhaps residual."""
    names = ("A", "B-1", "C", "丁", "SUB")[: rnd.randint(1, 5)]
    return [tranche(rnd, name, balance, len(names), residual=name == names[-1] and rnd.random() < 0.7) for name in names]


def tranche(rnd: Random, name: str, balance: float, count: int, *, residual: bool) -> Table:
    """A class of up to twice its share of the pool."""
    table: Table = {"name": name, "residual": residual}
    share = round(rnd.uniform(0.2, 1.3) / count, 3)
    if rnd.random() < 0.3:
        table["share"] = min(share, 1.0)
        if rnd.random() < 0.5:
            table["round_to"] = 1000.0
    else:
        table["balance"] = 0.0 if residual and rnd.random() < 0.5 else share * balance
    if table.get("balance") and rnd.random() < 0.2:
        table["initial_balance"] = table["balance"] / 0.8
    if not residual or rnd.random() < 0.4:
        if rnd.random() < 0.15:
            table["unpaid_interest"] = 0.002 * balance
        table["coupon"] = rnd.choice((0.0, 0.03, 0.055, 0.2))
        table["day_count"] = rnd.choice(DAY_COUNTS)
        if rnd.random() < 0.5:
            table["interest_on_shortfall"] = rnd.choice(("coupon", 0.1))
        if rnd.random() < 0.3:
            table["accrue_on"] = rnd.choice(("unadjusted", "adjusted"))
    return table


def ledgers(rnd: Random, raw: Table) -> list[Table]:
    """A deficiency ledger of some classes, and a counter."""
    notes = [t["name"] for t in raw["tranche"]]
    both: list[Table] = [{"name": "pdl", "tranches": rnd.sample(notes, rnd.randint(1, len(notes)))}, {"name": "lent"}]
    return both[: rnd.choice((0, 1, 2))]


def groups(rnd: Random, raw: Table) -> Table:
    """Perhaps a group of some classes, and the balances the first class should have."""
    names, first = [t["name"] for t in raw["tranche"]], raw["tranche"][0]
    tables: Table = {"group": [], "schedule": []}
    if len(names) > 1 and rnd.random() < 0.5:
        members = rnd.sample(names, rnd.randint(1, len(names) - 1))
        tables["group"] = [{"name": "G", "tranches": members, "split": rnd.choice(("sequential", "pro_rata"))}]
    if "balance" in first and rnd.random() < 0.4:
        balances = [first["balance"] * (1 - n / 12) for n in range(1, rnd.choice((3, 12)))]
        tables["schedule"] = [{"name": "plan", "tranches": first["name"], "balances": balances}]
    if rnd.random() < 0.15:
        tables["schedule"] += [{"name": "yield-plan", "balances": [2_000.0 * n for n in range(rnd.randint(1, 9))]}]
    whole = [t["name"] for t in raw["tranche"] if "initial_balance" not in t]
    lines = holds_lines(raw["pool"]["line"])  # which have no schedule that a speed changes
    for name in ("fast-plan", "slow") if whole and not lines and rnd.random() < 0.5 else ():
        before = [table["name"] for table in tables["schedule"] if "tranches" in table]
        tables["schedule"].insert(0, derived(rnd, name, rnd.sample(whole, rnd.randint(1, len(whole))), before))
    if len(names) > 1 and rnd.random() < 0.3:
        of = {name: rnd.choice((0.25, 0.5, 1.0)) for name in rnd.sample(names, rnd.randint(1, 2))}
        tables["exchange"] = [{"name": "X", "of": of}]
    return tables


def derived(rnd: Random, name: str, of: list[str], before: list[str]) -> Table:
    """A schedule of what the pool pays at some speeds, after others or not."""
    table: Table = {"name": name, "tranches": of, "speeds": [{"psa": 100 * n} for n in range(1, rnd.randint(2, 4))]}
    if rnd.random() < 0.5:
        table["lockout"] = rnd.randint(1, 4)
    if before and rnd.random() < 0.8:
        table["after"] = rnd.sample(before, rnd.randint(1, len(before)))
    return table
