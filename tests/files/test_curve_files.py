"""Columns of numbers from CSV files, as spreadsheets save them: "curve.csv:cdr" stands for the numbers below that header."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from abs_waterfall.files.curves import column_reader
from abs_waterfall.files.deals import load
from errors.wrong import DEAL

CURVE = "month,cdr\n1,0.02\n2,0.03\n"


@pytest.mark.parametrize(
    "content",
    [
        CURVE.encode(),
        CURVE.replace("\n", "\r\n").encode(),
        CURVE.encode("utf-8-sig"),
        CURVE.rstrip().encode(),
        CURVE.encode() + b"\n,\n",
        b'"month"," cdr "\n1,"0.02"\n2,3e-2\n',
    ],
    ids=["plain", "Windows", "with a byte order mark", "without a last newline", "with blank rows", "quoted"],
)
def test_a_column_reads_the_same_however_it_is_saved(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_bytes(content)
    assert column_reader(tmp_path)("curve.csv:cdr") == [0.02, 0.03]


@pytest.mark.parametrize(
    ("reference", "words"),
    [
        ("curve.csv", 'expected numbers or "file.csv:column", got "curve.csv"'),
        ("curve.csv:", "expected numbers or"),
        (":cdr", "expected numbers or"),
        ("curv.csv:cdr", 'no such file. Did you mean "curve.csv"?'),
        ("curve.csv:cpr", 'no column "cpr"; the file has month, cdr. Did you mean "cdr"?'),
        ("bad.csv:a", 'row 3, a: expected a number, got "1_000"'),
        ("bad.csv:b", 'row 2, b: expected a number, got "nan"'),
        ("bad.csv:c", 'row 3, c: expected a number, got ""'),
        ("header.csv:a", "no rows below the header"),
        ("empty.csv:a", "the file has none"),
        ("torn.csv:a", "not a CSV file"),
    ],
)
def test_what_is_no_column_of_numbers_is_told_by_file_row_and_column(reference: str, words: str, tmp_path: Path) -> None:
    for name, text in {
        "curve.csv": CURVE,
        "bad.csv": "a,b,c\n1,nan,1\n1_000,2\n",
        "header.csv": "a\n",
        "empty.csv": "",
        "torn.csv": 'a\n"1',
    }.items():
        (tmp_path / name).write_text(text, "utf-8")
    with pytest.raises(ValueError, match=re.escape(words)):
        column_reader(tmp_path)(reference)


def test_a_curve_stands_beside_its_deal_file(tmp_path: Path) -> None:
    (tmp_path / "curve.csv").write_text(CURVE, "utf-8")
    deal = tmp_path / "deal.toml"
    deal.write_text(DEAL.replace("cdr = 0.02", 'cdr = "curve.csv:cdr", by = "age"'), "utf-8")
    default = load(deal).assumptions.default
    assert default is not None
    assert default.cdr == (0.02, 0.03)


def test_a_deal_file_reads_the_same_however_it_is_saved(tmp_path: Path) -> None:
    plain, windows = tmp_path / "plain.toml", tmp_path / "windows.toml"
    plain.write_bytes(DEAL.encode())
    windows.write_bytes(DEAL.replace("\n", "\r\n").encode("utf-8-sig"))
    assert load(windows) == load(plain).read_from(windows)
