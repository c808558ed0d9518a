"""Triggers by hand: thresholds that change, dates they are tested on, what they do while they hold, and who fires them."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.cashflows import DealCashflows, LedgerLine
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.small_deals import POOL, SEQUENTIAL, Table, paying, row, run, small

DEFAULTS = [0.0, 20.0, 0.0, 0.0, 30.0, 0.0]  # of the pool of 1,000, on 15 February to 15 July 2020
POOL_OF_SIX = paying([100.0] * 6, [10.0] * 6, DEFAULTS)
PLAIN: list[Table] = [{"interest": "A"}, {"principal": "A"}, {"residual": "SUB"}]


def trigger(when: str = "pool.default > threshold", **terms: Any) -> Table:
    return {"name": "hit", "when": when, **terms}


def flows_of(*triggers: Table, waterfall: Any = PLAIN, pool: CollateralCashflows = POOL_OF_SIX, **tables: Any) -> DealCashflows:
    return run(small(waterfall, trigger=list(triggers), **tables), pool)


def active(flows: DealCashflows, scenario: int = 0) -> str:
    """Where the trigger holds, a letter a date."""
    return "".join("x" if held else "." for held in flows.triggers["hit"].active[scenario])


def dates_tested(flows: DealCashflows) -> str:
    return "".join("x" if held else "." for held in flows.triggers["hit"].tested[0])


# ------------------------------------------------------------------------------------------------------------ thresholds


@pytest.mark.parametrize(
    ("threshold", "held"),
    [
        (10.0, ".x..x."),
        (25.0, "....x."),
        ("0.02 * pool.balance", ".x..x."),  # 20 of 780: above 15.6; 30 of 450: above 9
        ({"by_period": [0.0, 30.0, 0.0, 0.0, 29.0]}, "....x."),
        ({"by_period": [0.0, 30.0], "then": 40.0}, "......"),
        ({"by_period": [0.0, 30.0, 5.0]}, "....x."),  # the last holds
        ({"by_date": [[dt.date(2020, 1, 1), 30.0], [dt.date(2020, 6, 15), 29.0]]}, "....x."),
        ({"by_date": [[dt.date(2020, 1, 1), 30.0], [dt.date(2020, 6, 16), 29.0]]}, "......"),
    ],
)
def test_a_threshold_is_a_number_a_formula_or_changes_by_period_or_date(threshold: Any, held: str) -> None:
    assert active(flows_of(trigger(threshold=threshold, cure_periods=1))) == held


def test_a_trigger_is_not_tested_before_its_threshold_is_stated() -> None:
    flows = flows_of(trigger(threshold={"by_date": [[dt.date(2020, 3, 16), 1.0]]}))
    assert (dates_tested(flows), active(flows)) == ("..xxxx", "....xx")


def test_a_threshold_holds_nothing_on_the_dates_before_it_is_stated() -> None:
    # counted from 15 March on: of the defaults of 20 in March and 30 in June the one of June alone is above 25
    over = "sum_to_date(if(pool.default > threshold, 1, 0)) >= 1"
    assert active(flows_of(trigger(over, threshold={"by_date": [[dt.date(2020, 4, 1), 10.0]]}))) == "....xx"
    assert active(flows_of(trigger(over, threshold={"by_date": [[dt.date(2020, 3, 1), 10.0]]}))) == ".xxxxx"


def test_two_triggers_look_back_on_their_own_thresholds() -> None:
    over = "sum_to_date(if(pool.default > threshold, 1, 0)) >= 1"
    flows = flows_of(trigger(over, threshold=25.0), {"name": "soft", "when": over, "threshold": 15.0})
    assert active(flows) == "....xx"
    assert flows.triggers["soft"].active[0].tolist() == [False, True, True, True, True, True]


def test_headroom_is_what_is_left_to_the_threshold_whichever_side_it_stands_on() -> None:
    conditions = ("pool.default > threshold", "threshold < pool.default", "period > 1 and pool.default >= threshold")
    for when in conditions:
        shown = flows_of(trigger(when, threshold={"by_period": [25.0], "then": 12.0})).triggers["hit"]
        assert shown.measure is not None
        assert shown.threshold is not None
        assert shown.headroom is not None
        assert row(shown.measure) == DEFAULTS
        assert row(shown.threshold) == [25.0, 12.0, 12.0, 12.0, 12.0, 12.0]
        assert row(shown.headroom) == [25.0, -8.0, 12.0, 12.0, -18.0, 12.0]


def test_headroom_of_a_floor_is_what_the_measure_is_above_it() -> None:
    shown = flows_of(trigger("pool.balance < threshold", threshold=500.0)).triggers["hit"]
    assert shown.headroom is not None
    assert row(shown.headroom) == [400.0, 280.0, 180.0, 80.0, -50.0, -150.0]


# ----------------------------------------------------------------------------------------------------------------- tests


def test_a_trigger_is_tested_on_the_first_payment_date_on_or_after_each_stated_date() -> None:
    stated = [dt.date(2020, 2, 15), dt.date(2020, 4, 16), dt.date(2021, 1, 1)]
    assert dates_tested(flows_of(trigger("pool.default > 0", test_dates=stated))) == "x..x.."


def test_a_trigger_is_tested_in_its_months() -> None:
    flows = flows_of(trigger("pool.default > 0", test_months=[3, 6]))
    assert (dates_tested(flows), active(flows)) == (".x..x.", ".xxxxx")


def test_only_dates_on_which_it_is_tested_cure_a_trigger() -> None:
    assert active(flows_of(trigger("pool.default > 0", test_months=[3, 5], cure_periods=1))) == ".xx..."


def test_today_only_holds_on_the_date_of_the_breach_alone_tested_or_not_on_the_next() -> None:
    assert active(flows_of(trigger("pool.default > 0", today_only=True))) == ".x..x."
    assert active(flows_of(trigger("pool.default > 0", today_only=True, test_months=[3]))) == ".x...."


def test_a_deal_that_never_revolves_is_amortising() -> None:
    assert active(flows_of(trigger("pool.default > 0", phase="amortising"))) == ".xxxxx"
    assert dates_tested(flows_of(trigger("pool.default > 0", phase="revolving"))) == "......"


# --------------------------------------------------------------------------------------------------------------- effects


def line(flows: DealCashflows, verb: str) -> LedgerLine:
    (found,) = [line for line in flows.ledger if line.verb == verb]
    return found


RESERVE = [{"name": "reserve", "initial": 50.0, "target": 60.0}]
FILLED: list[Table] = [{"interest": "A"}, {"fill": "reserve"}, {"principal": "A"}, {"residual": "SUB"}]


def test_a_sweep_empties_the_account_before_the_steps_and_keeps_it_empty_while_it_holds() -> None:
    # interest on A is 6, 4.94, ..; the reserve takes 10 on the first date, gives 60 on the second, nothing on the third (its
    # target is 0), and is filled to 60 on the fourth, when the trigger is cured
    hit = trigger("pool.default > 0 and period < 4", cure_periods=2, effect={"sweep": "reserve"})
    flows = flows_of(hit, waterfall=FILLED, account=RESERVE)
    reserve = flows.accounts["reserve"]
    assert active(flows)[:4] == ".xx."
    assert row(reserve.closing_balance)[:4] == [60.0, 0.0, 0.0, 60.0]
    assert row(reserve.out)[:4] == [0.0, 60.0, 0.0, 0.0]
    assert row(line(flows, "release").paid)[1] == 60.0
    principal = row(flows.tranches["A"].principal)
    assert principal[0] == 100 + 10 - 6 - 10  # collected, less interest, less what fills the reserve
    assert principal[1] == pytest.approx(100 + 10 + 60 - 0.01 * (600 - principal[0]), abs=1e-6)


def test_the_mode_sees_a_swept_reserve_as_available() -> None:
    fast: dict[str, list[Table]] = {"slow": [{"fill": "reserve"}, {"residual": "SUB"}], "fast": [{"principal": "A"}]}
    flows = flows_of(trigger("period >= 2", mode="fast", effect={"sweep": ["reserve"]}), waterfall=fast, account=RESERVE)
    assert row(flows.tranches["A"].principal)[:3] == [0.0, 170.0, 110.0]


STEPPING = {"name": "reserve", "initial": 0.0, "target": "0.1 * pool.balance"}


def test_a_target_may_not_fall_while_a_trigger_stops_its_step_down() -> None:
    # the pool closes at 900, 780, 680, 580, 450, 350; the trigger holds on the second and third date: 90 stays due; cured on
    # the fourth, the target is a tenth of 580 at once
    hit = trigger("period == 2", cure_periods=2, effect={"stop_step_down": True})
    raw = [{"draw": "reserve", "amount": "account.reserve.balance - account.reserve.target"}, *FILLED]
    flows = flows_of(hit, waterfall=raw, account=[STEPPING])
    assert active(flows) == ".xx..."
    assert row(flows.accounts["reserve"].closing_balance)[:5] == [90.0, 90.0, 90.0, 58.0, 45.0]


def test_a_target_that_rises_rises_although_its_step_down_is_stopped() -> None:
    rising = STEPPING | {"target": "if(period == 3, 95, 0.1 * pool.balance)"}
    hit = trigger("period == 2", effect={"stop_step_down": ["reserve"]})
    flows = flows_of(hit, waterfall=FILLED, account=[rising])
    assert row(flows.accounts["reserve"].closing_balance)[:5] == [90.0, 90.0, 95.0, 95.0, 95.0]


def test_a_defined_term_may_be_kept_from_falling_wherever_it_is_used() -> None:
    """Overcollateralisation of a tenth of the pool: 90 + 78 + .. without the trigger; 90 stays from the second date on."""
    steps: list[Table] = [{"principal": "A", "amount": "tranche.A.balance - (pool.balance - wanted)"}, {"residual": "SUB"}]
    define = {"wanted": "0.5 * twice", "twice": "0.2 * pool.balance"}
    tables: Table = {
        "define": define,
        "tranche": [
            {"name": "A", "balance": 900.0, "coupon": 0.0, "day_count": "30/360"},
            {"name": "SUB", "balance": 0.0, "residual": True},
        ],
    }
    pool = paying([100.0] * 6, [100.0] * 6)
    hit = trigger("period == 2", effect={"stop_step_down": ["wanted"]})
    assert row(flows_of(waterfall=steps, pool=pool, **tables).tranches["A"].closing_balance)[:3] == [810.0, 720.0, 630.0]
    held = flows_of(hit, waterfall=steps, pool=pool, **tables).tranches["A"].closing_balance
    assert row(held)[:4] == [810.0, 710.0, 610.0, 510.0]  # 900 - 90, 800 - 90, ..


def test_trapped_excess_stays_in_its_fund_until_the_trigger_is_cured_or_the_date_is_the_last() -> None:
    steps: list[Table] = [{"interest": "A"}, {"principal": "A", "amount": 50.0}, {"residual": "SUB"}]
    hit = trigger("period == 2", cure_periods=2, effect={"trap": True})
    flows = flows_of(hit, waterfall=steps)
    free = flows_of(waterfall=steps)
    residual, without = row(flows.tranches["SUB"].residual), row(free.tranches["SUB"].residual)
    assert residual[1:3] == [0.0, 0.0]
    assert residual[3] == pytest.approx(sum(without[1:4]))
    assert row(flows.funds.unspent_interest)[1] + row(flows.funds.unspent_principal)[1] == pytest.approx(without[1])
    lasting = flows_of(trigger("period == 2", effect={"trap": True}), waterfall=steps)
    assert row(lasting.tranches["SUB"].residual)[-1] == pytest.approx(sum(without[1:]))
    assert lasting.undistributed[0] == 0.0


def test_trapped_excess_goes_into_an_account_and_the_ledger_says_so() -> None:
    steps: list[Table] = [{"interest": "A"}, {"principal": "A", "amount": 50.0}, {"residual": "SUB", "name": "rest"}]
    hit = trigger("period == 2", cure_periods=2, effect={"trap": "excess"})
    flows = flows_of(hit, waterfall=steps, account=[{"name": "excess"}])
    without = row(flows_of(waterfall=steps).tranches["SUB"].residual)
    assert row(flows.accounts["excess"].into) == pytest.approx([0.0, without[1], without[2], 0.0, 0.0, 0.0])
    trap = line(flows, "trap")
    assert (trap.payee, trap.source, trap.name) == ("excess", "available", "rest")
    assert row(trap.paid)[1] == pytest.approx(without[1])
    assert all(check.ok for check in flows.checks)


def test_of_several_traps_the_one_listed_last_says_where_the_cash_stays() -> None:
    steps: list[Table] = [{"interest": "A"}, {"principal": "A", "amount": 50.0}, {"residual": "SUB"}]
    here = trigger("period == 2", cure_periods=1, effect={"trap": True}) | {"name": "here"}
    there = trigger("period == 2", cure_periods=1, effect={"trap": "excess"}) | {"name": "there"}
    for triggers, trapped in (((here, there), True), ((there, here), False)):
        excess = flows_of(*triggers, waterfall=steps, account=[{"name": "excess"}]).accounts["excess"]
        assert (row(excess.into)[1] > 0) is trapped


def test_what_a_trigger_does_that_is_tested_after_the_steps_begins_on_the_next_date() -> None:
    # Breached after the second date: the target of 78 that date left may not fall, not the 90 of the first
    hit = trigger("period == 2", test="after", effect={"stop_step_down": True})
    raw = [{"draw": "reserve", "amount": "account.reserve.balance - account.reserve.target"}, *FILLED]
    flows = flows_of(hit, waterfall=raw, account=[STEPPING])
    assert row(flows.accounts["reserve"].closing_balance)[:4] == [90.0, 78.0, 78.0, 78.0]


# ------------------------------------------------------------------------------------------------------------- scenarios


def several(raw: Table, **scenarios: Table) -> DealCashflows:
    """The deal on the same pool in each scenario, the base case first."""
    deal = Deal.model_validate(raw | {"scenario": scenarios})
    pool = POOL_OF_SIX
    arrays = {name: getattr(pool, name) for name in pool.__dataclass_fields__}
    rows = 1 + len(scenarios)
    keep = ("dates", "segment_names", "segment_initial")
    tiled = {name: value if name in keep else value.repeat(rows, axis=0) for name, value in arrays.items()}
    return run_waterfall(deal, POOL, CollateralCashflows(**tiled))[0]


def test_a_scenario_fires_a_trigger_on_the_first_payment_date_on_or_after_the_day() -> None:
    raw = small({"slow": SEQUENTIAL, "fast": [{"principal": "A"}]}, trigger=[trigger("false", mode="fast")])
    fired = {"day": dt.date(2020, 3, 16), "exactly": dt.date(2020, 3, 15), "early": dt.date(2019, 1, 1)}
    flows = several(raw, **{name: {"fire": {"hit": day}} for name, day in fired.items()})
    assert [active(flows, s) for s in range(4)] == ["......", "..xxxx", ".xxxxx", "xxxxxx"]
    assert [flows.modes[m] for m in flows.mode[1]] == ["slow", "slow", *["fast"] * 4]
    by_hand = flows.triggers["hit"].fired
    assert by_hand is not None
    assert by_hand.sum() == 3
    assert (by_hand <= flows.triggers["hit"].breached).all()


def test_a_trigger_fired_by_hand_is_cured_as_any_other() -> None:
    raw = small(trigger=[trigger("false", cure_periods=2)])
    assert active(several(raw, x={"fire": {"hit": dt.date(2020, 3, 1)}}), 1) == ".xx..."


def test_a_trigger_that_is_off_in_a_scenario_is_never_tested_there() -> None:
    flows = several(small(trigger=[trigger("pool.default > 10")]), x={"off": ["hit"]})
    assert [active(flows, s) for s in range(2)] == [".xxxxx", "......"]
    assert not flows.triggers["hit"].tested[1].any()
