"""Months and nominal payment dates."""

from __future__ import annotations

from datetime import date

import pytest
import QuantLib as ql
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.timeline import (
    FREQUENCY_MONTHS,
    add_months,
    is_month_end,
    month_dates,
    payment_dates,
    whole_months,
    year_fraction,
)

DATES = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@given(DATES, st.integers(-400, 400))
def test_adding_months_is_what_quantlib_does(day: date, months: int) -> None:
    theirs = ql.Date.from_date(day) + ql.Period(months, ql.Months)
    assert ql.Date.from_date(add_months(day, months)) == theirs


@given(DATES, st.integers(1, 400))
def test_months_of_a_month_end_cutoff_are_month_ends(day: date, months: int) -> None:
    cutoff = add_months(day, 0, end_of_month=True)
    assert all(is_month_end(day) for day in month_dates(cutoff, months))


def test_months_of_a_cutoff_within_the_month_keep_its_day() -> None:
    assert month_dates(date(2017, 4, 28), 2) == (date(2017, 5, 28), date(2017, 6, 28))
    assert month_dates(date(2015, 1, 30), 2) == (date(2015, 2, 28), date(2015, 3, 30))
    assert month_dates(date(2015, 1, 30), 0) == ()


@given(DATES, st.sampled_from(list(FREQUENCY_MONTHS)), st.integers(1, 60))
def test_payment_dates_are_a_quantlib_schedule(first: date, frequency: str, payments: int) -> None:
    months = FREQUENCY_MONTHS[frequency]
    last = add_months(first, months * (payments - 1), end_of_month=is_month_end(first))
    ours = payment_dates(first, months, last)
    builder = ql.Schedule(
        ql.Date.from_date(first),
        ql.Date.from_date(add_months(last, months, end_of_month=is_month_end(first))),
        ql.Period(months, ql.Months),
        ql.NullCalendar(),
        ql.Unadjusted,
        ql.Unadjusted,
        ql.DateGeneration.Forward,
        is_month_end(first),
    )
    assert [ql.Date.from_date(day) for day in ours] == list(builder)[:-1]


def test_the_legal_final_is_the_last_payment_date_and_nothing_lies_beyond_it() -> None:
    dates = payment_dates(date(2015, 8, 15), 1, date(2022, 8, 15))
    assert (len(dates), dates[-1]) == (85, date(2022, 8, 15))
    assert payment_dates(date(2015, 8, 15), 1, date(2022, 8, 14)) == dates[:-1]
    assert payment_dates(date(2015, 8, 15), 1, date(2015, 8, 14)) == ()


@given(DATES, st.integers(0, 400))
def test_whole_months_are_counted_back(start: date, months: int) -> None:
    assert whole_months(start, add_months(start, months)) == months
    assert whole_months(start, add_months(start, months, end_of_month=is_month_end(start))) == months


def test_broken_months_are_not_whole() -> None:
    assert whole_months(date(2015, 6, 30), date(2015, 7, 15)) is None
    assert whole_months(date(2015, 2, 28), date(2015, 1, 31)) == -1


def test_an_unknown_day_count_names_the_nearest() -> None:
    with pytest.raises(ValueError, match=r'no day count "ACT/365".*Did you mean "ACT/365F"\?'):
        year_fraction(date(2015, 1, 1), date(2015, 2, 1), "ACT/365")
