"""Unit vintages: the flows of 1 bought at the end of a month, in every scenario; buying multiplies.

Shapes: S scenarios, J parts of the profile, L months of a vintage's life. A profile is the mix of a pool, loans alike as one
line, so that a vintage touches no loan.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.assumptions.scenarios import behaviours
from abs_waterfall.collateral.cashflows import CollateralCashflows
from abs_waterfall.collateral.clauses import NO_CURVES, Curves, adjusts, holidays
from abs_waterfall.collateral.cohorts import penalty_of_loans
from abs_waterfall.collateral.project import PathProjection, project_pool
from abs_waterfall.pool.clauses import Clauses
from abs_waterfall.pool.loans import AMORTIZATIONS, REVOLVING_LINE, LoanPool

UNCHANGED = [AMORTIZATIONS.index(kind) for kind in ("custom", "revolving_line")]  # when bought, by what they are today


def original_terms(pool: LoanPool) -> LoanPool:
    """The pool's loans as they were when they were made; the mix is that of today's balances.

    A custom schedule is known from today on alone, and stays as it is; so does a line, which is bought as it stands.
    """
    age = np.where(np.isin(pool.amortization, UNCHANGED), 0, pool.age)
    free = np.where(pool.interest_only_months > 0, pool.interest_only_months + age, 0)
    clause, clauses = clauses_when_made(pool)
    return replace(
        pool,
        clause=clause,
        clauses=clauses,
        remaining_term=pool.remaining_term + age,
        amortization_term=pool.amortization_term + age,
        age=np.where(pool.amortization == REVOLVING_LINE, pool.age, 0),
        interest_only_months=free,
        original_balance=pool.balance,
        months_before_cutoff=np.zeros_like(pool.months_before_cutoff),
    )


def clauses_when_made(pool: LoanPool) -> tuple[Ints, tuple[Clauses, ...]]:
    """Each loan's clauses when it was made: a payment holiday was as much longer as the loan has aged."""
    clause, clauses = pool.clause.copy(), list(pool.clauses)
    held = np.flatnonzero(holidays(pool) > 0)
    for number, age in sorted({(int(pool.clause[row]), int(pool.age[row])) for row in held}):
        clauses.append(replace(pool.clauses[number], holiday=pool.clauses[number].holiday + age))
        clause[(pool.clause == number) & (pool.age == age)] = len(clauses) - 1
    return clause, tuple(clauses)


def lines_alike(pool: LoanPool) -> LoanPool:
    """One line for all loans that pay alike, of balances that add up to 1."""
    keys = (
        pool.segment, pool.amortization, pool.remaining_term, pool.interest_only_months, pool.amortization_term,
        pool.annual_rate, pool.fee_rate, pool.fee_on_prepayment, pool.schedule, pool.age, pool.clause,
    )  # fmt: skip
    line = np.zeros(len(pool.balance), np.int64)
    for key in keys:
        if (key != key[0]).any():
            _, ranks = np.unique(key, return_inverse=True)
            _, line = np.unique(line * (int(ranks.max()) + 1) + ranks, return_inverse=True)
    codes = int(line.max()) + 1
    _, example = np.unique(line, return_index=True)
    balance = np.bincount(line, pool.balance, codes) / pool.balance.sum()
    fields = {name: getattr(pool, name)[example] for name in ROW_FIELDS}
    return replace(pool, **fields, balance=balance, original_balance=balance)


def ages_told(pool: LoanPool) -> Ints:
    """(N,) the ages of loans whose penalty or rate depends on it, 0 of others."""
    told = adjusts(pool) | (penalty_of_loans(pool) >= 0)
    return np.where(told, pool.age, 0)


ROW_FIELDS = (
    "annual_rate", "remaining_term", "age", "amortization", "interest_only_months", "amortization_term", "fee_rate",
    "fee_on_prepayment", "months_before_cutoff", "segment", "schedule", "clause",
)  # fmt: skip


