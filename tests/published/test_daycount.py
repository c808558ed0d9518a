"""Day counts against published tables and against QuantLib."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.timeline import FREQUENCY_MONTHS, ICMA, RegularPeriods, add_months, days_30_360, year_fraction

PUBLISHED = json.loads((Path(__file__).parent / "data" / "daycount.json").read_text())
QUANTLIB = {
    "30/360": ql.Thirty360(ql.Thirty360.BondBasis),
    "ACT/360": ql.Actual360(),
    "ACT/365F": ql.Actual365Fixed(),
    "ACT/ACT ISDA": ql.ActualActual(ql.ActualActual.ISDA),
    "30E/360": ql.Thirty360(ql.Thirty360.European),
    "NL/365": ql.Actual365Fixed(ql.Actual365Fixed.NoLeap),
}
# The regular periods of the memorandum's cases: those that are not a period themselves are named in the data's note.
ICMA_PERIODS = {
    "2003-11-01": (date(2004, 5, 1), 6),
    "1999-02-01": (date(1999, 7, 1), 12),
    "1999-07-01": (date(2000, 7, 1), 12),
    "2002-08-15": (date(2003, 7, 15), 6),
    "2003-07-15": (date(2004, 1, 15), 6),
    "1999-07-30": (date(2000, 1, 30), 6),
    "2000-01-30": (date(2000, 7, 30), 6),
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


@pytest.mark.parametrize("case", PUBLISHED["thirty360"], ids=lambda case: f"{case['start']}..{case['end']}")
def test_days_of_30e_360_are_those_of_the_eurobond_column(case: dict) -> None:
    years = year_fraction(date.fromisoformat(case["start"]), date.fromisoformat(case["end"]), "30E/360")
    assert years * 360 == pytest.approx(case["eurobond"], abs=1e-9)


@pytest.mark.parametrize("case", PUBLISHED["actact"], ids=lambda case: f"{case['start']}..{case['end']}")
def test_act_act_icma_is_that_of_the_isda_memorandum(case: dict) -> None:
    """Short and long first periods, and a short last one, count by the regular periods that they fall in."""
    anchor, months = ICMA_PERIODS[case["start"]]
    start, end = date.fromisoformat(case["start"]), date.fromisoformat(case["end"])
    years = year_fraction(start, end, ICMA, RegularPeriods(anchor, months))
    assert years == pytest.approx(case["isma"], abs=1e-11)


@given(DATES, st.sampled_from(sorted(FREQUENCY_MONTHS.values())), st.floats(0, 1), st.floats(0, 1))
def test_act_act_icma_is_quantlibs_within_a_period(anchor: date, months: int, one: float, other: float) -> None:
    end = add_months(anchor, months)
    first, last = (anchor + (end - anchor) * share for share in sorted((one, other)))
    reference = ql.Date.from_date(anchor), ql.Date.from_date(end)
    theirs = ql.ActualActual(ql.ActualActual.ISMA).yearFraction(ql.Date.from_date(first), ql.Date.from_date(last), *reference)
    assert year_fraction(first, last, ICMA, RegularPeriods(anchor, months)) == pytest.approx(theirs, abs=1e-12)


@given(DATES, st.sampled_from(sorted(FREQUENCY_MONTHS.values())), st.integers(0, 60))
def test_whole_periods_of_act_act_icma_are_whole_parts_of_a_year(anchor: date, months: int, periods: int) -> None:
    end = add_months(anchor, months * periods)
    assert year_fraction(anchor, end, ICMA, RegularPeriods(anchor, months)) == pytest.approx(periods * months / 12, abs=1e-12)


def test_a_29th_of_february_never_counts_on_nl_365() -> None:
    assert year_fraction(date(2024, 2, 28), date(2024, 2, 29), "NL/365") == 0
    assert year_fraction(date(2023, 3, 1), date(2024, 3, 1), "NL/365") == 1


def test_act_act_icma_asks_for_its_periods() -> None:
    with pytest.raises(ValueError, match="ACT/ACT ICMA counts by regular periods"):
        year_fraction(date(2024, 1, 1), date(2024, 7, 1), ICMA)


@given(DATES, DATES, st.sampled_from(sorted(QUANTLIB)))
def test_day_counts_are_those_of_quantlib(one: date, other: date, day_count: str) -> None:
    start, end = sorted((one, other))
    theirs = QUANTLIB[day_count].yearFraction(ql.Date.from_date(start), ql.Date.from_date(end))
    assert year_fraction(start, end, day_count) == pytest.approx(theirs, abs=1e-11)
