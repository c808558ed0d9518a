"""A tape is the same pool in whatever file it comes."""

from __future__ import annotations

import dataclasses
import datetime as dt
import decimal
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from abs_waterfall.pool.loans import LoanPool
from files.made_tapes import LENDING_CLUB, read, read_text, write

SETTINGS: dict[str, Any] = {
    "segment_by": ["original_term", "grade"],
    "eligibility": ["remaining_term >= 3", 'grade != "G"', "issue_month >= 2008-12-01", "dti < 24"],
    "columns": {"loan_id": "loan_id"},
    "stratify": {"issue_month": "values"},
}


def same(pool: LoanPool, other: LoanPool) -> None:
    for field in dataclasses.fields(LoanPool):
        one, two = getattr(pool, field.name), getattr(other, field.name)
        alike = np.array_equal(one, two) and one.dtype == two.dtype if isinstance(one, np.ndarray) else one == two
        assert alike, field.name


@pytest.mark.parametrize("name", ["tape.csv", "tape.csv.gz", "TAPE.CSV"])
def test_a_csv_of_the_tape_is_the_same_pool(tmp_path: Path, name: str) -> None:
    pool, report = read(LENDING_CLUB, **SETTINGS)
    other, told = read(write(tmp_path / name, pq.read_table(LENDING_CLUB)), **SETTINGS)
    same(pool, other)
    assert dataclasses.replace(told, source=report.source) == report


def test_a_workbook_of_the_tape_is_the_same_pool(tmp_path: Path) -> None:
    few = pq.read_table(LENDING_CLUB).slice(3000, 400)
    pool, report = read(write(tmp_path / "tape.parquet", few), **SETTINGS)
    other, told = read(write(tmp_path / "tape.xlsx", few), **SETTINGS)
    same(pool, other)
    assert dataclasses.replace(told, source=report.source) == report


@pytest.mark.parametrize("names", [["a.parquet", "b.parquet", "c.parquet"], ["1.csv", "2.parquet", "3.csv.gz"]])
def test_a_folder_of_parts_is_the_same_pool(tmp_path: Path, names: list[str]) -> None:
    whole = pq.read_table(LENDING_CLUB)
    folder = tmp_path / "parts"
    folder.mkdir()
    (folder / "_SUCCESS").touch()
    for number, name in enumerate(names):
        write(folder / name, whole.slice(5000 * number, 5000))
    pool, _ = read(LENDING_CLUB, **SETTINGS)
    other, told = read(folder, **SETTINGS)
    same(pool, other)
    assert told.source == "parts (3 parts)"


def test_a_tape_longer_than_a_chunk_is_all_its_loans(tmp_path: Path) -> None:
    rows = 150_000
    grades = np.array(["A", "B", "C"])[np.arange(rows) % 3]
    columns = {"balance": np.arange(1.0, rows + 1), "annual_rate": 0.1, "remaining_term": 12, "grade": grades}
    table = pa.table(
        {name: values if isinstance(values, np.ndarray) else np.full(rows, values) for name, values in columns.items()}
    )
    pool, report = read(write(tmp_path / "tape.parquet", table), segment_by=["grade"], eligibility=['grade != "A"'])
    assert pool.segment_names == ("B", "C")
    assert len(pool.balance) == 100_000
    assert report.read.balance == rows * (rows + 1) / 2
    assert np.array_equal(pool.balance[:3], [2, 3, 5])


@pytest.mark.parametrize(
    ("balances", "terms"),
    [
        (pa.array([1000, 2000], pa.int16()), pa.array([12, 24], pa.uint8())),
        (pa.array([decimal.Decimal("1000.00"), decimal.Decimal("2000.00")]), pa.array([12.0, 24.0], pa.float32())),
        (pa.array([1000.0, 2000.0]).dictionary_encode(), pa.array(["12", " 24 "])),
        (pa.array(["1000", "2e3"]), pa.array(["12", "24"]).dictionary_encode()),
        (pa.array(["1000", "2000"], pa.large_string()), pa.array([12, 24], pa.int64())),
    ],
)
def test_any_width_or_form_of_number_will_do(tmp_path: Path, balances: pa.Array, terms: pa.Array) -> None:
    table = pa.table({"balance": balances, "annual_rate": [0.1, 0.2], "remaining_term": terms})
    pool, _ = read(write(tmp_path / "tape.parquet", table))
    assert pool.balance.tolist() == [1000, 2000]
    assert pool.remaining_term.tolist() == [12, 24]


@pytest.mark.parametrize(
    "dates",
    [
        pa.array([dt.date(2009, 5, 1), dt.date(2010, 5, 1)]),
        pa.array([dt.datetime(2009, 5, 1, 23, 59), dt.datetime(2010, 5, 1)], pa.timestamp("ms")),  # noqa: DTZ001 # a tape's has no zone
        pa.array(
            [dt.datetime(2009, 5, 2, 3, tzinfo=dt.UTC), dt.datetime(2010, 5, 1, 12, tzinfo=dt.UTC)], pa.timestamp("us", "-04:00")
        ),
    ],
)
def test_dates_of_any_kind_are_days(tmp_path: Path, dates: pa.Array) -> None:
    table = pa.table({"balance": [1.0, 2.0], "annual_rate": [0.1, 0.1], "remaining_term": [5, 5], "issued": dates})
    pool, report = read(
        write(tmp_path / "tape.parquet", table), eligibility=["issued > 2009-05-01"], stratify={"issued": "values"}
    )
    assert pool.balance.tolist() == [2]
    assert report.stratifications[-1].strata[0].label == "2010-05-01"


