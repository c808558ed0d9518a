"""Conditions and caps of steps."""

from __future__ import annotations

from typing import Any

from waterfall.made_deals.interest import lines

Table = dict[str, Any]


def conditions(raw: Table) -> list[str]:
    """Conditions of steps."""
    listed = ["notes.balance <= 0", "notes.balance > 0", "period > 2", "tranche.A.balance <= 0", "spread > 0 or period == 1"]
    listed += ["date < 2016-06-01", "notes.count >= 2", "not (funds.interest < 1000)", "months / 3 >= 2"]
    return listed + [name for t in raw["trigger"] for name in (t["name"], f"not {t['name']}")]


def amounts(raw: Table) -> list[str | float]:
    """Caps of steps."""
    listed: list[str | float] = [
        "notes.balance - 0.9 * pool.balance",
        "pool.principal_due",
        "pool.principal - -0.5 * pool.recovery",
        "0.5 * funds.available",
        "abs(spread) * if(pool.factor < 0.5, 2, 1)",
        "tranche.A.balance - hurdle",
        "sum_to_date(pool.default) - sum_to_date(pool.recovery)",
        "average(pool.balance, 3) * 0.02",
        "if(period > 1, previous(pool.balance, 1) - pool.balance, 0)",
        "max_over(pool.loss, 3)",
        "sum(tranche.A.interest_paid, 2) + tranche.A.interest_due / 2",
        "min(funds.interest, tranche.A.interest_shortfall, 1e4)",
        'pool.segment."36/A".balance * 0.02 + pool.segment.60.balance * 0.01',
        "pool.cumulative_loss_rate * notes.initial_balance",
        "notes.initial_balance * (1 - pool.factor) / (1 + period)",
        "tranche.A.principal_paid + tranche.A.accrued",
        5_000.0,
    ]
    listed += [f"account.{a['name']}.target - account.{a['name']}.balance" for a in raw["account"]]
    listed += [f"ledger.{ledger['name']}.balance" for ledger in raw["ledger"]]
    listed += [f"2 * ledger.pdl.{c}" for ledger in raw["ledger"] for c in ledger.get("tranches", ())]
    listed += [f"fee.{f['name']}.due - fee.{f['name']}.paid" for f in raw["fee"]]
    listed += [f"if({t['name']}, 0, 1e5)" for t in raw["trigger"]]
    listed += [f"group.{g['name']}.balance - 0.1 * group.{g['name']}.initial_balance" for g in raw["group"]]
    listed += [f"tranche.A.balance - schedule.{s['name']}" for s in raw["schedule"]]
    for line in [line for t in raw["tranche"] for line in lines(t)]:
        listed += [f"tranche.{line}.interest_due - tranche.{line}.interest_paid", f"1e6 * tranche.{line}.coupon"]
        listed += [f"2 * tranche.{line}.interest_shortfall"]
    for f in raw["facility"]:
        listed += [f"facility.{f['name']}.{what}" for what in ("balance", "undrawn", "due")]
    listed += [f"1e4 + hedge.{h['name']}.net" for h in raw["hedge"]]
    listed += ["1e6 * index.I1 + 1e5 * index.I-2"]
    listed += ["pool.purchased", "pool.idle_cash + revolving.shortfall"] * ("revolving" in raw)
    listed += ["0.3 * pool.drawn", "1e4 * pool.yield + 1e4 * pool.payment_rate"]
    listed += ["0.02 * pool.seller_interest"] * any(t.get("seller", False) for t in raw["tranche"])
    listed += ["1e5 * tranche.A.credit_support", "1e6 * notes.excess_spread", "1e5 * notes.credit_support"]
    return listed
