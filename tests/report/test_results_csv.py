from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw
from abs_waterfall.report.as_csv import csv_files, safe
from abs_waterfall.result import Result

FILES = [
    "collateral.csv",
    "tranches.csv",
    "exchanges.csv",
    "notes.csv",
    "accounts.csv",
    "funds.csv",
    "fees.csv",
    "triggers.csv",
    "schedules.csv",
    "summary.csv",
    "checks.csv",
    "dates.csv",
    "modes.csv",
]
COUPONS = re.findall(r"```toml\n(.*?)```", (Path(__file__).parents[2] / "docs" / "deal-file.md").read_text("utf-8"), re.DOTALL)


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_there_is_a_file_for_each_kind_of_result(result: Result) -> None:
    assert list(csv_files(result)) == FILES


def test_rows_are_long_form_and_figures_in_full(result: Result) -> None:
    found = rows(csv_files(result)["tranches.csv"])
    mine = [row for row in found if (row["scenario"], row["tranche"]) == ("stress", "B")]
    assert [float(row["principal"]) for row in mine] == result.flows.tranches["B"].principal[1].tolist()
    assert mine[0]["date"] == "2024-07-15"


def test_dates_and_modes_are_those_of_the_json(result: Result) -> None:
    files = csv_files(result)
    dates = rows(files["dates.csv"])
    assert [row["payment"] for row in dates] == [day.isoformat() for day in result.flows.dates[: len(dates)]]
    assert {"collection_end", "nominal"} <= dates[0].keys()
    modes = [row["mode"] for row in rows(files["modes.csv"]) if row["scenario"] == "stress"]
    assert modes == [result.flows.modes[mode] for mode in result.flows.mode[1, : len(modes)]]


def test_the_lines_of_interest_add_up_to_the_class(tmp_path: Path) -> None:
    (text,) = (example for example in COUPONS if "[[tranche.component]]" in example)
    (tmp_path / "deal.toml").write_text(text, encoding="utf-8")
    files = csv_files(aw.run(aw.load(tmp_path / "deal.toml")))
    lines = [row for row in rows(files["interest_lines.csv"]) if (row["scenario"], row["tranche"]) == ("up", "D")]
    whole = [row for row in rows(files["tranches.csv"]) if (row["scenario"], row["tranche"]) == ("up", "D")]
    assert {row["line"] for row in lines} == {"D", "D.senior", "D.junior"}
    by_line = np.array([float(row["paid"]) for row in lines]).reshape(3, -1)
    np.testing.assert_allclose(by_line.sum(axis=0), [float(row["interest"]) for row in whole], rtol=1e-12, atol=1e-9)


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
