"""Facilities and hedges by hand: what is drawn, what it costs, what is owed back; what a swap, a cap or a floor nets."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.errors import InputError
from abs_waterfall.waterfall.cashflows import DealCashflows
from waterfall.small_deals import Table, paying, row, run, small

MONTHLY = {"day_count": "30/360"}  # a rate of 12 % is 1 % a month
LIQUIDITY = {"name": "liquidity", "limit": 20.0, "rate": 0.12, "commitment_fee": 0.012, **MONTHLY}
INTEREST = {"interest": ["A", "B"], "from": "interest", "support": ["liquidity"]}


def facility(steps: list[Table], *, account: Any = (), **terms: Any) -> Table:
    return small(steps, facility=[LIQUIDITY | terms], account=list(account))


def swapped(steps: list[Table] | None = None, **terms: Any) -> Table:
    swap = {"name": "swap", "pays": 0.06, "receives": 0.12, "notional": "tranche.A.balance", **MONTHLY, **terms}
    return small(steps or [{"swap": "swap"}], hedge=[swap])


def ok(flows: DealCashflows) -> bool:
    return {check.name for check in flows.checks if not check.ok} <= {"nothing is undistributed"}


# ------------------------------------------------------------------------------------------------------------ facilities


def test_a_facility_pays_only_what_is_short_up_to_its_limit() -> None:
    flows = run(facility([INTEREST]), paying([0.0, 0.0, 1000.0], [4.0, 0.0, 0.0]))  # 9 due a date, 18 with arrears
    drawn = flows.facilities["liquidity"]
    assert row(drawn.drawn) == [5.0, 9.0, 6.0]  # 20 in all
    assert row(drawn.closing_balance) == [5.0, 14.0, 20.0]
    assert row(drawn.undrawn) == [15.0, 6.0, 0.0]
    assert row(flows.tranches["A"].interest) == [6.0, 6.0, 4.0]
    assert ok(flows)


def test_it_costs_interest_on_what_is_drawn_and_a_fee_on_what_is_not() -> None:
    """0.1 % a month of 20; then 1 % of 5 and 0.1 % of 15; unpaid costs are carried."""
    steps = [INTEREST, {"pay": "liquidity", "from": "interest"}]
    costs = run(facility(steps), paying([0.0, 0.0, 1000.0], [4.0, 9.05, 9.0])).facilities["liquidity"]
    assert row(costs.due)[:2] == [0.02, 0.05 + 0.015 + 0.02]
    assert row(costs.paid)[:2] == [0.0, 0.05]
    assert row(costs.unpaid)[:2] == [0.02, 0.035]


def test_the_first_accrual_runs_from_closing_by_its_day_count() -> None:
    costs = run(facility([INTEREST], day_count="ACT/365F"), paying([0.0, 1000.0], [9.0])).facilities["liquidity"]
    assert row(costs.due)[0] == round(20 * 0.012 * 31 / 365, 6)  # 15 January to 15 February


def test_it_may_cost_by_regular_periods() -> None:
    costs = run(facility([INTEREST], day_count="ACT/ACT ICMA"), paying([0.0, 1000.0], [9.0])).facilities["liquidity"]
    assert row(costs.due)[0] == 0.02  # a month of 0.1 % a month on 20


def test_what_is_drawn_is_repaid_and_may_be_drawn_again() -> None:
    steps = [INTEREST, {"repay": "liquidity", "from": "interest"}]
    flows = run(facility(steps), paying([0.0, 0.0, 0.0, 1000.0], [4.0, 12.0, 0.0]))
    drawn = flows.facilities["liquidity"]
    assert row(drawn.repaid)[:3] == [0.0, 3.0, 0.0]
    assert row(drawn.drawn)[:3] == [5.0, 0.0, 9.0]
    assert row(drawn.closing_balance)[:3] == [5.0, 2.0, 11.0]
    assert ok(flows)


def test_support_by_the_originator_is_never_owed_back_and_its_limit_is_for_life() -> None:
    """差额支付: 20 in all. What defaulted loans are bought back for is said in the same way."""
    flows = run(facility([INTEREST], owed=False, rate=0.0, commitment_fee=0.0), paying([0.0, 0.0, 0.0, 1000.0]))
    assert row(flows.facilities["liquidity"].drawn)[:3] == [9.0, 9.0, 2.0]
    assert not flows.facilities["liquidity"].due.any()
    assert ok(flows)


def test_defaulted_loans_are_bought_back_up_to_a_limit() -> None:
    steps = [{"draw": "liquidity", "to": "principal", "amount": "pool.default"}, {"principal": "A", "from": "principal"}]
    terms = {"owed": False, "rate": 0.0, "limit": "0.05 * pool.initial_balance"}
    flows = run(facility(steps, **terms), paying([0.0, 0.0, 900.0], default=[30.0, 70.0]))
    assert row(flows.facilities["liquidity"].drawn) == [30.0, 20.0, 0.0]
    assert row(flows.tranches["A"].principal)[:2] == [30.0, 20.0]


def test_a_limit_that_falls_below_what_is_drawn_leaves_nothing_to_draw() -> None:
    flows = run(facility([INTEREST], limit="if(period == 1, 20, 3)"), paying([0.0, 0.0, 1000.0], [4.0]))
    assert row(flows.facilities["liquidity"].drawn)[:2] == [5.0, 0.0]
    assert row(flows.facilities["liquidity"].undrawn)[:2] == [15.0, 0.0]


def test_supports_are_used_in_their_order_whatever_they_are() -> None:
    step = {**INTEREST, "support": ["reserve", "liquidity"]}
    flows = run(facility([step], account=[{"name": "reserve", "initial": 3.0}]), paying([0.0, 1000.0], [4.0]))
    assert (flows.accounts["reserve"].out[0, 0], flows.facilities["liquidity"].drawn[0, 0]) == (3.0, pytest.approx(2.0))


def test_a_reserve_is_topped_up_out_of_a_facility() -> None:
    step = {"draw": "liquidity", "to": "reserve", "amount": "account.reserve.target - account.reserve.balance"}
    flows = run(facility([step], account=[{"name": "reserve", "target": 8.0}]), paying([0.0, 1000.0]))
    assert flows.accounts["reserve"].closing_balance[0, 0] == 8.0


def test_formulas_read_what_is_drawn_undrawn_and_due() -> None:
    steps = [INTEREST, {"residual": "SUB", "from": "principal", "amount": "facility.liquidity.balance"}]
    steps.append({"residual": "SUB", "from": "principal", "amount": "facility.liquidity.undrawn + facility.liquidity.due"})
    flows = run(facility(steps), paying([500.0, 500.0], [4.0]))
    assert row(flows.tranches["SUB"].residual)[0] == 5.0 + 15.0 + 0.02


def test_a_call_pays_back_what_is_drawn() -> None:
    steps = [INTEREST, {"pay": "liquidity", "from": "available"}, {"repay": "liquidity", "from": "available"}]
    steps += [{"interest": ["A", "B"]}, {"principal": ["A", "B"], "from": "available"}]
    raw = facility(steps) | {"call": {"when": "period == 2"}}
    flows = run(raw, paying([0.0, 0.0, 1000.0], [4.0]))
    assert row(flows.funds.call_amount)[1] == pytest.approx(900 + 9 + 5 + 0.02 + 0.065)  # notes, a month's interest, facility
    assert row(flows.facilities["liquidity"].closing_balance)[1] == 0.0
    assert flows.undistributed[0] == pytest.approx(0.0, abs=1e-9)


# ---------------------------------------------------------------------------------------------------------------- hedges


def test_a_swap_nets_both_ways() -> None:
    """A at 600: 6 received less 3 paid; the other way round 3 are paid, out of 1 there, and 2 carried."""
    pool = paying([0.0, 1000.0], [1.0, 10.0])
    received = run(swapped(), pool)
    assert row(received.hedges["swap"].received) == [3.0, 3.0]
    assert received.funds.unspent_interest[0, 0] == 4.0
    paid = run(swapped(pays=0.12, receives=0.06, notional=600.0), pool)
    assert row(paid.hedges["swap"].paid)[0] == 1.0
    assert row(paid.hedges["swap"].unpaid)[0] == 2.0
    assert row(paid.hedges["swap"].paid)[1] == 5.0
    assert ok(received)
    assert ok(paid)


@pytest.mark.parametrize(
    ("terms", "net"),
    [
        ({"kind": "cap", "receives": 0.12, "strike": 0.06, "pays": None}, 3.0),
        ({"kind": "cap", "receives": 0.03, "strike": 0.06, "pays": None}, 0.0),
        ({"kind": "floor", "receives": 0.03, "strike": 0.06, "pays": None}, 1.5),
        ({"kind": "floor", "receives": 0.12, "strike": 0.06, "premium": 0.012, "pays": None}, -0.6),
        ({"receives": "if(period == 1, 0.06, 0.12)"}, 0.0),
        ({"notional": [100.0]}, 0.5),
    ],
)
def test_caps_floors_and_notionals(terms: Table, net: float) -> None:
    flows = run(swapped(**terms), paying([0.0, 1000.0], [10.0]))
    assert row(flows.hedges["swap"].net)[0] == net
    assert ok(flows)


def test_legs_and_rates_follow_an_index_with_its_margin_from_the_period_s_first_day() -> None:
    """6 % to 10 February, 12 % from then: 0.5 % and 1 % a month on 600, less 0.5 % paid."""
    curve = {"rates": [[dt.date(2020, 1, 1), 0.04], [dt.date(2020, 2, 10), 0.10]]}
    raw = swapped(receives={"index": "LPR1Y", "margin": 0.02}) | {"index": {"LPR1Y": curve}}
    raw["facility"] = [{**LIQUIDITY, "commitment_fee": 0.0, "rate": {"index": "LPR1Y", "multiplier": 2.0}}]
    raw["waterfall"] = {"only": [{"swap": "swap"}, {"draw": "liquidity", "amount": "if(period == 1, 10, 0)"}]}
    flows = run(raw, paying([0.0, 0.0, 1000.0]))
    assert row(flows.hedges["swap"].net)[:2] == [0.0, 3.0]
    assert row(flows.facilities["liquidity"].due)[:2] == [0.0, round(10 * 0.2 / 12, 6)]


def test_a_leg_may_be_the_coupon_of_a_class_and_a_coupon_may_read_the_net() -> None:
    """A's coupon of 12 % less 6 % is 3 a month on 600, whatever the file's order; B's is 1 % a unit of the net."""
    raw = swapped(receives="tranche.A.coupon")
    raw["tranche"][0]["coupon"] = {"formula": "if(period == 1, 0.12, 0.06)"}
    raw["tranche"][1]["coupon"] = {"formula": "0.01 * hedge.swap.net"}
    raw["fee"] = [{"name": "made", "amount": "hedge.swap.net + 0 * facility.liquidity.due"}]
    raw["facility"] = [{**LIQUIDITY, "rate": "0.1 * tranche.B.coupon"}]
    flows = run(raw, paying([0.0, 0.0, 1000.0], [10.0] * 3))
    assert row(flows.hedges["swap"].net)[:2] == [3.0, 0.0]
    assert row(flows.tranches["B"].coupon)[:2] == [0.03, 0.0]
    assert row(flows.fees["made"].due)[:2] == [3.0, 3.0]  # unpaid, and nothing more


