"""Every table of a deal file."""

from __future__ import annotations

from random import Random
from typing import Any

from waterfall.made_deals.classes import groups, ledgers, tranches
from waterfall.made_deals.dates import dates
from waterfall.made_deals.fees import fees
from waterfall.made_deals.interest import index, set_coupons
from waterfall.made_deals.loans import assumptions, draws, held, holds_lines
from waterfall.made_deals.plans import plan
from waterfall.made_deals.promises import facilities, hedges
from waterfall.made_deals.steps import steps
from waterfall.made_deals.triggers import call, scenario, triggers

Table = dict[str, Any]


def deal_tables(rnd: Random, balance: float, scenarios: int) -> Table:
    """Every table of a deal file."""
    raw: Table = {
        "deal": {"name": "made", "currency": "USD", "starts_in": "plain", "allow_undercollateralised": True},
        "dates": dates(rnd),
        "pool": pool(rnd, balance),
        "tranche": tranches(rnd, balance),
    }
    if rnd.random() < 0.6:
        raw |= loans(rnd, raw, balance)
    raw |= groups(rnd, raw)
    raw["account"] = [account(rnd, name, balance) for name in ("reserve", "float-2", "third")[: rnd.randint(0, 3)]]
    raw["fee"] = fees(rnd, balance, raw["dates"])
    raw["index"] = index(rnd, raw)
    set_coupons(rnd, raw)
    raw["facility"], raw["hedge"] = facilities(rnd, balance), hedges(rnd, raw, balance)
    raw["ledger"] = ledgers(rnd, raw)
    modes = ("plain", "fast", "third_mode")[: rnd.randint(1, 3)]
    if len(modes) > 1 and rnd.random() < 0.7:
        raw["revolving"] = plan(rnd, raw, balance, modes)
    raw["trigger"] = triggers(rnd, modes, raw)
    raw["scenario"] = {f"s{n}": scenario(rnd, raw) for n in range(1, scenarios)}
    raw["define"] = {"spread": "pool.interest - notes.interest_due", "hurdle": f"{rnd.choice((0.2, 0.8))} * pool.balance"}
    raw["waterfall"] = {mode: steps(rnd, raw, mode) for mode in modes}
    if rnd.random() < 0.6:
        raw["call"] = call(rnd)
    if rnd.random() < 0.2:
        raw["deal"] |= {"face": rnd.choice((100.0, 1000.0)), "round_payments": rnd.choice((0.01, 1.0))}
    return raw


def pool(rnd: Random, balance: float) -> Table:
    """What the deal says of its pool; the line itself is not read here."""
    table: Table = {"recoveries_to": rnd.choice(("principal", "interest")), "line": [line(balance)]}
    table["interest_basis"] = rnd.choice(("30/360", "ACT/365F", "ACT/360"))
    if rnd.random() < 0.3:
        table |= {"initial_balance": balance * 1.4, "cumulative_default": 0.02 * balance, "cumulative_loss": 0.01 * balance}
    return table


def loans(rnd: Random, raw: Table, balance: float) -> Table:
    """A pool of loans, with what is assumed of them; where lines are drawn again, whose class funds that."""
    raw["pool"]["line"] = held(rnd, balance)
    lines = holds_lines(raw["pool"]["line"])
    assumed = assumptions(rnd, lines=lines) | {"order": rnd.choice(("survivors", "sifma", "prepay_first"))}
    if lines and rnd.random() < 0.5:
        assumed["draw"] = draws(rnd)
        raw["tranche"].append({"name": "SELLER", "balance": 0.0, "residual": True, "seller": True})
    return {"assumptions": assumed}


def line(balance: float) -> Table:
    """A rep line, so that the deal has a pool."""
    return {"balance": balance, "annual_rate": 0.08, "remaining_term": 12}


def account(rnd: Random, name: str, balance: float) -> Table:
    """Cash that the issuer holds."""
    table: Table = {"name": name, "initial": rnd.choice((0.0, 0.01, 0.05)) * balance, "rate": rnd.choice((0.0, 0.04))}
    if rnd.random() < 0.8:
        targets = ["max(0.02 * pool.balance, 2_000)", 0.01 * balance, "0.05 * tranche.A.balance", "if(period > 3, -5, 1e4)"]
        targets += [f"min(max(0.03 * notes.balance, {0.01 * balance}), 0.2 * hurdle)"]
        table["target"] = rnd.choice(targets)
    return table