def test_daily_rates_are_rates_a_year_by_the_days_of_their_basis(tmp_path: Path) -> None:
    text = "balance,daily_rate,remaining_term\n1,0.0004,5\n1,0.0007,5\n"
    pool, report = read_text(
        tmp_path, text, interest_basis="ACT/365F", eligibility=["annual_rate <= 0.24 and daily_rate > 0.0001"]
    )
    assert pool.annual_rate.tolist() == pytest.approx([0.146])
    assert report.criteria[0].excluded_loans == 1


def test_a_loan_that_does_not_state_what_a_criterion_reads_fails_it(tmp_path: Path) -> None:
    text = "balance,annual_rate,remaining_term,score\n1,0.1,5,700\n2,0.1,5,\n3,0.1,5,NA\n"
    pool, _ = read_text(tmp_path, text, eligibility=["not score < 600"])
    assert pool.balance.tolist() == [1]


def test_labels_keep_their_leading_zeros_and_lose_their_blanks(tmp_path: Path) -> None:
    text = "balance,annual_rate,remaining_term,zip\n1,0.1,5,02134\n2,0.1,5, 10001 \n3,0.1,5,02134\n"
    pool, _ = read_text(tmp_path, text, segment_by=["zip"])
    assert pool.segment_names == ("02134", "10001")
    assert pool.segment.tolist() == [0, 1, 0]


def test_only_the_columns_needed_are_read(tmp_path: Path) -> None:
    text = "balance,annual_rate,remaining_term,notes\n1,0.1,5,x\n"
    (tmp_path / "tape.csv").write_bytes(text.encode() + b"2,0.1,5,\xff\xfe\n")
    pool, _ = read(tmp_path / "tape.csv")
    assert pool.balance.tolist() == [1, 2]


def test_reading_a_tape_loads_neither_pandas_nor_scipy() -> None:
    code = (
        "import sys, datetime, pathlib\n"
        "from abs_waterfall.files.tapes import read_pool\n"
        "from abs_waterfall.pool.model import PoolSettings\n"
        "settings = PoolSettings(tape=sys.argv[1], segment_by=['grade'], columns={'loan_id': 'loan_id'})\n"
        "read_pool(settings, pathlib.Path(), datetime.date(2010, 12, 31), '')\n"
        "print({'pandas', 'scipy', 'openpyxl'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(LENDING_CLUB)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_rep_lines_alone_load_nothing_that_reads_tapes() -> None:
    code = (
        "import sys, datetime, pathlib\n"
        "from abs_waterfall.files.tapes import read_pool\n"
        "from abs_waterfall.pool.model import PoolSettings\n"
        "settings = PoolSettings.model_validate({'line': [{'balance': 1, 'annual_rate': 0.1, 'remaining_term': 5}]})\n"
        "read_pool(settings, pathlib.Path(), datetime.date(2010, 12, 31), '')\n"
        "print({'pandas', 'scipy', 'openpyxl', 'pyarrow'} & set(sys.modules))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


@pytest.mark.parametrize("name", ["tape.csv", "tape.csv.gz", "tape.xlsx"])
def test_reading_texts_loads_no_pandas_either(tmp_path: Path, name: str) -> None:
    columns = {
        "balance": ["1", "x"],
        "annual_rate": ["0.1", "0.1"],
        "remaining_term": ["5", "5"],
        "g": ["A", ""],
        "id": ["a", "b"],
    }
    path = write(tmp_path / name, {**columns, "cutoff": ["2010-11-30", ""]})
    code = (
        "import sys, datetime, pathlib\n"
        "from abs_waterfall.files.tapes import read_pool\n"
        "from abs_waterfall.pool.model import PoolSettings\n"
        "settings = PoolSettings(tape=sys.argv[1], segment_by=['g'], columns={'loan_id': 'id'}, on_bad_rows='exclude')\n"
        "print(len(read_pool(settings, pathlib.Path(), datetime.date(2010, 12, 31), '')[0].balance))\n"
        "print('pandas' in sys.modules)\n"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "False"]


def test_a_tapes_own_segment_column_can_be_tested_and_does_not_name_the_segments(tmp_path: Path) -> None:
    columns = {"balance": [1.0, 2.0], "annual_rate": [0.1, 0.1], "remaining_term": [5, 5], "segment": ["A", "B"]}
    pool, _ = read(write(tmp_path / "tape.parquet", columns), eligibility=['segment == "A"'])
    assert pool.balance.tolist() == [1]
    assert pool.segment_names == ("all",)
