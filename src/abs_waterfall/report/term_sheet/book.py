"""The workbook's writer: one font, one palette, a format for each kind of figure, tables that size their own columns.

Cells are written by kind, never guessed: text is always text, so nothing that a deal is called becomes a formula.
Figures are numbers as they are (a rate of 5 % is 0.05, a date its serial number); None and NaN leave a cell empty.
"""

from __future__ import annotations

import datetime as dt
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import xlsxwriter

from abs_waterfall.report.term_sheet.columns import Block, Column, characters, column_letters, lines_of, width
from abs_waterfall.report.term_sheet.formats import (
    EXCEL_DAY_ZERO,
    FONT,
    GREY,
    NAVY,
    NUMBER_FORMATS,
    STYLES,
    WIDEST_TEXT,
    Cell,
    Kind,
    Style,
)


def plain_text(text: str) -> str:
    """Text that stays text: XlsxWriter would take a string between <r> tags for its own markup."""
    return f"{text} " if text.startswith("<r>") and text.endswith("</r>") else text


def named(text: str) -> str:
    """Text as part of a defined name: letters, digits and underscores.

    >>> named("A-1 (senior)")
    'A_1__senior_'
    """
    return "".join(letter if unicodedata.category(letter)[0] == "L" or letter.isdecimal() else "_" for letter in text)


@dataclass(slots=True)
class Book:
    """The workbook being written."""

    file: Any  # xlsxwriter.Workbook, which ships no types
    currency: str
    deal: str
    names: set[str] = field(default_factory=set)
    sheets: list[Sheet] = field(default_factory=list)
    formats: dict[tuple[str, str], Any] = field(default_factory=dict)

    @classmethod
    def opened(cls, file: BinaryIO, deal: str, currency: str, created: dt.date) -> Book:
        """A workbook that will be written to `file`; the same input gives the same bytes."""
        options = {"in_memory": True, "default_format_properties": {"font_name": FONT, "font_size": 9}}
        book = xlsxwriter.Workbook(file, options)
        book.set_properties({"title": plain_text(deal), "created": dt.datetime.combine(created, dt.time(12))})
        return cls(book, currency, deal)

    def format(self, kind: Kind, style: Style = "plain") -> Any:
        """The format of a kind of figure in a style, made once."""
        key = (kind, style)
        if key not in self.formats:
            number = NUMBER_FORMATS.get(kind, "General")
            is_text = kind in ("text", "wrap")
            align = {"text_wrap": kind == "wrap", "valign": "top", "align": "left" if is_text else "right", "indent": 1}
            self.formats[key] = self.file.add_format({"num_format": number, **align, **STYLES[style]})
        return self.formats[key]

    def special(self, name: str, **properties: Any) -> Any:
        """A format of its own, made once."""
        key = (name, "special")
        if key not in self.formats:
            self.formats[key] = self.file.add_format(properties)
        return self.formats[key]

    def header(self, kind: Kind) -> Any:
        """The format of a column's header."""
        align = "left" if kind in ("text", "wrap") else "right"
        colours = {
            "bold": True,
            "font_color": "#FFFFFF",
            "bg_color": NAVY,
            "indent": 1,
            "left": 1,
            "left_color": "#FFFFFF",
        }
        return self.special(f"header {align}", **colours, text_wrap=True, align=align, valign="vcenter")

    def unit(self, kind: Kind) -> str:
        """What a header says of the unit of its figures."""
        return {"money": f" ({self.currency})", "whole": f" ({self.currency})", "years": " (years)"}.get(kind, "")

    def define(self, name: str, reference: str) -> None:
        """Name a range; a name that is taken, in any case of letters, gets a number."""
        unique, number = named(name), 1
        while unique.casefold() in self.names:
            number += 1
            unique = f"{named(name)}_{number}"
        self.names.add(unique.casefold())
        self.file.define_name(unique, f"={reference}")

    def sheet(self, name: str, title: str, note: str = "") -> Sheet:
        """A new sheet with its title block and print set-up."""
        page = self.file.add_worksheet(name)
        page.hide_gridlines(2)
        page.set_landscape()
        page.set_paper(9)
        page.fit_to_pages(1, 0)
        page.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.7)
        deal = self.deal.replace("&", "&&")[:100]
        page.set_footer(f"&L&8 {deal}&C&8 {name}&R&8 Page &P of &N")  # the space ends the font size
        page.write_string(0, 0, plain_text(self.deal), self.special("deal", bold=True, font_size=14, font_color=NAVY))
        page.write_string(1, 0, title, self.special("title", bold=True, font_size=11, font_color=GREY))
        sheet = Sheet(self, page, name)
        self.sheets.append(sheet)
        sheet.row = 2
        if note:
            sheet.note(note)
        sheet.row += 1
        return sheet

    def close(self) -> None:
        """Set the columns' widths and write the file."""
        for sheet in self.sheets:
            sheet.finish()
        self.file.close()


