"""Ledgers, write-downs and write-ups by hand: what is debited to whom, what cures it, what a loss takes off whose balance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from abs_waterfall.waterfall.cashflows import DealCashflows
from waterfall.small_deals import Table, paying, row, run, small

PDL = [{"name": "pdl", "tranches": ["SUB", "B", "A"]}]
DEBIT: Table = {"debit": "pdl", "amount": "pool.default"}
CURE: Table = {"cure": "pdl", "from": "interest", "to": "principal"}


def with_sub(steps: list[Table], sub: float = 50.0, **tables: Any) -> Table:
    """The small deal with a first-loss class that has a balance."""
    raw = small(steps, ledger=PDL, **tables)
    raw["tranche"][2]["balance"] = sub
    return raw


def first(flows: DealCashflows, name: str, key: str) -> float:
    """A ledger's figure on the first date."""
    return round(float(getattr(flows.ledgers[name], key)[0, 0]), 6)


# --------------------------------------------------------------------------------------------------------------- ledgers


@pytest.mark.parametrize(
    ("default", "debited"),
    [
        (30.0, (30.0, 0.0, 0.0)),
        (120.0, (50.0, 70.0, 0.0)),
        (400.0, (50.0, 300.0, 50.0)),
        (990.0, (50.0, 300.0, 600.0)),  # 40 more than all three classes: nobody's
    ],
)
def test_a_default_is_debited_from_the_bottom_each_class_up_to_its_balance(
    default: float, debited: tuple[float, float, float]
) -> None:
    flows = run(with_sub([DEBIT]), paying([0.0, 1000.0 - default], default=[default]))
    assert tuple(first(flows, f"pdl.{name}", "debited") for name in ("SUB", "B", "A")) == debited
    assert first(flows, "pdl", "closing_balance") == sum(debited)


def test_a_class_takes_no_more_on_its_line_than_its_balance_over_several_dates() -> None:
    flows = run(with_sub([DEBIT]), paying([0.0, 0.0, 900.0], default=[40.0, 60.0]))
    assert row(flows.ledgers["pdl.SUB"].debited) == [40.0, 10.0, 0.0]
    assert row(flows.ledgers["pdl.B"].debited) == [0.0, 50.0, 0.0]
    assert row(flows.ledgers["pdl"].closing_balance) == [40.0, 100.0, 100.0]


def test_a_cure_takes_interest_to_principal_and_credits_the_senior_class_first() -> None:
    flows = run(with_sub([DEBIT, CURE]), paying([0.0, 650.0], [100.0], default=[400.0]))  # SUB 50, B 300, A 50 debited
    assert [first(flows, f"pdl.{name}", "cured") for name in ("A", "B", "SUB")] == [50.0, 50.0, 0.0]
    assert flows.funds.unspent_interest[0, 0] == 0.0
    assert flows.funds.unspent_principal[0, 0] == 100.0


def test_one_class_is_cured_by_its_name_and_no_further_than_it_was_debited() -> None:
    steps = [DEBIT, {**CURE, "cure": "pdl.SUB", "name": "mended"}, {"residual": "SUB", "from": "interest"}]
    flows = run(with_sub(steps), paying([0.0, 880.0], [100.0], default=[120.0]))
    assert (first(flows, "pdl.SUB", "cured"), first(flows, "pdl.B", "cured")) == (50.0, 0.0)
    assert flows.tranches["SUB"].residual[0, 0] == 50.0


def test_one_class_is_debited_by_its_name() -> None:
    flows = run(with_sub([{"debit": "pdl.B", "amount": 20.0}]), paying([0.0, 1000.0]))
    assert (first(flows, "pdl.B", "debited"), first(flows, "pdl.SUB", "debited")) == (20.0, 0.0)


def test_interest_steps_may_look_at_a_class_s_line() -> None:
    """B's interest waits while more than a tenth of B stands on its line: 120 - 50 = 70 of 300; then 85 of cures leave 0."""
    steps = [
        DEBIT,
        {"interest": "A", "from": "interest"},
        {"interest": "B", "from": "interest", "when": "ledger.pdl.B <= 0.1 * tranche.B.balance"},
        CURE,
    ]
    flows = run(with_sub(steps), paying([0.0, 0.0, 880.0], [91.0, 20.0], default=[120.0]))
    assert row(flows.tranches["B"].interest)[:2] == [0.0, 6.0]
    assert row(flows.ledgers["pdl.B"].closing_balance)[:2] == [0.0, 0.0]
    assert row(flows.ledgers["pdl"].closing_balance)[:2] == [35.0, 27.0]  # 20 - 6 of A - 6 of B = 8 more


def test_a_counter_remembers_what_one_fund_lent_another() -> None:
    """Principal lends 6 and has them back on the second date, out of 16 less A's 6; on the third 4 are there and 2 are lent."""
    steps = [
        {"transfer": "principal", "to": "interest", "amount": "tranche.A.interest_due - funds.interest", "name": "lend"},
        {"debit": "lent", "amount": "step.lend.paid"},
        {"interest": "A", "from": "interest"},
        {"cure": "lent"},
    ]
    flows = run(small(steps, ledger=[{"name": "lent"}]), paying([50.0, 0.0, 950.0], [0.0, 16.0]))
    lent = flows.ledgers["lent"]
    assert (row(lent.debited), row(lent.cured)) == ([6.0, 0.0, 2.0], [0.0, 6.0, 0.0])
    assert row(lent.closing_balance) == [6.0, 0.0, 2.0]
    assert row(flows.funds.unspent_principal)[:2] == [44.0, 50.0]


