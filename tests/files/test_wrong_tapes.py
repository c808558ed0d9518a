"""Tapes that cannot be read: one clear message each."""

from __future__ import annotations

import datetime as dt
import gzip
from pathlib import Path

import numpy as np
import pytest

from files.made_tapes import LENDING_CLUB, problems_of, problems_of_text, write

NEEDED = "balance,annual_rate,remaining_term\n"
ROW = NEEDED + "1,0.1,5\n"
HAS = "balance, annual_rate, remaining_term, grade"
MEANT = ' Did you mean "grade"?'
TAPE = LENDING_CLUB.read_bytes()
EXPECTED = "expected .parquet, .csv, .csv.gz, .xlsx, or a folder of .parquet and .csv parts"


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("t.parquet", b"", "the file is empty (0 bytes)"),
        ("t.csv", b"", "the file is empty (0 bytes)"),
        ("t.parquet", TAPE[:5000], "is cut short: it begins as Parquet and does not end as it; copy it again"),
        ("t.parquet", TAPE[:4], "is cut short: it begins as Parquet and does not end as it; copy it again"),
        ("t.csv", TAPE, "is named .csv, but it holds Parquet; rename it .parquet"),
        ("t.xlsx", TAPE, "is named .xlsx, but it holds Parquet; rename it .parquet"),
        ("t.parquet", ROW.encode(), "is named .parquet, but it holds text; rename it .csv"),
        ("t.csv.gz", ROW.encode(), "is named .csv.gz, but it holds text; rename it .csv"),
        ("t.csv", gzip.compress(ROW.encode(), mtime=0), "is named .csv, but it holds gzip; rename it .csv.gz"),
        ("t.csv.gz", gzip.compress(TAPE, mtime=0), "holds Parquet; expected CSV text"),
        ("t.csv.gz", gzip.compress(b"", mtime=0), "holds nothing; expected CSV text"),
        (
            "t.csv.gz",
            gzip.compress(ROW.encode(), mtime=0)[:20],
            "cannot be unpacked: Compressed file ended before the end-of-stream marker",
        ),
        ("t.xlsx", b"\xd0\xcf\x11\xe0 old", "holds an old Excel workbook (.xls); save it as .xlsx or as .csv in UTF-8"),
        ("t.xlsx", b"PK\x03\x04 cut short", "cannot be read as an Excel workbook: File is not a zip file"),
        ("t.xls", TAPE, f'".xls" is no tape; {EXPECTED}'),
        ("t", TAPE, f'"" is no tape; {EXPECTED}'),
        ("t.csv", b"\x00\x01\x02", f"is named .csv, but it holds neither text nor any kind of tape; {EXPECTED}"),
        ("t.csv", "余额,利率\n".encode("gb18030"), "is not UTF-8 text; save it as CSV in UTF-8"),
        ("t.csv", ROW.encode("utf-16"), "is named .csv, but it holds text in UTF-16; save it as .xlsx or as .csv in UTF-8"),
        ("t.csv", ROW.replace(",", ";").encode(), "has no commas; expected columns separated by commas"),
        ("t.csv", b"\n\n", "holds no header row"),
        ("t.csv", NEEDED.encode(), "has no rows; expected a loan in each"),
        ("t.csv", ("balance," + ROW).encode(), 'column "balance" stands twice; expected each name once'),
    ],
)
def test_what_is_no_tape_is_told_so(tmp_path: Path, name: str, content: bytes, told: str) -> None:
    (tmp_path / name).write_bytes(content)
    (problem,) = problems_of(tmp_path / name)
    assert problem.startswith(f"{name}: ")
    assert told in problem


def test_a_gzip_cut_after_its_first_rows_is_told(tmp_path: Path) -> None:
    rows = "".join(f"{n}.37,0.1{n},5\n" for n in range(1, 100_000))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((NEEDED + rows).encode(), mtime=0)[:-5000])
    (problem,) = problems_of(tmp_path / "t.csv.gz")
    assert problem.startswith("t.csv.gz: cannot be read as CSV: ")


