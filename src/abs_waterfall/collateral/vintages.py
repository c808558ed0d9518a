"""Unit vintages: the flows of 1 bought at the end of a month, in every scenario; buying multiplies.

Shapes: S scenarios, N lines, G parts of the profile, M measures, L months of a vintage's life. A profile is the mix of a pool,
loans alike as one line, so that a vintage touches no loan. Parts are what limits tell apart: each is bought in an amount of its
own, but the rates at which the loans of a segment leave are those of the mix that is offered.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from copy import copy
from dataclasses import replace
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Floats, Ints, record
from abs_waterfall.assumptions.model import Assumptions, Scenario
from abs_waterfall.assumptions.paths import Paths
from abs_waterfall.assumptions.scenarios import behaviours
from abs_waterfall.collateral.along_paths import PathProjection
from abs_waterfall.collateral.clauses import NO_CURVES, Curves, adjusts, holidays
from abs_waterfall.collateral.kernels.shapes import CLOSING
from abs_waterfall.collateral.parts import PartFlows, Parting, undivided
from abs_waterfall.collateral.project import Grid, project_parts
from abs_waterfall.pool.clauses import Clauses
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS, REVOLVING_LINE, LoanPool

Window: TypeAlias = tuple[int, int]
"""Months after the first up to the last, counted from the deal's cut-off, whose supply is for sale."""
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


ROW_FIELDS = (
    "annual_rate", "remaining_term", "age", "amortization", "interest_only_months", "amortization_term", "fee_rate",
    "fee_on_prepayment", "months_before_cutoff", "segment", "schedule", "clause", *MULTIPLIERS,
)  # fmt: skip


def lines_alike(pool: LoanPool, parting: Parting) -> tuple[LoanPool, Parting]:
    """One line for all loans that pay alike and are of one part, of the mean of what they are weighted by."""
    keys = (
        pool.segment, pool.amortization, pool.remaining_term, pool.age, pool.interest_only_months, pool.amortization_term,
        pool.annual_rate, pool.fee_rate, pool.fee_on_prepayment, pool.schedule, pool.clause, pool.default_multiplier,
        pool.prepayment_multiplier, parting.part,
    )  # fmt: skip
    line = np.zeros(len(pool.balance), np.int64)
    for key in keys:
        if (key != key[0]).any():
            _, ranks = np.unique(key, return_inverse=True)
            _, line = np.unique(line * (int(ranks.max()) + 1) + ranks, return_inverse=True)
    _, example = np.unique(line, return_index=True)
    balance = np.bincount(line, pool.balance).astype(np.float64)
    sums = [np.bincount(line, pool.balance * weights) for weights in parting.weights]
    means = [  # lines that stand for many loans may have balances that add up to 0
        np.divide(total, balance, out=weights[example].copy(), where=balance != 0)
        for total, weights in zip(sums, parting.weights, strict=True)
    ]
    weights = np.array(means).reshape(len(means), len(balance))
    return mixed(pool, balance, example), Parting(parting.part[example], parting.count, weights)


def mixed(pool: LoanPool, balance: Floats, rows: Ints) -> LoanPool:
    """Some lines of a profile, of other balances."""
    fields = {name: getattr(pool, name)[rows] for name in ROW_FIELDS}
    return replace(pool, **fields, balance=balance, original_balance=balance, traits={})


@record
class Unit:
    """1 bought at the end of a month, of the mix that is offered then."""

    shares: Floats  # (G,) of the mix
    flows: PartFlows  # month 1 being the one after
    weighted: Floats  # (G, M) balances times what is measured, when it is bought
    months: Ints  # (S, G) months to the last flow

    @property
    def means(self) -> Floats:
        """(G, M) of what is measured, when it is bought."""
        shares = np.broadcast_to(self.shares[:, None], self.weighted.shape)
        return np.divide(self.weighted, shares, out=np.zeros_like(self.weighted), where=shares > 0)


@record
class Offered:
    """What is offered of each line by month since the deal's cut-off."""

    table: Floats  # (N, T) in the first months
    later: Floats  # (N,) in each month after them

    def between(self, first: int, last: int) -> Floats:
        """(N,) in the months after `first` up to `last`."""
        months = self.table.shape[1]
        return np.asarray(self.table[:, first:last].sum(axis=1) + self.later * max(0, last - max(first, months)))