def taken(pool: LoanPool, rows: Bools) -> LoanPool:
    """Some lines of a profile, of balances that add up to 1."""
    fields = {name: getattr(pool, name)[rows] for name in ROW_FIELDS}
    balance = pool.balance[rows] / pool.balance[rows].sum()
    return replace(pool, **fields, balance=balance, original_balance=balance)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of the profile that is bought in an amount of its own."""

    share: float  # of the profile
    segment: int  # index into the segments of the vintages, -1 where it holds several
    lines: LoanPool  # of balances that add up to 1
    rate: float  # mean annual rate and remaining term, weighted by balance
    term: float


@dataclass(frozen=True, slots=True)
class Unit:
    """1 bought of each part at the end of a month."""

    flows: tuple[CollateralCashflows, ...]  # by part, month 1 being the one after
    months: Ints  # (J, S) months to the last flow


class Vintages:
    """What may be bought, and what 1 of it pays, whatever the month it is bought in."""

    def __init__(
        self,
        profile: LoanPool,
        assumptions: Assumptions,
        scenarios: Mapping[str, Scenario],
        cutoff: dt.date,
        interest_basis: str,
        *,
        by_segment: bool = False,
        curves: Curves = NO_CURVES,
        elapsed: int = 0,
    ) -> None:
        self.assumptions = assumptions
        self.scenarios = scenarios
        self.cutoff = cutoff
        self.elapsed = elapsed  # months from the deal's cut-off to the pool's
        self.interest_basis = interest_basis
        self.segment_names = profile.segment_names
        self.grid = behaviours(assumptions, scenarios, self.segment_names)  # once: it costs scenarios x segments in Python
        self.parts = parts_of(lines_alike(profile), by_segment=by_segment)
        self.curves = curves
        by_date = adjusts(profile).any() or assumptions.speed_basis == "days" or self.by_period
        self.same_every_month = interest_basis == "30/360" and not by_date
        self.pool_means: dict[str, Floats] = {}  # (K, T) of the pool's own segments by month end, of what limits measure
        self.part_means: dict[str, list[Floats]] = {}  # by part, (K, L)
        self._months: dict[int, Unit] = {}
        self.paths: Paths | None = None
        self._read: dict[tuple[int, int], PathProjection] = {}  # by part and month

    def along(self, paths: Paths) -> Vintages:
        """The same, its curves those of some paths."""
        other = copy(self)
        other.paths, other._months, other.same_every_month = paths, {}, False
        return other

    def read(self, part: int, month: int) -> PathProjection:
        """What is bought of a part at the end of a month, read once for all paths."""
        if (part, month) not in self._read:
            lines = self.parts[part].lines
            self._read[part, month] = PathProjection.of(
                lines, self.assumptions, self.cutoff, self.interest_basis, month, self.curves
            )
        return self._read[part, month]

    @property
    def by_period(self) -> bool:
        """Whether a curve runs by months since the deal's cut-off."""
        return any(quote.by == "period" for row in self.grid for each in row for quote in each.quotes)

    @property
    def shares(self) -> Floats:
        """(J,) of the parts, of the profile."""
        return np.array([part.share for part in self.parts])

    def unit(self, month: int) -> Unit:
        """What is bought at the end of a month after the deal's cut-off, counted from 1; 0 is the pool's cut-off itself."""
        key = 0 if self.same_every_month else max(month - self.elapsed, 0)
        if key not in self._months:
            self._months = {key: self.projected(key)}  # months come in order: the last is all that is asked again
        return self._months[key]

    def projected(self, month: int, assumptions: Assumptions | None = None) -> Unit:
        """The flows of each part."""
        if self.paths is not None and assumptions is None:
            along = tuple(self.read(j, month).project(self.paths, by_segment=True) for j in range(len(self.parts)))
            return Unit(along, np.array([last_month(flow) for flow in along]))
        assumed, scenarios = (self.assumptions, self.scenarios) if assumptions is None else (assumptions, {})
        grid = self.grid if assumptions is None else None
        flows = tuple(
            project_pool(part.lines, assumed, scenarios, self.cutoff, self.interest_basis, month, grid, self.curves)
            for part in self.parts
        )
        return Unit(flows, np.array([last_month(flow) for flow in flows]))

    @property
    def months(self) -> int:
        """The most months that a vintage pays for."""
        return max(len(flow.dates) for flow in self.unit(0).flows)

    def measure(self, names: Iterable[str], pool: LoanPool) -> None:
        """Work out the means that limits ask for, of the pool and of what is bought, by month as their schedules go."""
        for name in names:
            means = mean_by_month(pool, name, self.interest_basis, self.cutoff, self.curves)
            self.pool_means[name] = np.pad(means, ((0, 0), (self.elapsed, 0)))
            self.part_means[name] = [
                mean_by_month(part.lines, name, self.interest_basis, self.cutoff, self.curves) for part in self.parts
            ]

    def mean(self, part: int, measure: str) -> float:
        """Of a part when it is bought."""
        return self.parts[part].rate if measure == "weighted_annual_rate" else self.parts[part].term

    def price_to_yield(self, annual: float, month: int) -> Floats:
        """(J,) what yields so much a year, compounded monthly, on the contractual payments of 1 of each part."""
        same = self.interest_basis == "30/360" and not any(adjusts(part.lines).any() for part in self.parts)
        paid = self.projected(0 if same else month - self.elapsed, Assumptions())
        return np.array([present_value(flow, annual) for flow in paid.flows])


