"""The sheet Checks: every built-in check, the worst miss over all scenarios and whether it held. Amounts in currency units."""

from __future__ import annotations

from abs_waterfall.report.term_sheet.book import Book
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.formats import Style
from abs_waterfall.result import Result


def write_checks(book: Book, result: Result) -> None:
    """A row a check."""
    note = "Made on every payment date of every scenario; a miss is tolerated up to 1e-9 of the pool."
    sheet = book.sheet("Checks", "Built-in checks", note)
    checks = result.checks
    styles: list[Style] = ["plain" if check.ok else "bad" for check in checks]
    header = sheet.row
    sheet.table(
        [
            Column("Check", "text", [check.name for check in checks]),
            Column("Result", "text", ["held" if check.ok else "FAILED" for check in checks]),
            Column(f"Worst miss ({book.currency})", "tiny", [float(check.worst) for check in checks]),
            Column("Scenario", "text", [check.scenario or None for check in checks]),
            Column("Date", "date", [check.date for check in checks]),
        ],
        styles=styles,
    )
    sheet.freeze(header + 1, 1)
