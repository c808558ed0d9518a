"""The sheets Facilities, Hedges and Ledgers, date by date. Only where the deal has any.

Amounts in currency units; one block a scenario and thing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.result import Result

LEDGER = {"opening_balance": "Opening balance", "debited": "Debited", "cured": "Cured", "closing_balance": "Closing balance"}
FACILITY = {
    "opening_balance": "Opening balance",
    "drawn": "Drawn",
    "repaid": "Repaid",
    "closing_balance": "Closing balance",
    "undrawn": "Undrawn",
    "due": "Costs due",
    "paid": "Costs paid",
    "unpaid": "Costs unpaid",
}
HEDGE = {"net": "Net to the deal", "received": "Received", "paid": "Paid", "not_received": "Not received", "unpaid": "Unpaid"}
SUMMED = ("debited", "cured", "drawn", "repaid", "paid", "net", "received")
FACILITY_NOTE = "Cash drawn is cash in; costs are interest on what is drawn and the fee on what is not."
HEDGE_NOTE = "The net of each date, fixed from balances after the last date; what is not settled is carried."
LEDGER_NOTE = "What was debited and is not cured; debits move no cash, cures move as much from one fund to another."


def write_support(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """A sheet for each kind of thing that the deal has."""
    flows = result.flows
    write_flows(book, result, scenarios, ("Facilities", "Facility", FACILITY_NOTE), flows.facilities, FACILITY)
    write_flows(book, result, scenarios, ("Hedges", "Hedge", HEDGE_NOTE), flows.hedges, HEDGE)
    write_flows(book, result, scenarios, ("Ledgers", "Ledger", LEDGER_NOTE), flows.ledgers, LEDGER)


def write_flows(
    book: Book,
    result: Result,
    scenarios: Sequence[int],
    words: tuple[str, str, str],
    things: Mapping[str, Any],
    columns: Mapping[str, str],
) -> None:
    """A sheet with a block a scenario and thing; `words` are its title, what one thing is called, and its note."""
    if not things:
        return
    title, one, note = words
    money: list[tuple[str, Kind]] = [(column, "money") for column in columns.values()]
    stack = Stack(("Scenario", "text"), (one, "text"), ("Period", "integer"), ("Date", "date"), *money)
    for s in scenarios:
        dates = dates_run(result, s)
        for name, thing in things.items():
            flows = {key: getattr(thing, key)[s, :dates] for key in columns}
            totals: list[Cell] = [float(flow.sum()) if key in SUMMED else None for key, flow in flows.items()]
            stack.block(
                result.scenarios[s], name, result.flows.numbers(dates), list(result.flows.dates[:dates]),
                *(flow.tolist() for flow in flows.values()),
                total=[result.scenarios[s], name, None, "Total", *totals],
            )  # fmt: skip
    stack.write(book.sheet(title, title, note), frozen=4)