def parts_of(lines: LoanPool, *, by_segment: bool) -> tuple[Part, ...]:
    """The whole profile, or a part for each segment."""
    if not by_segment:
        return (part_of(lines, 1.0, -1),)
    held = [k for k in range(len(lines.segment_names)) if (lines.segment == k).any()]
    return tuple(part_of(taken(lines, lines.segment == k), float(lines.balance[lines.segment == k].sum()), k) for k in held)


def part_of(lines: LoanPool, share: float, segment: int) -> Part:
    """A part with its means."""
    rate, term = (float((lines.balance * values).sum()) for values in (lines.annual_rate, lines.remaining_term))
    return Part(share, segment, lines, rate, term)


def mean_by_month(pool: LoanPool, measure: str, interest_basis: str, cutoff: dt.date, curves: Curves = NO_CURVES) -> Floats:
    """(K, T) a segment's mean rate or remaining term at the end of each month, weighted by balance as the loans' schedules go.

    Of a segment whose loans leave at different rates it is the mean that they would have if they left alike.
    """
    term = (pool.remaining_term - pool.months_before_cutoff).astype(np.float64)
    value = pool.annual_rate if measure == "weighted_annual_rate" else term
    weighted = replace(pool, balance=pool.balance * value)
    sums, balance = (
        project_pool(each, Assumptions(), {}, cutoff, interest_basis, curves=curves).segment_balance[0]
        for each in (weighted, pool)
    )
    mean = np.divide(sums, balance, out=np.zeros_like(sums), where=balance > 0)
    elapsed = 0 if measure == "weighted_annual_rate" else np.arange(1, mean.shape[1] + 1) * (balance > 0)
    return np.asarray(mean - elapsed)


def last_month(flow: CollateralCashflows) -> Ints:
    """(S,) how many months it takes to the last flow of each scenario."""
    alive = (flow.opening_balance > 0) | (flow.recovery > 0) | (flow.advanced_principal > 0) | (flow.advanced_interest > 0)
    months = alive.shape[1]
    return np.where(alive.any(axis=1), months - np.argmax(alive[:, ::-1], axis=1), 0)


def present_value(flow: CollateralCashflows, annual: float) -> float:
    """Of the base case's interest and principal."""
    paid = flow.interest[0] + flow.scheduled_principal[0]
    return float((paid * (1 + annual / 12) ** -np.arange(1.0, len(paid) + 1)).sum())


def joined_names(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """The segments of a pool, then those that only what is bought has."""
    return (*first, *(name for name in second if name not in first))
