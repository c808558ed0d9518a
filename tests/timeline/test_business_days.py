"""Calendars and business-day conventions."""

from __future__ import annotations

import subprocess
import sys
from datetime import date, timedelta

import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.calendars import BUSINESS_DAY_CONVENTIONS, Calendar, business_day, business_days_before, calendar

QUANTLIB = {
    "none": ql.Unadjusted,
    "following": ql.Following,
    "modified_following": ql.ModifiedFollowing,
    "preceding": ql.Preceding,
}
US = calendar("US", range(2012, 2026))
INTERBANK = calendar("CN-interbank", range(2011, 2026))


@given(st.dates(date(2012, 1, 1), date(2025, 12, 31)), st.sampled_from(BUSINESS_DAY_CONVENTIONS))
def test_conventions_move_a_date_as_quantlib_does(day: date, convention: str) -> None:
    theirs = ql.WeekendsOnly().adjust(ql.Date.from_date(day), QUANTLIB[convention])
    assert ql.Date.from_date(business_day(day, convention, calendar("none", []))) == theirs


def test_federal_holidays_are_those_of_quantlib() -> None:
    """But for 18 June 2021, the first Juneteenth, made a federal holiday the day before (OPM); QuantLib begins in 2022."""
    theirs = ql.UnitedStates(ql.UnitedStates.Settlement)
    days = [date(2012, 1, 1) + timedelta(n) for n in range(13 * 365)]
    assert [day for day in days if (day in US) is theirs.isBusinessDay(ql.Date.from_date(day))] == [date(2021, 6, 18)]


def test_a_payment_date_on_thanksgiving_is_paid_the_next_day() -> None:
    assert business_day(date(2024, 11, 28), "following", US) == date(2024, 11, 29)


def test_modified_following_stays_in_the_month() -> None:
    assert business_day(date(2020, 5, 31), "following", US) == date(2020, 6, 1)
    assert business_day(date(2020, 5, 31), "modified_following", US) == date(2020, 5, 29)


def test_the_new_year_after_the_last_year_asked_for_is_closed() -> None:
    closed = calendar("CN", [2021])
    assert business_day(date(2021, 12, 31), "following", closed) == date(2021, 12, 31)
    assert business_day(date(2022, 1, 1), "preceding", closed) == date(2021, 12, 31)
    assert date(2022, 1, 3) in closed


def test_the_weekend_is_that_of_the_country() -> None:
    friday = date(2024, 5, 17)
    assert friday in calendar("SA", [2024])
    assert friday not in calendar("US", [2024])
    assert business_day(friday, "following", calendar("SA", [2024])) == date(2024, 5, 19)


def test_no_calendar_still_has_weekends() -> None:
    assert calendar("none", [2024]) == Calendar()
    assert business_day(date(2024, 12, 25), "following", Calendar()) == date(2024, 12, 25)
    assert business_day(date(2024, 12, 28), "following", Calendar()) == date(2024, 12, 30)


CHINA = [date(2012, 1, 1) + timedelta(n) for n in range(15 * 365 + 3)]
"""To the end of 2026, the last year announced."""


@pytest.mark.parametrize(("code", "market"), [("CN-exchange", ql.China.SSE), ("CN-interbank", ql.China.IB)])
def test_the_chinese_markets_are_open_when_quantlib_says_so(code: str, market: int) -> None:
    closed, theirs = calendar(code, range(2012, 2027)), ql.China(market)
    assert not [day for day in CHINA if (day in closed) is theirs.isBusinessDay(ql.Date.from_date(day))]


def test_a_make_up_weekend_is_worked_by_banks_and_not_by_exchanges() -> None:
    # The State Council on 2025: Sunday 28 September and Saturday 11 October are worked for the National Day holiday.
    exchange, interbank = (calendar(code, [2025]) for code in ("CN-exchange", "CN-interbank"))
    assert business_day(date(2025, 10, 11), "following", interbank) == date(2025, 10, 11)
    assert business_day(date(2025, 10, 11), "following", exchange) == date(2025, 10, 13)
    assert business_day(date(2025, 10, 1), "preceding", interbank) == date(2025, 9, 30)


def test_chinese_days_are_known_to_the_last_year_announced() -> None:
    assert calendar("CN-interbank", [2030]).published_to == calendar("CN", [2030]).published_to == 2026
    assert calendar("US", [2030]).published_to == 2100
    assert Calendar().published_to is None


def test_days_of_ones_own_stand_against_the_calendar_and_publish_the_years_they_continue() -> None:
    days = {date(2025, 10, 11): "holiday", date(2025, 10, 1): "working", date(2027, 2, 5): "holiday", date(2029, 1, 1): "holiday"}
    closed = calendar("CN-interbank", [2025]).with_days(days)
    assert date(2025, 10, 11) in closed
    assert date(2025, 10, 1) not in closed
    assert closed.published_to == 2027


@given(st.dates(date(2012, 1, 1), date(2025, 12, 31)), st.integers(0, 30))
def test_business_days_before_are_quantlibs(day: date, lag: int) -> None:
    theirs = ql.China(ql.China.IB)
    open_day = business_day(day, "following", INTERBANK)  # both count from a business day alike
    moved = theirs.advance(ql.Date.from_date(open_day), -lag, ql.Days)
    assert ql.Date.from_date(business_days_before(open_day, lag, INTERBANK)) == moved


@pytest.mark.parametrize(
    ("asked", "meant"),
    [
        ("USX", "US"),
        ("us", "US"),
        ("China", "CN"),
        ("GBR", "GB"),
        ("UK", "GB"),
        ("United States", "US"),
        ("None", "none"),
        ("cn-interbank", "CN-interbank"),
    ],
)
def test_an_unknown_calendar_names_the_code_that_was_meant(asked: str, meant: str) -> None:
    with pytest.raises(ValueError, match=f'no calendar "{asked}".*Did you mean "{meant}"'):
        calendar(asked, [2024])


def test_a_calendar_like_nothing_known_says_what_is_expected() -> None:
    with pytest.raises(ValueError, match=r'no calendar "??"; expected a country code such as "US" or "CN", or "none"\.$'):
        calendar("", [2024])


def test_an_unknown_convention_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r'no business day convention "folowing".*Did you mean "following"\?'):
        business_day(date(2024, 1, 1), "folowing", Calendar())


def test_holidays_are_loaded_only_for_a_calendar() -> None:
    code = (
        "import sys; from abs_waterfall.calendars import calendar; calendar('none', [2024]); assert 'holidays' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
