"""Scenarios along paths: 1 to 100,000 of them on 360 segments and 36 months, with a waterfall of five classes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import scenarios
from baselines import scenarios_in_numpy
from measure import Work, shown, timed, timing_of, together
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
from abs_waterfall.waterfall.run import paid, programme_of, rows_of

ROWS = 4_096  # that a waterfall is run on at a time
Grown = dict[str, tuple[list[int], list[float]]]


def topics(counts: list[int], runs: int) -> tuple[list[Topic], Grown]:
    """The tables, and times by the number of scenarios."""
    deal, paths = scenarios.deal(), scenarios.drawn(scenarios.BLOCK)
    pool, _ = read_deal_pool(deal)
    check(deal, pool, paths)
    note = (
        "Whole runs from the loans to measures and checks. What is said per core is of a process that uses one; cores that share "
        "a memory slow each other down, which processor time shows."
    )
    columns = ["scenarios", "time", "processor time", "time on one core", "a scenario", "scenarios a second, per core"]
    table, seconds, alone = Topic("Scenarios: 360 segments, 36 months, five classes", columns, note), [], on_one_core(counts)
    for count in counts:
        work = lambda n=count: simulate(deal, pool, scenarios.repeated(paths, n))  # noqa: E731 - a line that is timed
        timing = together({"ours": work}, runs)["ours"] if count <= scenarios.FEW else timing_of([timed(work)])
        table.rows.append([f"{count:,}", str(timing), shown(timing.processor), *per_scenario(alone[count], count)])
        seconds.append(timing.processor)
    return [table, parts(deal, pool, paths, runs)], {"scenarios, processor time": (counts, seconds)}


def on_one_core(counts: list[int]) -> dict[int, float]:
    """Seconds of so many scenarios in a process of its own that uses one core."""
    command = [sys.executable, str(Path(__file__).with_name("one_core.py")), *map(str, counts)]
    done = subprocess.run(command, env=os.environ | {"NUMBA_NUM_THREADS": "1"}, capture_output=True, text=True, check=True)
    return {int(count): seconds for count, seconds in json.loads(done.stdout).items()}


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
    few, rows = len(paths.names), rows_of(deal, np.zeros(ROWS, np.int64))
    works: dict[str, tuple[int, Work]] = {
        "all of it": (ROWS, lambda: simulate(deal, pool, scenarios.repeated(paths, ROWS))),
        "projection alone": (few, lambda: projection.project(paths, by_segment=False)),
        "waterfall alone": (ROWS, lambda: paid(programme, block.collateral, rows, trail=False)),
        "waterfall, checks and measures": (ROWS, lambda: run_block(programme, block)),
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
        processor = timings[name].processor
        table.rows.append([name, str(timings[name]), *per_scenario(processor, count), ratio])
    return table


def converted(rates: Floats) -> list[Floats]:
    """Rates a month of rates a year, scenario by scenario, as the reader of files does."""
    return [monthly_from_annual(each) for each in rates]


def per_scenario(seconds: float, count: int) -> list[str]:
    """Seconds in all and of a scenario, and how many a second that is."""
    return [shown(seconds), shown(seconds / count), f"{count / seconds:,.0f}"]
