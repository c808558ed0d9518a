from __future__ import annotations

import csv
import io

import pytest

from abs_waterfall.report.as_csv import csv_files, safe
from abs_waterfall.result import Result

FILES = [
    "collateral.csv",
    "tranches.csv",
    "exchanges.csv",
    "notes.csv",
    "accounts.csv",
    "fees.csv",
    "triggers.csv",
    "schedules.csv",
    "summary.csv",
    "checks.csv",
]


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_there_is_a_file_for_each_kind_of_result(result: Result) -> None:
    assert list(csv_files(result)) == FILES


def test_rows_are_long_form_and_figures_in_full(result: Result) -> None:
    found = rows(csv_files(result)["tranches.csv"])
    mine = [row for row in found if (row["scenario"], row["tranche"]) == ("stress", "B")]
    assert [float(row["principal"]) for row in mine] == result.flows.tranches["B"].principal[1].tolist()
    assert mine[0]["date"] == "2024-07-15"


def test_flags_are_words_and_missing_figures_empty(result: Result) -> None:
    files = csv_files(result)
    assert {row["active"] for row in rows(files["triggers.csv"])} == {"true", "false"}
    assert next(row for row in rows(files["summary.csv"]) if row["tranche"] == "SUB")["yield"] == ""


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])
def test_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_numbers_below_zero_stay_numbers() -> None:
    assert safe(-1.5) == -1.5


def test_no_cell_of_a_hostile_deal_begins_a_formula(hostile: Result) -> None:
    for content in csv_files(hostile).values():
        for row in csv.reader(io.StringIO(content.decode())):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "\t", "\r")), cell
                assert not cell.startswith("-") or float(cell) < 0
