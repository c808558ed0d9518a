"""Payment holidays, penalties, rates that adjust and multipliers as columns of a tape, the same as rep lines that say them."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from abs_waterfall.pool.lines import pool_of_lines
from abs_waterfall.pool.model import RepLine
from collateral.pools import CURVES, project
from files.made_tapes import problems_of, read, write

LOANS = {"balance": [9000.0, 8000.0, 7000.0, 6000.0], "annual_rate": [0.06, 0.05, 0.04, 0.07], "remaining_term": [24, 36, 30, 12]}
COLUMNS = LOANS | {
    "age": [0, 5, 8, 2],
    "payment_holiday_months": [3, None, 0, None],
    "capitalises": [False, None, None, None],
    "prepayment_penalty": [None, 0.05, 0.03, None],
    "prepayment_penalty_months": [None, 12, None, None],
    "rate_index": [None, None, "ONE", None],
    "rate_margin": [None, None, 0.02, 0.5],
    "fixed_months": [None, None, 12, None],
    "reset_months": [None, None, 6, None],
    "first_cap": [None, None, 0.03, None],
    "periodic_cap": [None, None, 0.01, None],
    "rate_cap": [None, None, 0.09, None],
    "lookback_days": [None, None, 45, None],
}
SAID = (
    {"payment_holiday_months": 3, "capitalises": False},
    {"prepayment_penalty": {"rate": 0.05, "until": 12}},
    {
        "prepayment_penalty": {"rate": 0.03},
        "adjusts": {
            "index": "ONE", "margin": 0.02, "fixed_months": 12, "reset_months": 6, "first_cap": 0.03, "periodic_cap": 0.01,
            "cap": 0.09, "lookback_days": 45,
        },
    },
    {},
)  # fmt: skip


def test_a_tape_says_what_lines_say(tmp_path: Path) -> None:
    pool, _ = read(write(tmp_path / "t.parquet", COLUMNS))
    lines = [
        RepLine.model_validate({name: COLUMNS[name][row] for name in (*LOANS, "age")} | said) for row, said in enumerate(SAID)
    ]
    same = pool_of_lines(lines, dt.date(2020, 1, 31), "30/360")
    said = [pool.clauses[number] if number >= 0 else None for number in pool.clause]
    assert said == [same.clauses[number] if number >= 0 else None for number in same.clause]
    assumed = {"prepayment": {"cpr": 0.2}}
    ours, theirs = (project(each, assumed, curves=CURVES) for each in (pool, same))
    for name in ("interest", "scheduled_principal", "prepayment", "prepayment_penalty", "capitalised"):
        np.testing.assert_array_equal(getattr(ours, name), getattr(theirs, name))
    assert ours.prepayment_penalty.sum() > 0


def test_loans_that_say_the_same_share_their_clauses(tmp_path: Path) -> None:
    columns = {name: values * 50 for name, values in COLUMNS.items()}
    pool, _ = read(write(tmp_path / "t.csv", columns))
    assert len(pool.clauses) == 3


@pytest.mark.parametrize("suffix", [".parquet", ".csv"])
def test_multipliers_are_read_and_blanks_are_1(tmp_path: Path, suffix: str) -> None:
    columns = LOANS | {"age": [0] * 4, "default_multiplier": [2.5, None, 0.0, 1.0], "speed": [None, 0.5, None, None]}
    pool, _ = read(write(tmp_path / f"t{suffix}", columns), columns={"prepayment_multiplier": "speed"})
    assert pool.default_multiplier.tolist() == [2.5, 1.0, 0.0, 1.0]
    assert pool.prepayment_multiplier.tolist() == [1.0, 0.5, 1.0, 1.0]


def test_a_tape_without_multipliers_may_have_them_by_default(tmp_path: Path) -> None:
    pool, _ = read(write(tmp_path / "t.csv", LOANS), defaults={"age": 0, "default_multiplier": 1.5})
    assert pool.default_multiplier.tolist() == [1.5] * 4
    assert pool.prepayment_multiplier.tolist() == [1.0] * 4


@pytest.mark.parametrize(
    ("column", "values", "told"),
    [
        ("payment_holiday_months", [24, 0], 'leaves no month of the remaining term to amortize in, in 1 row: row 1 says "24"'),
        ("payment_holiday_months", [1.5, 0], 'is not a whole number of months, in 1 row: row 1 says "1.5"'),
        ("capitalises", [2, 0], 'is neither true nor false, in 1 row: row 1 says "2"'),
        ("prepayment_penalty", [5, 0], 'looks like a percentage; expected a fraction such as 0.125, in 1 row: row 1 says "5"'),
        ("prepayment_penalty_months", [-1, 0], 'is below 0, in 1 row: row 1 says "-1"'),
        ("rate_margin", [2.5, 0], 'looks like a percentage; expected a fraction such as 0.125, in 1 row: row 1 says "2.5"'),
        ("default_multiplier", [-0.5, 1], 'is negative, in 1 row: row 1 says "-0.5"'),
        ("default_multiplier", ["high", "1"], 'is not a number, in 1 row: row 1 says "high"'),
        ("prepayment_multiplier", [150, 1], 'is above 100; expected a factor such as 1.5, in 1 row: row 1 says "150"'),
        ("reset_months", [0, 6], 'is below 1, in 1 row: row 1 says "0"'),
        ("periodic_cap", [2, 0], 'looks like a percentage; expected a fraction such as 0.125, in 1 row: row 1 says "2"'),
        ("lookback_days", [400, 45], 'is not from -31 to 366 whole days, in 1 row: row 1 says "400"'),
    ],
)
def test_a_clause_that_cannot_be_is_told_with_its_row(tmp_path: Path, column: str, values: list[float], told: str) -> None:
    columns = {"balance": [1.0, 2.0], "annual_rate": [0.1, 0.1], "remaining_term": [24, 24], column: values}
    assert problems_of(write(tmp_path / "t.parquet", columns))[1] == f"t.parquet: column {column}: {told}"


@pytest.mark.parametrize(
    ("other", "column", "told"),
    [
        (
            {"amortization": ["bullet", "bullet"], "payment_holiday_months": [2, 0]},
            "payment_holiday_months",
            "goes with",
        ),
        ({"amortization": ["bullet", "level_pay"], "rate_index": ["ONE", "ONE"]}, "rate_index", "goes with level_pay, equal_"),
        (
            {"rate_index": ["ONE", None], "payment_holiday_months": [2, 2]},
            "rate_index",
            "does not go with",
        ),
        ({"rate_index": ["ONE", None], "rate_cap": [0.05, 0.05], "rate_floor": [0.06, 0.06]}, "rate_floor", "is above rate_cap"),
    ],
)
def test_clauses_that_do_not_go_together_are_told(tmp_path: Path, other: dict[str, list[object]], column: str, told: str) -> None:
    columns = {"balance": [1.0, 2.0], "annual_rate": [0.1, 0.1], "remaining_term": [24, 24]} | other
    problem = problems_of(write(tmp_path / "t.parquet", columns))[1]
    assert problem.startswith(f"t.parquet: column {column}: {told}")
    assert "in 1 row: row 1" in problem
