"""The sheet Funds and accounts: how cash rolls from payment date to payment date. Amounts in currency units."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.funds import FUND, fund_columns
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.formats import Cell, Kind
from abs_waterfall.report.term_sheet.stack import Stack
from abs_waterfall.result import Result

TITLES = {
    "opening_balance": "Opening balance",
    "collected": "Collected",
    "in": "In",
    "out": "Out",
    "closing_balance": "Closing balance",
}
BALANCES = ("opening_balance", "closing_balance")
NOTE = "Funds collect from the pool and the accounts' income; in and out are what the call and the steps move."


def write_funds(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """A block a scenario and fund or account."""
    money: list[tuple[str, Kind]] = [(TITLES[column], "money") for column in FUND]
    stack = Stack(("Scenario", "text"), ("Fund or account", "text"), ("Period", "integer"), ("Date", "date"), *money)
    for s in scenarios:
        dates, scenario = dates_run(result, s), result.scenarios[s]
        for name, columns in rolls(result, s, dates):
            totals: list[Cell] = [None if column in BALANCES else float(columns[column].sum()) for column in FUND]
            stack.block(
                scenario, name, result.flows.numbers(dates), list(result.flows.dates[:dates]),
                *(columns[column].tolist() for column in FUND),
                total=[scenario, name, None, "Total", *totals],
            )  # fmt: skip
    stack.write(book.sheet("Funds and accounts", "Cash of funds and accounts", NOTE), frozen=4)


def rolls(result: Result, s: int, dates: int) -> Iterator[tuple[str, dict[str, Floats]]]:
    """The funds and the accounts with their columns."""
    for fund, columns in fund_columns(result, s, dates).items():
        yield f"{fund} funds", columns
    for name, flows in result.flows.accounts.items():
        moved = (flows.opening_balance, np.zeros_like(flows.into), flows.into, flows.out, flows.closing_balance)
        yield name, {column: values[s, :dates] for column, values in zip(FUND, moved, strict=True)}
