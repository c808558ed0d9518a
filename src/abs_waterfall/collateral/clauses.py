"""Loans of a pool that are read apart from the others: on a payment holiday, or at a rate that adjusts to an index.

Shapes: N loans, C cohorts, H months of the axis, M index paths. Strips are cohort by cohort.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import TypeAlias

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.kernels.loans import add_adjustable
from abs_waterfall.collateral.kernels.shapes import Adjusting, Loans
from abs_waterfall.collateral.schedules import add_schedules
from abs_waterfall.errors import Problem, did_you_mean
from abs_waterfall.pool.clauses import PLAIN, Adjustment, Clauses
from abs_waterfall.pool.loans import LoanPool

Curves: TypeAlias = Mapping[str, Sequence[tuple[dt.date, float]]]
NO_CURVES: Curves = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Indices:
    """The rates of each index, each from its date to the next, and what a scenario adds to all of them."""

    curves: Curves
    shift: float = 0.0


NO_INDICES = Indices(NO_CURVES)


def clause_of(pool: LoanPool) -> tuple[Clauses, ...]:
    """The clauses of the pool; the last are those of loans that have none."""
    return (*pool.clauses, PLAIN)


def of_loans(pool: LoanPool, values: Sequence[float]) -> Floats:
    """(N,) what is said of each loan's clauses."""
    return np.array(values, np.float64)[pool.clause]


def holidays(pool: LoanPool) -> Ints:
    """(N,) months of each loan's payment holiday."""
    return of_loans(pool, [each.holiday for each in clause_of(pool)]).astype(np.int64)


def adjusts(pool: LoanPool) -> Bools:
    """(N,) whether each loan's rate adjusts."""
    return of_loans(pool, [each.adjusts is not None for each in clause_of(pool)]) > 0


def read_apart(pool: LoanPool) -> Bools:
    """(N,) the loans that `add_clauses` adds."""
    return (holidays(pool) > 0) | adjusts(pool) if pool.clauses else np.zeros(len(pool.balance), np.bool_)


def add_clauses(balance: Floats, interest: Floats, pool: LoanPool, loans: Loans, axis: MonthAxis, indices: Indices) -> Floats:
    """Add the loans that are read apart to the strips; the interest that joins balances, (C, H) or nothing where none does."""
    held = holidays(pool)
    capitalised = np.zeros_like(interest) if held.any() else np.zeros((0, 0))
    for months in np.unique(held[held > 0]):
        add_holiday(balance, interest, capitalised, pool, loans, np.flatnonzero(held == months), int(months))
    chosen = np.flatnonzero(adjusts(pool))
    if len(chosen):
        terms, paths = adjusting(pool, chosen, axis, indices)
        own = taken(loans, chosen)
        add_adjustable.fit(int(own.months.sum()))(own, terms, paths, balance, interest)
    return capitalised


def taken(loans: Loans, rows: Ints) -> Loans:
    """Some of the loans."""
    return Loans(
        balance=loans.balance[rows],
        rate=loans.rate[rows],
        interest_rate=loans.interest_rate[rows],
        months=loans.months[rows],
        free=loans.free[rows],
        payments=loans.payments[rows],
        grows=loans.grows[rows],
        cohort=loans.cohort[rows],
        start=loans.start,
    )


# ------------------------------------------------------------------------------------------------------ payment holidays


def add_holiday(
    balance: Floats, interest: Floats, capitalised: Floats, pool: LoanPool, loans: Loans, rows: Ints, months: int
) -> None:
    """Loans that make no payment for so many months, and then pay as loans of what they owe by then do."""
    own = taken(loans, rows)
    grows = of_loans(pool, [each.capitalises for each in clause_of(pool)])[rows]
    owed = own.balance
    for month in range(months):
        at = own.start[own.cohort] + month
        np.add.at(balance, (own.cohort, at), owed)
        np.add.at(capitalised, (own.cohort, at), owed * own.rate * grows)
        owed = owed * (1.0 + own.rate * grows)
    after = own._replace(balance=owed, months=own.months - months, payments=own.payments - months, start=own.start + months)
    add_schedules(after, balance, interest)


# -------------------------------------------------------------------------------------------------------- adjustable rates


def adjusting(pool: LoanPool, rows: Ints, axis: MonthAxis, indices: Indices) -> tuple[Adjusting, Floats]:
    """How the rates of some loans adjust, and the paths (M, H + 1) of the indices they adjust to."""
    table = [each.adjusts for each in pool.clauses if each.adjusts is not None]
    place = np.cumsum([each.adjusts is not None for each in pool.clauses]) - 1
    known = list(dict.fromkeys((terms.index, terms.lookback_days) for terms in table))
    paths = np.array([index_path(indices, name, days, axis) for name, days in known])
    of = place[pool.clause[rows]]
    fixed, every = whole(table, "fixed_months")[of], whole(table, "reset_months")[of]
    left = fixed - pool.age[rows]  # payments at the first rate still to be made
    numbers = {name: limits(table, name)[of] for name in ("margin", "multiplier", "first_cap", "periodic_cap", "cap", "floor")}
    index = np.array([known.index((terms.index, terms.lookback_days)) for terms in table])[of]
    return Adjusting(index, np.where(left >= 0, left, left % every), every, left >= 0, **numbers), paths


def whole(table: Sequence[Adjustment], name: str) -> Ints:
    """A key of the terms, whole numbers."""
    return np.array([getattr(terms, name) for terms in table], np.int64)


def limits(table: Sequence[Adjustment], name: str) -> Floats:
    """A key of the terms; infinite where nothing is said, the first cap then being the periodic one."""
    said = [getattr(terms, name) for terms in table]
    if name == "first_cap":
        said = [terms.periodic_cap if first is None else first for terms, first in zip(table, said, strict=True)]
    return np.array([np.inf if number is None else number for number in said], np.float64)


def index_path(indices: Indices, name: str, lookback: int, axis: MonthAxis) -> Floats:
    """(H + 1,) an index as it is read for a reset at each month boundary."""
    dates, rates = zip(*indices.curves[name], strict=True)
    days = [axis.boundary(month).toordinal() - lookback for month in range(axis.months + 1)]
    held = np.searchsorted([day.toordinal() for day in dates], days, side="right") - 1
    return np.array(rates)[np.maximum(held, 0)] + indices.shift


def index_problems(pool: LoanPool, axis: MonthAxis, indices: Indices) -> list[Problem]:
    """Indices that loans adjust to and nobody gives, or not early enough."""
    found = []
    for number, terms in enumerate(each.adjusts for each in pool.clauses):
        if terms is None:
            continue
        if terms.index not in indices.curves:
            near = did_you_mean(terms.index, list(indices.curves))
            found.append(Problem(f"loans adjust to this index, and nothing gives it.{near}", f"index.{terms.index}"))
            continue
        rows = np.flatnonzero(pool.clause == number)
        left = terms.fixed_months - pool.age[rows]
        first = np.where(left >= 0, left, left % terms.reset_months)
        month = int((axis.lead - pool.months_before_cutoff[rows] + first).min())
        read = axis.boundary(month) - dt.timedelta(days=terms.lookback_days)
        earliest = indices.curves[terms.index][0][0]
        if (first < pool.remaining_term[rows]).any() and read < earliest:
            message = f"begins on {earliest}; loans that adjust to it read it on {read}; expected a rate by then"
            found.append(Problem(message, f"index.{terms.index}.rates"))
    return list(dict.fromkeys(found))
