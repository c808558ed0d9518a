"""Ledgers, write-downs and write-ups are where their readers look: results, workbook, trail."""

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
    {"debit": "pdl", "amount": "pool.default"},
    {"interest": ["A", "B"], "from": "interest"},
    {"cure": "pdl", "amount": 1.0},
    {"write_down": "B", "amount": "pool.default"},
    {"write_up": "B", "amount": "pool.recovery"},
    {"principal": ["A", "B"], "from": "principal"},
    {"residual": "SUB", "from": "interest"},
    {"residual": "SUB", "from": "principal", "when": "notes.balance <= 0"},
]


@pytest.fixture(scope="module")
def result() -> Result:
    assumptions = {"default": {"mdr": 0.05}, "recovery": {"rate": 0.5, "lag": 2}}
    raw = small(STEPS, ledger=[{"name": "pdl", "tranches": ["B", "A"]}, {"name": "other"}], assumptions=assumptions)
    return aw.run(Deal.model_validate(raw))


def test_every_check_holds(result: Result) -> None:
    assert result.ok, [check for check in result.checks if not check.ok]


def test_results_have_each_ledger_and_each_line_of_it(result: Result) -> None:
    entry = json.loads(json_bytes(result))["scenarios"]["base"]
    assert list(entry["ledgers"]) == ["pdl", "pdl.B", "pdl.A", "other"]
    assert entry["ledgers"]["pdl"]["debited"][0] == pytest.approx(50.0)
    assert entry["ledgers"]["pdl"]["cured"][0] == pytest.approx(0.5)  # 9.5 of interest less 9 on the notes
    assert entry["tranches"]["B"]["write_up"][2] == pytest.approx(25.0)
    assert csv_files(result)["ledgers.csv"].startswith(b"scenario,ledger,date,opening_balance,debited,cured,closing_balance\n")
    assert result.ledger("pdl.B")["closing_balance"].iloc[0] == pytest.approx(49.5)


def test_the_workbook_has_a_sheet_of_ledgers_and_columns_of_write_downs(result: Result) -> None:
    file = io.BytesIO()
    write_term_sheet(result, file)
    book = load_workbook(file)
    rows = list(book["Ledgers"].iter_rows(values_only=True))
    assert ["base", "pdl", 1] in [list(row[:3]) for row in rows]
    classes = [cell.value for row in book["Tranches"].iter_rows() for cell in row]
    assert {"Write-down (USD)", "Write-up (USD)"} <= set(classes)
    words = [str(cell.value) for row in book["Definitions"].iter_rows() for cell in row]
    assert "Debit of the ledger pdl; no cash moves; no more than pool.default." in words
    assert "debited to B and A, in this order, each up to its balance; cured in reverse" in words


def test_the_trail_tells_debits_cures_and_write_downs(result: Result) -> None:
    console = Console(width=200, file=io.StringIO())
    console.print(explain_renderable(result, 3))
    told = console.file.getvalue()  # type: ignore[attr-defined]
    for words in ("Debit of pdl.B", "Cure of pdl.B", "Write-down of B", "Write-up of B", "ledger pdl.B"):
        assert words in told, words


def test_what_stays_written_down_is_the_class_s_loss(result: Result) -> None:
    b = result.flows.tranches["B"]
    last = int(result.flows.last_period[0])
    lost = (b.write_down - b.write_up).sum() + b.closing_balance[0, last]
    assert result.measures["B"].principal_loss[0] == pytest.approx(lost)
    assert lost > 10
