"""The term sheet put together: sheets in the order a reader wants them, charts, named ranges."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING, BinaryIO

from abs_waterfall.report.chosen import chosen
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.cash import TrancheRows, write_collateral, write_tranches
from abs_waterfall.report.term_sheet.charts import insert_charts
from abs_waterfall.report.term_sheet.checks import write_checks
from abs_waterfall.report.term_sheet.credit import write_credit
from abs_waterfall.report.term_sheet.dates import write_dates
from abs_waterfall.report.term_sheet.decrement import write_decrements
from abs_waterfall.report.term_sheet.definitions import write_definitions
from abs_waterfall.report.term_sheet.distribution import write_distribution
from abs_waterfall.report.term_sheet.exchanges import write_exchanges
from abs_waterfall.report.term_sheet.funds import write_funds
from abs_waterfall.report.term_sheet.inputs import write_assumptions
from abs_waterfall.report.term_sheet.ledger import write_waterfall
from abs_waterfall.report.term_sheet.pool import write_eligibility, write_pool
from abs_waterfall.report.term_sheet.purchases import write_purchases
from abs_waterfall.report.term_sheet.schedules import write_schedules
from abs_waterfall.report.term_sheet.summary import SummaryCells, write_summary
from abs_waterfall.report.term_sheet.support import write_support
from abs_waterfall.report.term_sheet.terms import write_structure
from abs_waterfall.report.term_sheet.triggers import write_triggers
from abs_waterfall.result import Result

if TYPE_CHECKING:
    from abs_waterfall.simulation import Simulation

CLASS_NAMES = {
    "balance": "Balance",
    "coupon": "Coupon",
    "WAL_to_call": "WAL to call",
    "WAL": "WAL to maturity",
    "yield_bey": "Yield, bond-equivalent",
}
SERIES_NAMES = {"dates": "Date", "interest": "Interest paid", "principal": "Principal paid", "balances": "Closing balance"}


def write_term_sheet(
    result: Result, file: BinaryIO, scenarios: Sequence[str] | None = None, simulation: Simulation | None = None
) -> None:
    """Write the workbook of a run to an open file: the scenarios named, or all. The same result gives the same bytes."""
    rows = chosen(result, scenarios)
    deal = result.deal
    book = Book.opened(file, deal.deal.name, deal.deal.currency, deal.dates.closing)
    made_by = (
        f"Term sheet, indicative: projected cash flows on stated assumptions. Made by abs-waterfall {version('abs-waterfall')}."
    )
    summary = book.sheet("Summary", "Summary", made_by)
    summary.page.fit_to_pages(1, 1)
    cells = write_summary(summary, result, rows)
    write_structure(book, result, rows)
    write_pool(book, result)
    write_eligibility(book, result)
    write_assumptions(book, result, rows)
    write_dates(book, result, rows)
    write_collateral(book, result, rows)
    tranches = write_tranches(book, result, rows)
    write_exchanges(book, result, rows)
    write_schedules(book, result, rows)
    write_credit(book, result, rows)
    write_support(book, result, rows)
    write_purchases(book, result, rows)
    write_funds(book, result, rows)
    write_waterfall(book, result, rows[0])
    write_triggers(book, result, rows)
    write_decrements(book, result, rows)
    write_distribution(book, simulation)
    write_checks(book, result)
    write_definitions(book, result)
    insert_charts(book, summary, tranches, result.scenarios[rows[0]], sum(result.original_balances.values()))
    name_ranges(book, result, cells, tranches)
    book.close()


def name_ranges(book: Book, result: Result, cells: SummaryCells, tranches: TrancheRows) -> None:
    """Names for the figures others refer to: the pool's, and each class's figures and flows in the first scenario shown."""
    for name, label in {
        "Pool_balance": "Pool balance",
        "Pool_WAC": "WAC",
        "Pool_WAM": "WAM (months)",
        "Notes_balance": "Notes balance",
    }.items():
        book.define(name, cells.pool[label])
    for row, name in enumerate(result.flows.tranches):
        for figure, title in CLASS_NAMES.items():
            book.define(f"Tranche_{name}_{figure}", cells.classes.reference(title, row))
        for figure, title in SERIES_NAMES.items():
            book.define(f"Tranche_{name}_{figure}", tranches.reference(name, title))
