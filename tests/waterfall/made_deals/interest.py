"""Indices, and coupons of every kind."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

Table = dict[str, Any]
DAY_COUNTS = ("30/360", "30E/360", "ACT/360", "ACT/365F", "NL/365", "ACT/ACT ISDA", "ACT/ACT ICMA")


def index(rnd: Random, raw: Table) -> Table:
    """Two curves that begin before interest does."""
    return {name: {"rates": dated(rnd, raw["dates"]["cutoff"] - dt.timedelta(days=40), -20, 60)} for name in ("I1", "I-2")}


def dated(rnd: Random, first: dt.date, lowest: int, highest: int) -> list[list[Any]]:
    """Rates from a day on, in thousandths, each until the next."""
    days = sorted(rnd.sample(range(1, 1200), rnd.choice((0, 2, 12))))
    return [[first + dt.timedelta(days=n), rnd.randint(lowest, highest) / 1000] for n in (0, *days)]


def starts(raw: Table) -> dt.date:
    """When interest does."""
    return raw["dates"].get("dated", raw["dates"]["closing"])


def set_coupons(rnd: Random, raw: Table) -> None:
    """Coupons of other kinds for some of the classes that have one; components, notionals, deferral beside them."""
    reads_dues = "interest_due" in str(raw["fee"])
    for n, tranche in enumerate(raw["tranche"]):
        if "coupon" not in tranche:
            continue
        tranche["day_count"] = rnd.choice(DAY_COUNTS)
        if rnd.random() < 0.6:
            earlier = [t["name"] for t in raw["tranche"][:n] if "coupon" in t]
            tranche["coupon"] = coupon(rnd, raw, [] if reads_dues else earlier, net=not reads_dues)
        if rnd.random() < 0.2:
            parts = ("senior", "junior-2")[: rnd.randint(1, 2)]
            tranche["component"] = [{"name": part, "coupon": coupon(rnd, raw, [], net=not reads_dues)} for part in parts]
            if rnd.random() < 0.3 and "unpaid_interest" not in tranche:
                del tranche["coupon"]
        if rnd.random() < 0.15:
            bases = (
                "0.5 * pool.balance",
                "tranche.A.balance - 0.2 * tranche.A.initial_balance",
                "notes.balance / 3",
                9e4,
            )
            tranche["interest_on"] = rnd.choice(bases)
        if rnd.random() < 0.15:
            tranche["deferrable"] = True


def coupon(rnd: Random, raw: Table, earlier: list[str], *, net: bool) -> Any:
    """A coupon: fixed, floating, stepped or by formula."""
    match rnd.choice(("fixed", "floating", "floating", "floating", "steps", "formula", "formula")):
        case "fixed":
            return rnd.choice((0.0, 0.02, 0.08))
        case "floating":
            return floating(rnd, raw)
        case "steps":
            return {"steps": dated(rnd, starts(raw) - dt.timedelta(days=rnd.choice((0, 9))), 0, 90)}
        case _:
            return by_formula(rnd, earlier, net=net)


def floating(rnd: Random, raw: Table) -> Table:
    """An index with any of its terms."""
    terms: Table = {"index": rnd.choice(("I1", "I-2"))}
    if rnd.random() < 0.7:
        first = starts(raw) - dt.timedelta(days=rnd.choice((0, 3)))
        terms["margin"] = rnd.choice((0.01, -0.005, {"steps": dated(rnd, first, -10, 40)}))
    if rnd.random() < 0.3:
        terms["multiplier"] = rnd.choice((0.5, 1.3, -1.0, -2.0))
    if rnd.random() < 0.4:
        terms["floor"] = rnd.choice((0.01, 0.03))
    if rnd.random() < 0.5:
        terms |= {"cap": rnd.choice((0.03, 0.04, 0.06)), "carry_over": rnd.random() < 0.7}
    listed = sorted(starts(raw) + dt.timedelta(days=n) for n in rnd.sample(range(-60, 700), rnd.randint(1, 4)))
    return terms | {"reset": rnd.choice(("payment", "arrears", "arrears", rnd.choice((1, 2, 3, 5, 12)), listed))}


def by_formula(rnd: Random, earlier: list[str], *, net: bool) -> Table:
    """A formula, perhaps the lesser of two with what that takes carried over."""
    parts = ["0.06", "index.I1 + 0.03", "index.I-2 * 2", "0.08 * pool.factor", "0.02 * period", "if(months > 6, 0.09, 0.03)"]
    parts += ["pool.net_rate", "average(pool.net_rate, 2)"] * net
    parts += [f"tranche.{name}.coupon + 0.01" for name in earlier]
    first, cap = rnd.sample(parts, 2)
    terms: Table = {"formula": first}
    if rnd.random() < 0.7:
        terms = {"formula": f"min({first}, {cap})", "carry_over": rnd.random() < 0.7}
    return terms | ({"floor": 0.01} if rnd.random() < 0.3 else {})


def lines(tranche: Table) -> list[str]:
    """The lines of interest of a class, by the names that steps pay."""
    named = {tranche["name"]: tranche["coupon"]} if "coupon" in tranche else {}
    named |= {f"{tranche['name']}.{part['name']}": part["coupon"] for part in tranche.get("component", ())}
    carried = [f"{line}.carry_over" for line, terms in named.items() if isinstance(terms, dict) and terms.get("carry_over")]
    return [*named, *carried]
