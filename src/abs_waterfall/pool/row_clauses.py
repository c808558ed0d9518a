"""Clauses as the columns of a tape: payment holidays, penalties on prepayments, rates that adjust. Shapes: N rows.

A blank says that the loan has no such clause, or stands for what a rep line's key would default to.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.pool.cells import Fault, fault
from abs_waterfall.pool.clauses import Adjustment, Clauses, PrepaymentPenalty
from abs_waterfall.pool.columns import Column, Labels, Numbers, constant
from abs_waterfall.pool.loans import AMORTIZATIONS

BLANKS = {
    "payment_holiday_months": 0.0, "capitalises": 1.0, "prepayment_penalty": 0.0, "prepayment_penalty_months": 0.0,
    "rate_margin": 0.0, "fixed_months": 0.0, "reset_months": 12.0, "first_cap": np.inf, "periodic_cap": np.inf,
    "rate_cap": np.inf, "rate_floor": 0.0, "lookback_days": 0.0,
}  # fmt: skip
"""The columns of numbers, and what a blank of each stands for."""

ADJUSTING = (
    "rate_margin",
    "fixed_months",
    "reset_months",
    "first_cap",
    "periodic_cap",
    "rate_cap",
    "rate_floor",
    "lookback_days",
)


def number_of(columns: Mapping[str, Column], name: str, rows: int) -> Floats:
    """A column of numbers, its blanks filled; of a tape without it, all blanks."""
    column = columns.get(name)
    values = column.values if isinstance(column, Numbers) else np.full(rows, np.nan)
    return np.where(np.isnan(values), BLANKS[name], values)


def index_of(columns: Mapping[str, Column], rows: int) -> tuple[Ints, tuple[str, ...]]:
    """Which index each row's rate adjusts to, -1 none, and their names."""
    column = columns.get("rate_index")
    return (column.codes, column.names) if isinstance(column, Labels) else (np.full(rows, -1, np.int64), ())


def row_clauses(columns: Mapping[str, Column], amortizes: Bools) -> tuple[Ints, tuple[Clauses, ...]]:
    """Each loan's clauses, -1 none, and those there are: rows that say the same share them."""
    rows = len(amortizes)
    if not {"rate_index", *BLANKS} & columns.keys():
        return constant(np.int64(-1), rows), ()
    clause = np.full(rows, -1, np.int64)
    index, names = index_of(columns, rows)
    said = {name: number_of(columns, name, rows) for name in BLANKS}
    said["payment_holiday_months"] = np.where(amortizes, said["payment_holiday_months"], 0.0)
    told = (index >= 0) | (said["payment_holiday_months"] > 0) | (said["prepayment_penalty"] > 0)
    for name in ADJUSTING:
        said[name] = np.where(index >= 0, said[name], 0.0)
    terms, which = np.unique(np.column_stack([index, *said.values()])[told], axis=0, return_inverse=True)
    clause[told] = which.ravel()
    return clause, tuple(clauses_of(int(row[0]), dict(zip(said, row[1:].tolist(), strict=True)), names) for row in terms)


def clauses_of(index: int, said: Mapping[str, float], names: tuple[str, ...]) -> Clauses:
    """The clauses of one way of filling the columns."""
    rate, until = said["prepayment_penalty"], int(said["prepayment_penalty_months"])
    return Clauses(
        holiday=int(said["payment_holiday_months"]),
        capitalises=said["capitalises"] > 0 or said["payment_holiday_months"] == 0,
        penalty=PrepaymentPenalty(rate=rate, until=until or None) if rate > 0 else None,
        adjusts=adjustment(names[index], said) if index >= 0 else None,
    )


def adjustment(index: str, said: Mapping[str, float]) -> Adjustment:
    """How a rate adjusts; an infinite cap is none."""
    caps = {name: None if np.isinf(said[name]) else said[name] for name in ("first_cap", "periodic_cap", "rate_cap")}
    return Adjustment(
        index=index,
        margin=said["rate_margin"],
        fixed_months=int(said["fixed_months"]),
        reset_months=int(said["reset_months"]),
        first_cap=caps["first_cap"],
        periodic_cap=caps["periodic_cap"],
        cap=caps["rate_cap"],
        floor=said["rate_floor"],
        lookback_days=int(said["lookback_days"]),
    )


def clause_faults(
    columns: Mapping[str, Column], codes: Ints, term: Floats | Ints, interest_only: Floats | Ints
) -> Iterator[Fault]:
    """What does not go together; `codes` say how each row amortizes."""
    if not {"rate_index", *BLANKS} & columns.keys():
        return
    rows = len(term)
    amortizes, pays_monthly = (codes == 0) | (codes == 1), (codes >= 0) & (codes <= AMORTIZATIONS.index("interest_only"))
    free = np.where(amortizes, interest_only, 0)
    held, (index, _) = number_of(columns, "payment_holiday_months", rows), index_of(columns, rows)
    name = "payment_holiday_months"
    yield from fault(name, "goes with level_pay or equal_principal", ~amortizes & (held > 0))
    yield from fault(name, "leaves no month of the remaining term to amortize in", amortizes & (held > 0) & (held + free >= term))
    yield from fault("rate_index", "goes with level_pay, equal_principal or interest_only", ~pays_monthly & (index >= 0))
    yield from fault("rate_index", "does not go with payment_holiday_months", pays_monthly & (index >= 0) & (held > 0))
    floor, cap = number_of(columns, "rate_floor", rows), number_of(columns, "rate_cap", rows)
    yield from fault("rate_floor", "is above rate_cap", (index >= 0) & (floor > cap))
