"""Schedule strips: what a pool would pay if no loan defaulted or prepaid.

Shapes: N loans, C cohorts, H months of the axis, G chunks of loans. Amounts in the deal's currency. Strips are built cohort by
cohort (C, H) and turned to months first (H, C), so that the cohorts of one month lie side by side for the projection.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from abs_waterfall.arrays import Bools, Floats, Ints
from abs_waterfall.collateral.axis import MonthAxis
from abs_waterfall.collateral.clauses import NO_INDICES, Indices, add_clauses, read_apart, taken
from abs_waterfall.collateral.cohorts import Cohorts
from abs_waterfall.collateral.kernels.compiling import PROCESSORS
from abs_waterfall.collateral.kernels.loans import sum_chunk
from abs_waterfall.collateral.kernels.shapes import CHUNK, NO_STRIP, Loans, Schedules
from abs_waterfall.collateral.schedules import add_schedules, are_few
from abs_waterfall.collateral.shortened import Course, add_shortened
from abs_waterfall.collateral.threads import in_threads
from abs_waterfall.pool.loans import AMORTIZATIONS, LoanPool

_PARTIAL_BYTES = 128 * 1024**2  # of chunk sums held at a time

LEVEL_PAY, EQUAL_PRINCIPAL, INTEREST_ONLY, BULLET, FLAT_FEE, LINE, CUSTOM = range(len(AMORTIZATIONS))


@dataclass(slots=True)
class Strips:
    """Sums over each cohort's loans, while they are built."""

    balance: Floats  # (C, H + 1)
    interest: Floats  # (C, H)
    exits: Floats  # (C, H + 1)
    capitalised: Floats  # (C, H), or none
    loans: Floats  # (C, H + 1) how many have payments left, or none
    prepaid: Floats  # (C, H) prepayments that the balances hold, of loans that these shorten, or none

    def schedules(self, cohorts: Cohorts, segments: int, parts: int, lead: int, weighted: Floats) -> Schedules:
        """Turn the strips, and weighted balances (M, C, H + 1), to how the projection reads them.

        Every cohort is in the pool by the deal's cut-off, `lead`.
        """
        exits = self.exits if self.exits.any() else self.exits[:0]
        balance, interest, exits = (months_first(strip) for strip in (self.balance, self.interest, exits))
        bounds, capitalised = cohorts.bounds(segments), months_first(self.capitalised)
        start = np.minimum(cohorts.start, lead)
        cells, turned = cohorts.cells(segments, parts), np.ascontiguousarray(weighted.swapaxes(1, 2))
        given = balance, interest, exits, start, bounds, cohorts.segment, cells, turned
        return Schedules(*given, capitalised=capitalised, prepaid=months_first(self.prepaid))


def months_first(strip: Floats) -> Floats:
    """(H, C) of (C, H)."""
    return np.ascontiguousarray(strip.T)


def build_strips(
    pool: LoanPool,
    cohorts: Cohorts,
    axis: MonthAxis,
    interest_basis: str,
    indices: Indices = NO_INDICES,
    given: Course | None = None,
) -> Strips:
    """Read the loans once into their cohorts' strips.

    `indices` are what rates adjust to, `given` how fast loans prepay where prepayments shorten them.
    """
    balance, interest = _amortizing(pool, cohorts, axis, shortened=given is not None)
    strips = Strips(balance, interest, np.zeros_like(balance), NO_STRIP, NO_STRIP, NO_STRIP)
    if given is not None:
        chosen = np.flatnonzero(cohorts.shortens[cohorts.of_loan])
        strips.prepaid = add_shortened(balance, interest, taken(_loans(pool, cohorts), chosen), given)
    _add_custom(strips, pool, cohorts)
    if pool.clauses:
        loans = _loans(pool, cohorts)._replace(balance=pool.balance)
        strips.capitalised = add_clauses(balance, interest, pool, loans, axis, indices)
        strips.loans = _paying(pool, cohorts, axis)
    strips.interest *= 12 * np.diff(axis.years(interest_basis))
    _add_interest_at_maturity(strips, pool, cohorts, axis, interest_basis)
    _add_flat_fees(strips, pool, cohorts)
    _hold_until_start(strips, cohorts, axis)
    return strips


