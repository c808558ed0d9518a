"""The pool as the scenarios of one grouping see it: its cohorts, their strips, and the rates at which they leave.

Shapes: S scenarios (0 is the base case), K segments, G parts, Q cells (what a part has of a segment), C cohorts, H months of the
axis, T months since cut-off.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from math import prod
from typing import TypeVar

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.curves import CurveAxes, monthly_rates
from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.scenarios import (
    Behaviour,
)
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.behind import as_doubled, with_returning
from abs_waterfall.collateral.clauses import Indices
from abs_waterfall.collateral.cohorts import (
    Cohorts,
    Grouping,
    group_loans,
    penalties_of,
    segment_initial,
)
from abs_waterfall.collateral.kernels.compiling import FEW, PROCESSORS
from abs_waterfall.collateral.kernels.months import project_scenarios
from abs_waterfall.collateral.kernels.shapes import (
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
from abs_waterfall.collateral.parts import Parting
from abs_waterfall.collateral.penalties import with_penalties
from abs_waterfall.collateral.shortened import Pace
from abs_waterfall.collateral.strips import build_strips
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.pool.loans import LoanPool

ORDERS = {"survivors": SURVIVORS, "sifma": SIFMA, "prepay_first": PREPAY_FIRST}
IN_CACHE, IN_MEMORY = 4_096, 1_000_000  # numbers of each kind that scenarios work on at once
_CURVE_CELLS = 4_000_000  # of one block of scenarios' curves held at a time
BEYOND_NUMBERS = np.errstate(over="ignore", invalid="ignore")  # draws may outgrow them: who asks for the flows refuses that
Row = TypeVar("Row")


@record
class GroupedPool:
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
    ) -> GroupedPool:
        """Group the loans and read them into strips; `pace` is how fast those prepay that prepayments shorten."""
        cohorts = group_loans(pool, grouping, axis.lead, parting.part)
        year_share = axis.day_shares() if assumptions.speed_basis == "days" else np.full(axis.months, 1 / 12)
        given = pace and pace(cohorts, cohorts.curve_axes(axis, year_share))
        strips = build_strips(pool, cohorts, axis, interest_basis, indices, given)
        weighted = np.empty((len(parting.weights), *strips.balance.shape))
        for m, weights in enumerate(parting.weights):
            times = replace(pool, balance=pool.balance * weights)
            weighted[m] = build_strips(times, cohorts, axis, interest_basis, indices, given).balance
        order = ORDERS[assumptions.order]
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
            segment_initial(pool),
            order,
            assumptions.advances,
            np.diff(axis.years(interest_basis)),
        )

    def blocks(self, rows: Sequence[Row]) -> Iterable[Sequence[Row]]:
        """Rows in blocks whose curves fit in memory."""
        size = max(1, _CURVE_CELLS // self.schedules.interest.size)
        return (rows[first : first + size] for first in range(0, len(rows), size))

    def project(
        self,
        leaving: Leaving,
        lines: OpenLines,
        recoveries: Recoveries,
        size: tuple[int, int],
        *,
        by_cell: bool = True,
        along_paths: bool = False,
    ) -> Flows:
        """Flows of some scenarios; a part has so many, over so many months.

        By arrays or compiled whatever their number, as both add in orders of their own: a scenario has the same bits alone and
        among thousands. Along paths in one thread: there blocks of scenarios go in threads of their own.
        """
        count, months = len(leaving.target), len(self.axes.period)
        shape = (count if by_cell else 0, months, len(self.schedules.cells.segment))
        weighted = np.empty((count, self.parts, len(self.schedules.weighted), months))
        flows = Flows(np.empty((count, self.parts, *size)), np.empty(shape), np.empty(shape), weighted)
        given = (self.order, int(self.advances), self.schedules, leaving, lines, recoveries, flows)
        compiled = along_paths or self.schedules.interest.size > (FEW // 4 if self.by_loops else FEW)
        project = project_scenarios.compiled if compiled else project_scenarios.interpreted
        at_once = self.at_once(flows, IN_CACHE if compiled else IN_MEMORY)
        in_threads(BEYOND_NUMBERS(lambda low, high: project(low, high, at_once, *given)), count, 1 if along_paths else PROCESSORS)
        return flows

    @property
    def by_loops(self) -> bool:
        """Whether it has what few pools have, which no arrays stand for: interpreted, that is done cohort by cohort."""
        strips = self.schedules
        seldom = strips.returning, strips.penalty, strips.capitalised, strips.prepaid, strips.weighted
        return self.advances or bool(strips.cells.line.any()) or any(len(each) for each in seldom)

    def at_once(self, flows: Flows, room: int) -> int:
        """How many scenarios are projected at once, that no kind of what they work on has more numbers than there is room for."""
        kept = self.schedules.interest.shape if self.advances or len(self.schedules.returning) else self.schedules.segment.shape
        return max(1, room // max(prod(kept), prod(flows.parts.shape[1:])))

    def lines(self, grid: Sequence[Sequence[Behaviour]]) -> OpenLines:
        """What is drawn on revolving lines."""
        line = np.flatnonzero(self.cohorts.line)
        return open_lines(grid, line, self.cohorts.segment, self.first_lines, self.axes, self.fractions)

    def leaving(self, grid: Sequence[Sequence[Behaviour]]) -> Leaving:
        """Rates of every cohort, segment by segment, and targets of cumulative defaults."""
        mdr, smm = (np.empty((len(grid), *self.axes.age.shape)) for _ in range(2))
        stopping = np.empty_like(mdr) if len(self.schedules.returning) else np.empty((0, 0, 0))
        for k, end in self.alike(grid):
            of, lines = self.cohorts_of(k, end)
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

    def alike(self, grid: Sequence[Sequence[Behaviour]]) -> Iterator[tuple[int, int]]:
        """Segments, from one up to another, that behave alike in every scenario and, but for one alone, have no lines."""
        first, count, bounds = 0, len(grid[0]), self.schedules.bounds
        for k in range(1, count + 1):
            plain = k < count and all(self.first_lines[each] == bounds[each + 1] for each in (k - 1, k))
            if not plain or any(row[k] != row[first] for row in grid):
                yield first, k
                first = k

    def cohorts_of(self, k: int, end: int) -> tuple[slice, slice]:
        """The cohorts of segments from one up to another, and the lines among them, which only one alone has."""
        last = self.schedules.bounds[end]
        return slice(self.schedules.bounds[k], last), slice(self.first_lines[end - 1], last)

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


def recoveries_of(grid: Sequence[Sequence[Behaviour]]) -> Recoveries:
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
