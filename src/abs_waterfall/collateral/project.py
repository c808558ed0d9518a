"""Project a pool: strips and curves into cash flows, every scenario at once.

Shapes: S scenarios (0 is the base case), K segments, G parts, Q cells (what a part has of a segment), C cohorts, H months of the
axis, T months since cut-off.
Formulas: conventions of the calculation, "One month of a pool".
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeVar

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.assumptions.curves import CurveAxes, monthly_rates
from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.assumptions.scenarios import (
    Behaviour,
    Quote,
    behaviours,
    refused_where_shortened,
    refused_with_advances,
)
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.behind import as_doubled, with_returning
from abs_waterfall.collateral.cashflows import SELDOM, CollateralCashflows
from abs_waterfall.collateral.clauses import NO_CURVES, Curves, Indices, adjusts, holidays, index_problems
from abs_waterfall.collateral.cohorts import Cohorts, Grouping, cells_of, group_loans, has_multipliers, penalties_of
from abs_waterfall.collateral.condense import FEW, condensed
from abs_waterfall.collateral.kernels.months import project_scenarios
from abs_waterfall.collateral.kernels.shapes import (
    BEHIND,
    CLOSING,
    PENALTY,
    PREPAY_FIRST,
    SIFMA,
    SURVIVORS,
    Flows,
    Leaving,
    OpenLines,
    Recoveries,
    Schedules,
)
from abs_waterfall.collateral.open_lines import open_lines
from abs_waterfall.collateral.parts import PartFlows, Parting, undivided
from abs_waterfall.collateral.penalties import with_penalties
from abs_waterfall.collateral.pieces import Blocks, Piece, add_pieces, pieces_of
from abs_waterfall.collateral.shortened import Pace, course, known, quoted, shortened_problems
from abs_waterfall.collateral.strips import BULLET, build_strips
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.errors import InputError, Problem
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.timeline import month_dates

_ORDERS = {"survivors": SURVIVORS, "sifma": SIFMA, "prepay_first": PREPAY_FIRST}
_CURVE_CELLS = 4_000_000  # of one block of scenarios' curves held at a time
BEYOND_NUMBERS = np.errstate(over="ignore", invalid="ignore")  # draws may outgrow them: who asks for the flows refuses that
Grid = tuple[tuple[Behaviour, ...], ...]  # S x K
Row = TypeVar("Row")


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
    return _cashflows(pool, *_projected(*given, undivided(pool), 0, grid, curves))


def as_lines(pool: LoanPool, grid: Grid, assumptions: Assumptions) -> LoanPool:
    """Many loans as the few lines that pay the same, where they may be: advances end by each loan's own schedule."""
    if len(pool.balance) <= FEW or assumptions.advances or assumptions.prepayment_effect == "shorten":
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
    return _part_flows(pool, parting, *_projected(*given, parting, elapsed, grid, curves))


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
    axis = _axis(pool, cutoff, elapsed, max(behaviour.delinquency_lag for row in grid for behaviour in row))
    refused = [*refused_with_advances(assumptions, scenarios), *refused_where_shortened(assumptions, scenarios)]
    if problems := [*refused, *clause_problems(pool, axis, assumptions, curves)]:
        raise InputError(problems)
    size = flow_size(grid, axis, seldom=bool(pool.clauses) or any(b.delinquency_lag for row in grid for b in row))
    flows = _no_flows(len(grid), pool, parting, axis, size)
    shifts = [0.0, *(scenario.index_shift for scenario in scenarios.values())] if adjusts(pool).any() else [0.0] * len(grid)
    for grouping, rows in _alike(grid, shifts, assumptions).items():
        given = grouping, axis, assumptions, interest_basis, Indices(curves, grouping.shift)
        pace = partial(quoted, grouping.speeds, _ORDERS[assumptions.order]) if grouping.shortens else None
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
    part = _Part.of(piece.pool, *given, piece.parting, pace)
    found = []
    for block in part.blocks(rows):
        numbers, some = zip(*block, strict=True)
        found.append((list(numbers), part.project(part.leaving(some), part.lines(some), _recoveries(some), size)))
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


