"""Loans, held or to be bought, and what is assumed of them."""

from __future__ import annotations

from random import Random
from typing import Any

Table = dict[str, Any]
WITH_A_SCHEDULE = ("level_pay", "equal_principal", "interest_only", "bullet", "flat_fee")
SEGMENTS = ("36/A", "60", "new")


def loan(rnd: Random, *, lines: bool) -> Table:
    """Loans of a few months, or revolving lines, with all that limits and criteria look at."""
    kind = rnd.choice((*WITH_A_SCHEDULE, *("revolving_line",) * (2 * lines)))
    rate = {"fee_rate": 0.01, "annual_rate": 0.0} if kind == "flat_fee" else {"annual_rate": rnd.choice((0.0, 0.1, 0.1, 0.24))}
    said = {"score": rnd.choice((600.0, 650.0, 700.0)), "attributes": {"province": rnd.choice(("Zhejiang", "北京", "3"))}}
    return {"remaining_term": rnd.randint(2, 9), "segment": rnd.choice(SEGMENTS), "amortization": kind} | rate | said


def held(rnd: Random, balance: float) -> list[Table]:
    """The loans of a pool, of the two segments that formulas name and perhaps a third."""
    lines = rnd.random() < 0.3
    loans = [loan(rnd, lines=lines) for _ in range(rnd.randint(2, 4))]
    loans[0]["segment"], loans[1]["segment"] = SEGMENTS[:2]
    weights = [rnd.randint(1, 5) for _ in loans]
    for each, weight in zip(loans, weights, strict=True):
        each |= {"balance": balance * weight / sum(weights), "age": rnd.choice((0, 0, 3)), "remaining_term": rnd.randint(2, 20)}
        if each["amortization"] == "flat_fee":
            each["original_balance"] = 1.5 * each["balance"]
    return loans


def holds_lines(loans: list[Table]) -> bool:
    """Whether any loan is a revolving line."""
    return any(each.get("amortization") == "revolving_line" for each in loans)


def assumptions(rnd: Random, *, lines: bool) -> Table:
    """Speeds and losses, by age, by period or once; payment rates where there are lines."""
    by_period = {"mdr": [0.0, 0.021, 0.011], "by": "period"}  # at no multiplier what a trigger compares with
    default = ({"cdr": 0.0}, {"cdr": 0.1}, by_period, {"cumulative": 0.053, "timing": [0.5, 0.5]})
    prepayment = ({"cpr": 0.0}, {"cpr": 0.3}, {"smm": [0.0, 0.05], "by": "age"})
    table: Table = {
        "default": rnd.choice(default),
        "prepayment": rnd.choice(prepayment),
        "recovery": {"rate": rnd.choice((0.0, 0.4)), "lag": rnd.choice((0, 2))},
        "speed_basis": rnd.choice(("months", "days")),
    }
    if lines:
        table["payment"] = rnd.choice(({"mpr": 0.2}, {"mpr": [0.1, 0.3, 0.2], "by": "period"}))
        if rnd.random() < 0.5:
            table["yield"] = rnd.choice(({"annual_rate": 0.2}, {"annual_rate": [0.1, 0.3], "by": "age"}))
    return table


def draws(rnd: Random) -> Table:
    """What is drawn again on lines."""
    return rnd.choice(({"of_payments": 0.9}, {"of_payments": [1.2, 0.5], "by": "period"}, {"monthly_rate": 0.15, "stop": 3}))


def limits(rnd: Random) -> list[Table]:
    """One to four limits of any kind."""
    return [limit(rnd) for _ in range(rnd.randint(1, 4))]


def limit(rnd: Random) -> Table:
    """A largest share, or bounds of a mean."""
    if rnd.random() < 0.4:
        by = rnd.choice(("segment", "segment", "province", "province", "annual_rate", "amortization"))
        return {"by": by, "max_share": rnd.choice((0.3, 0.45, 0.55, 0.7, 0.9))}
    measure, least, most = rnd.choice(
        (
            ("weighted_annual_rate", (0.05, 0.1, 0.12), (0.12, 0.15, 0.2)),
            ("weighted_remaining_term", (4.0, 6.0, 7.0), (7.0, 7.5, 9.0)),
            ("weighted_score", (625.0, 640.0, 650.0), (650.0, 660.0, 680.0)),
        )
    )
    bounds = rnd.choice(
        ({"min": rnd.choice(least)}, {"max": rnd.choice(most)}, {"min": rnd.choice(least), "max": rnd.choice(most)})
    )
    return {"measure": measure} | bounds
