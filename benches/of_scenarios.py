"""Scenarios along paths: 1 to 100,000 of them on 360 segments and 36 months, with a waterfall of five classes."""

from __future__ import annotations

import numpy as np
import scenarios
from baselines import scenarios_in_numpy
from measure import Timing, Work, shown, timed, timing_of, together
from results import Topic

from abs_waterfall.arrays import Floats
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.collateral.along_paths import PathProjection
from abs_waterfall.deal.model import Deal
from abs_waterfall.pipeline import read_deal_pool
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.rates import annual_from_monthly, monthly_from_annual
from abs_waterfall.simulation import Projected, block_of, run_block, simulate
from abs_waterfall.waterfall.calendar import pool_cutoff
from abs_waterfall.waterfall.run import programme_of

FEW = 1_000  # scenarios that are run more than once
ROWS = 4_096  # that a waterfall is run on at a time
Grown = dict[str, tuple[list[int], list[float]]]


def topics(counts: list[int], runs: int) -> tuple[list[Topic], Grown]:
    """The tables, and times by the number of scenarios."""
    deal, paths = scenarios.deal(), scenarios.drawn(scenarios.BLOCK)
    pool, _ = read_deal_pool(deal)
    check(deal, pool, paths)
    note = "Whole runs from the loans to measures and checks; what counts per core is processor time."
    columns = ["scenarios", "time", "processor time", "a scenario", "scenarios a second, per core"]
    table, seconds = Topic("Scenarios: 360 segments, 36 months, five classes", columns, note), []
    for count in counts:
        work = lambda n=count: simulate(deal, pool, scenarios.repeated(paths, n))  # noqa: E731 - a line that is timed
        timing = together({"ours": work}, runs)["ours"] if count <= FEW else timing_of([timed(work)])
        table.rows.append([f"{count:,}", str(timing), *per_scenario(timing, count)])
        seconds.append(timing.processor)
    return [table, parts(deal, pool, paths, runs)], {"scenarios, processor time": (counts, seconds)}


def check(deal: Deal, pool: LoanPool, paths: Paths) -> None:
    """Ours and the baseline pay the notes at the same times."""
    ours, theirs = simulate(deal, pool, [paths]), scenarios_in_numpy(paths.smm, paths.mdr)
    for name, life in theirs.items():
        np.testing.assert_allclose(ours.measures[name].wal, life, rtol=1e-9, err_msg=name)


def parts(deal: Deal, pool: LoanPool, paths: Paths, runs: int) -> Topic:
    """What the steps take, and the same in NumPy."""
    projection = PathProjection.of(pool, deal.assumptions, pool_cutoff(deal), deal.pool.interest_basis)
    programme = programme_of(deal, pool.total_balance, pool.segment_names, projection.months, None, None)
    each = [Projected(some.names, projection.flows_along(some, by_cell=False), None) for some in scenarios.repeated(paths, ROWS)]
    block = block_of(projection, each)
    cpr, cdr = annual_from_monthly(paths.smm), annual_from_monthly(paths.mdr)
    few = len(paths.names)
    works: dict[str, tuple[int, Work]] = {
        "all of it": (ROWS, lambda: simulate(deal, pool, scenarios.repeated(paths, ROWS))),
        "projection alone": (few, lambda: projection.project(paths, by_segment=False)),
        "waterfall, checks and measures alone": (ROWS, lambda: run_block(programme, block)),
        "making SMM and MDR of CPR and CDR": (few, lambda: (converted(cpr), converted(cdr))),
        "NumPy: scenario x segment matrices, five classes": (few, lambda: scenarios_in_numpy(paths.smm, paths.mdr)),
    }
    timings = together({name: work for name, (_, work) in works.items()}, runs)
    note = (
        f"In blocks of {few} scenarios for the projection and of {ROWS:,} for the waterfall. Every rate is converted: finding "
        "the distinct curves takes about as long as converting all. NumPy has neither checks nor yields."
    )
    columns = ["what", "time", "processor time", "a scenario", "a second, per core", "over all of it"]
    table = Topic("What a scenario takes", columns, note)
    took = {name: timings[name].processor / count for name, (count, _) in works.items()}
    for name, (count, _) in works.items():
        ratio = f"{took[name] / took['all of it']:.2f}"
        table.rows.append([name, str(timings[name]), *per_scenario(timings[name], count), ratio])
    return table


def converted(rates: Floats) -> list[Floats]:
    """Rates a month of rates a year, scenario by scenario, as the reader of files does."""
    return [monthly_from_annual(each) for each in rates]


def per_scenario(timing: Timing, count: int) -> list[str]:
    """Processor time, in all and a scenario, and how many a second that is."""
    return [shown(timing.processor), shown(timing.processor / count), f"{count / timing.processor:,.0f}"]
