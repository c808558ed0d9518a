"""Cohorts: loans that leave at the same rates, whatever the scenario, and so add up to one schedule.

Shapes: N loans, C cohorts sorted by segment and part, K segments, G parts, Q cells, H months of the axis.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.assumptions.curves import CurveAxes
from abs_waterfall.assumptions.scenarios import Quote
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.kernels.shapes import NO_WEIGHT, Cells
from abs_waterfall.pool.clauses import PrepaymentPenalty
from abs_waterfall.pool.columns import differing
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS, REVOLVING_LINE, LoanPool

INSTALMENTS = [AMORTIZATIONS.index(kind) for kind in ("level_pay", "equal_principal")]
_TABLE_SIZE = 4_000_000  # codes that a look-up table may hold; more are sorted


@dataclass(frozen=True, slots=True)
class Grouping:
    """What tells loans of one segment apart, in the curves of some scenarios."""

    by_age: bool  # a speed depends on the age
    by_remaining_term: bool  # defaults stop before the last payment
    each_loan: bool  # advances end by each loan's own schedule
    shift: float = 0.0  # of the indices that rates adjust to
    coupled: bool = False  # how much of a loan defaults depends on the others: cumulative defaults
    shortens: bool = False  # prepayments shorten the terms of loans that have an instalment,
    speeds: tuple[tuple[Quote, Quote | None], ...] = ()  # (K,) at these speeds, which make their strips; empty: by none yet
    lags: tuple[int, ...] = ()  # (K,) months that loans of a segment fall behind for, 0 where none does; empty: nowhere


@record
class Cohorts:
    """The cohorts, and each loan's."""

    of_loan: Ints  # (N,)
    segment: Ints  # (C,) ascending
    part: Ints  # (C,) of the pool, ascending among the loans and the lines of a segment
    age: Ints  # (C,) at its own cut-off; of one of its loans where ages are not told apart
    term: Ints  # (C,) longest remaining term
    start: Ints  # (C,) month boundary of its own cut-off
    line: Bools  # (C,) of revolving lines; the last of a segment's
    penalty: Ints  # (C,) what its prepayments are charged: index into `penalties_of` the pool, else -1
    default_multiplier: Floats  # (C,) its loans' own
    prepayment_multiplier: Floats  # (C,)
    shortens: Bools  # (C,) whether prepayments shorten the terms of its loans

    @property
    def count(self) -> int:
        """C."""
        return len(self.segment)

    @property
    def default_weight(self) -> Floats:
        """(C,) multipliers of default; empty where they are all 1."""
        return self.default_multiplier.copy() if (self.default_multiplier != 1.0).any() else NO_WEIGHT

    def bounds(self, segments: int) -> Ints:
        """Where each segment's cohorts begin, and the last end (K + 1,)."""
        return np.searchsorted(self.segment, np.arange(segments + 1)).astype(np.int64)

    def first_lines(self, bounds: Ints) -> Ints:
        """Where the lines of each segment begin (K,); at its end where it has none."""
        lines: Ints = np.bincount(self.segment[self.line], minlength=len(bounds) - 1)
        return bounds[1:] - lines

    def cells(self, segments: int, parts: int) -> Cells:
        """What each part has of each segment."""
        new = np.ones(self.count, dtype=np.bool_)
        new[1:] = (np.diff(self.part) != 0) | np.diff(self.line)
        first = np.flatnonzero(new).astype(np.int64)
        segment, part, of = cells_of(self.segment, self.part, segments, parts)
        return Cells(of, segment, part, np.append(first, self.count), self.line[first])

    def curve_axes(self, axis: MonthAxis, year_share: Floats) -> CurveAxes:
        """Where each month of each cohort stands."""
        paid = np.arange(axis.months)[:, None] - self.start  # (H, C) payments made before the month
        alive = (paid >= 0) & (paid < self.term)
        return CurveAxes(self.age + paid + 1, np.where(alive, self.term - paid, 0), axis.period, year_share)


