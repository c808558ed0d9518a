"""The sheet Dates: when each payment is collected, determined, recorded, accrued to and paid."""

from __future__ import annotations

from collections.abc import Sequence

from abs_waterfall.report.schedule import schedule
from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.result import Result

TITLES = {
    "collection_end": "Collections to",
    "determination": "Determination date",
    "record": "Record date",
    "accrual_end": "Interest accrues to",
    "nominal": "Payment date, nominal",
    "payment": "Payment date",
}


def write_dates(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """A row a payment date."""
    note = "A class that accrues otherwise says so under Capital structure; business days are the calendar's of Definitions."
    sheet = book.sheet("Dates", "Dates", note)
    found = schedule(result, scenarios)
    header = sheet.row
    periods = Column("Period", "integer", result.flows.numbers(len(found["payment"])))
    sheet.table([periods, *(Column(TITLES[kind], "date", days) for kind, days in found.items())])
    sheet.freeze(header + 1, 1)
