"""Deals and pools made up at random: every feature of the deal file in any mix, on cash flows that conserve.

Hypothesis draws the seed; a failing example shows the whole deal.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np
from hypothesis import strategies as st

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.timeline import month_dates
from reference.dates import MONTHS, plus_months

Table = dict[str, Any]
FLOWS = ("opening_balance", "interest", "scheduled_principal", "prepayment", "default", "recovery", "closing_balance")
SEGMENTS = ("36/A", "60")
CUTOFFS = (dt.date(2015, 6, 30), dt.date(2015, 1, 31), dt.date(2016, 2, 29), dt.date(2015, 3, 15), dt.date(2014, 12, 30))


@dataclass(frozen=True)
class Made:
    """A deal file's tables, its pool and the pool's cash flows in each scenario."""

    raw: Table
    pool_balance: float
    collateral: CollateralCashflows

    @property
    def deal(self) -> Deal:
        """The deal as the program reads it."""
        return Deal.model_validate(self.raw)

    def months(self, scenario: int) -> dict[str, list[float]]:
        """One scenario's flows as lists, as the reference takes them."""
        months = {flow: getattr(self.collateral, flow)[scenario].tolist() for flow in FLOWS}
        for k, name in enumerate(self.collateral.segment_names):
            months[f"segment.{name}"] = self.collateral.segment_balance[scenario, k].tolist()
        return months


def seeds() -> st.SearchStrategy[Random]:
    """A generator of its own for every example."""
    return st.integers(0, 2**32 - 1).map(Random)


def made_deals() -> st.SearchStrategy[Made]:
    """Any deal on any pool."""
    return seeds().map(made)


def made(rnd: Random, scenarios: int = 3) -> Made:
    """A deal on a pool with a base case and some named scenarios."""
    balance = 100_000.0 * rnd.randint(1, 20)
    raw = deal_tables(rnd, balance, scenarios)
    return Made(raw, balance, pool_flows(rnd, balance, rnd.randint(4, 30), scenarios, raw["dates"]["cutoff"]))


# ------------------------------------------------------------------------------------------------------------- the pool


