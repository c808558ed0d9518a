"""Rows that cannot be loans: each told with its row and value, or left out and counted."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from abs_waterfall.pool.report import BadRow
from files.made_tapes import problems_of, problems_of_text, read, read_text, write

HEADER = "balance,annual_rate,remaining_term,age,amortization\n"
KINDS = "level_pay, equal_principal, interest_only, bullet, flat_fee, revolving_line"
GOOD = "1000,0.12,24,3,level_pay\n"


@pytest.mark.parametrize(
    ("row", "told"),
    [
        ("-5,0.12,24,3,level_pay", 'column balance: is not above 0, in 1 row: row 3 says "-5"'),
        ("0,0.12,24,3,level_pay", 'column balance: is not above 0, in 1 row: row 3 says "0"'),
        (",0.12,24,3,level_pay", "column balance: is empty, in 1 row: row 3"),
        ("nan,0.12,24,3,level_pay", "column balance: is empty, in 1 row: row 3"),
        ("inf,0.12,24,3,level_pay", 'column balance: is not finite, in 1 row: row 3 says "inf"'),
        ("USD 7,0.12,24,3,level_pay", 'column balance: is not a number, in 1 row: row 3 says "USD 7"'),
        ('"1,000",0.12,24,3,level_pay', 'column balance: is not a number, in 1 row: row 3 says "1,000"'),
        ("0x10,0.12,24,3,level_pay", 'column balance: is not a number, in 1 row: row 3 says "0x10"'),
        (
            "9,12.5,24,3,level_pay",
            'column annual_rate: looks like a percentage; expected a fraction such as 0.125, in 1 row: row 3 says "12.5"',
        ),
        ("9,-0.01,24,3,level_pay", 'column annual_rate: is negative, in 1 row: row 3 says "-0.01"'),
        ("9,12 %,24,3,level_pay", 'column annual_rate: is not a number, in 1 row: row 3 says "12 %"'),
        ("9,NULL,24,3,level_pay", "column annual_rate: is empty, in 1 row: row 3"),
        ("9,0.12,0,3,level_pay", 'column remaining_term: is below 1, in 1 row: row 3 says "0"'),
        ("9,0.12,24.5,3,level_pay", 'column remaining_term: is not a whole number of months, in 1 row: row 3 says "24.5"'),
        ("9,0.12,24000,3,level_pay", 'column remaining_term: is above 1200 months, in 1 row: row 3 says "24000"'),
        ("9,0.12,24,-1,level_pay", 'column age: is below 0, in 1 row: row 3 says "-1"'),
        ("9,0.12,24,,level_pay", "column age: is empty, in 1 row: row 3"),
        (
            "9,0.12,24,3,annuity",
            f'column amortization: is none of {KINDS}, in 1 row: row 3 says "annuity"',
        ),
        ("9,0.12,24,3,", "column amortization: is empty, in 1 row: row 3"),
        (
            "9,0.12,24,3,custom",
            'column amortization: needs a schedule; give such loans as [[pool.line]], in 1 row: row 3 says "custom"',
        ),
        ("9,0.12,24", "rows: has 3 cells; expected 5, in 1 row: row 3"),
        ("9,0.12,24,3,level_pay,x,y", "rows: has 7 cells; expected 5, in 1 row: row 3"),
    ],
)
def test_a_bad_row_is_told_with_its_number_and_value(tmp_path: Path, row: str, told: str) -> None:
    summary, problem = problems_of_text(tmp_path, HEADER + GOOD + row + "\n" + GOOD)
    assert problem == f"tape.csv: {told}"
    assert summary.startswith("deal.toml: pool.on_bad_rows: 1 of 3 rows of the tape cannot be used")


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("interest_only_months", [24, 0], 'leaves no month of the remaining term to amortize in, in 1 row: row 1 says "24"'),
        ("interest_only_months", [-1, 0], 'is below 0, in 1 row: row 1 says "-1"'),
        ("amortization_term", [12, None], 'is shorter than the remaining term, in 1 row: row 1 says "12"'),
        ("fee_rate", [0.005, None], 'goes with flat_fee only, in 1 row: row 1 says "0.005"'),
        ("fee_on_prepayment", [2, 0], 'is neither true nor false, in 1 row: row 1 says "2"'),
    ],
)
def test_what_does_not_go_with_the_amortization_is_told(tmp_path: Path, column: str, values: list[Any], told: str) -> None:
    columns = {"balance": [1.0, 2.0], "annual_rate": [0.1, 0.1], "remaining_term": [24, 24], column: values}
    assert problems_of(write(tmp_path / "t.parquet", columns))[1] == f"t.parquet: column {column}: {told}"


def test_a_bullet_has_no_interest_only_months_and_a_flat_fee_needs_an_amount(tmp_path: Path) -> None:
    columns = {
        "balance": [1.0, 2.0], "annual_rate": [0.1, None], "remaining_term": [24, 24], "amortization": ["bullet", "flat_fee"],
        "interest_only_months": [3, 0], "fee_rate": [0.0, 0.005], "original_balance": [0.0, -7.0],
    }  # fmt: skip
    told = problems_of(write(tmp_path / "t.parquet", columns))
    assert 'goes with level_pay, equal_principal or interest_only, in 1 row: row 1 says "3"' in told[1]
    assert 'original_balance: is not an amount above 0, which the flat fee is charged on, in 1 row: row 2 says "-7"' in told[2]


def test_a_daily_rate_that_is_a_percentage_is_told(tmp_path: Path) -> None:
    told = problems_of_text(tmp_path, "balance,daily_rate,remaining_term\n9,0.0005,6\n9,0.05,6\n")
    assert 'above 100 % a year; expected a fraction a day such as 0.0005, in 1 row: row 3 says "0.05"' in told[1]


def test_all_faults_of_all_rows_are_told_at_once_with_counts_and_the_first_rows(tmp_path: Path) -> None:
    rows = "".join(f"9,{10 + n},0,3,level_pay\n" for n in range(8))
    told = problems_of_text(tmp_path, HEADER + GOOD + rows)
    assert told[0].startswith("deal.toml: pool.on_bad_rows: 8 of 9 rows")
    assert told[1].endswith('in 8 rows: row 3 says "10", row 4 says "11", row 5 says "12", row 6 says "13", row 7 says "14", ...')
    assert "remaining_term: is below 1, in 8 rows" in told[2]
    assert len(told) == 3


def test_a_duplicate_loan_is_told_where_the_deal_names_the_ids(tmp_path: Path) -> None:
    text = "id,balance,annual_rate,remaining_term\nA,1,0.1,5\nB,2,0.1,5\n A ,3,0.1,5\n"
    told = problems_of_text(tmp_path, text, columns={"loan_id": "id"})
    assert told[1] == 'tape.csv: column id (loan_id): stands in a row before, in 1 row: row 4 says "A"'
    assert read_text(tmp_path, text)[0].balance.tolist() == [1, 2, 3]


@pytest.mark.parametrize("shift", [0, 2**60])
def test_numeric_ids_are_compared_to_the_last_digit(tmp_path: Path, shift: int) -> None:
    ids = np.array([5, 6, 9, 8, 7, 6]) + shift
    columns = {"id": ids, "balance": np.arange(1.0, 7), "annual_rate": np.full(6, 0.1), "remaining_term": np.full(6, 5)}
    pool, report = read(write(tmp_path / "t.parquet", columns), columns={"loan_id": "id"}, on_bad_rows="exclude")
    assert pool.balance.tolist() == [1, 2, 3, 4, 5]
    (bad,) = report.bad_rows
    assert (bad.row, bad.value, bad.reason, bad.balance) == (6, str(6 + shift), "is also in row 2", 6)


def test_a_duplicate_across_parts_names_the_other_part(tmp_path: Path) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    for part in ("a", "b"):
        write(folder / f"{part}.csv", {"id": ["x", part], "balance": [1, 2], "annual_rate": [0.1, 0.1], "remaining_term": [5, 5]})
    _, report = read(folder, columns={"loan_id": "id"}, on_bad_rows="exclude")
    (bad,) = report.bad_rows
    assert bad.file.endswith("parts/b.csv")
    assert bad.row == 2
    assert bad.reason.endswith("is also in row 2 of " + str(folder / "a.csv"))


def test_a_loan_without_its_id_is_told(tmp_path: Path) -> None:
    columns = {"id": [1, None, None], "balance": [1.0, 2.0, 3.0], "annual_rate": [0.1] * 3, "remaining_term": [5] * 3}
    told = problems_of(write(tmp_path / "t.parquet", columns), columns={"loan_id": "id"})
    assert told[1:] == ["t.parquet: column id (loan_id): is empty, in 2 rows: row 2, row 3"]


def test_bad_rows_left_out_are_listed_and_totalled(tmp_path: Path) -> None:
    rows = "-5,0.12,24,3,level_pay\n" + GOOD + "\n" + "70,12,0,3,level_pay\n" + "x,0.1,2,3,bullet\n" + "7\n"
    pool, report = read_text(tmp_path, HEADER + rows, on_bad_rows="exclude")
    path = str(tmp_path / "tape.csv")
    assert pool.balance.tolist() == [1000]
    assert report.bad_rows == (
        BadRow(path, 2, "balance", "-5", "is not above 0", -5),
        BadRow(path, 5, "annual_rate", "12", "looks like a percentage; expected a fraction such as 0.125", 70),
        BadRow(path, 5, "remaining_term", "0", "is below 1", 70),
        BadRow(path, 6, "balance", "x", "is not a number", 0),
        BadRow(path, 7, "", "", "has 1 cell; expected 5", 0),
    )
    assert report.bad_row_count == 4
    assert report.bad_row_balance == 65
    assert report.read.loans == report.eligible.loans == 1


def test_rows_are_counted_as_the_user_counts_them(tmp_path: Path) -> None:
    columns = {"balance": [1.0, -1.0], "annual_rate": [0.1, 0.1], "remaining_term": [5, 5]}
    for name, row in (("t.parquet", 2), ("t.csv", 3), ("t.csv.gz", 3), ("t.xlsx", 3)):
        _, report = read(write(tmp_path / name, columns), on_bad_rows="exclude")
        assert [bad.row for bad in report.bad_rows] == [row]


def test_blank_lines_count_as_rows_and_are_no_loans(tmp_path: Path) -> None:
    _, report = read_text(tmp_path, HEADER + "\n" + GOOD + "\n\n-1,0.1,5,0,bullet\n\n", on_bad_rows="exclude")
    assert report.read.loans == 1
    assert [bad.row for bad in report.bad_rows] == [6]


def test_a_bad_row_beyond_the_first_chunk_is_found_where_it_is(tmp_path: Path) -> None:
    balance = np.full(140_000, 5.0)
    balance[[70_000, 139_999]] = -1
    columns = {"balance": balance, "annual_rate": np.full(140_000, 0.1), "remaining_term": np.full(140_000, 5)}
    _, report = read(write(tmp_path / "t.parquet", columns), on_bad_rows="exclude")
    assert [bad.row for bad in report.bad_rows] == [70_001, 140_000]
    assert report.read.loans == 139_998


def test_a_tape_column_of_another_name_is_told_by_both(tmp_path: Path) -> None:
    text = "out_prncp,annual_rate,remaining_term\n-1,0.1,5\n"
    told = problems_of_text(tmp_path, text, columns={"balance": "out_prncp"})
    assert told[1] == 'tape.csv: column out_prncp (balance): is not above 0, in 1 row: row 2 says "-1"'


def test_a_loan_without_a_segment_is_told(tmp_path: Path) -> None:
    told = problems_of_text(tmp_path, "balance,annual_rate,remaining_term,g\n1,0.1,5,A\n1,0.1,5,\n", segment_by=["g"])
    assert told[1] == "tape.csv: column g: is empty, and names the segment, in 1 row: row 3"


def test_blanks_that_mean_something_are_no_faults(tmp_path: Path) -> None:
    columns = {
        "balance": [100.0, 200.0, 300.0], "annual_rate": [0.1, None, 0.1], "remaining_term": [5, 6, 7],
        "amortization": ["level_pay", "flat_fee", "equal_principal"], "original_balance": [None, 250.0, None],
        "fee_rate": [None, 0.005, None], "interest_only_months": [None, None, 2], "amortization_term": [None, None, 9],
        "cutoff": [None, None, "2010-10-31"],
    }  # fmt: skip
    pool, _ = read(write(tmp_path / "t.parquet", columns))
    assert pool.annual_rate.tolist() == [0.1, 0, 0.1]
    assert pool.original_balance.tolist() == [100, 250, 300]
    assert pool.amortization_term.tolist() == [5, 6, 9]
    assert pool.interest_only_months.tolist() == [0, 0, 2]
    assert pool.months_before_cutoff.tolist() == [0, 0, 2]


def test_a_default_stands_for_the_column_that_the_tape_lacks_and_for_its_blanks(tmp_path: Path) -> None:
    text = "balance,remaining_term,age\n100,5,2\n100,5,\n"
    pool, _ = read_text(tmp_path, text, defaults={"amortization": "flat_fee", "fee_rate": 0.005, "age": 7, "annual_rate": 0})
    assert pool.amortization.tolist() == [4, 4]
    assert pool.fee_rate.tolist() == [0.005, 0.005]
    assert pool.age.tolist() == [2, 7]


def test_a_default_that_no_loan_can_have_is_told(tmp_path: Path) -> None:
    told = problems_of_text(tmp_path, "balance,remaining_term\n100,5\n", defaults={"annual_rate": 12})
    assert "column annual_rate: looks like a percentage" in told[1]
