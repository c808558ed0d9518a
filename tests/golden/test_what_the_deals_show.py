"""What the shipped deals are there to show."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import abs_waterfall as aw

DEALS = Path(__file__).parents[2] / "deals"
CENT = 0.005  # less is a rounding


def test_the_classes_of_huabei_2016_are_paid_by_the_months_they_are_due_in() -> None:
    result = aw.run(aw.load(DEALS / "huabei-2016" / "deal.toml"))
    assert result.original_balances == {"A1": 1.8e9, "A2": 1.624e9, "B": 2.56e8, "SUB": 3.2e8}
    paid = {name: int(result.measures[name].last_principal[0]) + 1 for name in ("A1", "A2", "B")}
    assert paid["A1"] == 1
    assert 1 < paid["A2"] <= 6
    assert paid["A2"] < paid["B"] <= 12
    assert all(result.measures[name].principal_loss.max() == 0 for name in paid)


def test_subprime_auto_builds_its_target_steps_down_and_keeps_its_floor() -> None:
    result = aw.run(aw.load(DEALS / "subprime-auto" / "deal.toml"))
    flows = result.flows
    pool = flows.pool_balance[0]
    notes = sum(tranche.closing_balance[0] for tranche in flows.tranches.values())
    oc, residual = pool - notes, flows.tranches["certificates"].residual[0]
    turbo = int(np.argmax(residual > CENT))  # payments of which all excess spread is
    assert 6 < turbo < 23
    assert (np.diff(oc[: turbo + 1] / pool[: turbo + 1]) > 0).all()
    assert oc[turbo:24] / pool[turbo:24] == pytest.approx(0.185)  # the target, to the last payment before month 24
    assert oc[24:36] / pool[24:36] == pytest.approx(0.16)  # stepped down
    floor = 0.16 * pool < 0.025 * 500e6
    floor[int(flows.call_period[0]) :] = False
    assert floor.any()
    assert oc[floor] == pytest.approx(12.5e6)


def test_high_losses_stop_the_step_down_of_subprime_auto() -> None:
    result = aw.run(aw.load(DEALS / "subprime-auto" / "deal.toml"))
    stress = result.scenarios.index("stress")
    active = result.flows.triggers["high_losses"].active[stress]
    pool = result.flows.pool_balance[stress]
    notes = sum(tranche.closing_balance[stress] for tranche in result.flows.tranches.values())
    held = active & (0.185 * pool > 0.025 * 500e6) & (result.flows.tranches["certificates"].residual[stress] > 0.01)
    held[int(result.flows.call_period[stress]) :] = False
    assert held[24:].any()
    assert ((pool - notes) / np.where(pool > 0, pool, 1))[held] == pytest.approx(0.185)


def test_huabei_line_revolves_then_pays_faster_than_its_pool() -> None:
    result = aw.run(aw.load(DEALS / "huabei-line" / "deal.toml"))
    flows = result.flows
    notes = sum(flows.tranches[name].closing_balance[0] for name in "ABC")
    assert notes[:24] == pytest.approx(3e9)
    assert (np.diff(flows.pool_balance[0, :24]) > 0).all()  # draws make up for payments and charge-offs
    paid = -np.diff(notes)[23:26]
    assert paid == pytest.approx(3e9 / 5e9 * result.collateral.scheduled_principal[0, 24:27], rel=0.03)  # their fixed share of it
    assert all(result.measures[name].principal_loss[0] == 0 for name in "ABC")


def test_excess_spread_ends_huabei_line_early() -> None:
    result = aw.run(aw.load(DEALS / "huabei-line" / "deal.toml"))
    stress = result.scenarios.index("stress")
    trigger = result.flows.triggers["early_amortisation"]
    first = int(np.argmax(trigger.breached[stress]))
    assert 6 < first < 12
    assert trigger.measure is not None
    assert (np.diff(trigger.measure[stress, 2 : first + 1]) < 0).all()
    modes = [result.flows.modes[mode] for mode in result.flows.mode[stress, : first + 1]]
    assert modes == ["revolving"] * first + ["amortising"]
    lost = [float(result.measures[name].principal_loss[stress]) for name in "ABC"]
    assert lost[0] == lost[1] == 0 < lost[2]