def pool_flows(rnd: Random, balance: float, months: int, scenarios: int, cutoff: dt.date) -> CollateralCashflows:
    """Cash flows of a pool that pays, prepays, defaults and recovers at random, and is gone at the end or is not."""
    lag = rnd.choice((0, 1, 4))
    rows = [pool_row(rnd, balance, rnd.randint(1 + months // 2, months), months + lag, lag) for _ in range(scenarios)]
    flows = {name: np.array([row[name] for row in rows]) for name in rows[0]}
    share = np.array([rnd.choice((0.25, 0.5)), 0.0])
    share[1] = 1 - share[0]
    return CollateralCashflows(
        dates=month_dates(cutoff, months + lag),
        segment_names=SEGMENTS,
        **flows,
        loss=flows["default"] - flows["recovery"],
        advanced_interest=np.zeros_like(flows["default"]),
        advanced_principal=np.zeros_like(flows["default"]),
        segment_initial=share * balance,
        segment_balance=flows["closing_balance"][:, None, :] * share[:, None],
        segment_default=flows["default"][:, None, :] * share[:, None],
    )


def pool_row(rnd: Random, balance: float, alive: int, months: int, lag: int) -> dict[str, list[float]]:
    """One scenario: `alive` months of flows, then zeros but for recoveries."""
    flows: dict[str, list[float]] = {name: [0.0] * months for name in FLOWS}
    rate, recovered, stays = rnd.choice((0.0, 0.08, 0.3)), rnd.choice((0.0, 0.4, 1.0)), rnd.random() < 0.1
    speeds = (rnd.choice((0.0, 0.02, 0.1)), rnd.choice((0.0, 0.01, 0.05)))
    for t in range(alive):
        prepaid, defaulted = (speed * rnd.choice((0.0, 1.0, 1.7)) * balance for speed in speeds)
        rest = balance - prepaid - defaulted
        scheduled = rest if t == alive - 1 and not stays else rest / (alive - t)
        flows["opening_balance"][t], flows["interest"][t] = balance, balance * rate / 12
        flows["prepayment"][t], flows["default"][t], flows["scheduled_principal"][t] = prepaid, defaulted, scheduled
        if t + lag < months:
            flows["recovery"][t + lag] = defaulted * recovered
        balance = 0.0 if t == alive - 1 and not stays else rest - scheduled
        flows["closing_balance"][t] = balance
    return flows


# ------------------------------------------------------------------------------------------------------------- the deal


def deal_tables(rnd: Random, balance: float, scenarios: int) -> Table:
    """Every table of a deal file."""
    raw: Table = {
        "deal": {"name": "made", "currency": "USD", "starts_in": "plain", "allow_undercollateralised": True},
        "dates": dates(rnd),
        "pool": pool(rnd, balance),
        "scenario": {f"s{n}": {} for n in range(1, scenarios)},
        "tranche": tranches(rnd, balance),
    }
    raw |= groups(rnd, raw)
    raw["account"] = [account(rnd, name, balance) for name in ("reserve", "float-2", "third")[: rnd.randint(0, 3)]]
    raw["fee"] = fees(rnd, balance)
    raw["ledger"] = ledgers(rnd, raw)
    modes = ("plain", "fast", "third_mode")[: rnd.randint(1, 3)]
    raw["trigger"] = triggers(rnd, modes, raw)
    raw["define"] = {"spread": "pool.interest - notes.interest_due", "hurdle": f"{rnd.choice((0.2, 0.8))} * pool.balance"}
    raw["waterfall"] = {mode: steps(rnd, raw, mode) for mode in modes}
    if rnd.random() < 0.6:
        raw["call"] = call(rnd)
    return raw


def dates(rnd: Random) -> Table:
    """When it pays: monthly or more rarely, with a long or a short first collection, or on listed dates."""
    cutoff, frequency = rnd.choice(CUTOFFS), rnd.choice(("monthly", "monthly", "monthly", "monthly", "quarterly", "semiannual"))
    every = MONTHS[frequency]
    first_months = rnd.choice((every, every, 1, 2, 5))
    first = plus_months(cutoff, first_months) + dt.timedelta(days=rnd.choice((0, 1, 15, 20)))
    closing = cutoff + dt.timedelta(days=rnd.choice((0, 5, 16)))
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
    return table


def pool(rnd: Random, balance: float) -> Table:
    """What the deal says of its pool; the line itself is not read here."""
    table: Table = {"recoveries_to": rnd.choice(("principal", "interest")), "line": [line(balance)]}
    if rnd.random() < 0.3:
        table |= {"initial_balance": balance * 1.4, "cumulative_default": 0.02 * balance, "cumulative_loss": 0.01 * balance}
    return table


def line(balance: float) -> Table:
    """A rep line, so that the deal has a pool."""
    return {"balance": balance, "annual_rate": 0.08, "remaining_term": 12}


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
        table["day_count"] = rnd.choice(("30/360", "ACT/360", "ACT/365F", "ACT/ACT ISDA"))
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
    if "balance" in first and rnd.random() < 0.3:
        balances = [first["balance"] * (1 - n / 12) for n in range(1, rnd.choice((3, 12)))]
        tables["schedule"] = [{"name": "plan", "tranches": first["name"], "balances": balances}]
    return tables


def with_group(rnd: Random, raw: Table, names: list[str]) -> list[str]:
    """Some classes, perhaps with the group in place of those of them that it holds."""
    for group in raw["group"]:
        if set(group["tranches"]) <= set(names) and rnd.random() < 0.5:
            names = [name for name in names if name not in group["tranches"]]
            names.insert(rnd.randint(0, len(names)), group["name"])
    return names


def account(rnd: Random, name: str, balance: float) -> Table:
    """Cash that the issuer holds."""
    table: Table = {"name": name, "initial": rnd.choice((0.0, 0.01, 0.05)) * balance, "rate": rnd.choice((0.0, 0.04))}
    if rnd.random() < 0.8:
        targets = ("max(0.02 * pool.balance, 2_000)", 0.01 * balance, "0.05 * tranche.A.balance", "if(period > 3, -5, 1e4)")
        table["target"] = rnd.choice(targets)
    return table


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


# ------------------------------------------------------------------------------------------------------------ the steps


def steps(rnd: Random, raw: Table, mode: str) -> list[Table]:
    """A waterfall in the usual order with anything strewn in, its funds named or not."""
    notes = [t["name"] for t in raw["tranche"]]
    listed = [{"draw": a["name"]} for a in raw["account"] if rnd.random() < 0.5]
    listed += [{"pay": f["name"]} for f in raw["fee"] if rnd.random() < 0.8]
    for name in notes:
        listed += [{"interest": name}] if bears(raw, name) and rnd.random() < 0.9 else []
        listed += [{"principal": name}] if rnd.random() < 0.3 else []
    listed += [{"fill": [a["name"]]} for a in raw["account"] if "target" in a and rnd.random() < 0.6]
    listed += [{"principal": with_group(rnd, raw, notes)}] if rnd.random() < 0.8 else []
    for _ in range(rnd.randint(0, 4)):
        listed.insert(rnd.randint(0, len(listed)), strewn(rnd, raw))
    listed += losses(rnd, raw)
    residuals = [t["name"] for t in raw["tranche"] if t["residual"]]
    listed += [{"residual": residuals[0]}] if residuals else []
    listed = listed or [{"principal": notes[0]}]
    named = rnd.random() < 0.5
    for i, step in enumerate(listed):
        terms(rnd, raw, step, named=named)
        if rnd.random() < 0.2:
            step["name"] = f"{mode}_{i}"
    return listed


def losses(rnd: Random, raw: Table) -> list[Table]:
    """Debits, cures, write-downs and write-ups."""
    notes = [t["name"] for t in raw["tranche"]]
    listed: list[Table] = []
    for ledger in raw["ledger"]:
        name = rnd.choice([ledger["name"], *(f"{ledger['name']}.{c}" for c in ledger.get("tranches", ()))])
        listed.append({"debit": ledger["name"], "amount": rnd.choice(("pool.default", "pool.loss", "0.1 * pool.principal"))})
        listed.append({"cure": name})
    if rnd.random() < 0.3:
        order = rnd.sample(notes, rnd.randint(1, len(notes)))
        listed += [{"write_down": order, "amount": "pool.loss"}, {"write_up": order[::-1], "amount": "-pool.loss"}]
    return listed


def bears(raw: Table, name: str) -> bool:
    """Whether a class has a coupon."""
    return any(t["name"] == name and "coupon" in t for t in raw["tranche"])


def strewn(rnd: Random, raw: Table) -> Table:
    """Any step."""
    notes = [t["name"] for t in raw["tranche"]]
    pots = ["interest", "principal", *(a["name"] for a in raw["account"])]
    choices: list[Table] = [
        {"principal": with_group(rnd, raw, rnd.sample(notes, rnd.randint(1, len(notes))))},
        {"transfer": pots[0], "to": pots[1]},
        {"transfer": "available", "to": rnd.choice(pots)},
    ]
    bearing = [name for name in notes if bears(raw, name)]
    if bearing:
        some = rnd.sample(bearing, rnd.randint(1, len(bearing)))
        choices += [{"interest": with_group(rnd, raw, some)}, {"accrue": with_group(rnd, raw, rnd.sample(bearing, 1))}]
    if raw["fee"]:
        choices.append({"pay": [fee["name"] for fee in raw["fee"]]})
    if raw["account"]:
        choices += [
            {"draw": rnd.sample(pots[2:], len(pots) - 2), "to": rnd.choice(pots[:2])},
            {"draw": pots[2], "to": pots[-1] if len(pots) > 3 else "principal"},
            {"transfer": rnd.choice(pots[2:]), "to": rnd.choice(pots[:2])},
        ]
        filled = [a["name"] for a in raw["account"] if "target" in a]
        choices += [{"fill": filled, "amount": 7_000.0}, {"fill": filled}] if filled else []
    return rnd.choice(choices)


def terms(rnd: Random, raw: Table, step: Table, *, named: bool) -> None:
    """Say where a step's cash comes from, when it runs, how much it may pay and how it is shared."""
    accounts = [a["name"] for a in raw["account"]]
    free = not {"draw", "transfer", "accrue", "debit", "cure", "write_down", "write_up"} & step.keys()
    if free and named:
        sources = ["available", "interest", "principal", *accounts[:1]]
        step["from"] = rnd.choice([name for name in sources if name not in step.get("fill", ())])
    if "cure" in step and named:
        step["from"], step["to"] = rnd.sample(["interest", "principal", *accounts[:1]], 2)
    if {"pay", "interest"} & step.keys() and accounts and rnd.random() < 0.4:
        step["support"] = rnd.sample(accounts, rnd.randint(1, len(accounts)))
    if rnd.random() < 0.25:
        step["when"] = rnd.choice(conditions(raw))
    if rnd.random() < 0.3:
        step["amount"] = rnd.choice(amounts(raw))
    if "principal" in step:
        principal_terms(rnd, step)


def principal_terms(rnd: Random, step: Table) -> None:
    """Sequential, pro rata, by weights or to targets."""
    count = 1 if isinstance(step["principal"], str) else len(step["principal"])
    if rnd.random() < 0.4:
        step["split"] = "pro_rata"
        if rnd.random() < 0.5:
            step["weights"] = [float(rnd.randint(0, 3)) for _ in range(count)]
            step["weights"][0] = 1.0
    if rnd.random() < 0.25:
        targets = (0.0, "0.3 * pool.balance", "hurdle", "tranche.A.initial_balance * 0.5 - 1e5")
        step["targets"] = [rnd.choice(targets) for _ in range(count)]


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
    listed += ["1e5 * tranche.A.credit_support", "1e6 * notes.excess_spread", "1e5 * notes.credit_support"]
    return listed