def test_a_parquet_damaged_inside_is_told(tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(TAPE[:4] + bytes(250_000) + TAPE[250_004:])
    (problem,) = problems_of(tmp_path / "t.parquet")
    assert problem.startswith("t.parquet: cannot be read as Parquet: ")


def test_a_tape_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert problems_of(tmp_path / "t.csv") == ["t.csv: no such file or folder"]


def test_a_column_that_the_tape_lacks_is_told_with_the_nearest(tmp_path: Path) -> None:
    told = problems_of_text(tmp_path, "loan,balnce,rate,term\n1,2,3,4\n")
    assert told[0] == (
        'tape.csv: no column "balance"; it has loan, balnce, rate, term. Did you mean "balnce"? '
        "Where it has another name, say balance = ... in [pool.columns]."
    )
    assert [problem.split(";")[0] for problem in told[1:]] == [
        'tape.csv: no column "annual_rate" (or daily_rate)',
        'tape.csv: no column "remaining_term"',
    ]


def test_a_name_of_columns_that_the_tape_lacks_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of_text(tmp_path, ROW, columns={"age": "mob"})
    assert problem == 'tape.csv: no column "mob"; it has balance, annual_rate, remaining_term.'


def test_names_that_point_nowhere_are_told_all_at_once(tmp_path: Path) -> None:
    text = "balance,annual_rate,remaining_term,grade\n1,0.1,5,A\n"
    told = problems_of_text(
        tmp_path, text, segment_by=["grde"], stratify={"fico": "values"}, eligibility=["age > 3", "balance >", "grades == 'A'"]
    )
    assert told == [
        f'deal.toml: pool.segment_by[0]: the tape has no column "grde"; it has {HAS}.{MEANT}',
        f'deal.toml: pool.stratify.fico: the tape has no column "fico"; it has {HAS}.',
        f'deal.toml: pool.eligibility[0]: no column "age"; there are {HAS}, segment.',
        "deal.toml: pool.eligibility[1]: expected a number, a name or a bracket, found 'the end'",
        f'deal.toml: pool.eligibility[2]: no column "grades"; there are {HAS}, segment.{MEANT}',
    ]  # fmt: skip


def test_a_criterion_that_compares_what_cannot_be_is_told(tmp_path: Path) -> None:
    text = "balance,annual_rate,remaining_term,grade\n1,0.1,5,A\n"
    told = problems_of_text(tmp_path, text, eligibility=["grade > 3", "balance + 1", "1 > 0"])
    assert told[0] == 'deal.toml: pool.eligibility[0]: ">" cannot compare a text with a number'
    assert told[1] == "deal.toml: pool.eligibility[1]: expected a condition, and this formula is a number"
    assert len(told) == 2


def test_a_criterion_that_looks_back_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of_text(tmp_path, ROW, eligibility=["average(balance, 3) > 1"])
    assert problem == "deal.toml: pool.eligibility[0]: average() looks back over payment dates; a loan has none"


def test_a_pool_that_nothing_is_left_of_is_told(tmp_path: Path) -> None:
    (problem,) = problems_of_text(tmp_path, ROW, eligibility=["balance > 10"])
    assert problem == "deal.toml: pool: none of the 1 loans meets every eligibility formula: balance > 10"
    (problem,) = problems_of_text(tmp_path, NEEDED + "-1,0.1,5\n", on_bad_rows="exclude")
    assert problem == "deal.toml: pool: no row of the tape can be used"


def test_columns_of_the_wrong_type_are_told(tmp_path: Path) -> None:
    columns = {"balance": [[1.0]], "annual_rate": [dt.date(2020, 1, 1)], "remaining_term": [True]}
    assert problems_of(write(tmp_path / "t.parquet", columns)) == [
        "t.parquet: column balance: holds list<element: double>; expected a number",
        "t.parquet: column annual_rate: holds date32[day]; expected a number",
        "t.parquet: column remaining_term: holds bool; expected a number",
    ]


def test_a_column_of_ids_makes_no_segments(tmp_path: Path) -> None:
    rows = 6000
    columns = {"balance": np.ones(rows), "annual_rate": np.zeros(rows), "remaining_term": np.full(rows, 5), "id": np.arange(rows)}
    (problem,) = problems_of(write(tmp_path / "t.parquet", columns), segment_by=["id"])
    assert problem == "deal.toml: pool.segment_by: id: gives 6,000 segments; expected at most 5,000"


def test_a_folder_that_is_no_tape_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    assert problems_of(folder) == ["parts: the folder is empty; expected .parquet or .csv parts"]
    (folder / "a.csv").write_text(ROW)
    (folder / "b.csv").write_text("balance,annual_rate\n1,0.1\n")
    (problem,) = problems_of(folder)
    assert problem == 'parts/b.csv: no column "remaining_term", which parts/a.csv has.'
    (folder / "readme.txt").write_text("x")
    assert problems_of(folder) == ["parts: the folder also has readme.txt; expected .parquet and .csv parts only"]


@pytest.mark.parametrize(
    ("own", "told"),
    [
        ("2011-01-31", "is later than the deal's cut-off 2010-12-31"),
        ("2010-11-29", "is not whole months before the deal's cut-off 2010-12-31"),
        ("2010-02-30", "is not a date"),
        ("31/12/2010", "is not a date"),
    ],
)
def test_a_cutoff_that_is_not_whole_months_before_the_deals_is_told(tmp_path: Path, own: str, told: str) -> None:
    text = f"balance,annual_rate,remaining_term,cutoff\n1,0.1,5,2010-11-30\n1,0.1,5,{own}\n"
    assert problems_of_text(tmp_path, text)[1] == f'tape.csv: column cutoff: {told}, in 1 row: row 3 says "{own}"'