class Vintages:
    """What may be bought, and what 1 of it pays, whatever the month it is bought in."""

    def __init__(
        self,
        profile: LoanPool,
        assumptions: Assumptions,
        scenarios: Mapping[str, Scenario],
        cutoff: dt.date,
        interest_basis: str,
        parting: Parting | None = None,
        offered: Offered | None = None,
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
        parting = parting or undivided(profile)
        self.offered = offered
        self.lines, self.parting = lines_alike(profile, parting) if offered is None else (profile, parting)
        self.curves = curves
        self.adjusts = bool(adjusts(profile).any())
        by_date = self.adjusts or assumptions.speed_basis == "days" or self.by_period
        self.same_every_month = interest_basis == "30/360" and not by_date
        self._units: dict[tuple[int, Window], Unit] = {}
        self.paths: Paths | None = None
        self._read: dict[tuple[int, Window], PathProjection] = {}

    def along(self, paths: Paths) -> Vintages:
        """The same, its curves those of some paths."""
        other = copy(self)
        other.paths, other._units, other.same_every_month = paths, {}, False
        return other

    @property
    def seldom(self) -> bool:
        """Whether there are flows that few pools have."""
        return bool(self.lines.clauses) or any(each.delinquency_lag for row in self.grid for each in row)

    @property
    def by_period(self) -> bool:
        """Whether a curve runs by months since the deal's cut-off."""
        return any(quote.by == "period" for row in self.grid for each in row for quote in each.quotes)

    def mix(self, window: Window) -> Floats:
        """(N,) what is offered of each line in some months."""
        return self.lines.balance if self.offered is None else self.offered.between(*window)

    def unit(self, month: int, window: Window = (0, 0)) -> Unit | None:
        """1 bought at the end of a month after the deal's cut-off, of what was offered in some; None where nothing was."""
        elapsed = 0 if self.same_every_month else max(month - self.elapsed, 0)
        key = elapsed, (0, 0) if self.offered is None else window
        if key not in self._units:
            balance = self.mix(window)
            if not balance.any():
                return None
            mix = balance / balance.sum()
            self._units = {key: self.unit_of(mix, self.projected(*key, mix))}  # months come in order
        return self._units[key]

    def unit_of(self, mix: Floats, flows: PartFlows) -> Unit:
        """1 of a mix, with its flows."""
        weighted = [np.bincount(self.parting.part, mix * weights, self.parting.count) for weights in self.parting.weights]
        measured = np.array(weighted, dtype=np.float64).reshape(len(weighted), self.parting.count).T
        shares = np.bincount(self.parting.part, mix, self.parting.count).astype(np.float64)
        return Unit(shares, flows, measured, last_months(flows))

    def projected(self, month: int, window: Window, mix: Floats) -> PartFlows:
        """The flows of a mix that adds up to 1, along the paths where there are any."""
        if self.paths is None:
            return self.flows(month, mix, self.assumptions, self.scenarios, self.grid)
        if (month, window) not in self._read:  # once for all paths
            lines, parting = self.lines_of(mix)
            given = lines, self.assumptions, self.cutoff, self.interest_basis, month, self.curves, parting
            self._read[month, window] = PathProjection.of(*given)
        return self._read[month, window].project_parts(self.paths)

    def flows(
        self, month: int, mix: Floats, assumptions: Assumptions, scenarios: Mapping[str, Scenario], grid: Grid | None = None
    ) -> PartFlows:
        """What the parts of a mix pay."""
        lines, parting = self.lines_of(mix)
        cutoff, basis = self.cutoff, self.interest_basis
        return project_parts(lines, assumptions, scenarios, cutoff, basis, parting, month, grid, self.curves)

    def lines_of(self, mix: Floats) -> tuple[LoanPool, Parting]:
        """The lines that a mix has something of."""
        there = mix != 0
        lines = mixed(self.lines, mix[there], np.flatnonzero(there))
        return lines, Parting(self.parting.part[there], self.parting.count, self.parting.weights[:, there])

    @property
    def months(self) -> int:
        """The most months that a vintage pays for."""
        each = [behaviour for row in self.grid for behaviour in row]
        late, tail = (max(getattr(behaviour, name) for behaviour in each) for name in ("delinquency_lag", "recovery_months"))
        return int(self.lines.remaining_term.max() + late + tail)

    def price_to_yield(self, annual: float, month: int, window: Window = (0, 0)) -> Floats:
        """(G,) what yields so much a year, compounded monthly, on the contractual payments of 1 of each part that is offered."""
        balance = self.mix(window)
        mix = balance / balance.sum()
        same = self.interest_basis == "30/360" and not self.adjusts
        flows = self.flows(0 if same else month - self.elapsed, mix, Assumptions(), {})
        paid = flows.parts[0, :, :2].sum(axis=1)  # interest and scheduled principal of the base case
        worth = (paid * (1 + annual / 12) ** -np.arange(1.0, paid.shape[1] + 1)).sum(axis=1)
        shares = np.bincount(self.parting.part, mix, self.parting.count)
        return np.asarray(np.divide(worth, shares, out=np.ones_like(worth), where=shares > 0))


def last_months(flows: PartFlows) -> Ints:
    """(S, G) how many months it takes to the last flow of each part: a balance, a recovery or an advance."""
    come_back, closing = last_positive(flows.parts[:, :, 3:6].sum(axis=2)), last_positive(flows.parts[:, :, CLOSING])
    return np.maximum(come_back, np.minimum(closing + 1, flows.closing.shape[1]))  # a balance at a month's end pays in the next


def last_positive(amounts: Floats) -> Ints:
    """The last month, counted from 1, of an amount above 0; 0 where there is none."""
    positive = amounts > 0
    months = amounts.shape[-1]
    return np.where(positive.any(axis=-1), months - np.argmax(positive[..., ::-1], axis=-1), 0)


def joined_names(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """The segments of a pool, then those that only what is bought has."""
    return (*first, *(name for name in second if name not in first))
