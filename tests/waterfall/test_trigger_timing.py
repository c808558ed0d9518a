"""Triggers by hand: when they are tested, when they act, when they are cured, and what they look back on."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from abs_waterfall.waterfall.cashflows import DealCashflows
from waterfall.small_deals import Table, paying, run, small

MODES = {"calm": [{"interest": "A"}], "fast": [{"principal": "A"}], "last": [{"principal": "B"}]}
DEFAULTS = [0.0, 20.0, 0.0, 0.0, 30.0, 0.0]  # of the pool of 1,000, on six dates


def trigger(name: str = "hit", when: str = "pool.default > 10", **terms: Any) -> Table:
    return {"name": name, "when": when, **terms}


def flows_of(*triggers: Table, **tables: Any) -> DealCashflows:
    """Six dates under these triggers."""
    return run(small(MODES, trigger=list(triggers), **tables), paying([100.0] * 6, [10.0] * 6, DEFAULTS))


def active(flows: DealCashflows, name: str = "hit") -> str:
    """Where a trigger holds: a dot or a letter a date."""
    return "".join("x" if held else "." for held in flows.triggers[name].active[0])


def dates_tested(flows: DealCashflows) -> str:
    return "".join("x" if held else "." for held in flows.triggers["hit"].tested[0])


def modes(flows: DealCashflows) -> str:
    """The first letter of each date's mode."""
    return "".join(flows.modes[m][0] for m in flows.mode[0])


def test_a_trigger_tested_before_the_steps_acts_on_the_date_and_never_cures_unless_told() -> None:
    flows = flows_of(trigger(mode="fast"))
    assert (active(flows), modes(flows)) == (".xxxxx", "cfffff")


def test_a_trigger_tested_after_the_steps_acts_from_the_next_date() -> None:
    flows = flows_of(trigger(mode="fast", test="after"))
    assert (active(flows), modes(flows)) == (".xxxxx", "ccffff")


@pytest.mark.parametrize(("n", "held"), [(1, ".x..x."), (2, ".xx.xx"), (3, ".xxxxx")])
def test_a_trigger_is_cured_on_the_nth_clean_date_and_a_breach_starts_the_count_again(n: int, held: str) -> None:
    assert active(flows_of(trigger(cure_periods=n))) == held


def test_a_trigger_cured_after_the_steps_gives_its_mode_back_on_the_next_date() -> None:
    flows = flows_of(trigger(mode="fast", test="after", cure_periods=1))
    assert (active(flows), modes(flows)) == (".x..x.", "ccfccf")


def test_a_trigger_is_not_tested_before_its_period() -> None:
    flows = flows_of(trigger(from_period=3))
    assert (dates_tested(flows), active(flows)) == ("..xxxx", "....xx")


def test_the_mode_is_that_of_the_holding_trigger_listed_last_and_a_cure_gives_back_the_other() -> None:
    lasting, passing = trigger("hit", mode="fast"), trigger("pass", mode="last", cure_periods=1)
    assert modes(flows_of(lasting, passing)) == "clffl" + "f"
    assert modes(flows_of(passing, lasting)) == "cfffff"


def test_a_trigger_without_a_mode_is_a_flag_that_formulas_read() -> None:
    waterfall = {"calm": [{"interest": "A", "when": "not hit"}, {"principal": "A", "when": "hit", "amount": 7.0}]}
    raw = small(waterfall, trigger=[trigger(cure_periods=1)])
    flows = run(raw, paying([100.0] * 6, [10.0] * 6, DEFAULTS))
    assert [round(p, 6) for p in flows.tranches["A"].principal[0]] == [0.0, 7.0, 0.0, 0.0, 7.0, 0.0]


