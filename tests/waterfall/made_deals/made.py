"""A deal, its pool, and the strategy that draws them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Any

from hypothesis import strategies as st

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.deal.model import Deal
from abs_waterfall.pipeline import to_buy
from abs_waterfall.pool.lines import pool_of_lines
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from waterfall.made_deals.deal import deal_tables
from waterfall.made_deals.plans import units
from waterfall.made_deals.pool import FLOWS, pool_flows

Table = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A deal file's tables, its pool and the pool's cash flows in each scenario."""

    raw: Table
    pool_balance: float
    collateral: CollateralCashflows
    at_speeds: CollateralCashflows | None = None  # those of derived schedules, each once

    @property
    def deal(self) -> Deal:
        """The deal as the program reads it."""
        return Deal.model_validate(self.raw)

    @property
    def plan(self) -> Plan | None:
        """What the program may buy."""
        return to_buy(self.deal, pool_of_lines(self.deal.pool.line, self.deal.dates.cutoff, self.deal.pool.interest_basis))

    def run(self) -> tuple[DealCashflows, DealCashflows]:
        """What the engine makes of it: as the call assumes, and the other way."""
        return run_waterfall(self.deal, self.pool_balance, self.collateral, self.at_speeds, self.plan)

    def units(self, scenario: int) -> Callable[[int], list[Table]] | None:
        """What 1 of each part of what may be bought pays, as the reference takes it."""
        return units(self.raw, self.scenario(scenario)) if "revolving" in self.raw else None

    def scenario(self, scenario: int) -> Table:
        """What the deal file says of a scenario; nothing of the base case."""
        return [{}, *self.raw["scenario"].values()][scenario]

    def speeds(self) -> dict[str, list[list[float]]]:
        """Of each derived schedule, the pool's principal by month at each of its speeds."""
        if self.at_speeds is None:
            return {}
        rows = (self.at_speeds.scheduled_principal + self.at_speeds.prepayment).tolist()
        by_psa = dict(zip(speeds_of(self.raw), rows, strict=True))
        return {s["name"]: [by_psa[speed["psa"]] for speed in s["speeds"]] for s in self.raw["schedule"] if "speeds" in s}

    def months(self, scenario: int) -> dict[str, list[float]]:
        """One scenario's flows as lists, as the reference takes them."""
        months = {flow: getattr(self.collateral, flow)[scenario].tolist() for flow in FLOWS}
        for k, name in enumerate(self.collateral.segment_names):
            months[f"segment.{name}"] = self.collateral.segment_balance[scenario, k].tolist()
        for line in self.raw.get("revolving", {}).get("line", []):
            months.setdefault(f"segment.{line['segment']}", [0.0])
        return months


def speeds_of(raw: Table) -> list[int]:
    """The speeds that schedules are derived from, each once, in the file's order."""
    return list(dict.fromkeys(speed["psa"] for schedule in raw["schedule"] for speed in schedule.get("speeds", ())))


def seeds() -> st.SearchStrategy[Random]:
    """A generator of its own for every example."""
    return st.integers(0, 2**32 - 1).map(Random)


def made_deals() -> st.SearchStrategy[Made]:
    """Any deal on any pool."""
    return seeds().map(made)


def numbered(seed: int) -> Made:
    """The deal of a number."""
    return made(Random(seed))  # noqa: S311 - deals, no secrets


def made(rnd: Random, scenarios: int = 2) -> Made:
    """A deal on a pool with a base case and some named scenarios."""
    balance = 100_000.0 * rnd.randint(1, 20)
    raw = deal_tables(rnd, balance, scenarios)
    cutoff, speeds = raw["dates"]["cutoff"], len(speeds_of(raw))
    collateral = pool_flows(rnd, balance, rnd.randint(4, 30), scenarios, cutoff)
    at_speeds = pool_flows(rnd, balance, rnd.randint(4, 30), speeds, cutoff) if speeds else None
    return Made(raw, balance, collateral, at_speeds)
