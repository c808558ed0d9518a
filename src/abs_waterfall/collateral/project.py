"""Project a pool: strips and curves into cash flows, every scenario at once.

Shapes: S scenarios (0 is the base case), K segments, G parts, Q cells (what a part has of a segment), C cohorts, H months of the
axis, T months since cut-off.
Formulas: conventions of the calculation, "One month of a pool".
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import partial

import numpy as np

from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.scenarios import (
    Behaviour,
    Quote,
    behaviours,
    refused_where_shortened,
    refused_with_advances,
)
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.clauses import NO_CURVES, Curves, Indices, adjusts, holidays, index_problems
from abs_waterfall.collateral.cohorts import Grouping, cells_of
from abs_waterfall.collateral.condense import FEW, condensed
from abs_waterfall.collateral.deal_months import cashflows_of, part_flows
from abs_waterfall.collateral.grouped import BEYOND_NUMBERS, ORDERS, GroupedPool, recoveries_of
from abs_waterfall.collateral.kernels.shapes import (
    BEHIND,
    PENALTY,
    Flows,
)
from abs_waterfall.collateral.parts import PartFlows, Parting, undivided
from abs_waterfall.collateral.pieces import Blocks, Piece, add_pieces, pieces_of
from abs_waterfall.collateral.shortened import Pace, quoted, shortened_problems
from abs_waterfall.collateral.strips import BULLET
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.pool.loans import LoanPool

Grid = tuple[tuple[Behaviour, ...], ...]  # S x K


@BEYOND_NUMBERS
def project_pool(
    pool: LoanPool,
    assumptions: Assumptions,
    scenarios: Mapping[str, Scenario],
    cutoff: dt.date,
    interest_basis: str,
    curves: Curves = NO_CURVES,
) -> CollateralCashflows:
    """Cash flows of the pool in the base case and each named scenario, in order.

    `curves` are the indices that loans adjust to.
    """
    grid = behaviours(assumptions, scenarios, pool.segment_names)
    pool = as_lines(pool, grid, assumptions)
    given = pool, assumptions, scenarios, cutoff, interest_basis
    return cashflows_of(pool, *_projected(*given, undivided(pool), 0, grid, curves))


def as_lines(pool: LoanPool, grid: Grid, assumptions: Assumptions) -> LoanPool:
    """Many loans as the few lines that pay the same, where they may be."""
    if len(pool.balance) <= FEW or assumptions.of_each_loan:
        return pool
    by_age = any(quote.needs_age for row in grid for behaviour in row for quote in behaviour.quotes)
    lines = condensed(pool, by_age=by_age or bool(pool.clauses) or bool((pool.amortization == BULLET).any()))
    return min(lines, pool, key=lambda loans: len(loans.balance))


@BEYOND_NUMBERS
def project_parts(
    pool: LoanPool,
    assumptions: Assumptions,
    scenarios: Mapping[str, Scenario],
    cutoff: dt.date,
    interest_basis: str,
    parting: Parting,
    elapsed: int = 0,
    grid: Grid | None = None,
    curves: Curves = NO_CURVES,
) -> PartFlows:
    """What each part of the pool pays, and its weighted balances; loans of a segment leave alike, whatever their part.

    Of what is bought `elapsed` months after the deal's cut-off: as of that month's end, on the deal's months from there. A
    cumulative default is then of what is bought, its timing from there. `grid` is what `behaviours` gives, where it is known.
    """
    grid = grid or behaviours(assumptions, scenarios, pool.segment_names)
    given = pool, assumptions, scenarios, cutoff, interest_basis
    return part_flows(pool, parting, *_projected(*given, parting, elapsed, grid, curves))


def _projected(
    pool: LoanPool,
    assumptions: Assumptions,
    scenarios: Mapping[str, Scenario],
    cutoff: dt.date,
    interest_basis: str,
    parting: Parting,
    elapsed: int,
    grid: Grid,
    curves: Curves,
) -> tuple[MonthAxis, Flows]:
    """The flows of every scenario on the months of the axis."""
    axis = axis_of(pool, cutoff, elapsed, max(behaviour.delinquency_lag for row in grid for behaviour in row))
    refused = [*refused_with_advances(assumptions, scenarios), *refused_where_shortened(assumptions, scenarios)]
    if problems := [*refused, *clause_problems(pool, axis, assumptions, curves)]:
        raise InputError(problems)
    size = flow_size(grid, axis, seldom=bool(pool.clauses) or any(b.delinquency_lag for row in grid for b in row))
    flows = _no_flows(len(grid), pool, parting, axis, size)
    shifts = [0.0, *(scenario.index_shift for scenario in scenarios.values())] if adjusts(pool).any() else [0.0] * len(grid)
    for grouping, rows in _alike(grid, shifts, assumptions).items():
        given = grouping, axis, assumptions, interest_basis, Indices(curves, grouping.shift)
        pace = partial(quoted, grouping.speeds, ORDERS[assumptions.order]) if grouping.shortens else None
        project = partial(_of_piece, given, pace, [(row, grid[row]) for row in rows], size)
        add_pieces(flows, pieces_of(pool, grouping, axis.lead, parting), project)
    return axis, flows


@BEYOND_NUMBERS
def _of_piece(
    given: tuple[Grouping, MonthAxis, Assumptions, str, Indices],
    pace: Pace | None,
    rows: Sequence[tuple[int, Sequence[Behaviour]]],
    size: tuple[int, int],
    piece: Piece,
) -> Blocks:
    """The flows of some scenarios, by number, of a piece of the pool."""
    part = GroupedPool.of(piece.pool, *given, piece.parting, pace)
    found = []
    for block in part.blocks(rows):
        numbers, some = zip(*block, strict=True)
        found.append((list(numbers), part.project(part.leaving(some), part.lines(some), recoveries_of(some), size)))
    return found


def clause_problems(pool: LoanPool, axis: MonthAxis, assumptions: Assumptions, curves: Curves) -> list[Problem]:
    """What is wrong with indices that loans adjust to, or does not go with advances."""
    if not pool.clauses:
        return []
    if assumptions.prepayment_effect == "shorten" and (problems := shortened_problems(pool)):
        return problems
    if assumptions.advances and holidays(pool).any():
        return [Problem("advances = true does not go with payment holidays, in which nothing is due", "assumptions.advances")]
    return index_problems(pool, axis, Indices(curves))


def axis_of(pool: LoanPool, cutoff: dt.date, elapsed: int, late: int) -> MonthAxis:
    """The months from the first cut-off of a loan to the last payment, and so many after it."""
    lead = max(0, int(pool.months_before_cutoff.max()))
    last = int((pool.remaining_term - pool.months_before_cutoff).max())
    return MonthAxis(cutoff, lead, lead + max(last, 1) + late, elapsed)


def flow_size(grid: Grid, axis: MonthAxis, *, seldom: bool) -> tuple[int, int]:
    """How many flows a part has, over how many months."""
    tail = max(behaviour.recovery_months for row in grid for behaviour in row)
    return BEHIND + 3 if seldom else PENALTY, axis.months + tail


def _no_flows(scenarios: int, pool: LoanPool, parting: Parting, axis: MonthAxis, size: tuple[int, int]) -> Flows:
    cells = len(cells_of(pool.segment, parting.part, len(pool.segment_names), parting.count)[0])
    by_cell, weighted = (scenarios, axis.months, cells), (scenarios, parting.count, len(parting.weights), axis.months)
    return Flows(np.zeros((scenarios, parting.count, *size)), np.zeros(by_cell), np.zeros(by_cell), np.zeros(weighted))


def _alike(grid: Grid, shifts: Sequence[float], assumptions: Assumptions) -> dict[Grouping, list[int]]:
    """Scenarios that need the same grouping of loans; by each one's own needs, so that no scenario changes another's sums."""
    rows = defaultdict(list)
    for row, segments in enumerate(grid):
        quotes = [quote for each in segments for quote in each.quotes]
        ends = any(quote.stop > 0 or quote.at_maturity is not None for quote in quotes)
        lags = tuple(behaviour.delinquency_lag for behaviour in segments)
        late = lags if any(lags) else ()
        coupled = any(behaviour.default.kind == "cumulative" for behaviour in segments)
        grouping = Grouping(
            by_age=any(quote.needs_age for quote in quotes),
            by_remaining_term=ends,
            each_loan=assumptions.advances,
            shift=shifts[row],
            coupled=coupled,
            shortens=assumptions.prepayment_effect == "shorten",
            speeds=_speeds(segments, assumptions),
            lags=late,
        )
        rows[grouping].append(row)
    return rows


def _speeds(segments: Sequence[Behaviour], assumptions: Assumptions) -> tuple[tuple[Quote, Quote | None], ...]:
    """The speeds that make the strips of loans that prepayments shorten; in the order of `sifma` also those of default."""
    if assumptions.prepayment_effect == "recast":
        return ()
    return tuple((each.prepayment, each.default if assumptions.order == "sifma" else None) for each in segments)