def test_the_cost_of_a_facility_is_never_below_0() -> None:
    raw = facility([INTEREST], commitment_fee=0.0, rate="if(period == 2, -0.12, 0.12)")
    costs = run(raw, paying([0.0, 0.0, 0.0, 1000.0], [4.0])).facilities["liquidity"]
    assert row(costs.due)[:3] == [0.0, 0.0, 0.14]  # 14 drawn after the second date, at 1 %


def test_a_listed_notional_is_nothing_after_its_end() -> None:
    assert row(run(swapped(notional=[100.0]), paying([0.0, 1000.0])).hedges["swap"].net) == [0.5, 0.0]


def test_a_hedge_ends_on_its_day() -> None:
    flows = run(swapped(ends=dt.date(2020, 2, 25)), paying([0.0, 0.0, 1000.0]))
    assert row(flows.hedges["swap"].net) == [3.0, 1.0, 0.0]  # the second date has 10 of 30 days


def test_a_counterparty_in_default_pays_nothing_and_owes_what_it_did_not_pay() -> None:
    steps = [{"swap": "swap", "when": "not counterparty_default"}]
    raw = swapped(steps) | {"trigger": [{"name": "counterparty_default", "when": "period >= 2"}]}
    flows = run(raw, paying([0.0, 0.0, 1000.0]))
    assert row(flows.hedges["swap"].received) == [3.0, 0.0, 0.0]
    assert row(flows.hedges["swap"].not_received) == [0.0, 3.0, 6.0]
    assert ok(flows)


