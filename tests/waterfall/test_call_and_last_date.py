"""The clean-up call and the last date by hand: when the call may be exercised, what it pays, what is released."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.small_deals import POOL, SEQUENTIAL, Table, paying, row, run, small

FALLING = [400.0, 300.0, 200.0, 100.0]  # factors 0.6, 0.3, 0.1, 0
RESERVE = [{"name": "reserve", "initial": 20.0, "target": 20.0}]


def called(call: Table, pool: Any = None, **tables: Any) -> DealCashflows:
    return run(small(call=call, **tables), paying(FALLING, [10.0] * 4) if pool is None else pool)


def test_the_call_is_exercised_on_the_date_its_condition_first_holds_and_pays_the_pool_off() -> None:
    flows = called({"when": "pool.factor <= 0.3", "amount": "pool.balance"})
    assert (flows.call_period[0], flows.last_period[0]) == (1, 1)
    assert flows.funds.call_amount[0, 1] == 300.0
    assert row(flows.pool_balance)[:2] == [600.0, 0.0]
    assert all(flow.closing_balance[0, 1] == 0 for flow in flows.tranches.values())
    assert flows.undistributed[0] == 0.0


def test_the_call_waits_until_it_pays_every_fee_and_note() -> None:
    short = called({"when": "pool.factor <= 0.6", "amount": "0.8 * pool.balance"})  # 600: 480 + 410 < 909; 300: 240 + 310 > 509
    assert (short.call_period[0], short.funds.call_amount[0, 1]) == (1, 240.0)
    never = called({"when": "pool.factor <= 0.6 and period < 3", "amount": "0.1 * pool.balance"})
    assert (never.call_period[0], never.last_period[0]) == (-1, 3)


@pytest.mark.parametrize(("fee", "when_called"), [(0.0, 1), (25.09, 1), (25.11, 2)])
def test_fees_due_and_accounts_count_for_the_call(fee: float, when_called: int) -> None:
    # second date: notes 499 + 4.99 of interest + the fee, against 10 + 300 collected + 199.09 + a reserve of 20
    unpaid = [{"name": "late", "amount": f"if(period == 2, {fee}, 0)"}]
    flows = called(
        {"when": "period == 2 or period == 3", "amount": 199.09},
        fee=unpaid,
        account=RESERVE,
        waterfall={"m": [*SEQUENTIAL, {"pay": "late"}]},
    )
    assert flows.call_period[0] == when_called


def test_without_an_amount_the_call_pays_what_is_missing() -> None:
    flows = called({"when": "pool.factor <= 0.6"}, account=RESERVE)
    assert (flows.call_period[0], flows.funds.call_amount[0, 0]) == (0, 900 + 9 - 400 - 10 - 20)
    assert flows.accounts["reserve"].closing_balance[0, 0] == 0.0
    assert flows.tranches["SUB"].residual[0, 0] == 0.0


def test_the_amount_joins_principal_up_to_the_pools_balance_and_the_rest_interest() -> None:
    raw = small([{"residual": "SUB", "from": "interest"}], call={"when": "period == 1", "amount": "pool.balance + 400"})
    flows = run(raw, paying(FALLING, [10.0]))
    assert flows.tranches["SUB"].residual[0, 0] == 410.0
    assert flows.funds.unspent_principal[0, 0] == 1000.0


def test_steps_of_the_calls_date_see_no_pool_and_no_targets() -> None:
    steps = [
        *SEQUENTIAL[:3],
        {"fill": "reserve"},
        {"residual": "SUB", "amount": "pool.balance + pool.factor + account.reserve.target"},
    ]
    flows = called({"when": "pool.factor <= 0.6", "amount": 900.0}, account=RESERVE, waterfall={"m": steps})
    assert flows.call_period[0] == 0
    assert flows.accounts["reserve"].into[0, 0] == 0.0
    assert flows.tranches["SUB"].residual[0, 0] == 0.0


def test_both_the_run_to_call_and_the_run_to_maturity_are_there_whichever_is_assumed() -> None:
    for assume in (True, False):
        deal = Deal.model_validate(small(call={"when": "pool.factor <= 0.3", "amount": "pool.balance", "assume": assume}))
        flows, other = run_waterfall(deal, POOL, paying(FALLING, [10.0] * 4))
        assert (flows.call_period[0] >= 0, other.call_period[0] >= 0) == (assume, not assume)


def test_without_a_call_both_are_one() -> None:
    flows, other = run_waterfall(Deal.model_validate(small()), POOL, paying(FALLING))
    assert flows is other


def test_recoveries_after_the_pool_is_sold_are_the_buyers() -> None:
    pool = paying([400.0, 300.0, 100.0, 100.0], [10.0] * 4, [0.0, 0.0, 100.0], [0.0, 0.0, 0.0, 50.0])
    assert called({"when": "pool.factor <= 0.3", "amount": "pool.balance"}, pool).lost_recoveries[0] == 0.0


# ---------------------------------------------------------------------------------------------------------- the last date


def test_the_last_date_is_the_first_after_the_last_recovery_and_accounts_are_released_before_its_steps() -> None:
    pool = paying([400.0, 100.0], [10.0, 10.0], [0.0, 500.0], [0.0, 0.0, 0.0, 30.0])
    flows = run(small([*SEQUENTIAL[:3], {"fill": "reserve"}, SEQUENTIAL[3]], account=RESERVE), pool)
    assert flows.last_period[0] == 3
    reserve = flows.accounts["reserve"]
    assert row(reserve.closing_balance) == [20.0, 20.0, 20.0, 0.0]
    release = flows.ledger[0]
    assert (release.verb, release.source, release.payee) == ("release", "reserve", "interest")
    assert (row(release.paid), release.ran[0].tolist()) == ([0.0, 0.0, 0.0, 20.0], [False, False, False, True])
    assert flows.tranches["A"].interest[0, 3] + flows.tranches["A"].principal[0, 3] + flows.tranches["B"].interest[0, 3] == 50.0


@pytest.mark.parametrize("flow", ["advanced_interest", "advanced_principal", "recovery"])
def test_whatever_still_comes_in_puts_the_last_date_off(flow: str) -> None:
    pool = paying([400.0, 600.0, 0.0, 0.0], [10.0, 10.0])
    flows = run(small(), replace(pool, **{flow: np.array([[0.0, 0.0, 0.5, 0.0]])}))
    assert flows.last_period[0] == 2


def test_recoveries_after_the_legal_final_are_lost_and_reported() -> None:
    pool = paying([400.0, 100.0], [10.0, 10.0], [0.0, 500.0], [0.0, 0.0, 10.0, 30.0])
    flows = run(small(dates={"legal_final": dt.date(2020, 3, 15)}), pool)
    assert (flows.last_period[0], flows.lost_recoveries[0]) == (1, 40.0)


def test_accounts_are_released_on_the_date_after_every_note_is_paid_and_stay_empty() -> None:
    flows = run(
        small([*SEQUENTIAL[:3], {"fill": "reserve"}, SEQUENTIAL[3]], account=RESERVE), paying([950.0, 20.0, 30.0], [10.0] * 3)
    )
    assert row(flows.accounts["reserve"].closing_balance) == [20.0, 0.0, 0.0]
    assert row(flows.tranches["SUB"].residual) == [51.0, 50.0, 40.0]  # 960 - 909, then 30 + the reserve, then 40


def test_accounts_are_kept_while_half_a_unit_of_the_notes_is_left_and_released_into_interest() -> None:
    raw = small([{"principal": ["A", "B"], "from": "principal"}, {"residual": "SUB", "from": "interest"}], account=RESERVE)
    flows = run(raw, paying([899.5, 0.5, 50.0, 50.0]))
    assert row(flows.accounts["reserve"].closing_balance) == [20.0, 20.0, 0.0, 0.0]
    assert row(flows.tranches["SUB"].residual) == [0.0, 0.0, 20.0, 0.0]


def test_cash_that_no_step_takes_is_undistributed_and_a_failed_check() -> None:
    flows = run(small(SEQUENTIAL[:3]), paying([1000.0], [10.0]))
    assert flows.undistributed[0] == pytest.approx(101.0)
    assert [check.name for check in flows.checks if not check.ok] == ["nothing is undistributed"]


def test_after_the_last_date_there_is_nothing() -> None:
    flows = called({"when": "pool.factor <= 0.3", "amount": "pool.balance"}, trigger=[{"name": "hit", "when": "true"}])
    for flow in (flows.tranches["A"], flows.tranches["SUB"]):
        assert not flow.opening_balance[0, 2:].any()
        assert not flow.interest_accrued[0, 2:].any()
        assert not flow.closing_balance[0, 2:].any()
    assert not flows.triggers["hit"].active[0, 2:].any()
    assert not flows.cumulative_default_rate[0, 2:].any()
    assert not flows.mode[0, 2:].any()
    assert not flows.funds.principal[0, 2:].any()
