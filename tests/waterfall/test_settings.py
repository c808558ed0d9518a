"""Numbers that scenarios set for a whole run and triggers while they hold, by hand."""

from __future__ import annotations

from typing import Any

import pytest

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.errors import InputError
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.small_deals import POOL, SEQUENTIAL, Table, paying, row, run, small

PAID: list[Table] = [{"pay": "servicing"}, *SEQUENTIAL]
SERVICING = {"name": "servicing", "rate": 0.12, "base": "pool.opening_balance"}
MONTHS = paying([100.0] * 6, [20.0] * 6)


def several(raw: Table, **scenarios: Table) -> DealCashflows:
    """The deal on the same pool in each scenario, the base case first."""
    deal = Deal.model_validate(raw | {"scenario": scenarios})
    arrays = {name: getattr(MONTHS, name) for name in MONTHS.__dataclass_fields__}
    keep = ("dates", "segment_names", "segment_initial")
    rows = 1 + len(scenarios)
    tiled = {name: value if name in keep else value.repeat(rows, axis=0) for name, value in arrays.items()}
    return run_waterfall(deal, POOL, CollateralCashflows(**tiled))[0]


def trigger(when: str, name: str = "hit", **terms: Any) -> Table:
    return {"name": name, "when": when, **terms}


def test_a_servicer_that_is_replaced_costs_more_from_the_next_date_and_less_again_after_the_cure() -> None:
    """1 % a month of 1,000, 900, .. becomes 2 %: breached on the second date, cured on the fourth."""
    hit = trigger("period == 2", cure_periods=2, effect={"set": {"fee.servicing.rate": 0.24}})
    due = row(run(small(PAID, fee=[SERVICING], trigger=[hit]), MONTHS).fees["servicing"].due)
    assert due == [10.0, 9.0, 16.0, 14.0, 6.0, 5.0]


def test_the_trigger_listed_last_says_where_two_set_a_number() -> None:
    first = trigger("period == 1", "first", effect={"set": {"fee.servicing.amount": 2.0}})
    second = trigger("period == 3", "second", effect={"set": {"fee.servicing.amount": 3.0}})
    fee = [{"name": "servicing", "amount": 1.0}]
    for triggers, due in (([first, second], [1.0, 2.0, 2.0, 3.0, 3.0, 3.0]), ([second, first], [1.0, 2.0, 2.0, 2.0, 2.0, 2.0])):
        assert row(run(small(PAID, fee=fee, trigger=triggers), MONTHS).fees["servicing"].due) == due


def test_a_coupon_steps_up_while_a_trigger_holds() -> None:
    hit = trigger("period == 1", cure_periods=2, effect={"set": {"tranche.A.coupon": 0.24}})
    flows = run(small([{"interest": "A"}], trigger=[hit]), MONTHS).tranches["A"]
    assert row(flows.interest_accrued)[:4] == [6.0, 12.0, 12.0, 6.0]  # on 600, cured on the third date


def test_a_scenario_sets_coupons_sizes_rates_and_what_accounts_start_with() -> None:
    raw = small(PAID, fee=[SERVICING], account=[{"name": "reserve", "initial": 5.0, "target": 5.0}])
    given = {"tranche.A.coupon": 0.24, "tranche.B.balance": 200.0, "fee.servicing.rate": 0.06, "account.reserve.initial": 7.0}
    flows = several(raw, other={"set": given})
    assert flows.tranches["A"].interest_accrued[:, 0].tolist() == pytest.approx([6.0, 12.0])
    assert flows.tranches["B"].opening_balance[:, 0].tolist() == [300.0, 200.0]
    assert flows.fees["servicing"].due[:, 0].tolist() == pytest.approx([10.0, 5.0])
    assert flows.accounts["reserve"].opening_balance[:, 0].tolist() == [5.0, 7.0]
    assert all(check.ok for check in flows.checks)


def test_formulas_read_what_the_scenario_set() -> None:
    steps: list[Table] = [{"principal": "A", "amount": "0.1 * tranche.A.initial_balance + 0.01 * notes.initial_balance"}]
    flows = several(small(steps), other={"set": {"tranche.A.balance": 500.0}})
    assert flows.tranches["A"].principal[:, 0].tolist() == pytest.approx([60.0 + 9.0, 50.0 + 8.0])
    factors = several(small(trigger=[trigger("tranche.A.factor < 0.8")]), other={"set": {"tranche.A.balance": 500.0}})
    assert factors.triggers["hit"].active[:, 1].tolist() == [False, True]  # 489 / 600 and 388 / 500 after the first date


def test_a_trigger_overrides_what_a_scenario_set() -> None:
    hit = trigger("period == 1", effect={"set": {"fee.servicing.rate": 0.24}})
    flows = several(small(PAID, fee=[SERVICING], trigger=[hit]), other={"set": {"fee.servicing.rate": 0.06}})
    assert flows.fees["servicing"].due[:, :2].tolist() == [pytest.approx([10.0, 18.0]), pytest.approx([5.0, 18.0])]


def test_a_share_may_be_set_where_a_class_has_one_and_is_rounded_as_it_is() -> None:
    tranches = [
        {"name": "A", "share": 0.6, "round_to": 50.0, "coupon": 0.0, "day_count": "30/360"},
        {"name": "SUB", "balance": 0.0, "residual": True},
    ]
    flows = several(small([{"principal": "A"}, {"residual": "SUB"}], tranche=tranches), x={"set": {"tranche.A.share": 0.72}})
    assert flows.tranches["A"].opening_balance[:, 0].tolist() == [600.0, 700.0]


def test_notes_above_the_pool_are_refused_in_the_scenario_that_makes_them_so() -> None:
    with pytest.raises(InputError, match=r"scenario\.big\.set: the notes add up to 1,100\.00"):
        several(small(), big={"set": {"tranche.A.balance": 800.0}})


def test_what_one_scenario_sets_is_as_if_the_deal_said_so() -> None:
    raw = small(PAID, fee=[SERVICING])
    flows = several(raw, other={"set": {"tranche.A.coupon": 0.06, "tranche.A.balance": 550.0}})
    said = small(PAID, fee=[SERVICING])
    said["tranche"][0] |= {"coupon": 0.06, "balance": 550.0}
    alone = run(said, MONTHS)
    for name, tranche in alone.tranches.items():
        for figure in ("interest", "principal", "residual", "closing_balance"):
            assert (getattr(flows.tranches[name], figure)[1] == getattr(tranche, figure)[0]).all()
