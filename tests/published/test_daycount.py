"""Day counts against published tables and against QuantLib."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.timeline import DAY_COUNTS, days_30_360, year_fraction

PUBLISHED = json.loads((Path(__file__).parent / "data" / "daycount.json").read_text())
QUANTLIB = {
    "30/360": ql.Thirty360(ql.Thirty360.BondBasis),
    "ACT/360": ql.Actual360(),
    "ACT/365F": ql.Actual365Fixed(),
    "ACT/ACT ISDA": ql.ActualActual(ql.ActualActual.ISDA),
}
DATES = st.dates(date(1990, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize("case", PUBLISHED["thirty360"], ids=lambda case: f"{case['start']}..{case['end']}")
def test_days_of_30_360_are_those_of_the_isda_spreadsheet(case: dict) -> None:
    assert days_30_360(date.fromisoformat(case["start"]), date.fromisoformat(case["end"])) == case["bond_basis"]


@pytest.mark.parametrize("case", PUBLISHED["actact"], ids=lambda case: f"{case['start']}..{case['end']}")
def test_act_act_isda_is_that_of_the_isda_memorandum(case: dict) -> None:
    """EMU and Market Conventions, ISDA 1998, as in QuantLib's test suite; printed to 12 decimals."""
    years = year_fraction(date.fromisoformat(case["start"]), date.fromisoformat(case["end"]), "ACT/ACT ISDA")
    assert years == pytest.approx(case["isda"], abs=1e-11)


def test_three_days_are_three_days_over_the_fixed_year() -> None:
    three_days = date(2002, 2, 1), date(2002, 2, 4)
    assert year_fraction(*three_days, "ACT/365F") == pytest.approx(3 / 365, abs=1e-15)
    assert year_fraction(*three_days, "ACT/360") == pytest.approx(3 / 360, abs=1e-15)


@given(DATES, DATES, st.sampled_from(DAY_COUNTS))
def test_day_counts_are_those_of_quantlib(one: date, other: date, day_count: str) -> None:
    start, end = sorted((one, other))
    theirs = QUANTLIB[day_count].yearFraction(ql.Date.from_date(start), ql.Date.from_date(end))
    assert year_fraction(start, end, day_count) == pytest.approx(theirs, abs=1e-11)
