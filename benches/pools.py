"""The pools that the benches run on: seeded, sorted by segment or not, with few or many distinct rates."""

from __future__ import annotations

import datetime as dt

import numpy as np

from abs_waterfall.assumptions.model import Assumptions, Default, Prepayment, Recovery
from abs_waterfall.pool.loans import LoanPool

CUTOFF = dt.date(2020, 1, 31)
CPR, CDR, RATE, LAG = 0.10, 0.04, 0.3, 6
ASSUMPTIONS = Assumptions(prepayment=Prepayment(cpr=CPR), default=Default(cdr=CDR), recovery=Recovery(rate=RATE, lag=LAG))
MONTHS = 60


def level_pay(loans: int, *, segments: int = 14, by_segment: bool = False, rates: int | None = None) -> LoanPool:
    """Level-pay loans of 12 to 60 months; `rates` distinct ones, or all different."""
    rng = np.random.default_rng(20200131)
    term, zeros = rng.integers(12, MONTHS + 1, loans), np.zeros(loans, np.int64)
    rate = rng.uniform(0.05, 0.25, loans)
    segment = rng.integers(0, segments, loans)
    return LoanPool(
        balance=rng.uniform(500, 30_000, loans),
        annual_rate=rate if rates is None else np.round((rate - 0.05) * rates / 0.2) * 0.2 / rates + 0.05,
        remaining_term=term,
        age=rng.integers(0, 24, loans),
        amortization=zeros,
        interest_only_months=zeros,
        amortization_term=term,
        original_balance=np.zeros(loans),
        fee_rate=np.zeros(loans),
        fee_on_prepayment=np.zeros(loans, np.bool_),
        months_before_cutoff=zeros,
        segment=np.sort(segment) if by_segment else segment,
        segment_names=tuple(str(k) for k in range(segments)),
        schedule=zeros - 1,
        schedules=(),
    )