def _hold_until_start(strips: Strips, cohorts: Cohorts, axis: MonthAxis) -> None:
    """Cohorts that start after the deal's cut-off stand in the pool unchanged until then."""
    for cohort in np.flatnonzero(cohorts.start > axis.lead):
        start = cohorts.start[cohort]
        strips.balance[cohort, axis.lead : start] = strips.balance[cohort, start]


def _amortizing(pool: LoanPool, cohorts: Cohorts, axis: MonthAxis, *, shortened: bool) -> tuple[Floats, Floats]:
    """Balance and monthly interest of all but custom schedules, and loans that prepayments shorten."""
    loans = _loans(pool, cohorts)
    if shortened:
        loans = taken(loans, np.flatnonzero(~cohorts.shortens[cohorts.of_loan]))
    shape = (cohorts.count, axis.months)
    balance, interest = np.zeros((shape[0], shape[1] + 1)), np.zeros(shape)
    if cohorts.count == len(pool.balance) or are_few(loans, interest):  # each loan has a row of its own, or there are few
        add_schedules(loans, balance, interest)
        return balance, interest
    chunks = -(-len(loans.balance) // CHUNK)
    at_once = max(1, min(chunks, _PARTIAL_BYTES // (balance.nbytes + interest.nbytes)))
    balances, interests = np.empty((at_once, *balance.shape)), np.empty((at_once, *interest.shape))
    for first in range(0, chunks, at_once):
        held = min(at_once, chunks - first)
        sum_chunks(first, held, loans, balances, interests)
        for chunk in range(held):  # in the order of the loans, however many were summed at once
            balance += balances[chunk]
            interest += interests[chunk]
    return balance, interest


def sum_chunks(first: int, count: int, loans: Loans, balances: Floats, interests: Floats, processors: int = PROCESSORS) -> None:
    """Write the strips of chunks of loans from number `first` on, each by itself: (G, C, H + 1) and (G, C, H)."""

    def some(low: int, high: int) -> None:
        for g in range(low, high):
            sum_chunk(first + g, loans, balances[g], interests[g])

    in_threads(some, count, processors)


def _loans(pool: LoanPool, cohorts: Cohorts) -> Loans:
    """Columns of the kernel; a loan that is read apart has no balance there, a bullet no monthly interest."""
    kind = pool.amortization
    apart = (kind == CUSTOM) | read_apart(pool)
    rate = pool.annual_rate / 12
    unpaid = (kind == INTEREST_ONLY) | (kind == BULLET) | (kind == LINE)
    free = np.where(unpaid, pool.remaining_term, pool.interest_only_months)
    return Loans(
        balance=np.where(apart, 0.0, pool.balance),
        rate=rate,
        interest_rate=np.where(kind == BULLET, 0.0, rate),
        months=pool.remaining_term,
        free=free,
        payments=np.maximum(pool.amortization_term, pool.remaining_term) - free,
        grows=kind == LEVEL_PAY,
        cohort=cohorts.of_loan,
        start=cohorts.start,
    )


def _add_custom(strips: Strips, pool: LoanPool, cohorts: Cohorts) -> None:
    """Loans that repay by shares of their balance, one schedule at a time."""
    for number, shares in enumerate(pool.schedules):
        loans = (pool.schedule == number) & (pool.amortization == CUSTOM)
        for term in np.unique(pool.remaining_term[loans]):
            chosen = loans & (pool.remaining_term == term)
            _add_schedule(strips, cohorts, _outstanding(shares, int(term)), pool, chosen)


def _outstanding(shares: Floats, term: int) -> Floats:
    """Shares of the balance left at boundaries 0 .. term; what the schedule leaves is paid at the end."""
    paid = np.cumsum(np.pad(shares, (0, max(0, term - len(shares)))))[: term - 1]
    return np.concatenate(([1.0], np.maximum(1 - paid, 0.0), [0.0]))


def _add_schedule(strips: Strips, cohorts: Cohorts, outstanding: Floats, pool: LoanPool, chosen: Bools) -> None:
    cohort = cohorts.of_loan[chosen]
    balance = _sums(cohort, pool.balance[chosen], cohorts.count)
    interest = _sums(cohort, (pool.balance * pool.annual_rate / 12)[chosen], cohorts.count)
    months = len(outstanding) - 1
    for c in np.unique(cohort):
        start = cohorts.start[c]
        strips.balance[c, start : start + months + 1] += balance[c] * outstanding
        strips.interest[c, start : start + months] += interest[c] * outstanding[:-1]


def _sums(cohort: Ints, amounts: Floats, count: int) -> Floats:
    return np.bincount(cohort, amounts, count).astype(np.float64)


def _by_end(cohorts: Cohorts, pool: LoanPool, chosen: Bools, amounts: Floats, months: int) -> Floats:
    """Add up by cohort and by the boundary of the last payment: (C, H + 1)."""
    cohort = cohorts.of_loan[chosen]
    end = cohorts.start[cohort] + pool.remaining_term[chosen]
    cells = _sums(cohort * (months + 1) + end, amounts, cohorts.count * (months + 1))
    return cells.reshape(cohorts.count, months + 1)


def _paying(pool: LoanPool, cohorts: Cohorts, axis: MonthAxis) -> Floats:
    """How many loans have payments left at each boundary (C, H + 1), where penalties ask."""
    if not (cohorts.penalty >= 0).any():
        return NO_STRIP
    ended = _by_end(cohorts, pool, np.ones(len(pool.balance), np.bool_), np.ones(len(pool.balance)), axis.months)
    later = np.zeros_like(ended)
    later[:, :-1] = _from_here(ended)[:, 1:]
    return np.where(np.arange(axis.months + 1) >= cohorts.start[:, None], later, 0.0)


def _from_here(amounts: Floats) -> Floats:
    """Sum over this and all later months."""
    return np.cumsum(amounts[:, ::-1], axis=1)[:, ::-1]


def _add_interest_at_maturity(strips: Strips, pool: LoanPool, cohorts: Cohorts, axis: MonthAxis, basis: str) -> None:
    """Bullets: simple interest from origination, paid with the balance; accrued so far, where it is prepaid."""
    chosen = pool.amortization == BULLET
    if not chosen.any():
        return
    start = cohorts.start[cohorts.of_loan[chosen]]
    origin = start - pool.age[chosen]
    since = min(0, int(origin.min()))
    years = axis.years(basis, since)
    yearly = (pool.balance * pool.annual_rate)[chosen]
    # a year's interest, and what of it had not yet accrued, by the end of the loan
    rate_at_end = _by_end(cohorts, pool, chosen, yearly, axis.months)
    before_at_end = _by_end(cohorts, pool, chosen, yearly * years[origin - since], axis.months)
    now = years[-since:]
    strips.interest += (rate_at_end * now - before_at_end)[:, 1:]
    later_rate, later_before = _from_here(rate_at_end)[:, 1:], _from_here(before_at_end)[:, 1:]
    accrued = later_rate * now[:-1] - later_before
    strips.exits[:, :-1] += np.where(np.arange(axis.months) >= cohorts.start[:, None], accrued, 0.0)


def _add_flat_fees(strips: Strips, pool: LoanPool, cohorts: Cohorts) -> None:
    """Fees on the original balance every month; those still to come, where a prepayment is charged them."""
    chosen = pool.amortization == FLAT_FEE
    if not chosen.any():
        return
    strips.interest += _fee_strip(strips, pool, cohorts, chosen)
    charged = _fee_strip(strips, pool, cohorts, chosen & pool.fee_on_prepayment)
    strips.exits[:, :-1] += _from_here(charged)


def _fee_strip(strips: Strips, pool: LoanPool, cohorts: Cohorts, chosen: Bools) -> Floats:
    """Fees of the chosen loans by month (C, H)."""
    months = strips.interest.shape[1]
    fees = (pool.original_balance * pool.fee_rate)[chosen]
    alive = _from_here(_by_end(cohorts, pool, chosen, fees, months))[:, 1:]
    return np.where(np.arange(months) >= cohorts.start[:, None], alive, 0.0)
