"""Schedules of loans added to the strips of their cohorts: by a compiled kernel, or in NumPy where loading it takes longer.

Shapes: N loans, C cohorts, H months of the axis.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from abs_waterfall.arrays import Floats
from abs_waterfall.collateral.kernels.compiling import FEW
from abs_waterfall.collateral.kernels.loans import add_loans
from abs_waterfall.collateral.kernels.shapes import Loans

IN_NUMPY: Final = 1_000_000  # months of loans: they take no longer than loading the compiler does


def add_schedules(loans: Loans, balances: Floats, interest: Floats) -> None:
    """Add the schedules of loans to the strips of their cohorts, (C, H + 1) and (C, H)."""
    if are_few(loans, interest):
        add_by_month(loans, balances, interest)
    else:
        add_loans(0, len(loans.balance), loans, balances, interest)


def are_few(loans: Loans, interest: Floats) -> bool:
    """Whether NumPy is done sooner; not with so many months of cohorts (C, H) that their projection loads the compiler."""
    return bool(loans.months.sum() <= IN_NUMPY) and interest.size <= FEW


def add_by_month(loans: Loans, balances: Floats, interest: Floats) -> None:
    """The same month by month, those with most payments left first, so that each month's are the first ones."""
    order = np.argsort(-loans.months, kind="stable")
    cohort, balance, rate = loans.cohort[order], loans.balance[order], loans.interest_rate[order]
    principal, growth = first_principals(loans)[order], np.where(loans.grows, 1 + loans.rate, 1.0)[order]
    free = np.minimum(loans.free, loans.months - 1)[order]
    paying = len(order) - np.cumsum(np.bincount(loans.months))  # loans with more than so many payments left
    rows = np.arange(len(balances))
    for month, count in enumerate(paying[:-1]):
        now, at = slice(count), np.minimum(loans.start + month, interest.shape[1] - 1)
        balances[rows, at] += np.bincount(cohort[now], balance[now], len(rows))
        interest[rows, at] += np.bincount(cohort[now], balance[now] * rate[now], len(rows))
        amortizes = free[now] <= month
        balance[now] -= np.where(amortizes, principal[now], 0.0)
        principal[now] *= np.where(amortizes, growth[now], 1.0)


def first_principals(loans: Loans) -> Floats:
    """Principal of the first payment of each loan (N,): B r / ((1 + r)^n - 1), or B / n where every payment is the same."""
    payments, level = np.maximum(loans.payments, 1), loans.grows & (loans.rate > 0)
    growth = np.expm1(payments * np.log1p(loans.rate), out=np.ones_like(loans.rate), where=level)
    share = np.where(level, loans.rate / growth, 1 / payments)
    return np.where(loans.payments > 0, loans.balance * share, 0.0)
