"""Rep lines are loans; what no loan can be is refused where it is said."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from abs_waterfall.errors import InputError
from abs_waterfall.files.tapes import read_pool
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool
from abs_waterfall.pool.model import PoolSettings, RepLine
from abs_waterfall.pool.report import PoolReport

CUTOFF = dt.date(2015, 6, 30)
PERCENTAGE = "looks like a percentage; expected a fraction such as"
OR_ALL = 'or amortization = "interest_only"'
NOT_BULLET = 'goes with level_pay or equal_principal, not with "bullet"'
BULLET = {"amortization": "bullet"}
FEE = {"amortization": "flat_fee", "fee_rate": 0.5}
TWO = {"amortization": "custom", "remaining_term": 2}
LINE = {"balance": 1000, "annual_rate": 0.12, "remaining_term": 24}


def pool_of(*lines: dict[str, Any], **settings: Any) -> tuple[LoanPool, PoolReport]:
    model = PoolSettings.model_validate({"line": [{**LINE, **line} for line in lines], **settings})
    return read_pool(model, Path(), CUTOFF, "deal.toml")


def faults(line: dict[str, Any]) -> list[tuple[str, str]]:
    with pytest.raises(ValidationError) as caught:
        RepLine.model_validate({key: value for key, value in {**LINE, **line}.items() if value is not None})
    return [(".".join(map(str, fault["loc"])), fault["msg"].removeprefix("Value error, ")) for fault in caught.value.errors()]


def test_a_line_is_one_loan() -> None:
    pool, report = pool_of({"age": 3, "segment": "B"}, {"amortization": "bullet", "balance": 500, "segment": "A"})
    assert pool.balance.tolist() == [1000, 500]
    assert pool.age.tolist() == [3, 0]
    assert [AMORTIZATIONS[code] for code in pool.amortization] == ["level_pay", "bullet"]
    assert [pool.segment_names[code] for code in pool.segment] == ["B", "A"]
    assert pool.segment_names == ("A", "B")
    assert report.source == "2 rep lines"
    assert (report.eligible.balance, report.eligible.wac, report.eligible.wam, report.eligible.wala) == (1500, 0.12, 24, 2)


@pytest.mark.parametrize(("basis", "days"), [("ACT/365F", 365), ("30/360", 360), ("ACT/360", 360)])
def test_a_daily_rate_is_a_rate_a_year_on_the_days_of_its_basis(basis: str, days: int) -> None:
    pool, _ = pool_of({"annual_rate": None, "daily_rate": 0.0005}, interest_basis=basis)
    assert pool.annual_rate[0] == pytest.approx(0.0005 * days, rel=1e-15)


def test_a_flat_fee_is_charged_on_the_balance_unless_said() -> None:
    fee = {"amortization": "flat_fee", "annual_rate": None, "fee_rate": 0.005}
    pool, _ = pool_of(fee, {**fee, "original_balance": 1200, "fee_on_prepayment": True, "annual_rate": 0.01})
    assert pool.original_balance.tolist() == [1000, 1200]
    assert pool.annual_rate.tolist() == [0, 0.01]
    assert pool.fee_on_prepayment.tolist() == [False, True]


def test_a_custom_line_has_its_schedule() -> None:
    custom = {"amortization": "custom", "remaining_term": 2, "schedule": [0.75, 0.25]}
    pool, _ = pool_of({}, custom, {}, {**custom, "schedule": [0.5, 0.5]})
    assert pool.schedule.tolist() == [-1, 0, -1, 1]
    assert [list(schedule) for schedule in pool.schedules] == [[0.75, 0.25], [0.5, 0.5]]


@pytest.mark.parametrize(
    ("own", "deal", "months"),
    [
        (dt.date(2015, 5, 31), dt.date(2015, 6, 30), 1),
        (dt.date(2015, 2, 28), dt.date(2015, 6, 30), 4),
        (dt.date(2014, 6, 30), dt.date(2015, 6, 30), 12),
        (dt.date(2015, 6, 30), dt.date(2015, 6, 30), 0),
        (dt.date(2015, 4, 15), dt.date(2015, 6, 15), 2),
        (dt.date(2015, 1, 30), dt.date(2015, 2, 28), 1),
        (dt.date(2015, 5, 30), dt.date(2015, 7, 30), 2),
    ],
)
def test_a_lines_own_cutoff_lies_whole_months_before_the_deals(own: dt.date, deal: dt.date, months: int) -> None:
    pool, _ = read_pool(PoolSettings.model_validate({"line": [{**LINE, "cutoff": own}]}), Path(), deal, "deal.toml")
    assert pool.months_before_cutoff.tolist() == [months]


def test_a_cutoff_between_is_refused_in_every_line_that_has_one() -> None:
    with pytest.raises(InputError) as caught:
        pool_of({"cutoff": dt.date(2015, 5, 29)}, {"cutoff": dt.date(2015, 7, 31)}, {"cutoff": dt.date(2015, 8, 1)})
    assert [str(problem) for problem in caught.value.problems] == [
        "deal.toml: pool.line[0].cutoff: 2015-05-29; expected whole months from the deal's cut-off 2015-06-30",
        "deal.toml: pool.line[2].cutoff: 2015-08-01; expected whole months from the deal's cut-off 2015-06-30",
    ]


@pytest.mark.parametrize(
    ("line", "place", "told"),
    [
        ({"annual_rate": 12.5}, "annual_rate", f"12.5 {PERCENTAGE} 0.125"),
        ({"annual_rate": -0.1}, "annual_rate", "-0.1 is negative; expected a fraction from 0 to 1"),
        ({"annual_rate": None, "daily_rate": 0.05}, "daily_rate", f"0.05 {PERCENTAGE} 0.0005"),
        ({"annual_rate": "0.1"}, "annual_rate", "Input should be a valid number"),
        ({"annual_rate": float("nan")}, "annual_rate", "Input should be a finite number"),
        ({"balance": True}, "balance", "Input should be a valid number"),
        ({"balance": 0}, "balance", "Input should be greater than 0"),
        ({"balance": float("inf")}, "balance", "Input should be a finite number"),
        ({"remaining_term": 24.0}, "remaining_term", "Input should be a valid integer"),
        ({"remaining_term": 0}, "remaining_term", "Input should be greater than or equal to 1"),
        ({"age": -1}, "age", "Input should be greater than or equal to 0"),
        ({"amortisation": "bullet"}, "amortisation", "Extra inputs are not permitted"),
        ({"interest_only_months": 24}, "interest_only_months", f"24 leaves no month to amortize in 24; expected less, {OR_ALL}"),
        ({**BULLET, "interest_only_months": 3}, "interest_only_months", f"3 {NOT_BULLET}"),
        ({"amortization_term": 12}, "amortization_term", "12 is shorter than remaining_term 24; expected at least 24"),
        ({**BULLET, "amortization_term": 36}, "amortization_term", f"36 {NOT_BULLET}"),
        ({"fee_rate": 0.005}, "fee_rate", 'goes with amortization = "flat_fee", not with "level_pay"'),
        ({"fee_on_prepayment": True}, "fee_on_prepayment", 'goes with amortization = "flat_fee", not with "level_pay"'),
        ({**FEE, "original_balance": -1}, "original_balance", "Input should be greater than 0"),
        ({"amortization": "custom", "schedule": [0.5, 0.5]}, "schedule", "has 2 shares; expected remaining_term = 24 of them"),
        ({**TWO, "schedule": [0.5, 0.6]}, "schedule", "sums to 1.1; expected 1"),
        ({**TWO, "schedule": [1.5, -0.5]}, "schedule.1", "Input should be greater than or equal to 0"),
        ({**TWO}, "", 'has no schedule; amortization = "custom" needs the share of the balance due each month'),
        ({"annual_rate": None}, "", "has no annual_rate; expected annual_rate or daily_rate"),
        ({"daily_rate": 0.0005}, "", "has both annual_rate and daily_rate; expected one of them"),
    ],
)  # fmt: skip
def test_a_line_that_no_loan_can_be_is_refused_at_its_key(line: dict[str, Any], place: str, told: str) -> None:
    assert faults(line) == [(place, told)]


def test_criteria_are_tested_on_what_lines_state() -> None:
    lines = [{"remaining_term": 2}, {"annual_rate": 0.3}, {"amortization": "bullet"}, {"segment": "D"}, {}]
    formulas = ["remaining_term >= 3", "annual_rate <= 0.24", 'amortization != "bullet" and segment != "D"']
    pool, report = pool_of(*lines, eligibility=formulas)
    assert len(pool.balance) == 1
    assert [row.excluded_loans for row in report.criteria] == [1, 1, 2]
    assert report.read.loans == 5


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"eligibility": ["score > 600"]}, 'deal.toml: pool.eligibility[0]: no column "score"; there are balance, annual_rate,'),
        (
            {"segment_by": ["grade"]},
            'deal.toml: pool.segment_by[0]: "grade" is a column of a tape, and this pool has rep lines only',
        ),
        ({"stratify": {"state": "values"}}, 'deal.toml: pool.stratify.state: "state" is a column of a tape'),
        ({"columns": {"age": "mob"}}, 'deal.toml: pool.columns.age: "age" is a column of a tape'),
        ({"defaults": {"age": 3}}, 'deal.toml: pool.defaults.age: "age" is a column of a tape'),
    ],
)
def test_what_only_a_tape_has_is_refused_of_rep_lines(settings: dict[str, Any], told: str) -> None:
    with pytest.raises(InputError, match=r"^" + told.replace("[", r"\[").replace("]", r"\]")):
        pool_of({}, **settings)


def test_lines_stand_beside_a_tape(tmp_path: Path) -> None:
    (tmp_path / "tape.csv").write_text("balance,annual_rate,remaining_term,grade\n10,0.1,5,A\n20,0.2,6,B\n30,0.2,6,C\n")
    settings = {
        "tape": "tape.csv", "segment_by": ["grade"], "eligibility": ['grade != "C"', "balance > 15"],
        "line": [{**LINE, "segment": "B"}, {**LINE, "segment": "Z", "balance": 1}],
    }  # fmt: skip
    pool, report = read_pool(PoolSettings.model_validate(settings), tmp_path, CUTOFF, "deal.toml")
    assert report.source == "tape.csv and 2 rep lines"
    assert pool.balance.tolist() == [20, 1000]
    assert pool.segment_names == ("B",)
    assert [(row.excluded_loans, row.failing_loans) for row in report.criteria] == [(1, 1), (2, 2)]
    (grades,) = [table for table in report.stratifications if table.column == "grade"]
    assert [(row.label, row.balance) for row in grades.strata] == [("B", 20), ("not stated", 1000)]
