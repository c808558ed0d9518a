"""The sheet Credit support: excess spread, and what stands behind each class, date by date."""

from __future__ import annotations

from collections.abc import Sequence

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.formats import Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.result import Result
from abs_waterfall.waterfall.support import credit_support, notes_support


def write_credit(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """A row a scenario and payment date, a column a class."""
    flows, deal = result.flows, result.deal
    shares = [("Excess spread, a year", flows.excess_spread), ("All notes", notes_support(flows, deal))]
    shares += credit_support(flows, deal).items()
    kinds: list[tuple[str, Kind]] = [(title, "percent") for title, _ in shares]
    stack = Stack(("Scenario", "text"), ("Period", "integer"), ("Date", "date"), *kinds)
    for s in scenarios:
        dates = dates_run(result, s)
        columns = [values[s, :dates].tolist() for _, values in shares]
        stack.block(result.scenarios[s], flows.numbers(dates), list(flows.dates[:dates]), *columns)
    note = (
        "After each date: 1 - the classes that rank before or with a class / the pool and the cash in principal funds. "
        "Excess spread: pool interest less fees and note interest due, a year, of the pool's opening balance."
    )
    stack.write(book.sheet("Credit support", "Credit support and excess spread", note), frozen=3)
