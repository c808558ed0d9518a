"""The sheet Schedules: planned balances and what the classes have left, date by date. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Sequence

from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.result import Result


def write_schedules(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """A row a scenario, schedule and payment date; no sheet where the deal plans nothing."""
    if not result.deal.schedule:
        return
    stack = Stack(
        ("Scenario", "text"), ("Schedule", "text"), ("Period", "integer"), ("Date", "date"), ("Planned balance", "money"),
        ("Balance", "money"), ("Behind plan", "money"),
    )  # fmt: skip
    for s in scenarios:
        dates = dates_run(result, s)
        for name, schedule in result.flows.schedules.items():
            planned, balance = schedule.planned_balance[s, :dates], schedule.balance[s, :dates]
            stack.block(
                result.scenarios[s], name, result.flows.numbers(dates), list(result.flows.dates[:dates]), planned.tolist(),
                balance.tolist(), (balance - planned).tolist(),
            )  # fmt: skip
    note = (
        "Balances after the date. Behind plan: what the classes have left above their planned balance; below 0 they are ahead; "
        "empty for amounts of no class."
    )
    stack.write(book.sheet("Schedules", "Planned balances", note), frozen=4)
