"""LoanPools from checked columns, put together and cut down. Shapes: N loans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from abs_waterfall.arrays import Bools, Ints
from abs_waterfall.pool.cells import RowRules, months_before
from abs_waterfall.pool.columns import (
    Column,
    Labels,
    as_labels,
    constant,
    crossed,
    dense,
    differing,
    joined,
    joined_labels,
    natural_order,
    repeated,
)
from abs_waterfall.pool.loans import AMORTIZATIONS, MULTIPLIERS, LoanPool
from abs_waterfall.pool.row_clauses import row_clauses
from abs_waterfall.pool.rows import amortization_codes, held, numbers

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
    balance, term = own(numbers(columns, "balance")), whole(columns, "remaining_term")
    amortizes = codes <= AMORTIZATIONS.index("equal_principal")
    clause, clauses = row_clauses(columns, amortizes)
    return LoanPool(
        balance=balance,
        annual_rate=numbers(columns, rules.rate) * (rules.days if rules.rate == "daily_rate" else 1.0),
        remaining_term=term,
        age=whole(columns, "age"),
        amortization=codes,
        interest_only_months=where(amortizes, whole(columns, "interest_only_months"), constant(np.int64(0), rows)),
        amortization_term=where(amortizes, stated_or(columns, "amortization_term", term), term).astype(np.int64, copy=False),
        original_balance=stated_or(columns, "original_balance", balance),
        fee_rate=numbers(columns, "fee_rate"),
        fee_on_prepayment=flags(columns, "fee_on_prepayment"),
        months_before_cutoff=own_cutoffs(columns, rules.cutoff, rows),
        segment=segments.codes,
        segment_names=segments.names,
        schedule=constant(np.int64(-1), rows),
        schedules=(),
        clause=clause,
        clauses=clauses,
        default_multiplier=numbers(columns, "default_multiplier"),
        prepayment_multiplier=numbers(columns, "prepayment_multiplier"),
    )


def whole(columns: Mapping[str, Column], name: str) -> Ints:
    """A column of whole numbers."""
    values = held(columns, name)
    some = differing(values).astype(np.int64, copy=False)
    return some if len(some) == len(values) else constant(some[0], len(values))


def flags(columns: Mapping[str, Column], name: str) -> Bools:
    """A column of yes and no."""
    values = numbers(columns, name)
    some = differing(values) != 0
    return some if len(some) == len(values) else constant(some[0], len(values))


def where(rows: Bools, values: NDArray[Any], otherwise: NDArray[Any]) -> NDArray[Any]:
    """Some rows' values and the others', where they are not the same."""
    same = values is otherwise or (len(values) and not differing(values).any() and not differing(otherwise).any())
    return otherwise if same else np.where(rows, values, otherwise)


def stated_or(columns: Mapping[str, Column], name: str, otherwise: NDArray[Any]) -> NDArray[Any]:
    """A column of numbers, or what stands for its blanks or its absence."""
    if name not in columns:
        return otherwise
    values = numbers(columns, name)
    return np.where(np.isnan(values), otherwise, values) if np.isnan(values.min(initial=0)) else values


def own(values: NDArray[Any]) -> NDArray[Any]:
    """Values that may be written to, in a row: what was read may be neither, which are other types to a compiled kernel."""
    flags = values.flags
    return values if flags.c_contiguous and flags.writeable else np.require(values, requirements=["C", "W"])


def own_cutoffs(columns: Mapping[str, Column], cutoff: dt.date, rows: int) -> Ints:
    """How many months each loan's own cut-off lies before the deal's."""
    return months_before(numbers(columns, "cutoff"), cutoff) if "cutoff" in columns else constant(np.int64(0), rows)


def joined_pools(pools: Sequence[LoanPool]) -> LoanPool:
    """Pools one after the other; segments of the same name are one."""
    if len(pools) == 1:
        return pools[0]
    segments = joined_labels([Labels(pool.segment, pool.segment_names) for pool in pools])
    place = {each: n for n, each in enumerate(dict.fromkeys(each for pool in pools for each in pool.clauses))}
    return LoanPool(
        **loan_arrays(lambda name: np.concatenate([getattr(pool, name) for pool in pools])),
        segment=segments.codes,
        segment_names=segments.names,
        schedule=renumbered([pool.schedule for pool in pools], [len(pool.schedules) for pool in pools]),
        schedules=tuple(schedule for pool in pools for schedule in pool.schedules),
        clause=np.concatenate([np.array([*map(place.get, pool.clauses), -1], np.int64)[pool.clause] for pool in pools]),
        clauses=tuple(place),
        traits={name: joined([pool.traits[name] for pool in pools]) for name in pools[0].traits},
    )


def renumbered(numbers: Sequence[Ints], counts: Sequence[int]) -> Ints:
    """Indices into lists of so many things each, as indices into the lists put one after the other; -1 stays."""
    starts = np.cumsum([0, *counts])
    return np.concatenate([np.where(own < 0, -1, own + start) for own, start in zip(numbers, starts, strict=False)])


def kept(pool: LoanPool, keep: Bools) -> LoanPool:
    """The loans to keep, with the segments that still have any, in natural order."""
    rows = slice(None) if keep.all() else np.flatnonzero(keep)  # faster than a mask, a column after the other
    segment = pool.segment[rows]
    codes, present = dense(segment, len(pool.segment_names))
    names = [pool.segment_names[code] for code in present]
    order = sorted(range(len(names)), key=lambda code: natural_order(names[code]))
    return LoanPool(
        **loan_arrays(lambda name: np.array(getattr(pool, name)[rows])),  # its own, which kernels are compiled for
        segment=np.argsort(order)[codes] if order else codes,
        segment_names=tuple(names[code] for code in order),
        schedule=np.array(pool.schedule[rows]),
        schedules=pool.schedules,
        clause=np.array(pool.clause[rows]),
        clauses=pool.clauses,
        traits={name: column if keep.all() else column.take(keep) for name, column in pool.traits.items()},
    )


def rows_of(pool: LoanPool, rows: slice | Ints) -> LoanPool:
    """Some loans of a pool, its segments as they are."""
    arrays = loan_arrays(lambda name: getattr(pool, name)[rows])
    traits = {name: column.take(rows) for name, column in pool.traits.items()}
    return replace(
        pool, **arrays, segment=pool.segment[rows], schedule=pool.schedule[rows], clause=pool.clause[rows], traits=traits
    )


PLAIN = (
    "balance", "annual_rate", "remaining_term", "age", "amortization", "interest_only_months", "amortization_term",
    "original_balance", "fee_rate", "fee_on_prepayment", "months_before_cutoff", *MULTIPLIERS,
)  # fmt: skip


def loan_arrays(of: Callable[[str], Any]) -> dict[str, Any]:
    """The arrays that mean the same in any pool, by field."""
    return {name: of(name) for name in PLAIN}
