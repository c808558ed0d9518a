from __future__ import annotations

import io
from typing import Any

import pytest
from openpyxl import load_workbook

from abs_waterfall.result import Result
from report.synthetic import make_result, term_sheet_bytes


@pytest.fixture(scope="session")
def result() -> Result:
    return make_result(warnings=("illustrative: nobody issued this deal",))


@pytest.fixture(scope="session")
def book(result: Result) -> Any:
    return load_workbook(io.BytesIO(term_sheet_bytes(result)))


@pytest.fixture(scope="session")
def hostile() -> Result:
    """A deal whose names would do harm if a spreadsheet took them for formulas, or a terminal for markup."""
    return make_result(name='=HYPERLINK("http://x.example","[bold]&A pay")', scenario="@SUM(1+1)*cmd|' /C calc'!A0")


@pytest.fixture(scope="session")
def hostile_book(hostile: Result) -> Any:
    return load_workbook(io.BytesIO(term_sheet_bytes(hostile)))
