"""The charts of the Summary: what is outstanding, and what is paid, class by class. Native charts over the sheet Tranches."""

from __future__ import annotations

from typing import Any

from abs_waterfall.report.term_sheet.book import FONT, GREY, LINE, SERIES, Book, Sheet
from abs_waterfall.report.term_sheet.cash import TrancheRows

TEXT = {"name": FONT, "size": 8, "color": GREY}


def insert_charts(book: Book, sheet: Sheet, rows: TrancheRows, scenario: str) -> None:
    """Two charts side by side under what the sheet holds."""
    balances = {"type": "area", "subtype": "stacked"}
    payments = {"type": "column", "subtype": "stacked"}
    area = chart(book, rows, balances, "Closing balance", f"Outstanding balance by class, scenario {scenario}")
    bars = chart(book, rows, payments, "Total paid", f"Cash paid by class: interest, principal and residual, scenario {scenario}")
    sheet.page.insert_chart(sheet.row, 0, area, {"object_position": 1})
    sheet.page.insert_chart(sheet.row, 5, bars, {"object_position": 1})


def chart(book: Book, rows: TrancheRows, sort: dict[str, str], column: str, title: str) -> Any:
    """One chart, a series a class in the deal's order."""
    made = book.file.add_chart(sort)
    for number, name in enumerate(rows.first):
        colour = SERIES[number % len(SERIES)]
        series = {
            "name": name,
            "categories": f"={rows.reference(name, 'Date')}",
            "values": f"={rows.reference(name, column)}",
            "fill": {"color": colour},
            "border": {"none": True},
        }
        made.add_series(series | ({"gap": 30} if sort["type"] == "column" else {}))
    made.set_title({"name": title, "name_font": {"name": FONT, "size": 10, "bold": True, "color": GREY}, "overlay": False})
    made.set_x_axis(
        {"date_axis": True, "num_format": "mmm yy", "num_font": TEXT, "line": {"color": LINE}, "major_tick_mark": "none"}
    )
    made.set_y_axis(
        {
            "name": f"{book.currency} million",
            "name_font": TEXT | {"bold": False},
            "display_units": "millions",
            "display_units_visible": False,
            "num_format": "#,##0.0",
            "num_font": TEXT,
            "line": {"none": True},
            "major_gridlines": {"visible": True, "line": {"color": LINE, "width": 0.5}},
        }
    )
    made.set_legend({"position": "bottom", "font": TEXT})
    made.set_size({"width": 540, "height": 300})
    made.set_chartarea({"border": {"color": LINE}})
    return made
