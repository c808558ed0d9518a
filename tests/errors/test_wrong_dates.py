"""Dates that cannot be: calendars, lags, collection days and files of holidays."""

from __future__ import annotations

from pathlib import Path

import pytest

from errors.wrong import Wrong, assert_refused, edit


def dates(new: str, *problems: tuple[str, ...]) -> Wrong:
    """Lines added to [dates]."""
    return edit("[pool]", f"{new}\n[pool]", *problems)


def holidays(content: str, *words: str) -> Wrong:
    """A file of holidays that is wrong."""
    problem = ("dates.holidays", *words)
    return Wrong((("[pool]", 'holidays = "days.csv"\n[pool]'),), (problem,), files={"days.csv": content.encode()})


WRONG = {
    "a market nobody keeps": dates('calendar = "CN-exchang"', ("dates.calendar", 'Did you mean "CN-exchange"?')),
    "a collection day that no month has": dates("collection_day = 32", ("dates.collection_day", "expected 31 or less, got 32")),
    "a first collection said twice": dates(
        "collection_day = 31\nfirst_collection_months = 2", ("dates", "leave out `first_collection_months`")
    ),
    "a first period in which no month ends": dates(
        "collection_day = 15\ndetermination_lag = 10",
        ("dates.collection_day", "no month of the pool ends in the collection period"),
    ),
    "a negative lag": dates("record_lag = -1", ("dates.record_lag", "expected 0 or more, got -1")),
    "a lag in parts of a day": dates("determination_lag = 1.5", ("dates.determination_lag", "expected a whole number, got 1.5")),
    "determined before it is collected": dates(
        "determination_lag = 12", ("dates.determination_lag", "ends on 2024-07-31, after its determination date 2024-07-30")
    ),
    "a delay longer than the first period": dates(
        "delay_days = 31", ("dates.delay_days", "31 days before the first payment is 2024-07-15, not after 2024-07-15")
    ),
    "a roll that is none": dates('roll = "month_end"', ("dates.roll", "expected one of end_of_month, day_of_month")),
    "a roll of listed dates": dates(
        'roll = "end_of_month"\npayment_dates = [2024-08-15, 2024-09-15]', ("dates", "leave it out beside `payment_dates`")
    ),
    "holidays that are not there": dates('holidays = "days.csv"', ("dates.holidays", "days.csv: no such file")),
    "holidays as a list": dates("holidays = [2024-08-15]", ("dates.holidays", "expected a table, got")),
    "holidays without dates": holidays("day\nholiday\n", 'no column "date"; the file has day'),
    "no holidays below the header": holidays("date\n", "days.csv: no rows below the header"),
    "a holiday on no day": holidays("date\n2024-02-30\n", 'row 2, date: expected a date such as 2027-02-05, got "2024-02-30"'),
    "a day that is neither": holidays("date,day\n2024-02-28,holliday\n", 'got "holliday". Did you mean "holiday"?'),
    "a holiday given twice": holidays("date\n2024-02-28\n2024-02-28\n", "row 3: 2024-02-28 is given twice"),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG.keys())
def test_a_deal_file_with_wrong_dates_is_refused(
    wrong: Wrong, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert_refused(wrong, tmp_path, capfd)
