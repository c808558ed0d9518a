"""Project a pool: strips and curves into cash flows, every scenario at once.

Shapes: S scenarios (0 is the base case), K segments, C cohorts, H months of the axis, T months since cut-off.
Formulas: conventions of the calculation, "One month of a pool".
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Floats, Ints
from abs_waterfall.assumptions.curves import CurveAxes, monthly_rates
from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.scenarios import Behaviour, behaviours, refused_with_advances
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.cohorts import Cohorts, Grouping, group_loans
from abs_waterfall.collateral.kernels import (
    PREPAY_FIRST,
    SIFMA,
    SURVIVORS,
    Flows,
    Leaving,
    Recoveries,
    Schedules,
    project_scenarios,
)
from abs_waterfall.collateral.open_lines import open_lines
from abs_waterfall.collateral.strips import build_strips
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.errors import InputError
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.timeline import month_dates

_ORDERS = {"survivors": SURVIVORS, "sifma": SIFMA, "prepay_first": PREPAY_FIRST}
POOL_FLOWS = 7  # that a projection writes for the pool as a whole
_CURVE_CELLS = 4_000_000  # of one block of scenarios' curves held at a time

Grid = tuple[tuple[Behaviour, ...], ...]  # S x K


def project_pool(
    pool: LoanPool,
    assumptions: Assumptions,
    scenarios: Mapping[str, Scenario],
    cutoff: dt.date,
    interest_basis: str,
    elapsed: int = 0,
    grid: Grid | None = None,
) -> CollateralCashflows:
    """Cash flows of the pool in the base case and each named scenario, in order.

    Of what is bought `elapsed` months after the deal's cut-off: as of that month's end, on the deal's months from there. A
    cumulative default is then of what is bought, its timing from there. `grid` is what `behaviours` gives, where it is known.
    """
    if problems := refused_with_advances(assumptions, scenarios):
        raise InputError(problems)
    grid = grid or behaviours(assumptions, scenarios, pool.segment_names)
    axis = _axis(pool, cutoff, elapsed)
    flows = _empty_flows(grid, axis)
    for grouping, rows in _alike(grid, each_loan=assumptions.advances).items():
        part = _Part.of(pool, grouping, axis, assumptions, interest_basis)
        for block in part.blocks(rows):
            done = part.project([grid[row] for row in block], flows.pool.shape[2])
            for whole, piece in zip(flows, done, strict=True):
                whole[block] = piece
    return _cashflows(pool, axis, flows)


def _axis(pool: LoanPool, cutoff: dt.date, elapsed: int) -> MonthAxis:
    lead = max(0, int(pool.months_before_cutoff.max()))
    last = int((pool.remaining_term - pool.months_before_cutoff).max())
    return MonthAxis(cutoff, lead, lead + max(last, 1), elapsed)


def _empty_flows(grid: Grid, axis: MonthAxis) -> Flows:
    tail = max(behaviour.recovery_months for row in grid for behaviour in row)
    segments = (len(grid), len(grid[0]), axis.months)
    return Flows(np.empty((len(grid), POOL_FLOWS, axis.months + tail)), np.empty(segments), np.empty(segments))


def _alike(grid: Grid, *, each_loan: bool) -> dict[Grouping, list[int]]:
    """Scenarios that need the same grouping of loans; by each one's own needs, so that no scenario changes another's sums."""
    rows = defaultdict(list)
    for row, segments in enumerate(grid):
        quotes = [quote for behaviour in segments for quote in behaviour.quotes]
        grouping = Grouping(any(quote.needs_age for quote in quotes), any(quote.stop > 0 for quote in quotes), each_loan)
        rows[grouping].append(row)
    return rows


@dataclass(frozen=True, slots=True)
class _Part:
    """The pool as the scenarios of one grouping see it."""

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
    def of(cls, pool: LoanPool, grouping: Grouping, axis: MonthAxis, assumptions: Assumptions, interest_basis: str) -> _Part:
        """Group the loans and read them into strips."""
        cohorts = group_loans(pool, grouping, axis.lead)
        strips = build_strips(pool, cohorts, axis, interest_basis)
        year_share = axis.day_shares() if assumptions.speed_basis == "days" else np.full(axis.months, 1 / 12)
        schedules = strips.schedules(cohorts, len(pool.segment_names), axis.lead)
        return cls(
            cohorts,
            schedules,
            cohorts.first_lines(schedules.bounds),
            cohorts.curve_axes(axis, year_share),
            axis.lead,
            _segment_initial(pool),
            _ORDERS[assumptions.order],
            assumptions.advances,
            np.diff(axis.years(interest_basis)),
        )

    def blocks(self, rows: Sequence[int]) -> Iterable[Sequence[int]]:
        """Rows in blocks whose curves fit in memory."""
        size = max(1, _CURVE_CELLS // self.schedules.interest.size)
        return (rows[first : first + size] for first in range(0, len(rows), size))

    def project(self, grid: Sequence[Sequence[Behaviour]], horizon: int) -> Flows:
        """Flows of some scenarios."""
        shape = (len(grid), len(grid[0]), len(self.axes.period))
        flows = Flows(np.empty((len(grid), POOL_FLOWS, horizon)), np.empty(shape), np.empty(shape))
        line = np.flatnonzero(self.cohorts.line)
        lines = open_lines(grid, line, self.cohorts.segment, self.first_lines, self.axes, self.fractions)
        rates = self.leaving(grid), lines, _recoveries(grid)
        given = (self.order, int(self.advances), self.schedules, *rates, flows)
        project = project_scenarios.fit(len(grid) * self.schedules.interest.size)
        in_threads(lambda low, high: project(low, high, *given), len(grid))
        return flows

    def leaving(self, grid: Sequence[Sequence[Behaviour]]) -> Leaving:
        """Rates of every cohort, segment by segment, and targets of cumulative defaults."""
        mdr, smm = (np.empty((len(grid), *self.axes.age.shape)) for _ in range(2))
        for k in range(len(grid[0])):
            of, lines = self.cohorts_of(k)
            mdr[:, :, of] = monthly_rates([row[k].default for row in grid], self.axes_of(of))
            smm[:, :, of] = monthly_rates([row[k].prepayment for row in grid], self.axes_of(of))
            smm[:, :, lines] = monthly_rates([row[k].payment for row in grid], self.axes_of(lines))
        waiting = np.arange(len(self.axes.period))[:, None] < self.cohorts.start
        mdr[:, waiting] = smm[:, waiting] = 0.0  # a cohort that starts after the deal's cut-off
        return Leaving(mdr, smm, self.targets(grid))

    def cohorts_of(self, k: int) -> tuple[slice, slice]:
        """The cohorts of a segment, and the lines among them."""
        low, end = self.schedules.bounds[k], self.schedules.bounds[k + 1]
        return slice(low, end), slice(self.first_lines[k], end)

    def axes_of(self, cohorts: slice) -> CurveAxes:
        """Where each month of some cohorts stands."""
        return CurveAxes(self.axes.age[:, cohorts], self.axes.remaining[:, cohorts], self.axes.period, self.axes.year_share)

    def targets(self, grid: Sequence[Sequence[Behaviour]]) -> Floats:
        """Amounts that default of each segment where it is cumulative, else NaN: (S, K, H)."""
        targets = np.full((len(grid), len(grid[0]), len(self.axes.period)), np.nan)
        for s, row in enumerate(grid):
            for k, behaviour in enumerate(row):
                if behaviour.default.kind == "cumulative":
                    weights = np.array(behaviour.timing[: targets.shape[2] - self.lead])
                    targets[s, k] = 0.0
                    targets[s, k, self.lead : self.lead + len(weights)] = behaviour.default.values[0] * self.initial[k] * weights
        return targets


def _recoveries(grid: Sequence[Sequence[Behaviour]]) -> Recoveries:
    width = max(len(behaviour.recovery_timing) for row in grid for behaviour in row)
    timing = [[_padded(behaviour.recovery_timing, width) for behaviour in row] for row in grid]
    rate = [[behaviour.recovery_rate for behaviour in row] for row in grid]
    lag = [[behaviour.recovery_lag for behaviour in row] for row in grid]
    return Recoveries(np.array(rate, np.float64), np.array(lag, np.int64), np.array(timing, np.float64))


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


def _pool_sum(segments: Floats) -> Floats:
    """Sum over segments in their order, the same for one scenario as for many."""
    total = np.zeros((segments.shape[0], segments.shape[2]))
    for k in range(segments.shape[1]):
        total += segments[:, k]
    return total


def _cashflows(pool: LoanPool, axis: MonthAxis, flows: Flows) -> CollateralCashflows:
    by_month = _since_cutoff(flows.pool, axis.lead)
    horizon = by_month.shape[2]
    interest, scheduled, prepayment, recovery, advanced_interest, advanced_principal, drawn = np.moveaxis(by_month, 1, 0)
    segment_default = _to_horizon(_since_cutoff(flows.default, axis.lead), horizon)
    segment_balance = _to_horizon(flows.closing[..., axis.lead :], horizon)
    default, closing = _pool_sum(segment_default), _pool_sum(segment_balance)
    initial = _segment_initial(pool)
    opening = np.concatenate((np.full((len(closing), 1), initial.sum()), closing[:, :-1]), axis=1)
    return CollateralCashflows(
        dates=month_dates(axis.cutoff, axis.elapsed + horizon)[axis.elapsed :],
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
    )
