"""When a deal collects, determines, records, accrues and pays, worked out by hand."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

import abs_waterfall as aw
from abs_waterfall.report.as_json import results
from abs_waterfall.waterfall.cashflows import DealCashflows
from waterfall.small_deals import paying, row, run, small

SIX = paying([100.0] * 5 + [500.0], [10.0, 20.0, 30.0, 40.0, 50.0, 60.0])


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(text)


def periods(flows: DealCashflows, name: str) -> list[float]:
    """The years that a class of 12 % accrues for, date by date."""
    tranche = flows.tranches[name]
    return [float(years) for years in (tranche.interest_accrued / tranche.opening_balance / 0.12)[0, :2]]


def test_determination_and_record_dates_lie_business_days_before_payment() -> None:
    # 15 February 2020 is a Saturday and Monday the 17th a holiday: paid on Tuesday the 18th. Three business days before
    # it: Friday 14, Thursday 13, Wednesday 12. 15 March is a Sunday: paid on Monday the 16th; 11 March is three before.
    raw = small(dates={"calendar": "US", "business_day": "following", "determination_lag": 3, "record_lag": 1})
    flows = run(raw, SIX)
    assert flows.dates[:2] == (day("2020-02-18"), day("2020-03-16"))
    assert flows.determination_dates[:2] == (day("2020-02-12"), day("2020-03-11"))
    assert flows.record_dates[:2] == (day("2020-02-14"), day("2020-03-13"))


def test_without_lags_a_payment_is_determined_the_day_it_is_made_and_has_no_record_date() -> None:
    flows = run(small(), SIX)
    assert flows.determination_dates == flows.dates
    assert flows.record_dates == ()


def test_a_payment_collects_the_months_that_end_by_its_collection_date() -> None:
    # Payments on the 5th, determined 5 business days before: 5 April (a Sunday, nothing moves it) less 5 is Monday
    # 30 March: the last month end by then is 29 February. 5 May less 5 is 28 April: 31 March. So the first collects
    # January and February, the others a month each.
    raw = small(dates={"collection_day": 31, "determination_lag": 5, "first_payment": day("2020-04-05")})
    flows = run(raw, SIX)
    assert flows.collection_ends[:3] == (day("2020-02-29"), day("2020-03-31"), day("2020-04-30"))
    assert row(flows.funds.interest) == [30.0, 30.0, 40.0, 50.0, 60.0]
    assert row(flows.pool_balance) == [800.0, 700.0, 600.0, 500.0, 0.0]


def test_a_first_payment_that_moves_past_a_collection_date_collects_to_it() -> None:
    # Saturday 30 May is paid on Monday 1 June, by when the collection to 31 May has ended: five months of the pool.
    raw = small(dates={"collection_day": 31, "first_payment": day("2020-05-30"), "business_day": "following"})
    flows = run(raw, SIX)
    assert (flows.dates[0], flows.collection_ends[0]) == (day("2020-06-01"), day("2020-05-31"))
    assert row(flows.funds.interest)[0] == 150.0


def test_listed_payments_collect_what_has_ended_however_many_months_that_is() -> None:
    listed = [day("2020-02-15"), day("2020-06-15"), day("2020-07-15")]
    flows = run(small(dates={"collection_day": 31, "payment_dates": listed}), SIX)
    assert row(flows.funds.interest) == [10.0, 140.0, 60.0]  # January; February to May; June
    assert flows.collection_ends == (day("2020-01-31"), day("2020-05-31"), day("2020-06-30"))


def test_a_collection_day_that_is_not_the_cut_offs_takes_the_months_that_end_before_it() -> None:
    # The pool's months end at month ends; collections to the 10th hold the month that ended on the 31st before.
    flows = run(small(dates={"collection_day": 10}), SIX)
    assert flows.collection_ends[:2] == (day("2020-02-10"), day("2020-03-10"))
    assert row(flows.funds.interest) == [10.0, 20.0, 30.0, 40.0, 50.0, 60.0]


def test_counting_months_and_a_month_end_collection_day_are_the_same_where_they_say_the_same() -> None:
    counted, by_day = run(small(), SIX), run(small(dates={"collection_day": 31}), SIX)
    assert counted.collection_ends == by_day.collection_ends
    assert row(counted.tranches["A"].principal) == row(by_day.tranches["A"].principal)


def test_a_delay_of_24_days_accrues_by_calendar_months() -> None:
    # Dated 1 January, paid on 25 February: 31 days on ACT/360, not 55; then February's 29.
    raw = small(dates={"dated": day("2020-01-01"), "first_payment": day("2020-02-25"), "delay_days": 24})
    raw["tranche"][0] |= {"day_count": "ACT/360"}
    flows = run(raw, paying([0.0, 0.0, 1000.0], [50.0] * 3))
    assert flows.accrual_ends[:2] == (day("2020-02-01"), day("2020-03-01"))
    assert periods(flows, "A")[:2] == pytest.approx([31 / 360, 29 / 360])
    assert periods(flows, "B")[:2] == pytest.approx([1 / 12, 1 / 12])  # 30/360


@pytest.mark.parametrize(
    ("roll", "first", "second"),
    [
        (None, "2020-04-30", "2020-05-31"),
        ("day_of_month", "2020-04-30", "2020-05-30"),
        ("end_of_month", "2020-04-28", "2020-05-31"),
        (None, "2020-04-28", "2020-05-28"),
    ],
)
def test_payments_roll_by_day_or_by_month_end(roll: str | None, first: str, second: str) -> None:
    said = {} if roll is None else {"roll": roll}
    flows = run(small(dates={"first_payment": day(first), **said}), SIX)
    assert flows.dates[:2] == (day(first), day(second))


def test_a_short_first_period_of_act_act_icma_counts_its_days_of_a_regular_one() -> None:
    # From 15 January to 1 February is 17 of the 31 days from 1 January; monthly, so of a twelfth of a year.
    raw = small(dates={"first_payment": day("2020-02-01")})
    raw["tranche"][0] |= {"day_count": "ACT/ACT ICMA"}
    flows = run(raw, paying([0.0, 0.0, 1000.0], [50.0] * 3))
    assert periods(flows, "A")[:2] == pytest.approx([17 / 31 / 12, 1 / 12])


def test_a_delay_from_month_ends_leaves_regular_periods_whole_on_act_act_icma() -> None:
    # Paid on 29 February, 31 March, ..: accrual ends on the 28th, the 30th, and each period between them is one of twelve.
    raw = small(dates={"first_payment": day("2020-02-29"), "delay_days": 1})
    raw["tranche"][0] |= {"day_count": "ACT/ACT ICMA"}
    flows = run(raw, paying([0.0] * 3 + [1000.0], [50.0] * 4))
    assert flows.accrual_ends[:3] == (day("2020-02-28"), day("2020-03-30"), day("2020-04-29"))
    years = flows.tranches["A"].interest_accrued / flows.tranches["A"].opening_balance / 0.12
    assert years[0, 1:3].tolist() == pytest.approx([1 / 12, 1 / 12])


def test_days_of_ones_own_move_a_payment() -> None:
    moved = {day("2020-02-14"): "holiday", day("2020-02-15"): "working"}
    flows = run(small(dates={"business_day": "preceding", "holidays": moved, "record_lag": 1}), SIX)
    assert flows.dates[0] == day("2020-02-15")
    assert flows.record_dates[0] == day("2020-02-13")  # Friday the 14th is a holiday of the deal's own


DEAL = """
[deal]
name = "Dates"
currency = "CNY"
[dates]
cutoff = 2026-07-31
closing = 2026-09-20
first_payment = 2026-09-26
frequency = "monthly"
legal_final = 2028-09-26
calendar = "CN-interbank"
business_day = "following"
record_lag = 1
[[pool.line]]
balance = 1000
annual_rate = 0.10
remaining_term = 9
[[tranche]]
name = "A"
balance = 900
coupon = 0.03
day_count = "30/360"
[[tranche]]
name = "SUB"
balance = 100
residual = true
[waterfall]
only = [{ interest = "A" }, { principal = ["A", "SUB"] }, { residual = "SUB" }]
"""


def loaded(folder: Path, text: str) -> aw.Result:
    (folder / "deal.toml").write_text(text, encoding="utf-8")
    return aw.run(aw.load(folder / "deal.toml"))


def test_a_run_warns_where_the_announced_holidays_end(tmp_path: Path) -> None:
    result = loaded(tmp_path, DEAL)
    assert result.ok
    (said,) = result.warnings
    assert said.startswith('the calendar "CN-interbank" is published to the end of 2026: the 5 payment dates from 2027-01-26 on')


def test_listed_holidays_publish_their_year(tmp_path: Path) -> None:
    (tmp_path / "days.csv").write_text("date,day\n2027-01-26,holiday\n2027-03-27,working\n", encoding="utf-8")
    result = loaded(tmp_path, DEAL.replace("record_lag = 1", 'record_lag = 1\nholidays = "days.csv"'))
    assert not result.warnings
    assert day("2027-01-27") in result.flows.dates


def test_the_results_list_every_kind_of_date_that_the_deal_has(tmp_path: Path) -> None:
    listed = results(loaded(tmp_path, DEAL))["dates"]
    # 26 September 2026 is a Saturday, in the Mid-Autumn holiday of 25 to 27 September; the record date is Thursday the 24th.
    assert {kind: days[0] for kind, days in listed.items()} == {
        "period": 1,
        "collection_end": "2026-08-31",
        "determination": "2026-09-28",
        "record": "2026-09-24",
        "accrual_end": "2026-09-26",
        "nominal": "2026-09-26",
        "payment": "2026-09-28",
    }
    assert {len(days) for days in listed.values()} == {9}
