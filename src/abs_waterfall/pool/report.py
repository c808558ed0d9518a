"""What is said of a pool: totals, what eligibility excluded, bad rows, stratifications.

Amounts in currency units, rates fractions a year, terms in months; averages are weighted by balance.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class PoolTotals:
    """The pool in one line."""

    loans: int
    balance: float
    wac: float  # weighted average annual rate
    wam: float  # weighted average remaining term
    wala: float  # weighted average age


@dataclass(frozen=True, slots=True)
class Criterion:
    """One eligibility formula: what it took from the loans that passed those before it, and what fails it alone."""

    formula: str
    excluded_loans: int
    excluded_balance: float
    failing_loans: int
    failing_balance: float


@dataclass(frozen=True, slots=True)
class BadRow:
    """A cell of a tape row that could not be used; a row with several such cells is told once for each."""

    file: str
    row: int  # as the user counts: the first data row of a CSV is row 2, of Parquet row 1
    column: str  # the tape's name; empty where the row has too many or too few cells
    value: str
    reason: str
    balance: float  # the row's; 0 where it could not be read


@dataclass(frozen=True, slots=True)
class Stratum:
    """One bin of a stratification."""

    label: str
    loans: int
    balance: float
    share: float  # of the pool's balance
    wac: float
    wam: float


@dataclass(frozen=True, slots=True)
class Stratification:
    """A pool cut by one column; loans and balances add up to the pool."""

    title: str
    column: str
    strata: tuple[Stratum, ...]


@dataclass(frozen=True, slots=True)
class PoolReport:
    """Everything the term sheet says of the pool."""

    source: str  # "tape.parquet", "50 rep lines"
    read: PoolTotals  # the rows that can be used, and the rep lines, before eligibility
    eligible: PoolTotals
    criteria: tuple[Criterion, ...]
    bad_rows: tuple[BadRow, ...]  # the first thousand; counted in full below
    bad_row_count: int  # rows, each once
    bad_row_balance: float  # of those whose balance could be read
    stratifications: tuple[Stratification, ...]
    segments: tuple[Stratum, ...]
