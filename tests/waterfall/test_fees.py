"""Fees by hand: what accrues over which period on which base, floors and caps a year, and what is carried forward."""

from __future__ import annotations

import datetime as dt

import pytest

from waterfall.small_deals import SEQUENTIAL, paying, row, run, small

PAID = [{"pay": "servicing"}, *SEQUENTIAL]
QUARTERLY = {"frequency": "quarterly", "first_payment": dt.date(2020, 4, 15)}


def fee(**terms: object) -> list[dict[str, object]]:
    return [{"name": "servicing", **terms}]


def test_a_fee_on_the_opening_balance_is_a_twelfth_a_month() -> None:
    raw = small(PAID, fee=fee(rate=0.12, base="pool.opening_balance"))
    assert row(run(raw, paying([100, 200, 700], [50] * 3)).fees["servicing"].paid) == [10.0, 9.0, 7.0]


def test_a_quarterly_fee_on_the_opening_balance_accrues_month_by_month() -> None:
    raw = small(PAID, fee=fee(rate=0.12, base="pool.opening_balance"), dates=QUARTERLY)
    assert row(run(raw, paying([100, 200, 300, 400], [50] * 4)).fees["servicing"].paid) == [26.0, 4.0]  # 10 + 9 + 7, then 4


def test_months_count_by_days_where_the_fee_does() -> None:
    raw = small(PAID, fee=fee(rate=0.12, base="pool.opening_balance", day_count="ACT/360"), dates=QUARTERLY)
    by_hand = 0.12 / 360 * (1000 * 31 + 900 * 29 + 700 * 31)
    assert run(raw, paying([100, 200, 300, 400], [50] * 4)).fees["servicing"].paid[0, 0] == pytest.approx(by_hand)


def test_another_base_is_taken_once_a_payment_date() -> None:
    raw = small(PAID, fee=fee(rate=0.12, base="pool.balance"), dates=QUARTERLY)
    assert row(run(raw, paying([100, 200, 300, 400], [50] * 4)).fees["servicing"].due) == [12.0, 0.0]  # 3 % of 400, of 0


def test_a_fee_accrues_from_cut_off_over_collections_or_from_dated_between_payments() -> None:
    long = {"first_payment": dt.date(2020, 3, 15), "first_collection_months": 2}
    over_collections = small(PAID, fee=fee(rate=0.12, base="notes.initial_balance"), dates=long)
    between_payments = small(
        PAID, fee=fee(rate=0.12, base="notes.initial_balance", accrue="payment"), dates=long | {"dated": dt.date(2020, 2, 15)}
    )
    pool = paying([0, 0, 1000], [50] * 3)
    assert row(run(over_collections, pool).fees["servicing"].due) == [18.0, 9.0]
    assert row(run(between_payments, pool).fees["servicing"].due) == [9.0, 9.0]


def test_a_floor_and_a_cap_a_year_are_prorated() -> None:
    pool = paying([0, 0, 0, 1000], [50] * 4)
    floored = small(PAID, fee=fee(rate=0.01, base="pool.opening_balance", floor=240.0), dates=QUARTERLY)
    capped = small(PAID, fee=fee(amount=100.0, cap=240.0), dates=QUARTERLY)
    assert row(run(floored, pool).fees["servicing"].due) == [60.0, 60.0]
    assert row(run(capped, pool).fees["servicing"].due) == [60.0, 60.0]


@pytest.mark.parametrize("amount", ["-5", 0.0])
def test_a_fee_below_zero_is_no_fee(amount: str | float) -> None:
    raw = small(PAID, fee=fee(amount=amount))
    assert row(run(raw, paying([1000], [50])).fees["servicing"].due) == [0.0]


def test_what_is_unpaid_is_carried_without_interest() -> None:
    raw = small(PAID, fee=fee(amount=40.0))
    flows = run(raw, paying([0, 0, 1000], [25, 30, 60])).fees["servicing"]
    assert row(flows.due) == [40.0, 55.0, 65.0]
    assert row(flows.paid) == [25.0, 30.0, 65.0]
    assert row(flows.unpaid) == [15.0, 25.0, 0.0]


def test_fees_of_one_step_share_by_what_is_due_and_steps_follow_one_another() -> None:
    fees = [{"name": "servicing", "amount": 30.0}, {"name": "trustee", "amount": 10.0}]
    together = run(small([{"pay": ["servicing", "trustee"]}, *SEQUENTIAL], fee=fees), paying([0, 1000], [20, 90]))
    apart = run(small([{"pay": "trustee"}, {"pay": "servicing"}, *SEQUENTIAL], fee=fees), paying([0, 1000], [20, 90]))
    assert [flow.paid[0, 0] for flow in together.fees.values()] == [15.0, 5.0]
    assert [flow.paid[0, 0] for flow in apart.fees.values()] == [10.0, 10.0]


def test_a_fee_may_read_another_whatever_their_order() -> None:
    fees = [{"name": "vat", "amount": "0.1 * fee.servicing.due"}, {"name": "servicing", "amount": 50.0}]
    assert run(small([{"pay": ["vat", "servicing"]}, *SEQUENTIAL], fee=fees), paying([1000], [90])).fees["vat"].due[0, 0] == 5.0


def test_a_fee_may_look_back_this_date_included() -> None:
    fees = [
        {"name": "servicing", "amount": "average(pool.interest, 2)"},
        {"name": "audit", "amount": "sum_to_date(fee.servicing.due)"},
    ]
    flows = run(small(PAID, fee=fees), paying([0, 0, 1000], [10, 30, 50]))
    assert row(flows.fees["servicing"].due) == [10.0, 20.0, 40.0]
    assert row(flows.fees["audit"].due) == [10.0, 40.0, 110.0]  # nobody pays it: 10, + 30, + 70