@dataclass(slots=True)
class Sheet:
    """One sheet, written from the top down."""

    book: Book
    page: Any  # xlsxwriter's Worksheet
    name: str
    row: int = 0
    widths: dict[int, float] = field(default_factory=dict)
    wrapped: list[tuple[int, int, str]] = field(default_factory=list)  # row, column, text of what may take several lines

    def note(self, text: str) -> None:
        """A line of small grey text over the width of the sheet."""
        note = self.book.special("note", italic=True, font_color=GREY)
        self.page.write_string(self.row, 0, plain_text(text), note)
        self.row += 1

    def heading(self, text: str) -> None:
        """The heading of what comes next."""
        self.page.write_string(
            self.row, 0, plain_text(text), self.book.special("heading", bold=True, font_size=10, font_color=NAVY)
        )
        self.row += 1

    def banner(self, text: str, style: Style, columns: int) -> None:
        """A line that cannot be missed, over several columns."""
        self.page.write_string(self.row, 0, plain_text(text), self.book.format("text", style))
        for column in range(1, columns):
            self.page.write_blank(self.row, column, None, self.book.format("text", style))
        self.row += 1

    def widen(self, column: int, characters: float) -> None:
        """Make a column at least this wide."""
        self.widths[column] = max(self.widths.get(column, 0), characters)

    def table(self, columns: Sequence[Column], *, styles: Sequence[Style] | None = None, at: int = 0) -> Block:
        """A table under a header, with a total row where a column has a total; `styles` gives each row its own."""
        header, first = self.row, self.row + 1
        rows = len(columns[0].values)
        has_total = any(column.total is not None for column in columns)
        for index, column in enumerate(columns, start=at):
            title = plain_text(column.title + self.book.unit(column.kind))
            self.page.write_string(header, index, title, self.book.header(column.kind))
            self.wrapped.append((header, index, title))
            if column.kind == "wrap":
                self.wrapped += [(row, index, text) for row, text in enumerate(column.values, first) if isinstance(text, str)]
            self.widen(index, width(column, title))
            self.write_column(first, index, column, styles)
            if has_total:
                self.write_cell(first + rows, index, column.kind, column.total, "total")
        self.row = first + rows + has_total + 1  # one row free
        return Block(self.name, first, {column.title: index for index, column in enumerate(columns, start=at)})

    def write_column(self, first: int, index: int, column: Column, styles: Sequence[Style] | None) -> None:
        """All cells of a column: the writer and the format are found once."""
        style: Style = "input" if column.is_input else "plain"
        put, form = self.putter(column.kind), self.book.format(column.kind, style)
        if styles is None:
            for row, value in enumerate(column.values, start=first):
                put(row, index, value, form)
            return
        forms = {name: form if name == "plain" else self.book.format(column.kind, name) for name in set(styles)}
        for row, (value, name) in enumerate(zip(column.values, styles, strict=True), start=first):
            put(row, index, value, forms[name])

    def putter(self, kind: Kind) -> Callable[[int, int, Any, Any], None]:
        """How a cell of a kind is written."""
        number, text, blank = self.page.write_number, self.page.write_string, self.page.write_blank

        def put_text(row: int, column: int, value: Any, form: Any) -> None:
            if value is None:
                blank(row, column, None, form)
            else:
                text(row, column, plain_text(str(value)), form)

        def put_number(row: int, column: int, value: Any, form: Any) -> None:
            if value is None or isinstance(value, str) or not math.isfinite(value):
                put_text(row, column, value if isinstance(value, str) else None, form)
            else:
                number(row, column, value, form)

        def put_date(row: int, column: int, value: Any, form: Any) -> None:
            if isinstance(value, dt.date):
                number(row, column, value.toordinal() - EXCEL_DAY_ZERO, form)
            else:
                put_text(row, column, value, form)

        return put_text if kind in ("text", "wrap") else put_date if kind == "date" else put_number

    def write_cell(self, row: int, column: int, kind: Kind, value: Cell, style: Style = "plain") -> None:
        """One cell; a text in a column of figures stays a text."""
        put = self.putter("text" if isinstance(value, str) else kind)
        put(row, column, value, self.book.format(kind, style))

    def pairs(self, pairs: Sequence[tuple[str, Kind, Cell, bool]], at: int = 0) -> dict[str, str]:
        """Labels with a figure beside each, (label, kind, value, is it an input); the reference of each figure."""
        where = {}
        for label, kind, value, is_input in pairs:
            self.page.write_string(self.row, at, label, self.book.format("text"))
            self.widen(at, min(len(label) + 2, WIDEST_TEXT))
            self.write_cell(self.row, at + 1, kind, value, "input" if is_input else "plain")
            self.widen(at + 1, characters(kind, [None if isinstance(value, str) else value]))  # text may run on to the right
            where[label] = f"'{self.name}'!${column_letters(at + 1)}${self.row + 1}"
            self.row += 1
        return where

    def finish(self) -> None:
        """Set the widths the contents asked for, and the heights that wrapped text needs in them."""
        for column, wide in self.widths.items():
            self.page.set_column(column, column, wide)
        lines: dict[int, int] = {}
        for row, column, text in self.wrapped:
            lines[row] = max(lines.get(row, 1), lines_of(text, 1.08 * self.widths[column] - 2))
        for row, count in lines.items():
            if count > 1:
                self.page.set_row(row, 12 * count + 2)

    def freeze(self, row: int, column: int = 0) -> None:
        """Keep the rows above and the columns before in sight, and print the last of those rows on every page."""
        self.page.freeze_panes(row, column)
        if row:
            self.page.repeat_rows(row - 1)

    def filtered(self, block: Block, rows: int) -> None:
        """Let the reader filter a table."""
        columns = sorted(block.columns.values())
        self.page.autofilter(block.first_row - 1, columns[0], block.first_row + rows - 1, columns[-1])
