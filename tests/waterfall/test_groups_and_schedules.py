"""Groups and planned balances by hand: who in a group is paid, what two speeds let a schedule fall by, what a second takes."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.classes import BalanceSchedule
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.calendar import DealCalendar, deal_calendar
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from abs_waterfall.waterfall.schedules import planned_balances
from waterfall.small_deals import POOL, Table, paying, row, run, small

AB = [{"name": "AB", "tranches": ["A", "B"]}]
EVEN = [{"name": "AB", "tranches": ["A", "B"], "split": "pro_rata"}]
THREE = [
    {"name": "A", "balance": 400.0, "coupon": 0.12, "day_count": "30/360"},
    {"name": "B", "balance": 200.0, "coupon": 0.12, "day_count": "30/360"},
    {"name": "C", "balance": 300.0, "coupon": 0.12, "day_count": "30/360"},
    {"name": "SUB", "balance": 0.0, "residual": True},
]


def paid(flows: DealCashflows, key: str = "principal") -> list[float]:
    """What A, B and, where there is one, C got on the first date."""
    return [round(float(getattr(flows.tranches[name], key)[0, 0]), 6) for name in "ABC" if name in flows.tranches]


def at_speeds(*principal: Sequence[float]) -> CollateralCashflows:
    """Pools that pay these amounts by month, one a speed."""
    flows = paying(principal[0])
    return dataclasses.replace(
        flows, scheduled_principal=np.array(principal, float), prepayment=np.zeros((len(principal), len(principal[0])))
    )


def calendar(raw: Table, months: int) -> DealCalendar:
    """The payment dates of a deal whose pool lasts so many months."""
    return deal_calendar(Deal.model_validate(raw), months)


# ---------------------------------------------------------------------------------------------------------------- groups


@pytest.mark.parametrize(
    ("group", "step", "expected"),
    [
        (AB, {"principal": "AB"}, [400.0, 100.0, 0.0]),
        (EVEN, {"principal": "AB"}, [500 * 4 / 6, 500 * 2 / 6, 0.0]),
        (AB, {"principal": "AB", "split": "pro_rata"}, [500 * 4 / 6, 500 * 2 / 6, 0.0]),
        (EVEN, {"principal": "AB", "split": "sequential"}, [400.0, 100.0, 0.0]),
        (AB, {"principal": ["C", "AB"]}, [200.0, 0.0, 300.0]),
        (AB, {"principal": ["AB", "C"], "split": "pro_rata"}, [1000 / 3, 0.0, 500 / 3]),  # 600 to 300 is two to one
        (EVEN, {"principal": ["AB", "C"], "split": "pro_rata"}, [2000 / 9, 1000 / 9, 500 / 3]),
        (AB, {"principal": ["AB", "C"], "split": "pro_rata", "weights": [1, 1]}, [250.0, 0.0, 250.0]),
        (AB, {"principal": ["AB", "C"], "targets": [350.0, 0.0]}, [250.0, 0.0, 250.0]),  # 600 down to 350, the rest to C
        (AB, {"principal": ["AB", "C"], "amount": "group.AB.balance - 350"}, [250.0, 0.0, 0.0]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_a_group_gets_goes_to_its_classes_as_it_says(group: list[Table], step: Table, expected: list[float]) -> None:
    flows = run(small([step], tranche=THREE, group=group), paying([500.0]))
    assert paid(flows) == pytest.approx(expected)


def test_interest_of_a_group_goes_in_its_order_and_beside_others_by_what_is_due() -> None:
    raw = small([{"interest": ["AB", "C"]}], tranche=THREE, group=AB)
    assert paid(run(raw, paying([0.0, 1.0], [6.0])), "interest") == [4.0, 0.0, 2.0]  # 6 due to 3; A's 4 before B's 2
    raw["group"] = EVEN
    assert paid(run(raw, paying([0.0, 1.0], [6.0])), "interest") == pytest.approx([4 * 4 / 6, 4 * 2 / 6, 2.0])


def test_support_of_a_group_pays_what_is_short_in_its_order() -> None:
    account = [{"name": "reserve", "initial": 1.5}]
    raw = small([{"interest": "AB", "support": ["reserve"]}], tranche=THREE, group=AB, account=account)
    assert paid(run(raw, paying([0.0, 1.0], [3.0])), "interest") == [4.0, 0.5, 0.0]  # 3 + 1.5, A's 4 first


def test_a_group_accrues_class_by_class() -> None:
    raw = small([{"accrue": "AB", "amount": 5.0}], tranche=THREE, group=AB)
    assert paid(run(raw, paying([0.0, 1.0])), "accreted") == [4.0, 1.0, 0.0]


def test_a_group_s_values_are_its_classes_together() -> None:
    steps = [
        {"principal": "A", "amount": "group.AB.interest_due"},
        {"principal": "C", "amount": "group.AB.initial_balance - group.AB.balance"},
    ]
    assert paid(run(small(steps, tranche=THREE, group=AB), paying([500.0]))) == [6.0, 0.0, 6.0]  # 4 + 2 due, then 600 - 594


@given(cash=st.floats(0, 950), split=st.sampled_from(["sequential", "pro_rata"]))
def test_a_group_of_one_is_its_class(cash: float, split: str) -> None:
    steps = ({"principal": ["C", "A"], "split": split}, {"principal": ["C", "G"], "split": split})
    group = [{"name": "G", "tranches": "A"}]
    named, grouped = (run(small([step], tranche=THREE, group=group), paying([cash])) for step in steps)
    assert paid(named) == paid(grouped)


# ------------------------------------------------------------------------------------------------------------- schedules


def test_a_listed_schedule_is_zero_after_its_end() -> None:
    raw = small(
        [{"principal": "A", "amount": "tranche.A.balance - schedule.plan"}, {"principal": "B"}],
        schedule=[{"name": "plan", "tranches": "A", "balances": [580.0, 560.0]}],
    )
    flows = run(raw, paying([100.0, 10.0, 800.0, 0.0]))
    assert row(flows.tranches["A"].principal)[:3] == [20.0, 10.0, 570.0]  # to 580; 10 of the 20 to 560; all that is left
    assert row(flows.tranches["B"].principal)[:3] == [80.0, 0.0, 220.0]
    assert row(flows.schedules["plan"].planned_balance)[:3] == [580.0, 560.0, 0.0]
    assert row(flows.schedules["plan"].balance)[:3] == [580.0, 570.0, 0.0]


def test_a_schedule_falls_by_what_the_pool_pays_at_every_speed() -> None:
    """Month by month the least of both: 100, 60, 40; from 150 that leaves 50 and then, not below 0, nothing."""
    schedule = BalanceSchedule.model_validate({"name": "p1", "tranches": "A", "speeds": [{"psa": 100}, {"psa": 250}]})
    planned = planned_balances([schedule], [150.0], calendar(small(), 3), at_speeds([100, 100, 100], [200, 60, 40]))
    assert planned.tolist() == [[50.0, 0.0, 0.0]]


def test_a_second_schedule_takes_what_the_first_leaves() -> None:
    """The first takes 100 and 50. At its own speeds the pool pays at least 110, 90 and 45, which leaves 10, 40 and 45 of 70."""
    first = {"name": "p1", "tranches": "A", "speeds": [{"psa": 100}, {"psa": 250}]}
    second = {"name": "p2", "tranches": "B", "speeds": [{"psa": 120}, {"psa": 220}], "after": ["p1"]}
    schedules = [BalanceSchedule.model_validate(table) for table in (second, first)]  # the file's order does not matter
    pools = at_speeds([110, 100, 100], [150, 90, 45], [100, 100, 100], [200, 60, 40])
    planned = planned_balances(schedules, [70.0, 150.0], calendar(small(), 3), pools)
    assert planned.tolist() == [[60.0, 20.0, 0.0], [50.0, 0.0, 0.0]]


def test_a_schedule_does_not_rise_where_the_first_takes_more() -> None:
    """Listed, the first takes 90 of 100 at once; at 120 PSA the pool pays 60 and 70, which leaves nothing and then 60."""
    first = {"name": "p1", "tranches": "A", "balances": [10.0]}
    second = {"name": "p2", "tranches": "B", "speeds": [{"psa": 120}], "after": "p1"}
    schedules = [BalanceSchedule.model_validate(table) for table in (first, second)]
    planned = planned_balances(schedules, [100.0, 500.0], calendar(small(), 2), at_speeds([60, 70]))
    assert planned.tolist() == [[10.0, 0.0], [500.0, 440.0]]


def test_a_lockout_holds_a_schedule_for_so_many_payments() -> None:
    quarterly = {"frequency": "quarterly", "first_payment": dt.date(2020, 4, 15)}
    schedule = BalanceSchedule.model_validate({"name": "p", "tranches": "A", "speeds": [{"psa": 1}], "lockout": 1})
    planned = planned_balances([schedule], [100.0], calendar(small(dates=quarterly), 6), at_speeds([1, 2, 3, 4, 5, 6]))
    assert planned.tolist() == [[100.0, 85.0]]  # months 4 to 6 are paid on the second date


def test_a_group_is_paid_to_its_schedule_then_the_support_then_the_group_again() -> None:
    raw = small(
        [
            {"principal": "PAC", "amount": "group.PAC.balance - schedule.plan"},
            {"principal": "C"},
            {"principal": "PAC"},
        ],
        tranche=THREE,
        group=[{"name": "PAC", "tranches": ["A", "B"]}],
        schedule=[{"name": "plan", "tranches": "PAC", "speeds": [{"psa": 90}, {"psa": 300}]}],
    )
    flows = run_waterfall(
        Deal.model_validate(raw), POOL, paying([300.0, 250.0, 350.0]), at_speeds([150, 150, 150, 150], [300, 200, 100, 50])
    )[0]
    assert row(flows.schedules["plan"].planned_balance)[:3] == [450.0, 300.0, 200.0]
    assert row(flows.tranches["A"].principal)[:3] == [150.0, 150.0, 100.0]  # 150, 150 and the least of the third month
    assert row(flows.tranches["C"].principal)[:3] == [150.0, 100.0, 50.0]  # the rest, until its 300 are paid
    assert row(flows.tranches["B"].principal)[:3] == [0.0, 0.0, 200.0]  # then the plan is broken


def test_deriving_a_schedule_takes_the_pool_at_its_speeds() -> None:
    schedule: dict[str, Any] = {"name": "p1", "tranches": "A", "speeds": [{"psa": 100}]}
    with pytest.raises(ValueError, match="p1 is derived from speeds"):
        run(small(schedule=[schedule]), paying([1.0]))


# ------------------------------------------------------------------------------------------- amounts of no class: a supplement


def test_a_schedule_without_classes_is_amounts_that_formulas_read() -> None:
    """Yield supplement overcollateralization: notes are paid down to the pool less the amount of the date."""
    supplement = [{"name": "supplement", "balances": [150.0, 140.0]}]
    step = {"principal": ["A", "B"], "amount": "notes.balance - (pool.balance - schedule.supplement)"}
    flows = run(small([step], schedule=supplement), paying([100.0, 100.0, 100.0]))
    # the pool has 900, 800 and 700 left; notes of 900 go to 750, but only 100 is there; then to 660, with 100; then to 700
    assert row(flows.pool_balance)[:3] == [900.0, 800.0, 700.0]
    notes = flows.tranches["A"].closing_balance + flows.tranches["B"].closing_balance
    assert row(notes)[:3] == [800.0, 700.0, 700.0]
    assert row(flows.schedules["supplement"].planned_balance)[:3] == [150.0, 140.0, 0.0]
    assert np.isnan(flows.schedules["supplement"].balance).all()