def test_amounts_below_nothing_are_nothing() -> None:
    steps = [{"debit": "pdl", "amount": "-5"}, {"write_down": "B", "amount": "-5"}, {"write_up": "B", "amount": "-5"}]
    flows = run(with_sub(steps), paying([0.0, 1000.0]))
    assert not flows.ledgers["pdl"].debited.any()
    assert not flows.tranches["B"].write_down.any()


# --------------------------------------------------------------------------------------------------- write-downs, write-ups

LOSSES: list[Table] = [
    {"write_down": ["SUB", "B"], "amount": "pool.loss"},
    {"write_up": ["B", "SUB"], "amount": "-pool.loss"},
]


def test_a_loss_is_written_off_the_bottom_and_no_cash_moves() -> None:
    flows = run(with_sub(LOSSES), paying([0.0, 880.0], default=[120.0]))
    assert [round(t.write_down[0, 0], 6) for t in flows.tranches.values()] == [0.0, 70.0, 50.0]
    assert round(flows.tranches["B"].closing_balance[0, 0], 6) == 230.0
    assert flows.funds.unspent_principal[0, 0] == 0.0


def test_interest_accrues_on_what_is_left_of_the_balance() -> None:
    flows = run(with_sub([*LOSSES, {"interest": "B"}]), paying([0.0, 0.0, 880.0], [3.0, 3.0], default=[120.0]))
    assert row(flows.tranches["B"].interest_accrued)[:2] == [3.0, 2.3]


def test_late_recoveries_write_up_the_senior_class_first_and_only_what_was_written_down() -> None:
    """120 written down: SUB 50, B 70. Recoveries of 90, then 60: B 70 and SUB 20, then SUB's last 30; 30 are nobody's."""
    flows = run(with_sub(LOSSES), paying([0.0, 0.0, 0.0, 880.0], default=[120.0], recovery=[0.0, 90.0, 60.0]))
    assert row(flows.tranches["B"].write_up) == [0.0, 70.0, 0.0, 0.0]
    assert row(flows.tranches["SUB"].write_up) == [0.0, 20.0, 30.0, 0.0]
    assert row(flows.tranches["B"].closing_balance) == [230.0, 300.0, 300.0, 300.0]


def test_a_write_down_is_the_class_s_loss_of_principal() -> None:
    steps = [*LOSSES, {"principal": ["A", "B"]}]
    flows = run(with_sub(steps, sub=0.0), paying([0.0, 850.0], default=[150.0]))
    b = flows.tranches["B"]
    assert row(b.write_down) == [150.0, 0.0]
    assert row(b.principal) == [0.0, 150.0]
    assert row(b.closing_balance) == [150.0, 0.0]


# ------------------------------------------------------------------------------------------------------------ properties


@settings(max_examples=40)
@given(st.lists(st.integers(0, 60), min_size=3, max_size=6), st.lists(st.integers(0, 30), min_size=3, max_size=6), st.data())
def test_every_class_s_balance_is_accounted_for_whatever_is_lost_and_recovered(
    defaults: list[int], interest: list[int], data: st.DataObject
) -> None:
    """Initial + written up = paid + written down + outstanding; ledgers never exceed the balances when they were debited."""
    total = float(sum(defaults))
    recoveries = [0.0, *(float(data.draw(st.integers(0, d))) for d in defaults)]
    steps = [
        DEBIT,
        {"interest": "A", "from": "interest"},
        CURE,
        {"principal": ["A", "B"], "from": "principal"},
        *LOSSES,
        {"principal": "SUB", "from": "principal"},
        {"residual": "SUB", "from": "interest", "when": "notes.balance <= 0"},
    ]
    pool = paying(
        [0.0] * len(defaults) + [1000.0 - total], [float(i) for i in interest], [float(d) for d in defaults], recoveries
    )
    flows = run(with_sub(steps), pool)
    last = int(flows.last_period[0])
    for name, initial in (("A", 600.0), ("B", 300.0), ("SUB", 50.0)):
        t = flows.tranches[name]
        gone = (t.principal + t.write_down - t.write_up).sum() + t.closing_balance[0, last]
        assert gone == pytest.approx(initial, abs=1e-9)
        assert np.cumsum(t.write_down - t.write_up).min() >= -1e-9
    assert {check.name for check in flows.checks if not check.ok} <= {"nothing is undistributed"}


def test_a_balance_written_down_to_rounding_is_gone() -> None:
    """0.8 - 0.7 - 0.1 is 8e-17 in doubles: B is gone after the second date, and the third releases the reserve."""
    raw = small(
        [{"principal": "A"}, {"write_down": ["B"], "amount": "pool.loss"}, {"residual": "SUB", "when": "notes.balance <= 0"}],
        account=[{"name": "reserve", "initial": 5.0}],
    )
    raw["tranche"][1]["balance"] = 0.8
    flows = run(raw, paying([600.0, 0.0, 100.0, 100.0], default=[0.7, 0.1]))
    assert row(flows.tranches["B"].closing_balance)[:2] == [0.1, 0.0]
    assert flows.tranches["B"].closing_balance[0, 1] == 0.0
    assert row(flows.accounts["reserve"].closing_balance)[:3] == [5.0, 5.0, 0.0]


def test_a_write_up_of_rounding_brings_nothing_back() -> None:
    """0.1 + 0.2 written off, 0.1 and 0.2 written up: the 4e-17 between them does not stay written off."""
    raw = small(
        [{"write_down": ["B"], "amount": "pool.loss"}, {"write_up": ["B"], "amount": "-pool.loss"}, {"principal": ["A", "B"]}]
    )
    flows = run(raw, paying([0.0] * 5 + [900.0], default=[0.1, 0.2], recovery=[0.0, 0.0, 0.1, 0.2, 0.001])).tranches["B"]
    assert flows.write_up[0, 4] == 0.0
    assert row(flows.closing_balance)[:5] == [299.9, 299.7, 299.8, 300.0, 300.0]
