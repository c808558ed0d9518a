"""Plans that revolve: when, from what, at what price, of what supply and within what limits they buy."""

from __future__ import annotations

import datetime as dt
from random import Random
from typing import Any

from reference.waterfall.holdings import meets
from waterfall.made_deals.loans import assumptions, holds_lines, limits, loan

Table = dict[str, Any]
CRITERIA = ("annual_rate <= 0.2", "score >= 640 and remaining_term > 2", "not (remaining_term > 6)")


def plan(rnd: Random, raw: Table, balance: float, modes: tuple[str, ...]) -> Table:
    """A plan that may revolve for some months, on payment dates or monthly."""
    has_loans = "assumptions" in raw
    table: Table = {"then": rnd.choice(modes[1:]), "cumulative_base": rnd.choice(("bought", "initial"))}
    table |= until(rnd, raw["dates"]["closing"])
    if has_loans and rnd.random() < 0.25:
        table["profile"] = "pool"
        lines = holds_lines(raw["pool"]["line"])
    else:
        lines = rnd.random() < 0.3
        table["line"] = [line(rnd, balance, lines=lines) for _ in range(rnd.randint(1, 3))]
    if not has_loans or rnd.random() < 0.6:
        table["assumptions"] = assumptions(rnd, lines=lines)
    yields = () if lines else ({"yield": 0.12},)
    table["price"] = rnd.choice((1.0, 0.97, 1.05, *yields, "if(pool.factor > 0.7, 0.99, 0.95)"))
    table["supply"] = supply(rnd, table, balance)
    if has_loans and rnd.random() < 0.9:
        table["limit"] = limits(rnd)
    if "line" in table and rnd.random() < 0.3:
        criteria = [criterion for criterion in CRITERIA if any(meets(line, criterion) for line in table["line"])]
        table["eligibility"] = criteria[:1]
    return table | (monthly(rnd, raw, balance) if rnd.random() < 0.5 else {})


def until(rnd: Random, closing: dt.date) -> Table:
    """How long it may buy."""
    return rnd.choice(({"months": rnd.randint(2, 14)}, {"until": closing + dt.timedelta(days=rnd.randint(40, 420))}))


def line(rnd: Random, balance: float, *, lines: bool) -> Table:
    """Loans that are always for sale, or in amounts by month."""
    made = loan(rnd, lines=lines)
    if rnd.random() < 0.3:
        return made | {
            "by_month": [0.03 * balance, *(rnd.choice((0.0, 0.01, 0.05)) * balance for _ in range(rnd.choice((2, 15))))]
        }
    return made | {"balance": rnd.choice((0.01, 0.03)) * balance}


def supply(rnd: Random, table: Table, balance: float) -> Any:
    """What the originator has to sell."""
    lines = ("lines",) * ("line" in table)
    by_month = [rnd.choice((0.0, 0.02, 0.1)) * balance for _ in range(20)]
    return rnd.choice(("unlimited", "0.06 * pool.balance", by_month, *lines))


def monthly(rnd: Random, raw: Table, balance: float) -> Table:
    """Purchases between payment dates, from a fund or an account."""
    retained = rnd.choice((0.0, 0.01 * balance, "0.02 * notes.balance"))
    accounts = [account["name"] for account in raw["account"]]
    return {"purchases": "monthly", "from": rnd.choice(("principal", "interest", *accounts)), "retain": retained}