@dataclass(frozen=True, slots=True)
class PathProjection:
    """A pool read into strips once, to be projected along any paths; recoveries and revolving lines are the base case's."""

    pool: LoanPool
    parting: Parting
    axis: MonthAxis
    part: _Part
    recoveries: Recoveries  # one row
    lines: OpenLines  # of one scenario
    leaving: Leaving  # of one scenario
    flows: tuple[int, int]  # how many of a part, over how many months
    paced: Callable[[Pace], _Part] | None = None  # the part at a course of speeds, where prepayments shorten loans

    @classmethod
    def of(
        cls,
        pool: LoanPool,
        assumptions: Assumptions,
        cutoff: dt.date,
        interest_basis: str,
        elapsed: int = 0,
        curves: Curves = NO_CURVES,
        parting: Parting | None = None,
    ) -> PathProjection:
        """Read the loans; `elapsed` and `curves` as of `project_parts`."""
        (base,) = grid = behaviours(assumptions, {}, pool.segment_names)
        pool = pool if parting else as_lines(pool, grid, assumptions)
        parting = parting or undivided(pool)
        lags = tuple(behaviour.delinquency_lag for behaviour in base)
        axis = _axis(pool, cutoff, elapsed, max(lags))
        if problems := clause_problems(pool, axis, assumptions, curves):
            raise InputError(problems)
        by_age = any(behaviour.delinquency.needs_age for behaviour in base)
        shortens = assumptions.prepayment_effect == "shorten"
        late = lags if any(lags) else ()
        grouping = Grouping(by_age, by_remaining_term=False, each_loan=assumptions.advances, shortens=shortens, lags=late)
        make = partial(_Part.of, pool, grouping, axis, assumptions, interest_basis, Indices(curves), parting)
        part = make()
        flows = flow_size((base,), axis, seldom=bool(pool.clauses) or any(lags))
        given = part, _recoveries([base]), part.lines([base]), part.leaving([base]), flows, make if shortens else None
        return cls(pool, parting, axis, *given)

    @property
    def months(self) -> int:
        """T."""
        return self.flows[1] - self.axis.lead

    def project(self, paths: Paths, *, by_segment: bool) -> CollateralCashflows:
        """The pool's cash flows along the paths; those of its segments where they are asked for."""
        return _cashflows(self.pool, self.axis, self.flows_along(paths, by_cell=by_segment))

    def project_parts(self, paths: Paths) -> PartFlows:
        """What each part pays along the paths."""
        return _part_flows(self.pool, self.parting, self.axis, self.flows_along(paths, by_cell=True))

    def flows_along(self, paths: Paths, *, by_cell: bool) -> Flows:
        """The flows along the paths on the months of the axis; few at a time where loans are many cohorts."""
        rows = range(len(paths.names))
        blocks = list(self.part.blocks(rows)) if has_multipliers(self.pool) else [rows]
        found = [self.flows_of(paths.some(slice(block[0], block[-1] + 1)), by_cell=by_cell) for block in blocks]
        return found[0] if len(found) == 1 else Flows(*(np.concatenate(flow) for flow in zip(*found, strict=True)))

    def flows_of(self, paths: Paths, *, by_cell: bool) -> Flows:
        """The same of some paths, all at once."""
        count, segments = len(paths.names), len(self.pool.segment_names)
        cohorts = self.part.cohorts
        smm = times(self.by_cohort(paths.smm, paths.segments), cohorts.prepayment_multiplier)
        mdr = times(self.by_cohort(paths.mdr, paths.segments), cohorts.default_multiplier)
        if self.part.cohorts.line.any():
            smm = smm.copy()
            smm[:, :, self.part.cohorts.line] = self.leaving.smm[0][:, self.part.cohorts.line]
        none = np.full((count, segments), -1), np.zeros((0, self.axis.months))
        behind = (np.repeat(rates, count, axis=0) for rates in (self.leaving.stopping, self.leaving.default_share))
        leaving = Leaving(mdr, smm, *none, *behind)
        of_each = (np.repeat(rates, count, axis=0) for rates in (self.lines.draw, self.lines.of_payments, self.lines.interest))
        lines = OpenLines(self.lines.first, self.lines.number, *of_each)
        recoveries = self.recoveries._replace(row=np.zeros(count, np.int64))
        if self.paced is not None:
            return self.shortened_along(self.paced, leaving, lines, recoveries, by_cell=by_cell)
        return self.part.project(leaving, lines, recoveries, self.flows, by_cell=by_cell)

    def shortened_along(
        self, paced: Callable[[Pace], _Part], leaving: Leaving, lines: OpenLines, recoveries: Recoveries, *, by_cell: bool
    ) -> Flows:
        """The same where prepayments shorten loans: each path is a pass over them."""
        smm = leaving.smm.copy()
        smm[:, :, self.part.cohorts.shortens] = 0.0  # their strips hold what they prepay
        found = []
        for s in range(len(smm)):
            own = course(self.part.order, leaving.smm[s], leaving.mdr[s])
            one = slice(s, s + 1)
            of_path = leaving._replace(smm=smm[one], mdr=leaving.mdr[one], target=leaving.target[one])
            of_path = of_path._replace(stopping=leaving.stopping[one], default_share=leaving.default_share[one])
            drawn = lines._replace(draw=lines.draw[one], of_payments=lines.of_payments[one], interest=lines.interest[one])
            part = paced(partial(known, own))
            found.append(part.project(of_path, drawn, recoveries._replace(row=recoveries.row[one]), self.flows, by_cell=by_cell))
        return Flows(*(np.concatenate(flow) for flow in zip(*found, strict=True)))

    def by_cohort(self, rates: Floats, segments: Sequence[str]) -> Floats:
        """Rates (S, M, K) of segments by month and cohort (S, H, C); before the deal's cut-off they are the first month's."""
        months = np.clip(self.axis.period - 1, 0, rates.shape[1] - 1)
        cohorts, place = self.part.cohorts, {name: k for k, name in enumerate(segments)}
        columns = np.array([place[name] for name in self.pool.segment_names])[cohorts.segment]
        laid = chosen(chosen(rates, columns, axis=2), months, axis=1)
        waiting = np.arange(len(months))[:, None] < cohorts.start
        return np.where(waiting, 0.0, laid) if waiting.any() else np.ascontiguousarray(laid)


