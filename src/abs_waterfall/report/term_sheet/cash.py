"""The sheets Collateral and Tranches: every month and every payment date, scenario by scenario. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.report.chosen import dates_run, months_run
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.columns import Block
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.report.words import interest_terms
from abs_waterfall.result import Result

COLLATERAL = {
    "opening_balance": "Opening balance",
    "interest": "Interest",
    "scheduled_principal": "Scheduled principal",
    "prepayment": "Prepayment",
    "default": "Default",
    "recovery": "Recovery",
    "loss": "Net loss",
    "closing_balance": "Closing balance",
}
ADVANCES = {"advanced_interest": "Advanced interest", "advanced_principal": "Advanced principal"}
SELDOM = {
    "prepayment_penalty": "Prepayment penalties",
    "capitalised": "Interest capitalised",
    "delinquent_30": "30+ days past due",
    "delinquent_60": "60+ days past due",
    "delinquent_90": "90+ days past due",
}
CENT = 0.005
BALANCES = ("opening_balance", "closing_balance", "delinquent_30", "delinquent_60", "delinquent_90")


def write_collateral(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """Flows of the pool by month."""
    advances = ADVANCES if result.deal.assumptions.advances else {}
    bought = {"purchased": "Purchased"} if result.flows.purchases else {}
    drawn = {"drawn": "Drawn"} if result.collateral.drawn.any() else {}
    flows = COLLATERAL | advances | bought | drawn | {flow: SELDOM[flow] for flow in result.collateral.seldom}
    rates: tuple[tuple[str, Kind], ...] = (
        ("Pool factor", "percent"),
        ("Cumulative default", "percent"),
        ("Cumulative net loss", "percent"),
    )
    money: list[tuple[str, Kind]] = [(title, "money") for title in flows.values()]
    stack = Stack(("Scenario", "text"), ("Month", "integer"), ("Month end", "date"), *money, *rates)
    for s in scenarios:
        add_months(stack, result, s, tuple(flows))
    note = (
        "By month from cut-off, to maturity of the loans. Factor and cumulative rates are shares of the pool's initial balance"
        + (
            ", and of what was bought to date."
            if result.deal.revolving is not None and result.deal.revolving.cumulative_base == "bought"
            else "."
        )
    )
    stack.write(book.sheet("Collateral", "Collateral cash flows", note), frozen=3)


def add_months(stack: Stack, result: Result, s: int, flows: Sequence[str]) -> None:
    """One scenario's months and their totals."""
    pool, months = result.collateral, months_run(result.collateral, s)
    columns = {flow: getattr(pool, flow)[s, :months] for flow in flows}
    settings = result.deal.pool
    initial = base_by_month(result, s, months)
    defaulted = (settings.cumulative_default + np.cumsum(columns["default"])) / initial
    lost = (settings.cumulative_loss + np.cumsum(columns["loss"])) / initial
    rates = [rate.tolist() for rate in (columns["closing_balance"] / initial, defaulted, lost)]
    totals: list[Cell] = [None if flow in BALANCES else float(columns[flow].sum()) for flow in flows]
    name = result.scenarios[s]
    stack.block(
        name, list(range(1, months + 1)), list(pool.dates[:months]), *(column.tolist() for column in columns.values()), *rates,
        total=[name, None, "Total", *totals, None, rates[1][-1] if months else None, rates[2][-1] if months else None],
    )  # fmt: skip


def base_by_month(result: Result, s: int, months: int) -> Floats:
    """What factors and cumulative rates are over: the initial balance, and what was bought to date where the deal says so."""
    initial = result.deal.pool.initial_balance or result.pool.eligible.balance
    terms = result.deal.revolving
    if terms is None or terms.cumulative_base == "initial":
        return np.full(months, initial)
    return np.asarray(initial + np.cumsum(result.collateral.purchased[s, :months]))