@pytest.mark.parametrize(
    ("when", "tests", "held"),
    [
        ("average(pool.default, 2) >= 10", ".xxxxx", ".xx.xx"),
        ("sum(pool.default, 3) >= 20", "..xxxx", "..xxxx"),
        ("sum(pool.default, 4) > 25", "...xxx", "....xx"),
        ("max_over(pool.default, 2) > 25", ".xxxxx", "....xx"),
        ("previous(pool.default, 1) > 10", ".xxxxx", "..x..x"),
        ("previous(pool.default, 2) > 25", "..xxxx", "......"),
        ("sum_to_date(pool.default) > 45", "xxxxxx", "....xx"),
        ("average(max_over(pool.default, 2), 2) > 15", ".xxxxx", "..x..x"),
    ],
)
def test_lookbacks_take_this_date_in_and_wait_for_enough_dates(when: str, tests: str, held: str) -> None:
    flows = flows_of(trigger(when=when, cure_periods=1))
    assert (dates_tested(flows), active(flows)) == (tests, held)


def test_a_lookback_in_a_defined_term_waits_too() -> None:
    flows = flows_of(trigger(when="recent > 5", cure_periods=1), define={"recent": "average(pool.default, 3)"})
    assert (dates_tested(flows), active(flows)) == ("..xxxx", "..xxxx")


def test_before_the_steps_tranches_are_as_after_the_last_date() -> None:
    paid = trigger(when="tranche.A.interest_paid > 0", cure_periods=1)
    short = trigger(when="tranche.A.interest_shortfall > 0", cure_periods=1)
    assert active(flows_of(paid)) == ".xxxxx"
    assert active(flows_of(paid | {"test": "after"})) == "xxxxxx"
    assert active(flows_of(short, fee=[{"name": "big", "amount": 0.0}])) == "......"
    unpaid = small({"calm": [{"interest": "A", "amount": 1.0}]}, trigger=[short])
    assert active(run(unpaid, paying([100.0] * 6, [10.0] * 6))) == ".xxxxx"


def test_rates_are_of_the_initial_balance_with_a_seasoned_pools_history() -> None:
    seasoned = {"initial_balance": 2000.0, "cumulative_default": 40.0, "cumulative_loss": 30.0}
    flows = flows_of(trigger(when="pool.cumulative_default_rate > 0.0299"), pool=seasoned)
    assert [round(rate, 9) for rate in flows.cumulative_default_rate[0]] == [0.02, 0.03, 0.03, 0.03, 0.045, 0.045]
    assert flows.cumulative_loss_rate[0, 1] == pytest.approx(0.025)
    assert (active(flows), flows.pool_factor[0, 0]) == (".xxxxx", 0.45)


def test_the_clock_counts_payment_dates_nominal_dates_and_whole_months_since_closing() -> None:
    later = {"business_day": "following"}  # 15 February 2020 is a Saturday
    assert active(flows_of(trigger(when="date > 2020-02-15"), dates=later)) == ".xxxxx"
    assert active(flows_of(trigger(when="months >= 2", test="after"))) == ".xxxxx"
    assert active(flows_of(trigger(when="months >= 2"), dates={"closing": dt.date(2020, 1, 16)})) == "..xxxx"
    assert active(flows_of(trigger(when="period == 3"))) == "..xxxx"


@pytest.mark.parametrize("sign", ["<", "<=", ">", ">="])
def test_a_trigger_shows_what_it_measured_against_what(sign: str) -> None:
    flows = flows_of(trigger(when=f"pool.default {sign} 0.02 * pool.balance", from_period=2)).triggers["hit"]
    assert flows.measure is not None
    assert flows.threshold is not None
    assert str(flows.measure[0, 0]) == "nan"
    assert (flows.measure[0, 1], round(flows.threshold[0, 1], 6)) == (20.0, 0.02 * 780)


def test_nothing_is_lost_once_all_that_defaulted_is_recovered() -> None:
    """0.1 + 0.2 - 0.3 is above 0 in binary numbers."""
    pool = paying([100.0] * 3, [10.0] * 3, default=[0.1, 0.2, 0.0], recovery=[0.0, 0.0, 0.3])
    lost = trigger(when="pool.cumulative_loss_rate > 0", today_only=True)
    assert active(run(small(MODES, trigger=[lost]), pool)) == "xx."
