"""A pool read into strips once, to be projected along any paths.

Shapes: S scenarios (0 is the base case), K segments, G parts, Q cells (what a part has of a segment), C cohorts, H months of the
axis, T months since cut-off.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.model import Assumptions
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.assumptions.scenarios import (
    behaviours,
)
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.clauses import NO_CURVES, Curves, Indices
from abs_waterfall.collateral.cohorts import Grouping, has_multipliers
from abs_waterfall.collateral.deal_months import cashflows_of, part_flows
from abs_waterfall.collateral.grouped import GroupedPool, recoveries_of
from abs_waterfall.collateral.kernels.shapes import (
    NOBODY,
    Flows,
    Leaving,
    OpenLines,
    Recoveries,
)
from abs_waterfall.collateral.parts import PartFlows, Parting, undivided
from abs_waterfall.collateral.project import as_lines, axis_of, clause_problems, flow_size
from abs_waterfall.collateral.shortened import Pace, course, known
from abs_waterfall.errors import InputError
from abs_waterfall.pool.build import own
from abs_waterfall.pool.loans import LoanPool


@record
class PathProjection:
    """A pool read into strips once, to be projected along any paths; recoveries and revolving lines are the base case's."""

    pool: LoanPool
    parting: Parting
    axis: MonthAxis
    part: GroupedPool
    recoveries: Recoveries  # one row
    lines: OpenLines  # of one scenario
    leaving: Leaving  # of one scenario
    flows: tuple[int, int]  # how many of a part, over how many months
    paced: Callable[[Pace], GroupedPool] | None = None  # the part at a course of speeds, where prepayments shorten loans

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
        axis = axis_of(pool, cutoff, elapsed, max(lags))
        if problems := clause_problems(pool, axis, assumptions, curves):
            raise InputError(problems)
        by_age = any(behaviour.delinquency.needs_age for behaviour in base)
        shortens = assumptions.prepayment_effect == "shorten"
        late = lags if any(lags) else ()
        grouping = Grouping(by_age, by_remaining_term=False, each_loan=assumptions.advances, shortens=shortens, lags=late)
        make = partial(GroupedPool.of, pool, grouping, axis, assumptions, interest_basis, Indices(curves), parting)
        part = make()
        flows = flow_size((base,), axis, seldom=bool(pool.clauses) or any(lags))
        given = part, recoveries_of([base]), part.lines([base]), part.leaving([base]), flows, make if shortens else None
        return cls(pool, parting, axis, *given)

    @property
    def size(self) -> int:
        """How many numbers of each kind a scenario has by segment and part."""
        return len(self.part.schedules.cells.segment) * self.axis.months

    @property
    def months(self) -> int:
        """T."""
        return self.flows[1] - self.axis.lead

    def project(self, paths: Paths, *, by_segment: bool) -> CollateralCashflows:
        """The pool's cash flows along the paths; those of its segments where they are asked for."""
        return self.cashflows(self.flows_along(paths, by_cell=by_segment))

    def cashflows(self, flows: Flows) -> CollateralCashflows:
        """The pool's cash flows of what was projected."""
        return cashflows_of(self.pool, self.axis, flows)

    def project_parts(self, paths: Paths) -> PartFlows:
        """What each part pays along the paths."""
        return part_flows(self.pool, self.parting, self.axis, self.flows_along(paths, by_cell=True))

    def flows_along(self, paths: Paths, *, by_cell: bool) -> Flows:
        """The flows along the paths on the months of the axis; few at a time where loans are many cohorts."""
        rows = range(len(paths.names))
        blocks = list(self.part.blocks(rows)) if has_multipliers(self.pool) else [rows]
        found = [self.flows_of(paths.some(slice(block[0], block[-1] + 1)), by_cell=by_cell) for block in blocks]
        return put_together(found)

    def flows_of(self, paths: Paths, *, by_cell: bool) -> Flows:
        """The same of some paths, all at once."""
        count, segments = len(paths.names), len(self.pool.segment_names)
        aimed, targets = np.full((count, segments), -1), np.zeros((0, self.axis.months))
        stopping, share = (np.repeat(rates, count, axis=0) for rates in (self.leaving.stopping, self.leaving.default_share))
        leaving = self.of_loans(Leaving(own(paths.mdr), own(paths.smm), aimed, targets, stopping, share, *self.places(paths)))
        of_each = (np.repeat(rates, count, axis=0) for rates in (self.lines.draw, self.lines.of_payments, self.lines.interest))
        lines = OpenLines(self.lines.first, self.lines.number, *of_each)
        recoveries = self.recoveries._replace(row=np.zeros(count, np.int64))
        if self.paced is not None:
            return self.shortened_along(self.paced, leaving, lines, recoveries, by_cell=by_cell)
        return self.part.project(leaving, lines, recoveries, self.flows, by_cell=by_cell, along_paths=True)

    def shortened_along(
        self, paced: Callable[[Pace], GroupedPool], leaving: Leaving, lines: OpenLines, recoveries: Recoveries, *, by_cell: bool
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
            part, back = paced(partial(known, own)), recoveries._replace(row=recoveries.row[one])
            found.append(part.project(of_path, drawn, back, self.flows, by_cell=by_cell, along_paths=True))
        return put_together(found)

    def places(self, paths: Paths) -> tuple[Ints, Ints]:
        """Which month of the paths each month of the axis has (H,), and which segment each cohort (C,); none where as they are.

        Before the deal's cut-off and after the last month, the nearest one's.
        """
        _, months, segments = paths.mdr.shape
        month = np.clip(self.axis.period - 1, 0, months - 1)
        column = self.part.cohorts.segment
        if paths.segments != self.pool.segment_names:
            place = {name: k for k, name in enumerate(paths.segments)}
            column = np.array([place[name] for name in self.pool.segment_names])[column]
        return unless_same(month, months), unless_same(column, segments)

    def of_loans(self, leaving: Leaving) -> Leaving:
        """Rates of paths by month and cohort, where loans have multipliers of their own, are lines or are shortened."""
        cohorts = self.part.cohorts
        own = cohorts.default_multiplier, cohorts.prepayment_multiplier
        if self.paced is None and not cohorts.line.any() and all((each == 1.0).all() for each in own):
            return leaving
        waiting = np.arange(self.axis.months)[:, None] < cohorts.start
        mdr, smm = (np.where(waiting, 0.0, laid(rates, leaving)) for rates in (leaving.mdr, leaving.smm))
        mdr, smm = np.minimum(mdr * own[0], 1.0), np.minimum(smm * own[1], 1.0)
        smm[:, :, cohorts.line] = self.leaving.smm[0][:, cohorts.line]
        return leaving._replace(mdr=mdr, smm=smm, month=NOBODY, column=NOBODY)


def put_together(parts: Sequence[Flows]) -> Flows:
    """The flows of several blocks of scenarios as those of one."""
    return parts[0] if len(parts) == 1 else Flows(*(np.concatenate(flow) for flow in zip(*parts, strict=True)))


def unless_same(places: Ints, count: int) -> Ints:
    """The places; none where they are all there are, in order."""
    return NOBODY if np.array_equal(places, np.arange(count)) else places


def laid(rates: Floats, leaving: Leaving) -> Floats:
    """(S, H, C) rates by the months and columns that are said of them."""
    by_month = rates[:, leaving.month] if len(leaving.month) else rates
    return by_month[:, :, leaving.column] if len(leaving.column) else by_month