def chosen(rates: Floats, places: Ints, axis: int) -> Floats:
    """The rates at some places of an axis; the same array where those are all there are."""
    whole = np.array_equal(places, np.arange(rates.shape[axis]))
    return rates if whole else np.take(rates, places, axis)


def times(rates: Floats, own: Floats) -> Floats:
    """Monthly rates (S, H, C) times multipliers (C,), limited to 100 %."""
    return np.minimum(rates * own, 1.0) if (own != 1.0).any() else rates


def _axis(pool: LoanPool, cutoff: dt.date, elapsed: int, late: int) -> MonthAxis:
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


@dataclass(frozen=True, slots=True)
class _Part:
    """The pool as the scenarios of one grouping see it."""

    parts: int  # G
    cohorts: Cohorts
    schedules: Schedules
    first_lines: Ints  # (K,) where the lines of each segment begin
    axes: CurveAxes
    lead: int
    initial: Floats  # (K,)
    order: int
    advances: bool
    fractions: Floats  # (H,) years of each month, on the loans' interest basis

    @classmethod
    def of(
        cls,
        pool: LoanPool,
        grouping: Grouping,
        axis: MonthAxis,
        assumptions: Assumptions,
        interest_basis: str,
        indices: Indices,
        parting: Parting,
        pace: Pace | None = None,
    ) -> _Part:
        """Group the loans and read them into strips; `pace` is how fast those prepay that prepayments shorten."""
        cohorts = group_loans(pool, grouping, axis.lead, parting.part)
        year_share = axis.day_shares() if assumptions.speed_basis == "days" else np.full(axis.months, 1 / 12)
        given = pace and pace(cohorts, cohorts.curve_axes(axis, year_share))
        strips = build_strips(pool, cohorts, axis, interest_basis, indices, given)
        weighted = np.empty((len(parting.weights), *strips.balance.shape))
        for m, weights in enumerate(parting.weights):
            times = replace(pool, balance=pool.balance * weights)
            weighted[m] = build_strips(times, cohorts, axis, interest_basis, indices, given).balance
        order = _ORDERS[assumptions.order]
        late = with_returning(cohorts, strips, weighted, grouping.lags) if grouping.lags else None
        if late is not None:
            cohorts, strips, weighted = late.cohorts, late.strips, late.weighted
        schedules = strips.schedules(cohorts, len(pool.segment_names), parting.count, axis.lead, weighted)
        schedules = schedules._replace(weight=cohorts.default_weight)
        axes = cohorts.curve_axes(axis, year_share)
        schedules = with_penalties(schedules, strips, cohorts, axes, penalties_of(pool), order)
        if late is not None:
            schedules = as_doubled(schedules, late)
        return cls(
            parting.count,
            cohorts,
            schedules,
            cohorts.first_lines(schedules.bounds),
            axes,
            axis.lead,
            _segment_initial(pool),
            order,
            assumptions.advances,
            np.diff(axis.years(interest_basis)),
        )

    def blocks(self, rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
        """Rows in blocks whose curves fit in memory."""
        size = max(1, _CURVE_CELLS // self.schedules.interest.size)
        return (rows[first : first + size] for first in range(0, len(rows), size))

    def project(
        self, leaving: Leaving, lines: OpenLines, recoveries: Recoveries, size: tuple[int, int], *, by_cell: bool = True
    ) -> Flows:
        """Flows of some scenarios; a part has so many, over so many months."""
        count, months = len(leaving.target), len(self.axes.period)
        shape = (count if by_cell else 0, months, len(self.schedules.cells.segment))
        weighted = np.empty((count, self.parts, len(self.schedules.weighted), months))
        flows = Flows(np.empty((count, self.parts, *size)), np.empty(shape), np.empty(shape), weighted)
        given = (self.order, int(self.advances), self.schedules, leaving, lines, recoveries, flows)
        project = project_scenarios.fit(count * self.schedules.interest.size)
        in_threads(BEYOND_NUMBERS(lambda low, high: project(low, high, *given)), count)
        return flows

    def lines(self, grid: Sequence[Sequence[Behaviour]]) -> OpenLines:
        """What is drawn on revolving lines."""
        line = np.flatnonzero(self.cohorts.line)
        return open_lines(grid, line, self.cohorts.segment, self.first_lines, self.axes, self.fractions)

    def leaving(self, grid: Sequence[Sequence[Behaviour]]) -> Leaving:
        """Rates of every cohort, segment by segment, and targets of cumulative defaults."""
        mdr, smm = (np.empty((len(grid), *self.axes.age.shape)) for _ in range(2))
        stopping = np.empty_like(mdr) if len(self.schedules.returning) else np.empty((0, 0, 0))
        for k in range(len(grid[0])):
            of, lines = self.cohorts_of(k)
            own = self.cohorts.default_multiplier[of], self.cohorts.prepayment_multiplier[of]
            mdr[:, :, of] = monthly_rates([row[k].default for row in grid], self.axes_of(of), own[0])
            smm[:, :, of] = monthly_rates([row[k].prepayment for row in grid], self.axes_of(of), own[1])
            smm[:, :, lines] = monthly_rates([row[k].payment for row in grid], self.axes_of(lines))
            if stopping.size:
                stopping[:, :, of] = monthly_rates([row[k].delinquency for row in grid], self.axes_of(of))
        waiting = np.arange(len(self.axes.period))[:, None] < self.cohorts.start
        mdr[:, waiting] = smm[:, waiting] = 0.0  # a cohort that starts after the deal's cut-off
        smm[:, :, self.cohorts.shortens] = 0.0  # their strips hold what they prepay
        if stopping.size:
            stopping[:, waiting] = 0.0
        share = np.array([[behaviour.delinquency_default for behaviour in row] for row in grid])
        return Leaving(mdr, smm, *self.targets(grid), stopping, share)

    def cohorts_of(self, k: int) -> tuple[slice, slice]:
        """The cohorts of a segment, and the lines among them."""
        low, end = self.schedules.bounds[k], self.schedules.bounds[k + 1]
        return slice(low, end), slice(self.first_lines[k], end)

    def axes_of(self, cohorts: slice) -> CurveAxes:
        """Where each month of some cohorts stands."""
        return CurveAxes(self.axes.age[:, cohorts], self.axes.remaining[:, cohorts], self.axes.period, self.axes.year_share)

    def targets(self, grid: Sequence[Sequence[Behaviour]]) -> tuple[Ints, Floats]:
        """Where defaults are cumulative: the row of each segment (S, K), -1 elsewhere, and the rows, amounts by month (N, H)."""
        rows, targets = np.full((len(grid), len(grid[0])), -1), [np.zeros(0)]
        for s, k in (
            (s, k) for s, row in enumerate(grid) for k, behaviour in enumerate(row) if behaviour.default.kind == "cumulative"
        ):
            rows[s, k] = len(targets) - 1
            targets.append(grid[s][k].default.values[0] * self.initial[k] * np.array(grid[s][k].timing))
        months = len(self.axes.period)
        return rows, np.array([_within(target, self.lead, months) for target in targets[1:]]).reshape(-1, months)


def _within(weights: Floats, lead: int, months: int) -> Floats:
    """Amounts by month from the deal's cut-off on, as months of the axis (H,)."""
    placed = np.zeros(months)
    placed[lead : lead + len(weights)] = weights[: months - lead]
    return placed


def _recoveries(grid: Sequence[Sequence[Behaviour]]) -> Recoveries:
    """What comes back of defaults; scenarios of the same behaviours share a row."""
    ways = [tuple((b.recovery_rate, b.recovery_lag, b.recovery_timing) for b in row) for row in grid]
    rows = {way: row for row, way in enumerate(dict.fromkeys(ways))}
    width = max(len(timing) for way in rows for _, _, timing in way)
    return Recoveries(
        row=np.array([rows[way] for way in ways]),
        rate=np.array([[rate for rate, _, _ in way] for way in rows], np.float64),
        lag=np.array([[lag for _, lag, _ in way] for way in rows], np.int64),
        timing=np.array([[_padded(timing, width) for _, _, timing in way] for way in rows], np.float64),
        alike=np.array([len(set(way)) == 1 for way in rows]),
    )


def _padded(weights: tuple[float, ...], width: int) -> tuple[float, ...]:
    return weights + (0.0,) * (width - len(weights))


def _segment_initial(pool: LoanPool) -> Floats:
    return np.bincount(pool.segment, pool.balance, len(pool.segment_names)).astype(np.float64)


def _since_cutoff(flows: Floats, lead: int) -> Floats:
    """Flows by deal month: what came before the deal's cut-off is in the first."""
    kept = flows[..., lead:].copy()
    for month in range(lead):
        kept[..., 0] += flows[..., month]
    return kept


def _to_horizon(flows: Floats, horizon: int) -> Floats:
    return np.concatenate((flows, np.zeros((*flows.shape[:-1], horizon - flows.shape[-1]))), axis=-1)


def _by_month(parts: Floats, lead: int) -> Floats:
    """The parts' flows (S, G, 9 or 14, T) by deal month, balances as they are at month ends."""
    by_month = _since_cutoff(parts, lead)
    for balances in (slice(CLOSING, CLOSING + 1), slice(BEHIND, None)):
        by_month[:, :, balances] = parts[:, :, balances, lead:]
    return by_month


def _part_flows(pool: LoanPool, parting: Parting, axis: MonthAxis, flows: Flows) -> PartFlows:
    segment, part, cell = cells_of(pool.segment, parting.part, len(pool.segment_names), parting.count)
    default = _since_cutoff(flows.default.swapaxes(1, 2), axis.lead).swapaxes(1, 2)
    return PartFlows(
        parts=_by_month(flows.parts, axis.lead),
        default=np.ascontiguousarray(default),
        closing=flows.closing[:, axis.lead :].copy(),
        weighted=flows.weighted[..., axis.lead :].copy(),
        initial=np.bincount(cell, pool.balance, len(segment)).astype(np.float64),
        segment=segment,
        part=part,
    )


def _cashflows(pool: LoanPool, axis: MonthAxis, flows: Flows) -> CollateralCashflows:
    by_month = _by_month(flows.parts, axis.lead)[:, 0]
    horizon = by_month.shape[2]
    given = np.moveaxis(by_month[:, :PENALTY], 1, 0)
    interest, scheduled, prepayment, recovery, advanced_interest, advanced_principal, drawn, default, closing = given
    seldom = dict(zip(SELDOM, np.moveaxis(by_month[:, PENALTY:], 1, 0), strict=False))
    segment_default = _to_horizon(_since_cutoff(flows.default.swapaxes(1, 2), axis.lead), horizon)
    segment_balance = _to_horizon(flows.closing.swapaxes(1, 2)[..., axis.lead :], horizon)
    initial = _segment_initial(pool)
    opening = np.concatenate((np.full((len(closing), 1), initial.sum()), closing[:, :-1]), axis=1)
    return CollateralCashflows(
        dates=month_dates(axis.cutoff, horizon),
        segment_names=pool.segment_names,
        opening_balance=opening,
        interest=interest,
        scheduled_principal=scheduled,
        prepayment=prepayment,
        default=default,
        recovery=recovery,
        loss=default - recovery - advanced_principal,
        closing_balance=closing,
        advanced_interest=advanced_interest,
        advanced_principal=advanced_principal,
        segment_initial=initial,
        segment_balance=segment_balance,
        segment_default=segment_default,
        drawn=drawn,
        **{name: flow for name, flow in seldom.items() if flow.any()},
    )