def test_a_formula_reads_the_net_and_an_endless_one_is_told() -> None:
    flows = run(swapped([{"residual": "SUB", "amount": "hedge.swap.net", "from": "principal"}]), paying([10.0, 990.0]))
    assert row(flows.tranches["SUB"].residual)[0] == 3.0
    with pytest.raises(InputError, match=r"hedge\[0\].receives: the formula gives inf on 2020-02-15"):
        run(swapped(receives="1 / (pool.balance - 1000)"), paying([0.0, 1000.0]))


# ---------------------------------------------------------------------------------------------- idioms with accounts


def test_a_spread_account_traps_excess_spread_until_it_is_full() -> None:
    account = [{"name": "spread", "target": "0.03 * pool.balance"}]
    steps = [{"interest": ["A", "B"], "from": "interest", "support": ["spread"]}, {"fill": "spread", "from": "interest"}]
    steps.append({"residual": "SUB", "from": "interest"})
    flows = run(small(steps, account=account), paying([0.0, 0.0, 0.0, 1000.0], [29.0, 29.0, 0.0]))
    assert row(flows.accounts["spread"].closing_balance)[:3] == [20.0, 30.0, 21.0]
    assert row(flows.tranches["SUB"].residual)[:3] == [0.0, 10.0, 0.0]


