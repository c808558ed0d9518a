"""Columns of a table, where they stand, and how wide and high their contents make them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from abs_waterfall.report.term_sheet.formats import CHARACTERS, WIDEST_TEXT, WIDEST_WRAP, Cell, Kind


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table: its header, what kind of figure, and the figures."""

    title: str
    kind: Kind
    values: Sequence[Cell]
    total: Cell = None
    is_input: bool = False  # something the deal file says
    runs_on: bool = False  # text that may run on over the empty cells to its right


@dataclass(frozen=True, slots=True)
class Block:
    """Where a table's rows stand; rows and columns count from 0."""

    sheet: str
    first_row: int
    columns: dict[str, int]

    def reference(self, title: str, first: int = 0, last: int | None = None) -> str:
        """An absolute reference to rows `first` to `last` of a column, or to one cell."""
        column = column_letters(self.columns[title])
        top = f"'{self.sheet}'!${column}${self.first_row + first + 1}"
        return top if last is None else f"{top}:${column}${self.first_row + last + 1}"


def column_letters(index: int) -> str:
    """The name of a column.

    >>> column_letters(0), column_letters(27)
    ('A', 'AB')
    """
    letters = ""
    while index >= 0:
        index, letter = divmod(index, 26)
        letters, index = chr(65 + letter) + letters, index - 1
    return letters


def lines_of(text: str, wide: float) -> int:
    """Lines that text takes in a column, broken between words.

    >>> lines_of("Interest unpaid at the end", 12)
    3
    """
    lines, used = 1, -1
    for word in text.split():
        if used + 1 + len(word) > wide and used > 0:
            lines, used = lines + 1, -1
        used += 1 + len(word)
    return lines


def width(column: Column, title: str) -> float:
    """Characters a column needs: its figures, and its header broken between words over three lines or so."""
    words = max(len(word) for word in title.split()) + 3
    if column.runs_on:
        return words
    return max(words, len(title) / 3 + 3, characters(column.kind, [*column.values, column.total]))


def characters(kind: Kind, values: Sequence[Cell]) -> float:
    """Characters the widest of some cells needs."""
    texts = [len(value) for value in values if isinstance(value, str)]
    widest = min(max(texts, default=0) + 3, WIDEST_WRAP if kind == "wrap" else WIDEST_TEXT)
    if kind in ("money", "whole"):
        largest = max((abs(value) for value in values if isinstance(value, int | float) and math.isfinite(value)), default=0.0)
        return max(widest, len(f"{largest:,.2f}" if kind == "money" else f"{largest:,.0f}") + 4)
    return max(widest, CHARACTERS.get(kind, 6))
