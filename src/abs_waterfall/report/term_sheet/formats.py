"""How figures look: kinds of figures and their number formats, styles of rows, one palette and one font."""

from __future__ import annotations

import datetime as dt
from typing import Any, Literal, TypeAlias

Cell: TypeAlias = str | float | int | dt.date | bool | None
Kind = Literal["text", "wrap", "money", "whole", "integer", "percent", "rate", "years", "figure", "tiny", "date"]
Style = Literal["plain", "input", "total", "bad", "warning", "good", "quiet", "group"]

FONT = "Arial"
NAVY, GREY, LINE, BLUE, RED, GREEN, PALE = "#1F3864", "#595959", "#D9D9D9", "#0000FF", "#C00000", "#2E7D32", "#EEF2F8"
SERIES = ("#1F3864", "#4472A8", "#8FB0D3", "#C5A253", "#7F7F7F", "#A9C29B", "#B5838D", "#5B7F6F", "#D9B26F", "#3E5C76")

NUMBER_FORMATS: dict[str, str] = {
    "money": '#,##0.00_);(#,##0.00);"–"_)',
    "whole": '#,##0_);(#,##0);"–"_)',
    "integer": "#,##0",
    "percent": "0.00%",
    "rate": "0.0000%",
    "years": "0.00",
    "figure": "#,##0.00",
    "tiny": "0.0E+00",
    "date": "yyyy-mm-dd",
}
STYLES: dict[Style, dict[str, Any]] = {
    "plain": {"bottom": 1, "bottom_color": LINE},
    "input": {"bottom": 1, "bottom_color": LINE, "font_color": BLUE},
    "total": {"bold": True, "top": 1, "top_color": NAVY, "bottom": 1, "bottom_color": NAVY},
    "bad": {"bold": True, "font_color": RED, "bg_color": "#FBE5E3", "bottom": 1, "bottom_color": LINE},
    "warning": {"font_color": "#7F6000", "bg_color": "#FFF4D6", "bottom": 1, "bottom_color": LINE},
    "good": {"font_color": GREEN, "bottom": 1, "bottom_color": LINE},
    "quiet": {"font_color": "#8C8C8C", "bottom": 1, "bottom_color": LINE},
    "group": {"bold": True, "font_color": NAVY, "bg_color": PALE, "top": 1, "top_color": NAVY},
}
CHARACTERS: dict[Kind, int] = {"date": 13, "percent": 10, "rate": 12, "years": 9, "figure": 9, "integer": 8}
WIDEST_TEXT, WIDEST_WRAP = 46, 60
EXCEL_DAY_ZERO = dt.date(1899, 12, 30).toordinal()
