"""Made-up deals whose classes are paid strictly in order, from all cash there is.

What else a made deal has stays: dates, pools, fees, accounts, coupons, triggers, facilities, hedges, plans.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np

from abs_waterfall.collateral.cashflows import CollateralCashflows
from waterfall.made_deals.deal import Table
from waterfall.made_deals.interest import lines
from waterfall.made_deals.made import Made, made
from waterfall.made_deals.pool import pool_flows

SPENDS = ("purchase", "principal", "residual")
RANKS = ("interest", "principal", "residual")
OF_OTHERS = ("purchased", "idle_cash", "revolving", "seller_interest", "hurdle", "spread", "net_rate", "weak", "wors", "弱")
READS_CLASSES = (
    *OF_OTHERS, "tranche.", "notes.", "group.", "ledger.", "facility.", "hedge.", "schedule.", "fee.", "funds.", "account.",
)  # fmt: skip
PER_YEAR = 0.9  # what a pool earns that covers any coupon drawn


def ranked(rnd: Random, *, turbo: bool) -> Made:
    """Any deal, its classes in order in every mode, before or after whatever else its steps do."""
    case = made(rnd)
    raw = copy.deepcopy(case.raw)
    raw["deal"].pop("round_payments", None)  # what is rounded off of a senior class goes on to the next
    for mode, steps in raw["waterfall"].items():
        other = [step for step in steps if not step.keys() & {*RANKS}]
        first = rnd.randint(0, len(other))
        raw["waterfall"][mode] = [*other[:first], *core(raw, turbo=turbo), *other[first:], *residual(raw)]
    return replace(case, raw=spending_available(raw))


def spending_available(raw: Table) -> Table:
    """Steps that spend say so, all of the same."""
    for step in (step for steps in raw["waterfall"].values() for step in steps):
        if step.keys() & {*SPENDS}:
            step["from"] = step.get("from", "available")
    return raw


def core(raw: Table, *, turbo: bool) -> list[Table]:
    """Interest of class after class, then principal; or turbo, all of a class before the next."""
    paid: list[Table] = []
    for tranche in raw["tranche"]:
        due = lines(tranche)
        paid += [{"interest": due}] if due else []
        paid += [{"principal": tranche["name"]}]
    return paid if turbo else sorted(paid, key=lambda step: "principal" in step)


def residual(raw: Table) -> list[Table]:
    """What is left."""
    names = [t["name"] for t in raw["tranche"] if t["residual"]]
    return [{"residual": names[-1]}] if names else []


# -------------------------------------------------------------------------------------------------------- the senior alone


def senior_alone(rnd: Random) -> Made:
    """A deal in which what comes before the senior class depends on the pool, the calendar and accounts, but on no class.

    Fees and targets read the pool alone, nobody lends or swaps, nothing is bought; a coupon reads no class.
    """
    case = ranked(rnd, turbo=True)
    raw = copy.deepcopy(case.raw)
    raw |= {"facility": [], "hedge": [], "ledger": [], "exchange": [], "group": [], "schedule": [], "trigger": []}
    for key in ("revolving", "call"):
        raw.pop(key, None)
    raw["fee"] = [fee for fee in raw["fee"] if not reads_classes(fee)]
    raw["account"] = [account for account in raw["account"] if not reads_classes(account)]
    for tranche in raw["tranche"]:
        plain_size(tranche, case.pool_balance)
    senior = raw["tranche"][0]
    senior["balance"] = senior["balance"] or 0.3 * case.pool_balance
    senior |= {"coupon": rnd.choice((0.0, 0.03, 0.2, {"index": "I1", "reset": "payment"})), "day_count": "30/360"}
    for scenario in raw["scenario"].values():
        scenario |= {"set": {}, "fire": {}, "off": []}
    names = {thing["name"] for table in ("fee", "account") for thing in raw[table]}
    for mode, steps in raw["waterfall"].items():
        kept = [
            step for step in steps if step.keys() & {"pay", "fill", "draw"} and refers(step, names) and not reads_classes(step)
        ]
        kept = [step for step in kept if "support" not in step]
        raw["waterfall"][mode] = [*kept, *core(raw, turbo=True), *residual(raw)]
    raw["deal"]["starts_in"] = "plain"
    return replace(case, raw=spending_available(raw), at_speeds=None)


def plain_size(tranche: Table, pool: float) -> None:
    """A class of a plain balance at closing, whose interest reads no class."""
    for key in ("round_to", "initial_balance", "unpaid_interest", "component", "interest_on", "deferrable"):
        tranche.pop(key, None)
    tranche["balance"] = tranche.pop("share") * pool if "share" in tranche else tranche["balance"]
    if reads_classes(tranche.get("coupon", "fee.")):
        tranche |= {"coupon": 0.05, "day_count": "30/360"}


def reads_classes(said: Any) -> bool:
    """Whether anything in a table reads what classes, or cash that they are paid from, are."""
    return any(name in str(said) for name in READS_CLASSES)


def refers(step: Table, names: set[str]) -> bool:
    """Whether a step names but what is there."""
    named = next(step[verb] for verb in ("pay", "fill", "draw") if verb in step)
    from_ = {step["from"]} - {"available", "interest", "principal"} if "from" in step else set()
    to = {step["to"]} - {"interest", "principal"} if "to" in step else set()
    return {*([named] if isinstance(named, str) else named), *from_, *to} <= names


# ----------------------------------------------------------------------------------------------------------- without losses


def without_losses(rnd: Random) -> Made:
    """A deal on a pool that loses nothing and earns much; fees first, then classes, then whatever else steps do with the rest."""
    case = ranked(rnd, turbo=True)
    raw = copy.deepcopy(case.raw)
    raw |= {"facility": [], "hedge": []}
    raw.pop("assumptions", None)
    if "revolving" in raw:
        raw["revolving"] = {key: said for key, said in raw["revolving"].items() if key != "limit"} | {"supply": [0.0]}
    raw["pool"]["line"] = [{"balance": case.pool_balance, "annual_rate": PER_YEAR, "remaining_term": 12}]
    for mode, steps in raw["waterfall"].items():
        verbs = ("draw", "fill", "transfer", "debit", "cure", "write_down", "write_up")
        other = [step for step in steps if step.keys() & {*verbs} and not mentions(step)]
        other += [{"purchase": "pool"} for step in steps if "purchase" in step]
        fees = [{"pay": [fee["name"] for fee in raw["fee"]]}] if raw["fee"] else []
        raw["waterfall"][mode] = [*fees, *core(raw, turbo=False), *other, *residual(raw)]
    return replace(case, raw=spending_available(raw), flows=lossless(rnd, case))


def mentions(step: Table) -> bool:
    """Whether a step names a facility or a hedge."""
    return any(word in str(step) for word in ("lent-1", "given", "swap-1", "cover"))


def lossless(rnd: Random, case: Made) -> CollateralCashflows:
    """The pool's flows with what defaults paid as scheduled, and more interest."""
    flows = pool_flows(rnd, case.pool_balance, rnd.randint(4, 30), 2, case.raw["dates"]["cutoff"])
    nothing = np.zeros_like(flows.default)
    return replace(
        flows,
        interest=flows.opening_balance * PER_YEAR / 12,
        scheduled_principal=flows.scheduled_principal + flows.default,
        default=nothing,
        recovery=nothing,
        loss=nothing,
        segment_default=np.zeros_like(flows.segment_default),
    )