@dataclass(frozen=True, slots=True)
class TrancheRows:
    """Where the rows of each class of the first scenario stand, for charts and named ranges."""

    block: Block
    first: dict[str, int]  # by class, counted within the block
    rows: dict[str, int]  # how many

    @property
    def longest(self) -> str:
        """The class with the most rows: its dates hold those of every other."""
        return max(self.rows, key=lambda name: self.rows[name])

    def reference(self, tranche: str, title: str) -> str:
        """The reference of a class's column."""
        first = self.first[tranche]
        return self.block.reference(title, first, first + self.rows[tranche] - 1)


def tranche_columns(result: Result) -> dict[str, str]:
    """The flows worth a column: those that most deals lack only where there are any."""
    tranches = result.flows.tranches.values()
    columns = {
        "opening_balance": "Opening balance",
        "coupon": "Coupon",
        "interest_accrued": "Interest accrued",
        "interest_on_shortfall": "Interest on shortfall",
        "interest_due": "Interest due",
        "interest": "Interest paid",
        "accreted": "Added to balance",
        "interest_shortfall": "Interest shortfall",
        "principal": "Principal paid",
        "write_down": "Write-down",
        "write_up": "Write-up",
        "residual": "Residual paid",
    }
    seldom = ("interest_on_shortfall", "accreted", "write_down", "write_up", "residual")
    empty = [] if any(interest_terms(tranche) for tranche in result.deal.tranche) else ["coupon"]
    empty += [flow for flow in seldom if not any(getattr(tranche, flow).any() for tranche in tranches)]
    return {flow: title for flow, title in columns.items() if flow not in empty}


def write_tranches(book: Book, result: Result, scenarios: Sequence[int]) -> TrancheRows:
    """Flows of every class by payment date."""
    flows = tranche_columns(result)
    money: list[tuple[str, Kind]] = [(title, "rate" if flow == "coupon" else "money") for flow, title in flows.items()]
    money += [("Total paid", "money"), ("Closing balance", "money")]
    stack = Stack(("Scenario", "text"), ("Class", "text"), ("Period", "integer"), ("Date", "date"), *money, ("Factor", "percent"))
    first = {}
    for s in scenarios:
        for name in result.flows.tranches:
            first[s, name] = add_tranche(stack, result, s, name, tuple(flows))
    note = "To the last date a class is owed anything. Interest due holds arrears; the shortfall stays unpaid after the date."
    block = stack.write(book.sheet("Tranches", "Cash flows by class", note), frozen=4)
    shown, classes = scenarios[0], result.flows.tranches
    rows = {name: rows_shown(result, name, shown) for name in classes}
    return TrancheRows(block, {name: first[shown, name] for name in classes}, rows)


def rows_shown(result: Result, name: str, s: int) -> int:
    """Payment dates up to the last on which a class has a balance or is owed or paid anything."""
    dates, tranche = dates_run(result, s), result.flows.tranches[name]
    alive = tranche.opening_balance[s, :dates] + tranche.interest_due[s, :dates] + tranche.residual[s, :dates] > CENT
    return int(alive.nonzero()[0][-1]) + 1 if alive.any() else 1


def add_tranche(stack: Stack, result: Result, s: int, name: str, flows: Sequence[str]) -> int:
    """One class in one scenario, and its totals."""
    dates, tranche = rows_shown(result, name, s), result.flows.tranches[name]
    columns: dict[str, Floats] = {flow: getattr(tranche, flow)[s, :dates] for flow in flows}
    closing = tranche.closing_balance[s, :dates]
    paid = tranche.interest[s, :dates] + tranche.principal[s, :dates] + tranche.residual[s, :dates]
    initial = float(result.originals(name)[s])
    factor: Cell | list[Cell] = (closing / initial).tolist() if initial else None
    summed = (
        "interest_accrued",
        "interest_on_shortfall",
        "interest",
        "accreted",
        "principal",
        "write_down",
        "write_up",
        "residual",
    )
    totals: list[Cell] = [float(columns[flow].sum()) if flow in summed else None for flow in flows]
    scenario = result.scenarios[s]
    return stack.block(
        scenario, name, result.flows.numbers(dates), list(result.flows.dates[:dates]),
        *(column.tolist() for column in columns.values()), paid.tolist(), closing.tolist(), factor,
        total=[scenario, name, None, "Total", *totals, float(paid.sum()), None, None],
    )  # fmt: skip
