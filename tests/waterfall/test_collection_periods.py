"""Which months a payment date collects, and between which days notes accrue."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest

from abs_waterfall.errors import InputError
from waterfall.small_deals import paying, row, run, small

SIX = paying([100.0] * 5 + [500.0], [10.0, 20.0, 30.0, 40.0, 50.0, 60.0])


def test_a_long_first_collection_gathers_its_months_into_the_first_payment() -> None:
    raw = small(dates={"first_collection_months": 3, "first_payment": dt.date(2020, 4, 15)})
    flows = run(raw, SIX)
    assert row(flows.funds.interest) == [60.0, 40.0, 50.0, 60.0]
    assert flows.collection_ends[:2] == (dt.date(2020, 3, 31), dt.date(2020, 4, 30))
    assert flows.tranches["A"].interest_accrued[0, 0] == pytest.approx(18.0)  # three months from 15 January


def test_a_quarterly_deal_collects_three_months_and_accrues_a_quarter() -> None:
    flows = run(small(dates={"frequency": "quarterly", "first_payment": dt.date(2020, 4, 15)}), SIX)
    assert row(flows.funds.interest) == [60.0, 150.0]
    assert row(flows.funds.principal) == [300.0, 700.0]
    assert row(flows.pool_balance) == [700.0, 0.0]


def test_the_first_payment_cannot_come_before_its_collection_ends() -> None:
    with pytest.raises(
        InputError, match="the first 3 months after cut-off end on 2020-03-31, after the first payment 2020-02-15"
    ):
        run(small(dates={"first_collection_months": 3}), SIX)


@pytest.mark.parametrize(("accrue_on", "days"), [("unadjusted", [31, 29]), ("adjusted", [33, 28])])
def test_notes_accrue_between_nominal_or_adjusted_dates(accrue_on: str, days: list[int]) -> None:
    # 15 February 2020 is a Saturday and Monday the 17th is Washington's birthday; 15 March is a Sunday
    raw = small(dates={"business_day": "following", "accrue_on": accrue_on, "calendar": "none"})
    raw["tranche"][0] |= {"day_count": "ACT/360"}
    flows = run(raw, paying([0.0, 0.0, 1000.0], [50.0] * 3))
    assert flows.dates[:2] == (dt.date(2020, 2, 17), dt.date(2020, 3, 16))
    a = flows.tranches["A"]
    assert [round(years * 360) for years in (a.interest_accrued / a.opening_balance / 0.12)[0, :2]] == days


def test_a_class_may_accrue_otherwise_than_its_deal() -> None:
    raw = small(dates={"business_day": "following", "calendar": "US"})
    raw["tranche"][0] |= {"day_count": "ACT/360", "accrue_on": "adjusted"}
    flows = run(raw, paying([0.0, 1000.0], [50.0] * 2))
    assert flows.dates[0] == dt.date(2020, 2, 18)
    assert flows.tranches["A"].interest_accrued[0, 0] == pytest.approx(600 * 0.12 * 34 / 360)
    assert flows.tranches["B"].interest_accrued[0, 0] == pytest.approx(3.0)


def test_notes_accrue_from_dated() -> None:
    flows = run(small(dates={"dated": dt.date(2020, 2, 1)}), paying([0.0, 1000.0], [50.0] * 2))
    assert flows.tranches["A"].interest_accrued[0, 0] == pytest.approx(6.0 * 14 / 30)


def test_listed_payment_dates_stand_for_the_regular_ones() -> None:
    listed = [dt.date(2020, 2, 15), dt.date(2020, 3, 20), dt.date(2020, 4, 15)]
    flows = run(small(dates={"payment_dates": listed}), SIX)
    assert flows.nominal_dates == tuple(listed)
    assert flows.tranches["A"].interest_accrued[0, 1] == pytest.approx(
        flows.tranches["A"].opening_balance[0, 1] * 0.12 * 35 / 360
    )
    assert row(flows.funds.interest) == [10.0, 20.0, 30.0]


def test_advances_are_collected_with_the_flows_they_stand_for() -> None:
    advanced = np.array([[2.0, 1.0, 0, 0, 0, 0]])
    flows = run(small(), replace(SIX, advanced_interest=advanced, advanced_principal=3 * advanced))
    assert row(flows.funds.interest)[:3] == [12.0, 21.0, 30.0]
    assert row(flows.funds.principal)[:3] == [106.0, 103.0, 100.0]
