"""Plans that revolve: what they buy, and what 1 of it pays."""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from random import Random
from typing import Any

from reference.loans import project
from waterfall.made_deals.pool import FLOWS

Table = dict[str, Any]
LOANS = (
    {"amortization": "level_pay"},
    {"amortization": "equal_principal"},
    {"amortization": "interest_only"},
    {"amortization": "bullet"},
    {"amortization": "flat_fee"},
)


def plan(rnd: Random, balance: float, closing: dt.date, modes: tuple[str, ...]) -> Table:
    """A plan that may revolve for some months, on payment dates or monthly."""
    table: Table = {
        "then": rnd.choice(modes[1:]),
        "price": rnd.choice((1.0, 0.97, 1.05, {"yield": 0.12}, "if(pool.factor > 0.7, 0.99, 0.95)")),
        "supply": rnd.choice(("unlimited", "0.06 * pool.balance", [rnd.choice((0.0, 0.02, 0.1)) * balance for _ in range(20)])),
        "cumulative_base": rnd.choice(("bought", "initial")),
        "line": [line(rnd) for _ in range(rnd.randint(1, 3))],
        "assumptions": assumptions(rnd),
    }
    table |= rnd.choice(({"months": rnd.randint(2, 14)}, {"until": closing + dt.timedelta(days=rnd.randint(40, 420))}))
    if rnd.random() < 0.4:
        retained = rnd.choice((0.0, 0.01 * balance, "0.02 * notes.balance"))
        table |= {"purchases": "monthly", "from": rnd.choice(("principal", "interest")), "retain": retained}
    return table


def line(rnd: Random) -> Table:
    """Loans of a few months."""
    table = {"balance": rnd.choice((1.0, 3.0)), "remaining_term": rnd.randint(2, 9), "segment": rnd.choice(("36/A", "60", "new"))}
    kind = rnd.choice(LOANS)
    rate = {"fee_rate": 0.01} if kind["amortization"] == "flat_fee" else {"annual_rate": rnd.choice((0.0, 0.1, 0.24))}
    return table | kind | rate


def assumptions(rnd: Random) -> Table:
    """Speeds and losses of what is bought, by age, by period or once."""
    default = ({"cdr": 0.0}, {"cdr": 0.1}, {"mdr": [0.0, 0.02, 0.01], "by": "period"}, {"cumulative": 0.05, "timing": [0.5, 0.5]})
    prepayment = ({"cpr": 0.0}, {"cpr": 0.3}, {"smm": [0.0, 0.05], "by": "age"})
    return {
        "default": rnd.choice(default),
        "prepayment": rnd.choice(prepayment),
        "recovery": {"rate": rnd.choice((0.0, 0.4)), "lag": rnd.choice((0, 2))},
        "speed_basis": rnd.choice(("months", "days")),
    }


def units(raw: Table, said: Table) -> Callable[[int], list[Table]]:
    """What 1 of each segment of the lines pays in a scenario, by the month it is bought in: projected loan by loan."""
    lines, assumed = raw["revolving"]["line"], multiplied(raw["revolving"]["assumptions"], said)
    whole = sum(line["balance"] for line in lines)
    segments = {line["segment"]: [other for other in lines if other["segment"] == line["segment"]] for line in lines}

    @functools.cache
    def in_month(month: int) -> list[Table]:
        shares = {name: sum(line["balance"] for line in held) for name, held in segments.items()}
        return [
            {
                "share": shares[name] / whole,
                "segment": name,
                "flows": paid(raw, held, shares[name], assumed, month),
                "contractual": contractual(raw, held, shares[name], assumed, month),
            }
            for name, held in segments.items()
        ]

    return in_month


def contractual(raw: Table, lines: list[Table], whole: float, assumed: Table, month: int) -> list[float]:
    """What 1 of some lines pays if no loan leaves."""
    flows = paid(raw, lines, whole, assumed | {"default": {"cdr": 0.0}, "prepayment": {"cpr": 0.0}}, month)
    return [sum(pair) for pair in zip(flows["interest"], flows["scheduled_principal"], strict=True)]


def paid(raw: Table, lines: list[Table], whole: float, assumed: Table, month: int) -> dict[str, list[float]]:
    """The flows of 1 of some lines from the month after the one they are bought in."""
    default, recovery = assumed["default"], assumed["recovery"] | {"timing": [1.0]}
    if "cumulative" in default:
        default = default | {"timing": [0.0] * month + default["timing"]}
    loans = [loan(line, line["balance"] / whole, month) for line in lines]
    both = {"default": default, "prepayment": assumed["prepayment"], "recovery": recovery}
    basis = raw["pool"].get("interest_basis", "30/360")
    flows = project(loans, {"bought": both}, raw["dates"]["cutoff"], basis, "survivors", assumed["speed_basis"])
    after = {name: flows[name][month:] for name in FLOWS if name != "opening_balance"}
    return after | {"opening_balance": [1.0, *after["closing_balance"][:-1]]}


def loan(line: Table, balance: float, month: int) -> Table:
    """A line as a loan that waits until a month has ended."""
    made = {"balance": balance, "original_balance": balance, "age": 0, "months_before_cutoff": -month, "segment": "bought"}
    return {"annual_rate": 0.0, "fee_on_prepayment": False} | line | made


def multiplied(assumed: Table, said: Table) -> Table:
    """Speeds as quoted, times a scenario's multipliers, 100 % at the most."""
    return assumed | {what: times(assumed[what], said.get(f"{what}_multiplier", 1.0)) for what in ("default", "prepayment")}


def times(quoted: Table, factor: float) -> Table:
    """A quoted speed times a factor."""

    def product(value: Any) -> Any:
        return [min(1.0, factor * each) for each in value] if isinstance(value, list) else min(1.0, factor * value)

    return {key: value if key in ("by", "timing") else product(value) for key, value in quoted.items()}