def group_loans(pool: LoanPool, grouping: Grouping, lead: int, part: Ints | None = None) -> Cohorts:
    """Group the loans, each of a part of the pool, into cohorts; `lead` is the boundary of the deal's cut-off."""
    start = lead - pool.months_before_cutoff
    part = np.zeros_like(pool.segment) if part is None else part
    line = pool.amortization == REVOLVING_LINE
    penalty = penalty_of_loans(pool)
    charged = bool((penalty >= 0).any())
    keys = [pool.segment, line.astype(np.int64), part, start, *([penalty + 1] if charged else [])]
    shortened = has_instalment(pool) & grouping.shortens
    if grouping.shortens:
        keys.append(shortened.astype(np.int64))
    if has_multipliers(pool):
        keys.append(multiplier_numbers(pool))
    if grouping.by_age or charged:
        keys.append(pool.age)
    if grouping.by_remaining_term:
        keys.append(pool.remaining_term)
    if grouping.each_loan:
        keys.append(np.arange(len(pool.balance)))
    of_loan, example = _distinct(_codes(keys))
    term = np.zeros(len(example), np.int64)
    np.maximum.at(term, of_loan, pool.remaining_term)
    return Cohorts(
        of_loan,
        pool.segment[example],
        part[example],
        pool.age[example],
        term,
        start[example],
        line[example],
        penalty[example],
        pool.default_multiplier[example],
        pool.prepayment_multiplier[example],
        shortened[example],
    )


def has_instalment(pool: LoanPool) -> Bools:
    """(N,) the loans that prepayments may shorten; others prepay as ever."""
    return np.isin(pool.amortization, INSTALMENTS)


def has_multipliers(pool: LoanPool) -> bool:
    """Whether any loan has a multiplier of its own."""
    return any((differing(getattr(pool, name)) != 1.0).any() for name in MULTIPLIERS)


def own_multipliers(pool: LoanPool) -> Bools:
    """(N,) the loans that have a multiplier of their own."""
    own: Bools = (pool.default_multiplier != 1.0) | (pool.prepayment_multiplier != 1.0)
    return own


def multiplier_numbers(pool: LoanPool) -> Ints:
    """(N,) a number for each pair of multipliers that loans have."""
    _, default = np.unique(pool.default_multiplier, return_inverse=True)
    _, prepayment = np.unique(pool.prepayment_multiplier, return_inverse=True)
    codes = _codes([default, prepayment])
    return _distinct(codes)[0]


def cells_of(segment: Ints, part: Ints, segments: int, parts: int) -> tuple[Ints, Ints, Ints]:
    """Segment and part of each cell there is (Q,), and the cell of each loan or cohort.

    Of a pool that is one part each segment is a cell, whether it has loans or not.
    """
    codes = segment * parts + part
    known = np.arange(segments, dtype=np.int64) if parts == 1 else np.unique(codes)
    return known // parts, known % parts, np.searchsorted(known, codes).astype(np.int64)


def segment_initial(pool: LoanPool) -> Floats:
    """(K,) the balance of each segment at cut-off."""
    return np.bincount(pool.segment, pool.balance, len(pool.segment_names)).astype(np.float64)


def penalties_of(pool: LoanPool) -> tuple[PrepaymentPenalty, ...]:
    """The penalties there are in the pool, each once."""
    return tuple(dict.fromkeys(each.penalty for each in pool.clauses if each.penalty is not None))


def penalty_of_loans(pool: LoanPool) -> Ints:
    """(N,) which of them each loan has, -1 none."""
    known = penalties_of(pool)
    of_clause = [-1 if each.penalty is None else known.index(each.penalty) for each in pool.clauses]
    return np.array([*of_clause, -1], dtype=np.int64)[pool.clause]


def _codes(keys: Sequence[Ints]) -> Ints:
    """One number per loan that orders as the keys do, the first key first."""
    codes = np.zeros(len(keys[0]), np.int64)
    for key in keys:
        codes = codes * (int(key.max()) + 1) + key
    return codes


def _distinct(codes: Ints) -> tuple[Ints, Ints]:
    """Rank of each loan's code (N,), and a loan of each rank (C,)."""
    size = int(codes.max()) + 1
    if size > _TABLE_SIZE:
        _, example, of_loan = np.unique(codes, return_index=True, return_inverse=True)
        return of_loan.astype(np.int64), example
    loan_of_code = np.full(size, -1, np.int64)
    loan_of_code[codes] = np.arange(len(codes))
    present = loan_of_code >= 0
    return (np.cumsum(present) - 1)[codes], loan_of_code[present]
