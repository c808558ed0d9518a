"""Kernels that make strips of loans."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.kernels.compiling import exact, summing
from abs_waterfall.collateral.kernels.shapes import CHUNK, Adjusting, Loans


@summing
def first_principal(balance: float, rate: float, payments: int, grows: np.bool_) -> float:
    """Principal of the first of `payments` payments: B r / ((1 + r)^n - 1), or B / n where every payment is the same."""
    if payments <= 0:
        return 0.0
    if grows and rate > 0.0:
        return float(balance * rate / np.expm1(payments * np.log1p(rate)))
    return balance / payments


@summing
def add_loan(
    balance: float, rate: float, months: int, free: int, principal: float, growth: float, balances: Floats, interest: Floats
) -> None:
    """Add one loan's schedule to its cohort: `free` payments of interest alone, then growing principal, the rest in the last."""
    free = min(free, months - 1)
    balances[0] += balance
    for month in range(free):
        interest[month] += balance * rate
        balances[month + 1] += balance
    for month in range(free, months - 1):
        interest[month] += balance * rate
        balance -= principal
        principal *= growth
        balances[month + 1] += balance
    interest[months - 1] += balance * rate


@summing
def add_loans(low: int, high: int, loans: Loans, balances: Floats, interest: Floats) -> None:
    """Add the schedules of a range of loans to the strips of their cohorts, (C, H + 1) and (C, H)."""
    for i in range(low, high):
        principal = first_principal(loans.balance[i], loans.rate[i], loans.payments[i], loans.grows[i])
        growth = 1.0 + loans.rate[i] if loans.grows[i] else 1.0
        c = loans.cohort[i]
        add_loan(
            loans.balance[i],
            loans.interest_rate[i],
            loans.months[i],
            loans.free[i],
            principal,
            growth,
            balances[c, loans.start[c] :],
            interest[c, loans.start[c] :],
        )


@summing
def sum_chunk(chunk: int, loans: Loans, balances: Floats, interest: Floats) -> None:
    """Write the strips of one chunk of loans, (C, H + 1) and (C, H)."""
    balances[:] = 0.0
    interest[:] = 0.0
    add_loans(chunk * CHUNK, min((chunk + 1) * CHUNK, loans.balance.shape[0]), loans, balances, interest)


@exact
def reset_rate(rate: float, index: float, i: int, since: int, terms: Adjusting) -> float:
    """The rate after a reset, `since` months after the first: multiplier x index + margin, no further than a cap lets it move."""
    most = terms.first_cap[i] if since == 0 and terms.capped_first[i] else terms.periodic_cap[i]
    wanted = terms.multiplier[i] * index + terms.margin[i]
    moved = min(max(wanted, rate - most), rate + most)
    return float(max(min(moved, terms.cap[i]), terms.floor[i]))


@summing
def add_adjustable(loans: Loans, terms: Adjusting, paths: Floats, balances: Floats, interest: Floats) -> None:
    """Add the schedules of loans whose rate is reset, and whose payment is worked out anew then.

    `paths` (M, H + 1) is each index as read for a reset at a month boundary.
    """
    for i in range(loans.balance.shape[0]):
        c, months, balance, rate = loans.cohort[i], loans.months[i], loans.balance[i], 12.0 * loans.rate[i]
        start = loans.start[c]
        principal = first_principal(balance, rate / 12.0, loans.payments[i], loans.grows[i])
        balances[c, start] += balance
        for month in range(months):
            since = month - terms.first[i]
            if since >= 0 and since % terms.every[i] == 0:
                rate = reset_rate(rate, paths[terms.path[i], start + month], i, since, terms)
                left = loans.payments[i] - max(month - loans.free[i], 0)
                principal = first_principal(balance, rate / 12.0, left, loans.grows[i])
            interest[c, start + month] += balance * rate / 12.0
            if month >= loans.free[i]:
                balance -= principal
                principal *= 1.0 + rate / 12.0 if loans.grows[i] else 1.0
            if month < months - 1:
                balances[c, start + month + 1] += balance