def test_a_commingling_reserve_stands_in_for_what_the_servicer_keeps() -> None:
    """The servicer defaults on the second date: the reserve is drawn for a month's collections of the pool."""
    account = [{"name": "commingling", "initial": 40.0}]
    steps = [{"draw": "commingling", "to": "principal", "amount": "0.04 * pool.initial_balance", "when": "servicer_default"}]
    steps.append({"principal": "A", "from": "principal"})
    raw = small(steps, account=account, trigger=[{"name": "servicer_default", "when": "period == 2"}])
    flows = run(raw, paying([100.0, 0.0, 900.0]))
    assert row(flows.tranches["A"].principal)[:2] == [100.0, 40.0]


# ------------------------------------------------------------------------------------------------------------ properties


@settings(max_examples=40)
@given(
    st.lists(st.integers(0, 20), min_size=2, max_size=6),
    st.integers(0, 30),
    st.sampled_from([0.0, 0.06, 0.2]),
    st.booleans(),
)
def test_cash_is_kept_whatever_is_drawn_and_netted(interest: list[int], limit: int, receives: float, owed: bool) -> None:
    steps = [{"swap": "swap"}, {"pay": "liquidity"}, {"interest": "A", "support": ["liquidity"]}]
    steps += [{"repay": "liquidity"}] if owed else []
    steps += [{"principal": ["A", "B"]}, {"residual": "SUB", "when": "notes.balance <= 0"}]
    swap = {"name": "swap", "pays": 0.06, "receives": receives, "notional": "tranche.A.balance"}
    terms = {"limit": float(limit), "owed": owed, "rate": 0.12 if owed else 0.0}
    raw = facility(steps, **terms) | {"hedge": [swap]}
    flows = run(raw, paying([0.0] * len(interest) + [1000.0], [float(i) for i in interest]))
    assert ok(flows)
    assert flows.facilities["liquidity"].closing_balance.max() <= limit + 1e-9
