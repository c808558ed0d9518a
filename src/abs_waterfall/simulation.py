"""Thousands of scenarios along paths made elsewhere: the same run, in blocks, of which measures are kept and flows are not.

Shapes: S scenarios, P payment dates.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Final

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection, put_together
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.kernels.compiling import PROCESSORS
from abs_waterfall.collateral.kernels.shapes import Flows
from abs_waterfall.collateral.plan import Plan
from abs_waterfall.collateral.vintages import joined_names
from abs_waterfall.deal.model import Deal
from abs_waterfall.measures.distribution import Distribution, distribution
from abs_waterfall.measures.tranche import TrancheReturns
from abs_waterfall.pipeline import Runs, curves_of, project_speeds, returned, to_buy
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.threads import in_order
from abs_waterfall.waterfall.calendar import pool_cutoff
from abs_waterfall.waterfall.cashflows import Check, DealCashflows
from abs_waterfall.waterfall.run import Programme, flows_of, paid, programme_of, rows_of
from abs_waterfall.waterfall.since import with_recoveries


@record
class Simulation:
    """What a deal comes to along paths, scenario by scenario."""

    names: tuple[str, ...]  # (S,)
    dates: tuple[dt.date, ...]  # (P,) payment dates
    measures: dict[str, TrancheReturns]  # by tranche; each field (S,)
    default_rate: Floats  # (S,) cumulative, of the pool
    loss_rate: Floats  # (S,)
    call_period: Ints  # (S,) -1 where the call is not exercised
    checks: tuple[Check, ...]  # the worst over all scenarios

    @property
    def ok(self) -> bool:
        """Whether every check held."""
        return all(check.ok for check in self.checks)

    @property
    def figures(self) -> dict[str, Floats]:
        """What a row of each scenario holds beside its name and its call, each (S,)."""
        found = {"default_rate": self.default_rate, "loss_rate": self.loss_rate}
        for tranche, measures in self.measures.items():
            found |= {f"{tranche}.{name}": getattr(measures, field) for name, field in KEPT.items()}
        return found

    @property
    def distributions(self) -> dict[str, Distribution]:
        """Each figure over the scenarios; of yields and prices the worst is the lowest."""
        return {name: distribution(values, worst_is_lowest="yield" in name) for name, values in self.figures.items()}


ENOUGH: Final = 150_000
"""Numbers of a kind that a run has, dates x scenarios or, where asked for by segment, these x months: they stay in the cache."""

AHEAD: Final = 2 * PROCESSORS  # blocks that are read and projected while others are run

KEPT: Mapping[str, str] = {
    "wal": "wal",
    "wal_to_call": "wal_to_call",
    "yield": "yield_nominal",
    "yield_bey": "yield_bey",
    "principal_loss": "principal_loss",
}
"""Measures of a class as the results name them, and as the measures do."""


def simulate(deal: Deal, pool: LoanPool, blocks: Iterable[Paths]) -> Simulation:
    """Run a deal along paths; the terms are the base case's, and so is all that is assumed beside prepayments and defaults.

    Blocks are asked for ahead of those that run, so each has arrays of its own.
    """
    given = pool, deal.assumptions, pool_cutoff(deal), deal.pool.interest_basis, 0, curves_of(deal)
    projection, plan, speeds = PathProjection.of(*given), to_buy(deal, pool), project_speeds(deal, pool)
    held = PathProjection.of(*given, plan.of_pool) if plan is not None and plan.held is not None else None
    months = max(projection.months, len(deal.state.recoveries) if deal.state else 0)
    programme = programme_of(deal, pool.total_balance, pool.segment_names, months, speeds, plan)
    by_segment = bool(programme.resolved.segments) or plan is not None  # where something asks for the pool's segments

    def projected(paths: Paths) -> Projected:
        return Projected(paths.names, projection.flows_along(paths, by_cell=by_segment), plan and plan.along(paths, held))

    numbers = max(programme.calendar.periods, projection.size if by_segment else 0)
    gathered = groups(in_order(projected, blocks, PROCESSORS, AHEAD), 1 if plan is not None else max(1, ENOUGH // numbers))
    return joined([run_block(programme, block_of(projection, some)) for some in gathered])


def simulate_file(deal: Deal, pool: LoanPool, path: Path) -> Simulation:
    """Run a deal along the paths of a file."""
    from abs_waterfall.files.paths import MOST_MONTHS, PathFile  # noqa: PLC0415 - a run without such a file reads no Arrow

    axis = MonthAxis(pool_cutoff(deal), 0, MOST_MONTHS)
    by_days = deal.assumptions.speed_basis == "days"
    year_share = axis.day_shares() if by_days else np.full(MOST_MONTHS, 1 / 12)
    plan = to_buy(deal, pool)
    segments = joined_names(pool.segment_names, plan.vintages.segment_names if plan else ())
    return simulate(deal, pool, PathFile(path, segments, deal.scenario_names, year_share).blocks())


@record
class Projected:
    """Some scenarios, projected."""

    names: tuple[str, ...]  # (S,)
    flows: Flows
    plan: Plan | None  # along their paths


@dataclass(frozen=True, slots=True)
class Block:
    """Scenarios to run together."""

    names: tuple[str, ...]  # (S,)
    collateral: CollateralCashflows
    plan: Plan | None  # along their paths


def groups(projected: Iterable[Projected], enough: int) -> Iterator[list[Projected]]:
    """What is projected, put together until it is enough scenarios: NumPy takes as long for a few as for hundreds."""
    held: list[Projected] = []
    for some in projected:
        held.append(some)
        if sum(len(each.names) for each in held) >= enough:
            yield held
            held = []
    if held:
        yield held


def block_of(projection: PathProjection, some: Sequence[Projected]) -> Block:
    """What was projected, to run as one; what a deal may buy is of one projection alone."""
    names = tuple(name for each in some for name in each.names)
    return Block(names, projection.cashflows(put_together([each.flows for each in some])), some[0].plan)


def run_block(programme: Programme, block: Block) -> Simulation:
    """Run one block of scenarios."""
    deal = programme.resolved.deal
    collateral, rows = block.collateral, rows_of(deal, np.zeros(len(block.names), np.int64))
    if deal.state is not None:
        collateral = with_recoveries(collateral, deal.state.recoveries, pool_cutoff(deal))
    run = paid(programme, collateral, rows, block.plan, trail=False)
    assumed, other = flows_of(run, collateral, block.names)
    to_call, to_maturity = (assumed, other) if deal.call is None or deal.call.assume else (other, assumed)
    runs = Runs(assumed, to_maturity, to_call)
    return Simulation(
        names=block.names,
        dates=assumed.dates,
        measures={tranche.name: returned(deal, tranche, runs) for tranche in deal.tranche},
        default_rate=at_end(assumed.cumulative_default_rate, assumed),
        loss_rate=at_end(assumed.cumulative_loss_rate, assumed),
        call_period=assumed.call_period,
        checks=assumed.checks,
    )


def at_end(values: Floats, flows: DealCashflows) -> Floats:
    """(S,) a figure (S, P) on each scenario's last date."""
    return np.asarray(values[np.arange(len(values)), flows.last_period])


def joined(parts: Sequence[Simulation]) -> Simulation:
    """The blocks as one."""
    return Simulation(
        names=tuple(name for part in parts for name in part.names),
        dates=parts[0].dates,
        measures={tranche: joined_measures([part.measures[tranche] for part in parts]) for tranche in parts[0].measures},
        default_rate=np.concatenate([part.default_rate for part in parts]),
        loss_rate=np.concatenate([part.loss_rate for part in parts]),
        call_period=np.concatenate([part.call_period for part in parts]),
        checks=tuple(worst_checks(parts)),
    )


def joined_measures(parts: Sequence[TrancheReturns]) -> TrancheReturns:
    """One class's measures in all blocks."""
    return TrancheReturns(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(TrancheReturns)})


def worst_checks(parts: Sequence[Simulation]) -> Iterator[Check]:
    """Of each check the block where it misses most; it holds where it holds in all."""
    by_name: dict[str, list[Check]] = {}
    for check in (check for part in parts for check in part.checks):
        by_name.setdefault(check.name, []).append(check)
    for checks in by_name.values():
        yield replace(max(checks, key=lambda check: check.worst), ok=all(check.ok for check in checks))
