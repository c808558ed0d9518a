"""The charts of the Summary: what is outstanding, and what is paid, class by class. Native charts over the sheet Tranches."""

from __future__ import annotations

from typing import Any

from abs_waterfall.report.term_sheet.book import Book, Sheet
from abs_waterfall.report.term_sheet.cash import TrancheRows
from abs_waterfall.report.term_sheet.formats import FONT, GREY, LINE, SERIES

WIDTH = 600  # pixels
TEXT = {"name": FONT, "size": 8, "color": GREY}


def insert_charts(book: Book, sheet: Sheet, rows: TrancheRows, scenario: str, largest: float) -> None:
    """Two charts side by side under what the sheet holds; `largest` is the largest amount shown."""
    area = chart(book, rows, {"type": "area", "subtype": "stacked"}, "Closing balance", largest)
    bars = chart(book, rows, {"type": "column", "subtype": "stacked"}, "Total paid", largest)
    set_title(area, f"Outstanding balance by class, {scenario}")
    set_title(bars, f"Cash paid by class, {scenario}")
    sheet.page.insert_chart(sheet.row, 0, area, {"object_position": 2})
    sheet.page.insert_chart(sheet.row, 0, bars, {"object_position": 2, "x_offset": WIDTH + 20})


def set_title(chart: Any, title: str) -> None:
    """What a chart shows."""
    chart.set_title({"name": title, "name_font": {"name": FONT, "size": 9, "bold": True, "color": GREY}, "overlay": False})


def scale(largest: float) -> tuple[str, str]:
    """Unit and number format of an axis: the format divides, so every spreadsheet shows the same."""
    if largest >= 1e6:
        return " million", "#,##0.0,," if largest < 2e7 else "#,##0,,"
    return (" thousand", "#,##0,") if largest >= 1e4 else ("", "#,##0")


def chart(book: Book, rows: TrancheRows, sort: dict[str, str], column: str, largest: float) -> Any:
    """One chart, a series a class in the deal's order."""
    made = book.file.add_chart(sort)
    unit, number_format = scale(largest)
    for number, name in enumerate(rows.first):
        colour = SERIES[number % len(SERIES)]
        series = {
            "name": name,
            "categories": f"={rows.reference(rows.longest, 'Date')}",
            "values": f"={rows.reference(name, column)}",
            "fill": {"color": colour},
            "border": {"none": True},
        }
        made.add_series(series | ({"gap": 30} if sort["type"] == "column" else {}))
    made.set_x_axis(
        {"date_axis": True, "num_format": "mmm yy", "num_font": TEXT, "line": {"color": LINE}, "major_tick_mark": "none"}
    )
    made.set_y_axis(
        {
            "name": book.currency + unit,
            "name_font": TEXT | {"bold": False},
            "num_format": number_format,
            "num_font": TEXT,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
        }
    )
    made.set_legend({"position": "bottom", "font": TEXT})
    made.set_size({"width": WIDTH, "height": 300})
    made.set_chartarea({"border": {"color": LINE}})
    return made
