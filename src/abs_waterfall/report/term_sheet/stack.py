"""Long tables: block after block of the same columns, each with its total row, which the reader filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeGuard

from abs_waterfall.report.term_sheet.book import Sheet
from abs_waterfall.report.term_sheet.columns import Block, Column
from abs_waterfall.report.term_sheet.formats import Cell, Kind, Style


class Stack:
    """A long table built of blocks, one a scenario or class, each with its total row; the reader filters it."""

    def __init__(self, *columns: tuple[str, Kind]) -> None:
        self.titles = columns
        self.values: list[list[Cell]] = [[] for _ in columns]
        self.styles: list[Style] = []

    def block(self, *columns: Cell | Sequence[Cell], total: Sequence[Cell] | None = None) -> int:
        """Add a block's columns, a single cell standing for all its rows; the index of its first row."""
        first = len(self.styles)
        rows = max((len(column) for column in columns if is_many(column)), default=1)
        for values, column in zip(self.values, columns, strict=True):
            values.extend(column if is_many(column) else repeated(column, rows))
        self.styles.extend(["plain"] * rows)
        if total is not None:
            self.line(total, "total")
        return first

    def line(self, cells: Sequence[Cell], style: Style = "plain") -> None:
        """Add one row."""
        for values, cell in zip(self.values, cells, strict=True):
            values.append(cell)
        self.styles.append(style)

    def write(self, sheet: Sheet, *, frozen: int = 0) -> Block:
        """Put it on a sheet, its header and first `frozen` columns kept in sight."""
        columns = [Column(title, kind, values) for (title, kind), values in zip(self.titles, self.values, strict=True)]
        header = sheet.row
        block = sheet.table(columns, styles=self.styles)
        sheet.freeze(header + 1, frozen)
        if self.styles:
            sheet.filtered(block, len(self.styles))
        return block


def repeated(cell: Any, rows: int) -> list[Cell]:
    """One cell for every row."""
    return [cell] * rows


def is_many(column: Cell | Sequence[Cell]) -> TypeGuard[Sequence[Cell]]:
    """Whether it is a column rather than a cell."""
    return isinstance(column, list | tuple)
