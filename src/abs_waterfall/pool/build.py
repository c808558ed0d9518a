"""LoanPools from checked columns, put together and cut down. Shapes: N loans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.pool.cells import RowRules, months_before
from abs_waterfall.pool.columns import Column, Labels, as_labels, crossed, dense, joined_labels, natural_order, repeated
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool
from abs_waterfall.pool.rows import amortization_codes, numbers

DAYS = {"ACT/365F": 365.0}


def days_of_year(interest_basis: str) -> float:
    """What a daily rate is multiplied by to be a rate a year.

    >>> days_of_year("ACT/365F"), days_of_year("30/360")
    (365.0, 360.0)
    """
    return DAYS.get(interest_basis, 360.0)


def pool_of_rows(columns: Mapping[str, Column], rules: RowRules, segment: str) -> LoanPool:
    """The loans of completed, faultless rows; `segment` names them all where no column does."""
    rows = len(columns["balance"])
    segments = crossed([as_labels(columns[name]) for name in rules.segment_by]) if rules.segment_by else repeated(segment, rows)
    codes = amortization_codes(columns["amortization"])
    balance, term = numbers(columns, "balance"), whole(columns, "remaining_term")
    amortizes = codes <= AMORTIZATIONS.index("equal_principal")
    return LoanPool(
        balance=balance,
        annual_rate=numbers(columns, rules.rate) * (rules.days if rules.rate == "daily_rate" else 1.0),
        remaining_term=term,
        age=whole(columns, "age"),
        amortization=codes,
        interest_only_months=np.where(amortizes, whole(columns, "interest_only_months"), 0),
        amortization_term=np.where(amortizes, stated_or(columns, "amortization_term", term), term).astype(np.int64),
        original_balance=stated_or(columns, "original_balance", balance),
        fee_rate=numbers(columns, "fee_rate"),
        fee_on_prepayment=numbers(columns, "fee_on_prepayment") != 0,
        months_before_cutoff=own_cutoffs(columns, rules.cutoff, rows),
        segment=segments.codes,
        segment_names=segments.names,
        schedule=np.full(rows, -1, dtype=np.int64),
        schedules=(),
    )


def whole(columns: Mapping[str, Column], name: str) -> Ints:
    """A column of whole numbers."""
    return numbers(columns, name).astype(np.int64)


def stated_or(columns: Mapping[str, Column], name: str, otherwise: Floats | Ints) -> Floats:
    """A column of numbers, or what stands for its blanks or its absence."""
    if name not in columns:
        return otherwise.astype(np.float64)
    values = numbers(columns, name)
    return np.where(np.isnan(values), otherwise, values)


def own_cutoffs(columns: Mapping[str, Column], cutoff: dt.date, rows: int) -> Ints:
    """How many months each loan's own cut-off lies before the deal's."""
    return months_before(numbers(columns, "cutoff"), cutoff) if "cutoff" in columns else np.zeros(rows, dtype=np.int64)


def joined_pools(pools: Sequence[LoanPool]) -> LoanPool:
    """Pools one after the other; segments of the same name are one."""
    if len(pools) == 1:
        return pools[0]
    segments = joined_labels([Labels(pool.segment, pool.segment_names) for pool in pools])
    starts = np.cumsum([0, *(len(pool.schedules) for pool in pools)])
    schedules = [np.where(pool.schedule < 0, -1, pool.schedule + start) for pool, start in zip(pools, starts, strict=False)]
    return LoanPool(
        **loan_arrays(lambda name: np.concatenate([getattr(pool, name) for pool in pools])),
        segment=segments.codes,
        segment_names=segments.names,
        schedule=np.concatenate(schedules),
        schedules=tuple(schedule for pool in pools for schedule in pool.schedules),
    )


def kept(pool: LoanPool, keep: Bools) -> LoanPool:
    """The loans to keep, with the segments that still have any, in natural order."""
    rows = slice(None) if keep.all() else np.flatnonzero(keep)  # faster than a mask, a column after the other
    segment = pool.segment[rows]
    codes, present = dense(segment, len(pool.segment_names))
    names = [pool.segment_names[code] for code in present]
    order = sorted(range(len(names)), key=lambda code: natural_order(names[code]))
    return LoanPool(
        **loan_arrays(lambda name: getattr(pool, name)[rows]),
        segment=np.argsort(order)[codes] if order else codes,
        segment_names=tuple(names[code] for code in order),
        schedule=pool.schedule[rows],
        schedules=pool.schedules,
    )


def rows_of(pool: LoanPool, rows: slice | Ints) -> LoanPool:
    """Some loans of a pool, its segments as they are."""
    arrays = loan_arrays(lambda name: getattr(pool, name)[rows])
    return replace(pool, **arrays, segment=pool.segment[rows], schedule=pool.schedule[rows])


PLAIN = (
    "balance", "annual_rate", "remaining_term", "age", "amortization", "interest_only_months", "amortization_term",
    "original_balance", "fee_rate", "fee_on_prepayment", "months_before_cutoff",
)  # fmt: skip


def loan_arrays(of: Callable[[str], Any]) -> dict[str, Any]:
    """The arrays that mean the same in any pool, by field."""
    return {name: of(name) for name in PLAIN}
