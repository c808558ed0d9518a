"""Facilities and hedges are where their readers look: results, workbook, trail."""

from __future__ import annotations

import io
import json

import pytest
from openpyxl import load_workbook
from rich.console import Console

import abs_waterfall as aw
from abs_waterfall.deal.model import Deal
from abs_waterfall.report.as_csv import csv_files
from abs_waterfall.report.as_json import json_bytes
from abs_waterfall.report.explain import explain_renderable
from abs_waterfall.report.term_sheet.write import write_term_sheet
from abs_waterfall.result import Result
from waterfall.small_deals import small

STEPS = [
    {"swap": "swap"},
    {"pay": "liquidity"},
    {"interest": ["A", "B"], "support": ["liquidity"]},
    {"principal": ["A", "B"]},
    {"draw": "liquidity", "amount": "if(period == 2, 4, 0)"},
    {"repay": "liquidity"},
    {"residual": "SUB", "when": "notes.balance <= 0"},
]


@pytest.fixture(scope="module")
def result() -> Result:
    line = {"name": "liquidity", "limit": 20.0, "rate": 0.12, "commitment_fee": 0.01}
    swap = {"name": "swap", "pays": 0.01, "receives": 0.06, "notional": "tranche.A.balance"}
    return aw.run(Deal.model_validate(small(STEPS, facility=[line], hedge=[swap])))


def test_results_have_them(result: Result) -> None:
    assert result.ok, [check for check in result.checks if not check.ok]
    entry = json.loads(json_bytes(result))["scenarios"]["base"]
    assert entry["facilities"]["liquidity"]["drawn"][1] == 4.0
    assert entry["hedges"]["swap"]["received"][0] == pytest.approx(600 * 0.05 * 31 / 365)
    assert {"facilities.csv", "hedges.csv"} <= csv_files(result).keys()
    assert result.facility("liquidity")["undrawn"].iloc[0] == 20.0
    assert result.hedge("swap")["net"].iloc[0] == pytest.approx(600 * 0.05 * 31 / 365)


def test_the_workbook_has_a_sheet_of_each_and_their_terms(result: Result) -> None:
    file = io.BytesIO()
    write_term_sheet(result, file)
    book = load_workbook(file)
    assert {"Facilities", "Hedges"} <= set(book.sheetnames)
    words = [str(cell.value) for row in book["Definitions"].iter_rows() for cell in row]
    assert "up to 20; 12.0000% a year on what is drawn, 1.0000% on what is not, ACT/365F; owed back" in words
    assert "swap: receives 0.06, pays 0.01, a year on tranche.A.balance, ACT/365F" in words
    assert "What is drawn under liquidity repaid, from available funds." in words


def test_the_trail_tells_draws_repayments_and_settlements(result: Result) -> None:
    console = Console(width=200, file=io.StringIO())
    console.print(explain_renderable(result, 2))
    told = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("Draw on the facility liquidity", "Repayment of facility liquidity", "Receipt from the hedge swap", "undrawn"):
        assert words in told, words
