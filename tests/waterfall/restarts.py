"""Deals run from closing, and again from the state that they are in after a payment date."""

from __future__ import annotations

import copy
import dataclasses
import tomllib
from dataclasses import replace
from typing import Any

import numpy as np

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.kernels.shapes import CLOSING
from abs_waterfall.collateral.parts import PartFlows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.deal.model import Deal
from abs_waterfall.deal.standing import Standing
from abs_waterfall.report.state import state_toml
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.growing_pool import GrowingPool
from abs_waterfall.waterfall.run import begin
from abs_waterfall.waterfall.since import after_months

Table = dict[str, Any]
AT_CLOSING = (".balance", ".share", ".initial")


def left_of(pool: CollateralCashflows, months: int) -> CollateralCashflows:
    """What the pool pays after some months."""
    return after_months(pool, months)


def bought_by(
    deal: Deal,
    balance: float,
    pool: CollateralCashflows,
    plan: Plan,
    past: int,
    at_speeds: CollateralCashflows | None = None,
) -> tuple[CollateralCashflows, Plan]:
    """The pool of a deal that revolves with what it bought by a payment date, and nothing that it buys later; and the plan.

    What limits look at is known of the pool's flows from the end of that date's collection period on.
    """
    run = begin(deal, balance, pool, at_speeds, plan)
    run.pay_dates(past)
    assert run.buying is not None
    bought = run.buying.pool
    whole = bought.whole(range(len(pool.default)), deal.dates.cutoff)
    return whole, plan if plan.held is None else replace(plan, held=held_by(bought, plan.held, int(run.buying.ends[past - 1])))


def held_by(pool: GrowingPool, held: PartFlows, past: int) -> PartFlows:
    """The balances of the parts after some months, and what is measured of them, terms counted from there."""
    ends, rows = range(past + 1, pool.months + 1), np.unique(pool.scenario)
    parts = np.zeros((len(rows), held.parts.shape[1], held.parts.shape[2], len(ends)))
    weighted = np.zeros((len(rows), held.parts.shape[1], len(pool.ageing), len(ends)))
    for t, end in enumerate(ends):
        balances = pool.parts(end)[rows]
        in_pool = pool.flow("closing_balance")[rows, end - 1]  # but for what comes in after that month
        parts[:, :, CLOSING, t] = balances
        aged = (in_pool * end - balances.sum(axis=1) * past)[:, None] * pool.ageing
        weighted[:, 0, :, t] = pool.weighted(end)[rows] + aged
    return replace(held, parts=parts, weighted=weighted, closing=np.zeros((len(rows), len(ends), 0)))


def going_on(raw: Table, said: Standing) -> Deal:
    """The deal file with the state in it, as it is written out and read again."""
    raw = copy.deepcopy(raw) | {"state": tomllib.loads(state_toml(said))["state"]}
    for scenario in raw.get("scenario", {}).values():
        scenario["set"] = {name: value for name, value in scenario.get("set", {}).items() if not name.endswith(AT_CLOSING)}
    return Deal.model_validate(raw)


def assert_same_from(whole: DealCashflows, again: DealCashflows, s: int, past: int, tolerance: float) -> None:
    """Every flow of one scenario after a date is what it was."""
    assert again.past == past
    assert again.last_period[s] + past == whole.last_period[s]
    assert again.call_period[s] == (whole.call_period[s] - past if whole.call_period[s] >= 0 else -1)
    assert again.dates[: again.last_period[s] + 1] == whole.dates[past : whole.last_period[s] + 1]
    assert_same(dataclasses.asdict(whole), dataclasses.asdict(again), s, past, int(again.last_period[s]) + 1, tolerance, "")
    assert not [check for check in again.checks if not check.ok and check.name != "nothing is undistributed"]


def assert_same(whole: Any, again: Any, s: int, past: int, dates: int, tolerance: float, place: str) -> None:
    """The same, of anything."""
    if isinstance(whole, np.ndarray) and whole.ndim == 2:
        expected, found = (part[s].astype(float) for part in (whole[:, past : past + dates], again[:, :dates]))
        assert np.allclose(found, expected, rtol=0, atol=tolerance, equal_nan=True), (place, past, expected, found)
    elif isinstance(whole, np.ndarray) and place.endswith(("undistributed", "lost_recoveries")):
        assert abs(whole[s] - again[s]) <= tolerance, place
    elif isinstance(whole, dict):
        for name, part in whole.items():
            if name not in ("checks", "collateral"):
                assert_same(part, again[name], s, past, dates, tolerance, f"{place}.{name}")
    elif isinstance(whole, tuple) and whole and isinstance(whole[0], dict):
        for i, (part, other) in enumerate(zip(whole, again, strict=True)):
            assert_same(part, other, s, past, dates, tolerance, f"{place}[{i}]")
