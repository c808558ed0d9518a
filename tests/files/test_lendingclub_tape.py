"""The real tape of deals/lendingclub-2010-12, against the totals that its source states."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from files.made_tapes import LENDING_CLUB, read

BY_SEGMENT = {"segment_by": ["original_term", "grade"]}


def test_the_tape_is_the_pool_its_source_describes() -> None:
    pool, report = read(LENDING_CLUB, **BY_SEGMENT)
    assert report.source == "tape.parquet"
    assert report.eligible.loans == len(pool.balance) == 14_209
    assert report.eligible.balance == pytest.approx(109_620_627.34, abs=0.005)
    assert 100 * report.eligible.wac == pytest.approx(12.4038, abs=5e-5)


def test_its_segments_are_terms_and_grades_with_the_loans_that_the_tape_gives_them() -> None:
    pool, report = read(LENDING_CLUB, **BY_SEGMENT)
    tape = pq.read_table(LENDING_CLUB, columns=["original_term", "grade", "balance"]).to_pydict()
    by_hand: dict[str, float] = {}
    for term, grade, balance in zip(*tape.values(), strict=True):
        by_hand[f"{term}/{grade}"] = by_hand.get(f"{term}/{grade}", 0.0) + balance
    assert pool.segment_names == tuple(sorted(by_hand))
    assert {row.label: row.balance for row in report.segments} == pytest.approx(by_hand, rel=1e-12)
    assert sum(row.loans for row in report.segments) == 14_209


def test_its_loans_are_level_pay_over_what_remains_of_their_terms() -> None:
    pool, _ = read(LENDING_CLUB)
    assert set(pool.amortization) == {0}
    assert np.array_equal(pool.amortization_term, pool.remaining_term)
    assert pool.segment_names == ("all",)
    assert pool.months_before_cutoff.max() == 0


def test_what_a_criterion_excludes_is_what_the_tape_shows() -> None:
    _, report = read(LENDING_CLUB, eligibility=["remaining_term >= 3", 'grade != "G"', "annual_income >= 20_000"])
    tape = pq.read_table(LENDING_CLUB, columns=["remaining_term", "grade", "annual_income", "balance"]).to_pylist()
    short = [row for row in tape if row["remaining_term"] < 3]
    graded = [row for row in tape if row["remaining_term"] >= 3 and row["grade"] == "G"]
    assert report.criteria[0].excluded_loans == len(short)
    assert report.criteria[1].excluded_loans == len(graded)
    assert report.criteria[1].excluded_balance == pytest.approx(sum(row["balance"] for row in graded))
    assert report.criteria[1].failing_loans == sum(row["grade"] == "G" for row in tape)
    assert report.criteria[2].failing_loans == sum(not (row["annual_income"] or 0) >= 20_000 for row in tape)
    assert report.read.loans - report.eligible.loans == sum(row.excluded_loans for row in report.criteria)
    assert report.read.balance - report.eligible.balance == pytest.approx(sum(row.excluded_balance for row in report.criteria))


def test_every_stratification_adds_up_to_the_pool() -> None:
    _, report = read(LENDING_CLUB, **BY_SEGMENT, stratify={"state": "values", "dti": [5, 10, 15], "issue_month": "values"})
    assert [table.column for table in report.stratifications] == [
        "balance", "annual_rate", "remaining_term", "age", "original_term", "grade", "state", "dti", "issue_month",
    ]  # fmt: skip
    for table in report.stratifications:
        assert sum(row.loans for row in table.strata) == 14_209
        assert sum(row.balance for row in table.strata) == pytest.approx(109_620_627.34, rel=1e-12)
        assert sum(row.share for row in table.strata) == pytest.approx(1, rel=1e-12)
        assert sum(row.share * row.wac for row in table.strata) == pytest.approx(report.eligible.wac, rel=1e-12)
        assert sum(row.share * row.wam for row in table.strata) == pytest.approx(report.eligible.wam, rel=1e-12)
