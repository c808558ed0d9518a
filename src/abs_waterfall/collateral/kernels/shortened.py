"""Kernels that make strips of loans whose prepayments shorten their term."""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.kernels.compiling import summing
from abs_waterfall.collateral.kernels.shapes import CHUNK, PREPAY_FIRST, Loans


@summing
def instalment(balance: float, rate: float, payments: int, grows: np.bool_) -> float:
    """What is paid a month: B r / (1 - (1 + r)^-n) of level payments, interest among it, or B / n of principal alone."""
    if payments <= 0:
        return 0.0
    if grows and rate > 0.0:
        return float(-balance * rate / np.expm1(-payments * np.log1p(rate)))
    return balance / payments


@summing
def add_shortened_loan(
    order: int,
    balance: float,
    rate: float,
    months: int,
    free: int,
    paid: float,
    grows: np.bool_,
    speeds: Floats,
    balances: Floats,
    interest: Floats,
    prepaid: Floats,
) -> None:
    """Add what is left of one loan that does not default: `paid` a month after `free` payments, until nothing is left.

    `speeds` are shares of what there is to prepay in each month; what is left in the last falls due.
    """
    balances[0] += balance
    for month in range(months):
        early = balance * speeds[month] if order == PREPAY_FIRST else 0.0
        balance -= early
        due = balance * rate
        interest[month] += due
        if month == months - 1:
            balance = 0.0
        elif month >= free:
            balance -= min(balance, paid - due if grows else paid)
        if order != PREPAY_FIRST:
            early = balance * speeds[month]
            balance -= early
        prepaid[month] += early
        if balance <= 0.0:
            return
        balances[month + 1] += balance


@summing
def sum_shortened(
    chunk: int, order: int, loans: Loans, speeds: Floats, balances: Floats, interest: Floats, prepaid: Floats
) -> None:
    """Write the strips of one chunk of loans, (C, H + 1), (C, H) and (C, H), at the speeds (C, H) of their cohorts."""
    balances[:] = 0.0
    interest[:] = 0.0
    prepaid[:] = 0.0
    for i in range(chunk * CHUNK, min((chunk + 1) * CHUNK, loans.balance.shape[0])):
        c, at = loans.cohort[i], loans.start[loans.cohort[i]]
        add_shortened_loan(
            order,
            loans.balance[i],
            loans.rate[i],
            loans.months[i],
            loans.free[i],
            instalment(loans.balance[i], loans.rate[i], loans.payments[i], loans.grows[i]),
            loans.grows[i],
            speeds[c, at:],
            balances[c, at:],
            interest[c, at:],
            prepaid[c, at:],
        )
