"""What is to be said of a pool, batch by batch: facts that add up to its report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Generic, TypeVar

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.pool.bad_rows import BadRows
from abs_waterfall.pool.build import joined_pools, rows_of
from abs_waterfall.pool.columns import Column
from abs_waterfall.pool.cuts import IN_NUMPY, Bins, Summing
from abs_waterfall.pool.eligibility import Verdicts, criteria_sums
from abs_waterfall.pool.loans import LoanPool
from abs_waterfall.pool.stratify import Cuts, cuts, total_sums, weights_of

Part = TypeVar("Part")


@dataclass(frozen=True, slots=True)
class Gather(Generic[Part]):
    """What becomes of the eligible loans: what is kept of each chunk, how that adds up, and the pool it comes to."""

    of: Callable[[LoanPool], Part]
    added: Callable[[Iterable[Part]], Part]  # of what follows each other, at least one
    together: Callable[[Part], LoanPool]
    summing: Summing = IN_NUMPY  # how tables are summed
    few: int = 0  # rows of a tape whose loans are held as they are instead


def every_loan() -> Gather[tuple[LoanPool, ...]]:
    """The loans themselves, all of them held in memory."""
    return Gather(of=alone, added=in_turn, together=joined_pools)


def alone(pool: LoanPool) -> tuple[LoanPool, ...]:
    """A chunk's loans."""
    return (pool,)


def in_turn(pools: Iterable[tuple[LoanPool, ...]]) -> tuple[LoanPool, ...]:
    """The loans of several chunks, which are put together once, in the end."""
    return tuple(chain.from_iterable(pools))


@dataclass(slots=True)
class Facts:
    """What was found so far."""

    bad: BadRows
    rows: int  # of the tape, bad ones too
    read: Floats  # (5,) sums of the loans before eligibility, as `total_sums` has them
    eligible: Floats  # (5,) and after it
    criteria: Floats  # (criteria, 4) as `criteria_sums` has them
    cuts: Cuts | None  # of the eligible loans; None where there are none

    def take(self, other: Facts) -> None:
        """Add what was found in the batch that follows."""
        self.bad.take(other.bad)
        self.rows += other.rows
        self.read = self.read + other.read
        self.eligible = self.eligible + other.eligible
        self.criteria = self.criteria + other.criteria
        self.cuts = self.cuts.plus(other.cuts) if self.cuts and other.cuts else self.cuts or other.cuts


def no_facts(formulas: Sequence[str]) -> Facts:
    """Before anything is read."""
    return Facts(BadRows(), 0, np.zeros(5), np.zeros(5), np.zeros((len(formulas), 4)), None)


def eligible_loans(pool: LoanPool, tests: Verdicts) -> LoanPool:
    """The loans that meet every criterion."""
    passes = tests.all_met(len(pool.balance))
    return pool if passes.all() else rows_of(pool, np.flatnonzero(passes))


def facts_of(
    pool: LoanPool,
    eligible: LoanPool,
    tests: Verdicts,
    columns: Mapping[str, Column] | None,
    bins: Mapping[str, Bins],
    summing: Summing,
) -> Facts:
    """The facts of one batch: its loans, those that are eligible, and the columns that these are cut by; None for no tables."""
    passes = tests.all_met(len(pool.balance))
    every = bool(passes.all())
    weights = weights_of(eligible)
    sums = total_sums(eligible, weights)
    if columns and not every:
        columns = {name: column.take(passes) for name, column in columns.items()}
    found = cuts(eligible, weights, columns, bins, summing)
    return Facts(
        bad=BadRows(),
        rows=0,
        read=sums if every else total_sums(pool, weights_of(pool)),
        eligible=sums,
        criteria=criteria_sums(tests, pool.balance),
        cuts=found if len(eligible.balance) else None,
    )
