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


def test_a_fee_between_payments_accrues_to_the_payment_whatever_the_delay_of_notes() -> None:
    terms = {"rate": 0.12, "base": "notes.initial_balance", "accrue": "payment", "day_count": "ACT/ACT ICMA"}
    raw = small(PAID, fee=fee(**terms), dates={"delay_days": 10})
    flows = run(raw, paying([0, 0, 1000], [50] * 3))
    assert row(flows.fees["servicing"].due)[:2] == [9.0, 9.0]  # 900 at 1 % a month
    assert row(flows.tranches["A"].interest_due)[0] == 4.0  # 15 January to 5 February


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


# ------------------------------------------------------------------------------------------------------- when it falls due


def due(fees: list[dict[str, object]], months: int = 7, **tables: object) -> list[float]:
    """What falls due of a fee that is always paid, on a pool of 1,000 that pays 100 a month and is gone after some."""
    pool = paying([100.0] * (months - 1) + [1000.0 - 100 * (months - 1)], [50.0] * months)
    return row(run(small(PAID, fee=fees, **tables), pool).fees["servicing"].due)


def test_an_amount_every_third_payment_date_is_charged_from_the_first_or_a_later_one() -> None:
    assert due(fee(amount=20.0, every=3)) == [20.0, 0.0, 0.0, 20.0, 0.0, 0.0, 20.0]
    assert due(fee(amount=20.0, every=3, from_period=2)) == [0.0, 20.0, 0.0, 0.0, 20.0, 0.0, 0.0]
    assert due(fee(amount=20.0, from_period=6)) == [0.0] * 5 + [20.0, 20.0]


def test_a_rate_every_third_payment_date_accrues_between_and_is_due_in_full_at_the_end() -> None:
    """A hundredth of 1,000, 900, .. a month: 10 on the first; 9 + 8 + 7; then 6 + 5 + 4 on the last."""
    assert due(fee(rate=0.12, base="pool.opening_balance", every=3)) == [10.0, 0.0, 0.0, 24.0, 0.0, 0.0, 15.0]
    assert due(fee(rate=0.12, base="pool.opening_balance", every=4)) == [10.0, 0.0, 0.0, 0.0, 30.0, 0.0, 9.0]  # 5 + 4 at the end


def test_the_call_pays_what_a_fee_accrued_towards_a_later_date() -> None:
    """Called on the third date, with 9 + 8 accrued since the first; the call's amount pays it too."""
    raw = small(PAID, fee=fee(rate=0.12, base="pool.opening_balance", every=6), call={"when": "period == 3"})
    flows = run(raw, paying([100.0] * 5 + [500.0], [50.0] * 6))
    assert flows.call_period[0] == 2
    assert row(flows.fees["servicing"].paid)[:3] == [10.0, 0.0, 17.0]
    assert all(check.ok for check in flows.checks)


def test_dated_amounts_are_due_on_the_first_payment_date_on_or_after() -> None:
    days = [[dt.date(2020, 1, 20), 5.0], [dt.date(2020, 2, 15), 7.0], [dt.date(2020, 2, 16), 11.0], [dt.date(2021, 6, 1), 90.0]]
    assert due(fee(dates=days)) == [12.0, 11.0, 0.0, 0.0, 0.0, 0.0, 0.0]  # the last comes after the last date


def test_an_amount_may_change_by_period_or_by_date() -> None:
    assert due(fee(amount={"by_period": [50.0, 30.0], "then": 1.0}))[:4] == [50.0, 30.0, 1.0, 1.0]
    assert due(fee(amount={"by_date": [[dt.date(2020, 3, 1), 8.0], [dt.date(2020, 5, 15), 9.0]]}))[:5] == [
        0.0,
        8.0,
        8.0,
        9.0,
        9.0,
    ]


def test_a_fee_by_a_table_is_said_by_a_formula() -> None:
    table = "if(pool.balance > 800, 15, if(pool.balance > 600, 10, 5))"
    assert due(fee(amount=table))[:5] == [15.0, 10.0, 10.0, 5.0, 5.0]  # 900, 800, 700, 600, 500


def test_a_fee_of_a_share_of_all_interest_to_date_less_what_was_due_before() -> None:
    amount = "0.1 * sum_to_date(pool.interest) - if(period > 1, previous(0.1 * sum_to_date(pool.interest), 1), 0)"
    assert due(fee(amount=amount)) == [5.0] * 7


def test_a_fee_by_the_months_it_is_collected_for() -> None:
    assert due(fee(amount="2 * pool.months"), dates=QUARTERLY | {"first_collection_months": 1})[:2] == [2.0, 6.0]
