"""The sheet Decrement tables: percent of each class's initial balance outstanding, as a prospectus has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.measures.decrement import decrement_table
from abs_waterfall.report.chosen import dates_run
from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.columns import Column
from abs_waterfall.report.term_sheet.formats import Cell, Style
from abs_waterfall.result import Result

MOST_ON_PORTRAIT = 9


def write_decrements(book: Book, result: Result, scenarios: Sequence[int]) -> None:
    """One table a class that has a balance."""
    called = result.deal.call is not None and result.deal.call.assume
    assumed = "the clean-up call exercised on the first date it may be" if called else "to maturity, no clean-up call exercised"
    note = f"Percent of the initial balance outstanding after each payment date; {assumed}."
    sheet = book.sheet("Decrement tables", "Decrement tables", note)
    sheet.freeze(sheet.row, 1)
    if len(scenarios) <= MOST_ON_PORTRAIT:
        sheet.page.set_portrait()
    for name, initial in result.original_balances.items():
        if initial:
            write_class(sheet, result, name, scenarios)


def write_class(sheet: Sheet, result: Result, name: str, scenarios: Sequence[int]) -> None:
    """The table of one class, up to the date it is paid off in every scenario, with its average lives."""
    rows = list(scenarios)
    percent = decrement_table(result.flows.tranches[name].closing_balance[rows], result.originals(name)[rows])
    shown = rows_shown(percent, max(dates_run(result, s) for s in rows))
    dates: list[Cell] = ["Initial", *result.flows.dates[: shown - 1], "WAL to call (years)", "WAL to maturity (years)"]
    measures = result.measures[name]
    lives = [[float(measures.wal_to_call[s]), float(measures.wal[s])] for s in rows]
    columns = [
        Column(result.scenarios[s], "figure", [*column[:shown].tolist(), *life])
        for s, column, life in zip(rows, percent, lives, strict=True)
    ]
    plain: list[Style] = ["plain"] * shown
    styles: list[Style] = [*plain, "total", "total"]
    sheet.heading(f"Class {name}")
    sheet.table([Column("Payment date", "date", dates), *columns], styles=styles)


def rows_shown(percent: Floats, dates: int) -> int:
    """Rows up to the first at which the class is 0 in every scenario, the initial one counted."""
    outstanding = np.flatnonzero(np.any(percent[:, : dates + 1] > 1e-9, axis=0))
    return min(int(outstanding[-1]) + 2, dates + 1)
