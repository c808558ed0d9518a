"""Loans that a deal holds and those it may buy: what is assumed of them, what they pay, what they say of themselves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from reference import formulas
from reference.loans import project_each
from reference.revolving import at_original_terms
from reference.waterfall.state import Table

MULTIPLIED = ("prepayment", "default", "payment", "draw", "yield")
QUOTED = ("by", "timing", "stop")
SAID_OF_LOANS = {"annual_rate": 0.0, "original_balance": 0.0, "fee_on_prepayment": False, "age": 0}
LEAST = 1e-12  # of a limit: a mean that is past it by less meets it


@dataclass
class Holding:
    """Loans alike that came in at the end of a month."""

    loan: Table
    month: int  # 0 for the pool's own
    amount: float
    closing: list[float]  # by month after that one

    def balance(self, month: int) -> float:
        """What is outstanding at a month's end; all of it before it was there."""
        later = month - self.month
        return self.amount if later <= 0 else self.closing[later - 1] if later <= len(self.closing) else 0.0

    def says(self, column: str) -> Any:
        """The value of a column."""
        return self.loan.get(column, self.loan.get("attributes", {}).get(column, 0.0))

    def measure(self, of: str, month: int) -> float:
        """What a mean is of; a term falls month by month from when the loan came in."""
        if of == "weighted_remaining_term":
            return float(self.loan["remaining_term"] - max(0, month - self.month))
        return float(self.loan.get(of.removeprefix("weighted_"), 0.0))


def assumed_of(assumptions: Table, said: Table, names: list[str]) -> dict[str, Table]:
    """What a scenario assumes of each segment, as quoted times its multipliers, 100 % at the most (but for draws of payments)."""
    default = {"prepayment": {"smm": 0.0}, "default": {"mdr": 0.0}, "recovery": {"rate": 0.0}}
    table = default | {key: value for key, value in assumptions.items() if key in (*MULTIPLIED, "recovery")}
    for what in MULTIPLIED:
        if what in table:
            table[what] = times(table[what], said.get(f"{what}_multiplier", 1.0))
    table["recovery"] = {"lag": 0, "timing": [1.0]} | table["recovery"]
    return dict.fromkeys(names, table)


def times(quoted: Table, factor: float) -> Table:
    """A quoted speed times a factor."""
    most = float("inf") if "of_payments" in quoted else 1.0

    def product(value: Any) -> Any:
        return [min(most, factor * each) for each in value] if isinstance(value, list) else min(most, factor * value)

    return {key: value if key in QUOTED else product(value) for key, value in quoted.items()}


def pool_flows(deal: Table, said: Table) -> list[tuple[Holding, dict[str, list[float]]]]:
    """Each loan of the pool and what it pays in a scenario."""
    loans = [SAID_OF_LOANS | line for line in deal["pool"]["line"]]
    assumptions = deal.get("assumptions", {})
    assumed = assumed_of(assumptions, said, [loan["segment"] for loan in loans])
    flows = project_each(
        loans,
        assumed,
        deal["dates"]["cutoff"],
        deal["pool"].get("interest_basis", "30/360"),
        assumptions.get("order", "survivors"),
        assumptions.get("speed_basis", "months"),
    )
    return [(Holding(loan, 0, loan["balance"], own["closing_balance"]), own) for loan, own in zip(loans, flows, strict=True)]


def to_buy(deal: Table) -> list[Table]:
    """The lines whose mix is bought: the plan's, or the pool's loans at their original terms; those that are eligible then."""
    terms = deal["revolving"]
    lines = terms.get("line") or [at_original_terms(SAID_OF_LOANS | line) for line in deal["pool"]["line"]]
    criteria = terms.get("eligibility", deal["pool"].get("eligibility", ()))
    return [line for line in lines if all(meets(line, criterion) for criterion in criteria)]


def meets(line: Table, criterion: str) -> bool:
    """Whether a line meets a criterion."""

    def no_dates(_: formulas.Tree) -> None:
        raise AssertionError(criterion)

    return bool(formulas.value(formulas.read(criterion), (SAID_OF_LOANS | line).__getitem__, no_dates))


class Vintages:
    """What the lines of a mix pay, by the month they are bought in; the loans of a segment leave at the rates of the mix."""

    def __init__(self, deal: Table, said: Table) -> None:
        self.deal, self.said, self.lines = deal, said, to_buy(deal)
        self.assumptions = deal["revolving"].get("assumptions", deal.get("assumptions", {}))
        self.known: dict[Any, list[dict[str, list[float]]]] = {}

    def flows(self, month: int, shares: list[float], *, contractual: bool = False) -> list[dict[str, list[float]]]:
        """The flows of each line of 1 bought at the end of a month, from the next on; contractual where no loan leaves."""
        key = (month, tuple(shares), contractual)
        if key not in self.known:
            self.known[key] = self.projected(month, shares, {} if contractual else self.assumptions)
        return self.known[key]

    def projected(self, month: int, shares: list[float], assumptions: Table) -> list[dict[str, list[float]]]:
        """The same, loan by loan; a cumulative default is of what is bought, from the month after."""
        loans = [waiting(line, share, month) for line, share in zip(self.lines, shares, strict=True)]
        there = [loan for loan in loans if loan["balance"] > 0]
        assumed = assumed_of(assumptions, self.said, [loan["segment"] for loan in there])
        assumed = {name: later(table, month) for name, table in assumed.items()}
        basis = self.deal["pool"].get("interest_basis", "30/360")
        terms = (assumptions.get("order", "survivors"), assumptions.get("speed_basis", "months"))
        flows = iter(project_each(there, assumed, self.deal["dates"]["cutoff"], basis, *terms))
        of_each = [next(flows) if loan["balance"] > 0 else {} for loan in loans]
        return [{name: amounts[month:] for name, amounts in own.items()} for own in of_each]


def waiting(line: Table, balance: float, month: int) -> Table:
    """A line as a loan that waits until a month has ended."""
    return SAID_OF_LOANS | line | {"balance": balance, "original_balance": balance, "months_before_cutoff": -month}


def later(assumed: Table, month: int) -> Table:
    """Assumptions whose cumulative default begins after a month."""
    default = assumed["default"]
    if "cumulative" not in default:
        return assumed
    return assumed | {"default": default | {"timing": [0.0] * month + default.get("timing", [1.0])}}
