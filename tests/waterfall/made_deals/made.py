"""A deal, its pool, and the strategy that draws them."""

from __future__ import annotations

import functools
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from hypothesis import strategies as st

from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.plan import Plan, traits_asked
from abs_waterfall.deal.model import Deal
from abs_waterfall.pipeline import project, to_buy
from abs_waterfall.pool.lines import pool_of_lines, traits_of_lines
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.waterfall.cashflows import DealCashflows
from abs_waterfall.waterfall.run import run_waterfall
from reference.waterfall.holdings import Holding, Vintages
from reference.waterfall.holdings import pool_flows as flows_of_loans
from waterfall.made_deals.deal import deal_tables
from waterfall.made_deals.pool import FLOWS, pool_flows

Table = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """A deal file's tables, its pool and the pool's cash flows in each scenario."""

    raw: Table
    pool_balance: float
    flows: CollateralCashflows | None  # of the pool, made up; None where it has loans that pay
    at_speeds: CollateralCashflows | None = None  # those of derived schedules, each once

    @functools.cached_property
    def deal(self) -> Deal:
        """The deal as the program reads it."""
        return Deal.model_validate(self.raw)

    @functools.cached_property
    def collateral(self) -> CollateralCashflows:
        """The pool's cash flows in every scenario."""
        return project(self.deal, pool_of(self.deal)) if self.flows is None else self.flows

    @property
    def plan(self) -> Plan | None:
        """What the program may buy."""
        return to_buy(self.deal, pool_of(self.deal))

    def run(self) -> tuple[DealCashflows, DealCashflows]:
        """What the engine makes of it: as the call assumes, and the other way."""
        return run_waterfall(self.deal, self.pool_balance, self.collateral, self.at_speeds, self.plan)

    def told(self, scenario: int) -> Table:
        """What the reference is told of a scenario."""
        said = self.scenario(scenario)
        vintages = Vintages(self.raw, said) if "revolving" in self.raw else None
        return {"said": said, "speeds": self.speeds(), "vintages": vintages, "holdings": self.holdings(scenario)}

    def holdings(self, scenario: int) -> list[Holding]:
        """The loans of the pool; none where only its flows are known."""
        return [holding for holding, _ in self.loans[scenario]]

    @functools.cached_property
    def loans(self) -> list[list[tuple[Holding, dict[str, list[float]]]]]:
        """By scenario the loans of the pool and what each pays, projected one by one."""
        scenarios = range(1 + len(self.raw["scenario"]))
        return [flows_of_loans(self.raw, self.scenario(n)) if self.flows is None else [] for n in scenarios]

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
        months = self.of_loans(scenario) if self.flows is None else self.of_flows(self.flows, scenario)
        for line in self.raw.get("revolving", {}).get("line", []):
            months.setdefault(f"segment.{line['segment']}", [0.0])
        return months

    def of_flows(self, flows: CollateralCashflows, scenario: int) -> dict[str, list[float]]:
        """Flows made up at random."""
        months = {flow: getattr(flows, flow)[scenario].tolist() for flow in FLOWS}
        for k, name in enumerate(flows.segment_names):
            months[f"segment.{name}"] = flows.segment_balance[scenario, k].tolist()
        return months

    def of_loans(self, scenario: int) -> dict[str, list[float]]:
        """The sums of what the loans pay."""
        loans = self.loans[scenario]
        months = {name: added([flows[name] for _, flows in loans]) for name in FLOWS if name != "opening_balance"}
        for name in dict.fromkeys(holding.loan["segment"] for holding, _ in loans):
            closing = [flows["closing_balance"] for holding, flows in loans if holding.loan["segment"] == name]
            months[f"segment.{name}"] = added(closing)
        return months | {"opening_balance": [self.pool_balance, *months["closing_balance"][:-1]]}


def added(flows: list[list[float]]) -> list[float]:
    """The sum of some flows."""
    return [sum(month) for month in zip(*flows, strict=True)]


def pool_of(deal: Deal) -> LoanPool:
    """The lines of a deal's pool as loans, with what limits look at."""
    pool = pool_of_lines(deal.pool.line, deal.dates.cutoff, deal.pool.interest_basis)
    return replace(pool, traits=traits_of_lines(deal.pool.line, traits_asked(deal)))


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
    at_speeds = pool_flows(rnd, balance, rnd.randint(4, 30), speeds, cutoff) if speeds else None
    flows = None if "assumptions" in raw else pool_flows(rnd, balance, rnd.randint(4, 30), scenarios, cutoff)
    return Made(raw, balance, flows, at_speeds)
