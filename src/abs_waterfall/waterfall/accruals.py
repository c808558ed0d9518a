"""What everything accrues at and for how long, as far as it is known before a run.

Shapes: P payment dates, S scenarios, R rows, N tranches, F fees.
"""

from __future__ import annotations

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints, record
from abs_waterfall.deal.model import Deal
from abs_waterfall.waterfall.calendar import (
    DealCalendar,
    account_fractions,
    accrual_days,
    dated_amounts,
    facility_fractions,
    fee_dates,
    fee_fractions,
    hedge_fractions,
    month_fractions,
    note_fractions,
)
from abs_waterfall.waterfall.coupons import accrual_of, coupon_rates, held, index_shifts
from abs_waterfall.waterfall.periods import PoolPeriods
from abs_waterfall.waterfall.resolved import ResolvedDeal


@record
class Rates:
    """What interest accrues at, of lines without a formula; the last axis is rows, or 1 where all rows share it."""

    coupons: tuple[Floats, ...]  # (P, R) of each line
    uncapped: tuple[Floats, ...]  # (P, R) of each line, before its cap
    indices: dict[str, Floats]  # (P, R) as read when each period begins


@record
class Fractions:
    """Years that everything accrues for up to each payment date."""

    notes: Floats  # (N, P)
    fees: Floats  # (F, P)
    fee_dates: Bools  # (F, P) on which each fee falls due
    fee_amounts: Floats  # (F, P) stated by date
    accounts: Floats  # (P,)
    facilities: Floats  # (facilities, P)
    hedges: Floats  # (hedges, P)
    opening_means: dict[str, Floats]  # (P, S) mean opening balance of the period's months, by day count


def fractions_of(deal: Deal, calendar: DealCalendar, pool: PoolPeriods) -> Fractions:
    """Every year fraction of the deal."""
    notes = [note_fractions(calendar, deal.dates, tranche.day_count, tranche.accrue_on) for tranche in deal.tranche]
    fees = [fee_fractions(calendar, deal.dates, fee) for fee in deal.fee]
    means = {fee.day_count: opening_mean(deal, calendar, pool, fee.day_count) for fee in deal.fee if fee.base is not None}
    shape = len(fees), calendar.periods
    facilities = [facility_fractions(calendar, deal.dates, facility) for facility in deal.facility]
    hedges = [hedge_fractions(calendar, deal.dates, hedge) for hedge in deal.hedge]
    return Fractions(
        notes=np.array(notes),
        fees=np.array(fees).reshape(shape),
        fee_dates=np.array([fee_dates(calendar, fee) for fee in deal.fee], dtype=np.bool_).reshape(shape),
        fee_amounts=np.array([dated_amounts(calendar, fee) for fee in deal.fee]).reshape(shape),
        accounts=account_fractions(calendar, deal.dates),
        facilities=np.array(facilities).reshape(len(facilities), calendar.periods),
        hedges=np.array(hedges).reshape(len(hedges), calendar.periods),
        opening_means=means,
    )


def opening_mean(deal: Deal, calendar: DealCalendar, pool: PoolPeriods, day_count: str) -> Floats:
    """(P, S) the months' opening balances, weighted by their year fractions: accruing on it is accruing month by month."""
    weights = month_fractions(calendar, deal.dates.cutoff, day_count)
    weighted = np.add.reduceat(pool.opening_by_month * weights[:, None], calendar.first_month, axis=0)
    return np.asarray(weighted / np.add.reduceat(weights, calendar.first_month)[:, None])


def rates_of(deal: ResolvedDeal, calendar: DealCalendar, scenario: Ints) -> Rates:
    """Every rate that is known before the run."""
    terms, shifts = deal.deal, index_shifts(deal.deal)
    accruals = [accrual_of(terms, calendar, tranche) for tranche in terms.tranche]
    both = [coupon_rates(line.coupon, terms, accruals[line.tranche]) for line in deal.lines]
    starts = accrual_days(calendar, terms.dates, None)[:-1]
    indices = {name: held(curve.rates, starts)[:, None] + shifts for name, curve in terms.index.items()}
    return Rates(
        coupons=tuple(by_row(rates, scenario) for rates, _ in both),
        uncapped=tuple(by_row(rates, scenario) for _, rates in both),
        indices={name: by_row(rates, scenario) for name, rates in indices.items()},
    )


def by_row(rates: Floats, scenario: Ints) -> Floats:
    """(P, R) of rates by scenario; what all scenarios share stays as it is."""
    return rates if rates.shape[1] == 1 else np.ascontiguousarray(rates[:, scenario])
