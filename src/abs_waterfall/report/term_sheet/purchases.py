"""The sheet Purchases: what a plan that revolves may buy, and what it bought on each date. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.deal.revolving import Revolving, YieldPrice
from abs_waterfall.pool.report import Criterion
from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.report.words import limit_terms, said
from abs_waterfall.result import Result
from abs_waterfall.waterfall.cashflows import LimitFlows, PurchaseFlows

FLOWS = {
    "bought": "Balance bought",
    "cost": "Cash paid",
    "idle_cash": "Idle cash",
    "shortfall": "Balance not bought",
}


def write_purchases(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """Terms, then purchases by date; no sheet for a deal that does not revolve."""
    terms, flows = result.deal.revolving, result.flows.purchases
    if terms is None or flows is None:
        return
    note = "Purchases between two dates stand on the later one. Idle cash and the balance not bought are of the last purchase."
    sheet = book.sheet("Purchases", "Revolving period and purchases", note)
    write_terms(sheet, terms, result.purchase_criteria)
    columns: list[tuple[str, Kind]] = [(title, "money") for title in FLOWS.values()]
    stack = Stack(
        ("Scenario", "text"), ("Period", "integer"), ("Date", "date"), ("Open", "text"), *columns, ("Price", "percent"),
        ("Pool balance", "money"),
    )  # fmt: skip
    for s in scenarios:
        add_dates(stack, result, flows, s)
    stack.write(sheet, frozen=3)
    if flows.limits:
        write_limits(book, result, flows, scenarios)


def write_limits(book: Book, result: Result, flows: PurchaseFlows, scenarios: Sequence[int]) -> None:
    """The sheet Limits: where the pool stands to each limit after each date."""
    note = "Headroom is to the limit, below 0 past it. Cut is the balance that it kept from being bought since the last date."
    sheet = book.sheet("Limits", "Limits on purchases", note)
    stack = Stack(
        ("Scenario", "text"), ("Limit", "text"), ("Period", "integer"), ("Date", "date"), ("Share or rate", "rate"),
        ("Headroom", "rate"), ("Term or score", "figure"), ("Headroom", "figure"), ("Cut", "money"), ("Largest", "text"),
    )  # fmt: skip
    for s in scenarios:
        dates, name = dates_run(result, s), result.scenarios[s]
        for limit in flows.limits:
            largest = [limit.names[i] if i >= 0 else None for i in limit.largest[s, :dates].tolist()]
            stack.block(
                [name] * dates, [limit_terms(limit.limit)] * dates, list(range(1, dates + 1)), list(result.flows.dates[:dates]),
                *value_columns(limit, s, dates), limit.cut[s, :dates].tolist(), largest,
            )  # fmt: skip
    stack.write(sheet, frozen=4)


def value_columns(limit: LimitFlows, s: int, dates: int) -> list[list[Cell]]:
    """Value and headroom, in the columns of shares and rates or in those of terms and scores."""
    both = [figures(limit.value[s, :dates]), figures(limit.headroom[s, :dates])]
    empty: list[list[Cell]] = [[None] * dates] * 2
    return both + empty if limit.limit.measure in (None, "weighted_annual_rate") else empty + both


def figures(values: Floats) -> list[Cell]:
    """Figures, empty where there is none."""
    return [float(value) if np.isfinite(value) else None for value in values]


def write_terms(sheet: Sheet, terms: Revolving, criteria: Sequence[Criterion]) -> None:
    """What is agreed."""
    period = f"until {terms.until}" if terms.until else f"{terms.months} months from closing"
    bought = f"{len(terms.line)} lines of its own" if terms.line else "the pool's mix at its original terms"
    every = f"monthly from {terms.source}, {said(terms.retain)} retained" if terms.purchases == "monthly" else "on payment dates"
    supply = "by month" if isinstance(terms.supply, list) else said(terms.supply)
    pairs: list[tuple[str, Kind, Cell, bool]] = [
        ("Period", "text", f"{period}; then {terms.then}", True),
        ("Purchases", "text", every, True),
        ("What is bought", "text", bought, True),
        ("Price", "text", price_terms(terms), True),
        ("Supply", "text", supply, True),
        ("Eligibility", "text", "; ".join(criterion_terms(criterion) for criterion in criteria) or "none", True),
        ("Limits", "text", "; ".join(limit_terms(limit) for limit in terms.limit) or "none", True),
    ]
    sheet.pairs(pairs)
    sheet.row += 1


def criterion_terms(criterion: Criterion) -> str:
    """A criterion, and what it left out."""
    left = f" (left out: {criterion.excluded_loans:,} of what may be bought)" if criterion.excluded_loans else ""
    return criterion.formula + left


def price_terms(terms: Revolving) -> str:
    """What is paid for 1 of balance."""
    if isinstance(terms.price, YieldPrice):
        return f"to yield {terms.price.yield_:.4%} a year on the contractual payments"
    return said(terms.price)


def add_dates(stack: Stack, result: Result, flows: PurchaseFlows, s: int) -> None:
    """One scenario's dates and their totals."""
    dates, name = dates_run(result, s), result.scenarios[s]
    columns = {flow: getattr(flows, flow)[s, :dates] for flow in FLOWS}
    bought, cost = columns["bought"], columns["cost"]
    price: list[Cell] = [float(paid / got) if got > 0 else None for paid, got in zip(cost, bought, strict=True)]
    totals: list[Cell] = [float(np.sum(columns[flow])) if flow in ("bought", "cost") else None for flow in FLOWS]
    stack.block(
        name, result.flows.numbers(dates), list(result.flows.dates[:dates]),
        ["yes" if open_ else "no" for open_ in flows.active[s, :dates]], *(column.tolist() for column in columns.values()), price,
        result.flows.pool_balance[s, :dates].tolist(),
        total=[name, None, "Total", None, *totals, None, None],
    )  # fmt: skip
